//! Finds blocks with `count` or `for_each` of which only some instances are taken over: who deletes such a block, as its
//! resource has moved, destroys the others.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::Problem;

use super::adoption::{Forgotten, How};
use super::left::Left;
use super::problems;
use super::state::Held;
use crate::tf::Address;

impl Left<'_> {
    /// The blocks that must stay because of their other instances, and a note for each.
    pub(super) fn shared_blocks(&self, forgotten: &[Forgotten]) -> (BTreeSet<Address>, Vec<Problem>) {
        let moved = self.steps.iter().filter_map(|(_, step)| match &step.how {
            How::Move { from } => Some(from),
            How::Managed | How::Import { .. } | How::Create => None,
        });
        // A block with a name of the generated files, or with a `removed` block in them, is not to be deleted by hand.
        let declared: BTreeSet<Address> = self.declared.iter().map(|address| address.without_keys()).collect();
        let removed: BTreeSet<&Address> = forgotten.iter().map(|it| &it.from).collect();
        let is_by_hand = |address: &&Address| {
            let block = address.without_keys();
            !declared.contains(&block) && !removed.contains(&block)
        };
        let stay: Vec<&Address> =
            self.unused().map(|held| &held.address).filter(|address| !self.declared.contains(address)).collect();
        let mut found = shared(moved.filter(is_by_hand).collect(), &stay);
        let other = self.evidence.other.map(|state| state.held.as_slice()).unwrap_or_default();
        let (ours, stay): (Vec<&Held>, Vec<&Held>) = other.iter().partition(|held| self.is_handed_over(held));
        let addresses = |all: Vec<&'_ Held>| all.into_iter().map(|held| held.address.clone()).collect::<Vec<_>>();
        let (ours, stay) = (addresses(ours), addresses(stay));
        found.extend(shared(ours.iter().collect(), &stay.iter().collect::<Vec<_>>()));
        let notes = found.iter().map(|(block, [taken, stay])| problems::other_instances(block, taken, stay)).collect();
        (found.into_keys().collect(), notes)
    }
}

/// The blocks with instances in both lists, with their instances.
fn shared<'a>(taken: Vec<&'a Address>, stay: &[&'a Address]) -> BTreeMap<Address, [Vec<&'a Address>; 2]> {
    let mut blocks: BTreeMap<Address, [Vec<&Address>; 2]> = BTreeMap::new();
    for address in taken {
        blocks.entry(address.without_keys()).or_default()[0].push(address);
    }
    for address in stay {
        if let Some([_, others]) = blocks.get_mut(&address.without_keys()) {
            others.push(address);
        }
    }
    blocks.retain(|_, [_, others]| !others.is_empty());
    blocks
}
