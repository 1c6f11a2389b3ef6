//! Who outside the spec can reach its secrets.

use std::collections::BTreeSet;

use super::super::finding::{Finding, Place, Rule};
use super::super::inventory::Identity;
use super::{Named, some};
use crate::iam::evaluate::{Decision, Policies};
use crate::iam::meaning::Pattern;
use crate::iam::only_looks;

/// What an identity can do with which secrets.
#[derive(Default)]
pub(super) struct Reach {
    actions: BTreeSet<&'static str>,
    secrets: BTreeSet<String>,
    /// The policies that let it.
    policies: BTreeSet<String>,
    /// Something of this holds always, and not only under a condition.
    is_certain: bool,
    /// Why nothing of it is certain to be allowed at all.
    doubt: Option<String>,
    is_allowed: bool,
}

impl Reach {
    /// What the policies allow on secrets of the spec, but for what `granted` knows.
    pub(super) fn of(policies: &Policies<'_>, secrets: &[Named], granted: &dyn Fn(&Pattern, &Pattern) -> bool) -> Self {
        let mut reach = Self::default();
        for place in policies.reach(secrets.iter().flat_map(|named| &named.places)).targets {
            for (action, decision) in &place.actions {
                let pattern = Pattern::of_action(action);
                if !place.target.arns().all(|arn| granted(&pattern, arn)) {
                    reach.add(action, &place.target.id, decision);
                }
            }
        }
        reach
    }

    fn add(&mut self, action: &'static str, secret: &str, decision: &Decision) {
        let by = match decision {
            Decision::Allowed { by, is_conditional } => {
                self.is_allowed = true;
                self.is_certain |= !is_conditional;
                by
            }
            Decision::Undecided { by, why } => {
                self.doubt.get_or_insert_with(|| why.clone());
                by
            }
            Decision::Denied { .. } => return,
        };
        self.actions.insert(action);
        self.secrets.insert(secret.to_owned());
        self.policies.extend(by.iter().cloned());
    }

    pub(super) fn is_empty(&self) -> bool {
        self.actions.is_empty()
    }

    /// ``may `GetSecretValue` on `PaymentKey`, by `read-all` ``
    pub(super) fn in_words(&self) -> String {
        let actions = self.actions.iter().map(|action| action.rsplit(':').next().unwrap_or_default());
        let condition = match (&self.doubt, self.is_allowed, self.is_certain) {
            (Some(why), false, _) => format!(" (which is undecided: {why})"),
            (_, _, true) => String::new(),
            (_, _, false) => " under a condition".to_owned(),
        };
        let policies = some(self.policies.iter().map(String::as_str));
        format!("may {} on {}{condition}, by {policies}", some(actions), some(self.secrets.iter().map(String::as_str)))
    }
}

/// What is found of an identity that is no handler's.
pub(super) fn judge(identity: &Identity, policies: &Policies<'_>, secrets: &[Named]) -> Vec<Finding> {
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
    let unread = policies.unread().into_iter().map(|unread| {
        let message = format!("what its policy {} allows is not known: {}", some([unread.policy]), unread.why);
        Finding::new(
            Rule::UndecidedPolicy,
            place(),
            message,
            "look at the policy by hand, and write it as AWS documents",
        )
    });
    unread.collect()
}
