//! Who holds policies: which identities are those of the spec, what they have on each side, and which resources change it.

use super::findings::{Finding, Kind};
use super::gains::{Gains, GivenPolicies};
use super::given::Given as Arguments;
use super::kinds::{Does, Who};
use super::side::{Gift, Holder};

impl Gains<'_> {
    /// The gifts of a holder before and after the apply. A role that the spec uses and does not create has what the spec
    /// gives it on both sides.
    pub(super) fn gifts(&self, holder: &Holder) -> (Vec<GivenPolicies>, Vec<GivenPolicies>) {
        let (mut old, mut new) = (self.before.gifts(holder), self.after.gifts(holder));
        if self.is_existing(holder) {
            let is_own = |given: &GivenPolicies| self.check.has(&self.seen[given.0]);
            let own: Vec<GivenPolicies> = new.iter().filter(|given| is_own(given)).cloned().collect();
            for side in [&mut old, &mut new] {
                side.retain(|given| !is_own(given));
                side.extend(own.iter().cloned());
            }
        }
        (old, new)
    }

    /// The resource that changes what a gift contains: a managed policy, or a policy of a group.
    pub(super) fn changed_by(&self, gift: &Gift) -> Option<usize> {
        match gift {
            Gift::Arn(arn) => {
                let text = (self.before.document(arn), self.after.document(arn));
                if text.0.is_none() || text.0 == text.1 {
                    return None;
                }
                let is_it = |given: Option<&Arguments>| given.is_some_and(|it| it.word("arn") == Some(arn));
                self.seen
                    .iter()
                    .position(|seen| seen.does == Some(Does::Policy) && (is_it(seen.before) || is_it(seen.after)))
            }
            Gift::Group(group) => {
                let gifts = [&self.before, &self.after].into_iter().flat_map(|side| side.gifts(group));
                let mut gifts = gifts.filter(|(_, gift)| !matches!(gift, Gift::Group(_)));
                gifts.find_map(|(index, gift)| {
                    Some(index).filter(|index| self.seen[*index].changes).or_else(|| self.changed_by(&gift))
                })
            }
            _ => None,
        }
    }

    /// Whether the holder is a role that the spec uses and does not create.
    pub(super) fn is_existing(&self, holder: &Holder) -> bool {
        matches!(holder, Holder::Named(Who::Role, name) if self.check.roles.has(name)) && !self.is_of_spec(holder)
    }

    /// Reports another boundary of a role that the spec uses, whose other policies are not all in the plan.
    pub(super) fn boundary_of_existing(
        &self,
        holder: &Holder,
        bounds: (Option<&str>, Option<&str>),
        found: &mut Vec<Finding>,
    ) {
        let place = self.places.get(holder).map(|index| self.seen[*index].address);
        if let Some(place) = place.filter(|_| bounds.0.is_some() && self.is_bound_otherwise(bounds)) {
            let what =
                "the permissions boundary of a role of the spec changes, and its other policies are not in this plan";
            found.push(Finding::new(Kind::Undecided, place, what));
        }
    }

    /// Whether the holder is a role or a policy of the spec.
    pub(super) fn is_of_spec(&self, holder: &Holder) -> bool {
        match holder {
            // Of a planned role of the module that no handler of the spec has, too.
            Holder::Named(Who::Role, name) => {
                self.check.roles.get(name).is_some_and(|handlers| handlers.is_empty() || self.check.is_created(name))
            }
            Holder::Policy(index) => self.check.has(&self.seen[*index]),
            _ => false,
        }
    }
}
