//! Who outside the spec can reach its secrets.

use std::collections::BTreeSet;

use super::super::finding::{Finding, Place, Rule};
use super::super::inventory::Identity;
use super::policies::Policies;
use super::{Named, some};
use crate::iam::meaning::Pattern;
use crate::iam::{ON_A_SECRET, only_looks};

/// What an identity can do with which secrets.
#[derive(Default)]
pub(super) struct Reach<'r> {
    pub(super) actions: BTreeSet<&'static str>,
    pub(super) secrets: BTreeSet<&'r str>,
    /// The policies that let it.
    policies: BTreeSet<&'r str>,
    /// Something of this holds always, and not only under a condition.
    is_certain: bool,
}

impl<'r> Reach<'r> {
    /// What the policies allow on secrets of the spec, but for what `granted` knows.
    pub(super) fn of(
        policies: &'r Policies<'_>,
        secrets: &'r [Named<'_>],
        granted: &dyn Fn(&Pattern, &Pattern) -> bool,
    ) -> Self {
        let mut reach = Self::default();
        for action in ON_A_SECRET {
            let pattern = Pattern::of_action(action);
            let allowing = policies.allowing().filter(|(_, statement)| statement.actions.may_meet(&pattern));
            for (policy, statement) in allowing {
                let arns = secrets.iter().flat_map(|named| named.arns.iter().map(move |arn| (named, arn)));
                for (named, arn) in arns.filter(|(_, arn)| statement.resources.may_meet(arn)) {
                    if !granted(&pattern, arn) && !policies.surely_keep_out(&pattern, arn) {
                        reach.actions.insert(action);
                        reach.secrets.insert(&named.secret.id);
                        reach.policies.insert(policy);
                        reach.is_certain |= statement.is_unconditional();
                    }
                }
            }
        }
        reach
    }

    pub(super) fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// ``may `GetSecretValue` on `PaymentKey`, by `read-all` ``
    pub(super) fn in_words(&self) -> String {
        let actions = self.actions.iter().map(|action| action.rsplit(':').next().unwrap_or_default());
        let condition = if self.is_certain { "" } else { " under a condition" };
        let policies = some(self.policies.iter().copied());
        format!("may {} on {}{condition}, by {policies}", some(actions), some(self.secrets.iter().copied()))
    }
}

/// What is found of an identity that is no handler's.
pub(super) fn judge(identity: &Identity, policies: &Policies<'_>, secrets: &[Named<'_>]) -> Vec<Finding> {
    let place = || Place::Identity { resource: identity.resource().to_owned() };
    let mut findings = undecided(policies, place);
    let reach = Reach::of(policies, secrets, &|_, _| false);
    if !reach.is_empty() {
        let rule = rule(&reach.actions);
        let (name, place) = (rule.name(), place());
        let hint = format!("narrow what it may do; if it is to reach them, pass `--accept {name}:{}`", place.id());
        findings.push(Finding::new(rule, place, format!("it {}", reach.in_words()), hint));
    }
    findings
}

/// The rule by which somebody outside the spec is found, by what they may do. That a role looks can be accepted, and is not
/// accepted by that to do more.
pub(super) fn rule(actions: &BTreeSet<&str>) -> Rule {
    if actions.iter().all(|action| only_looks(action)) { Rule::OutsideLook } else { Rule::OutsideReach }
}

/// A finding for each policy that cannot be read.
pub(super) fn undecided(policies: &Policies<'_>, place: impl Fn() -> Place) -> Vec<Finding> {
    let unread = policies.unread.iter().map(|(policy, why)| {
        let message = format!("what its policy {} allows is not known: {why}", some([policy.as_str()]));
        Finding::new(
            Rule::UndecidedPolicy,
            place(),
            message,
            "look at the policy by hand, and write it as AWS documents",
        )
    });
    unread.collect()
}
