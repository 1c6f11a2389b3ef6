//! Managed policies that a plan uses only as permissions boundaries, which allow nothing by themselves.

use std::collections::BTreeSet;

use super::kinds::Does;
use super::policies::Reader;
use super::side::{Gift, PolicySide};

const BOUNDARY: &str = "permissions_boundary";

impl Reader<'_> {
    /// The indices of the managed policies that are the boundary of a role or a user and that no resource attaches.
    pub(super) fn only_boundaries(&self, after: &PolicySide) -> BTreeSet<usize> {
        let is_policy = |index: &usize| self.seen[*index].does == Some(Does::Policy);
        let mut all = BTreeSet::new();
        let bounded =
            self.seen.iter().filter(|it| matches!(it.does, Some(Does::Role | Does::Is { boundary: Some(_) })));
        for seen in bounded.filter(|seen| seen.is_unknown(BOUNDARY)) {
            all.extend(self.meant(seen, BOUNDARY).all.iter().copied().filter(is_policy));
        }
        let bounds: BTreeSet<&str> = after.boundaries.values().map(String::as_str).collect();
        let arn = |index: usize| self.seen[index].after.and_then(|after| after.word("arn"));
        let indices = (0..self.seen.len()).filter(is_policy);
        all.extend(indices.filter(|index| arn(*index).is_some_and(|arn| bounds.contains(arn))));
        for (_, gift) in after.gifts.values().flatten() {
            match gift {
                Gift::Arn(attached) => all.retain(|index| arn(*index) != Some(attached)),
                Gift::Policies(attached) => all.retain(|index| !attached.contains(index)),
                _ => {}
            }
        }
        all
    }
}
