//! Denials that a managed policy loses, where no identity of the plan has the policy.

use super::findings::{Finding, Kind};
use super::gains::Gains;
use super::given::Given;
use super::kinds::Does;
use super::seen::Seen;
use super::side::Gift;
use crate::iam::evaluate::ResourcePolicy;

impl Gains<'_> {
    /// Reports managed policies that lose a denial on a target. Which identities have them is not in the plan.
    pub(super) fn lost_denials(&self, found: &mut Vec<Finding>) {
        for seen in self.seen.iter().filter(|seen| seen.does == Some(Does::Policy) && seen.changes) {
            if !self.check.has(seen) && self.loses_denial(seen) && !self.is_attached(seen) {
                let what = "a denial in it is removed or changed, and who has the policy is not in this plan";
                found.push(Finding::new(Kind::Undecided, seen.address, what));
            }
        }
    }

    fn loses_denial(&self, seen: &Seen<'_>) -> bool {
        let read = |given: Option<&Given>| {
            let text = given.and_then(|given| given.document("policy"));
            text.and_then(|text| ResourcePolicy::read(&text).ok()).unwrap_or_else(ResourcePolicy::empty)
        };
        // A policy that is deleted is on nobody.
        let (before, after) = (read(seen.before), read(seen.after));
        seen.after.is_some() && !after.keeps_denials_on(&before, &self.targets.after)
    }

    fn is_attached(&self, seen: &Seen<'_>) -> bool {
        let arn = seen.before.and_then(|before| before.word("arn"));
        let gifts = [&self.before, &self.after].into_iter().flat_map(|side| side.gifts.values().flatten());
        let is_it = |gift: &Gift| matches!(gift, Gift::Arn(attached) if Some(attached.as_str()) == arn);
        gifts.into_iter().any(|(_, gift)| is_it(gift))
    }
}
