//! Finds identities outside the spec that can reach its secrets, its keys or the roles of its handlers.

use std::collections::{BTreeMap, BTreeSet};

use super::super::finding::{AuditFinding, Place, Rule};
use super::super::inventory::Identity;
use super::{Control, NamedPrincipal, some};
use crate::iam::evaluate::{Decision, Policies, Target, TargetKind};
use crate::iam::only_looks;

/// The actions that an identity can perform on secrets.
#[derive(Default)]
pub(super) struct OutsiderReach {
    actions: BTreeSet<&'static str>,
    secrets: BTreeSet<String>,
    /// The policies that allow them.
    policies: BTreeSet<String>,
    /// Whether at least one of them is allowed unconditionally.
    is_certain: bool,
    /// Why no action is certain to be allowed.
    doubt: Option<String>,
    is_allowed: bool,
}

impl OutsiderReach {
    /// What the policies allow on `targets`, except what `granted` accepts.
    pub(super) fn of<'t>(
        policies: &Policies<'_>,
        targets: impl IntoIterator<Item = &'t Target>,
        granted: &dyn Fn(&str, &Target) -> bool,
    ) -> Self {
        let mut reach = Self::default();
        for place in policies.reach(targets).targets {
            for (action, decision) in &place.actions {
                if !granted(action, place.target) {
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

    /// For example: ``may `GetSecretValue` on `PaymentKey`, by `read-all` ``.
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

/// Findings for an identity that is not a handler's role. If it reaches the secrets themselves, roles and keys are not
/// reported, because it does not need them.
pub(super) fn judge(
    identity: &Identity,
    policies: &Policies<'_>,
    secrets: &[NamedPrincipal],
    control: &Control,
) -> Vec<AuditFinding> {
    let place = || Place::Identity { resource: identity.resource().to_owned() };
    let mut findings = undecided(policies, place);
    let reach = OutsiderReach::of(policies, secrets.iter().flat_map(|named| &named.places), &|_, _| false);
    if reach.is_empty() {
        findings.extend(self::control(identity, policies, control, &[TargetKind::Role, TargetKind::Key]));
    } else {
        findings.push(outside(rule(&reach.actions), identity, &reach));
    }
    findings
}

/// Findings for an identity that can assume, change or pass a handler's role, or use a key.
pub(super) fn control(
    identity: &Identity,
    policies: &Policies<'_>,
    control: &Control,
    kinds: &[TargetKind],
) -> Vec<AuditFinding> {
    let is_own = |target: &Target| target.kind == TargetKind::Role && target.id.eq_ignore_ascii_case(&identity.name);
    let is_kept = |action: &str, target: &Target| is_own(target) || control.is_kept_by_trust(action, target);
    let found = kinds.iter().filter_map(|kind| {
        let reach = OutsiderReach::of(policies, control.targets.iter().filter(|target| target.kind == *kind), &is_kept);
        (!reach.is_empty()).then(|| outside(Rule::OutsideControl, identity, &reach))
    });
    found.collect()
}

fn outside(rule: Rule, identity: &Identity, reach: &OutsiderReach) -> AuditFinding {
    let place = Place::Identity { resource: identity.resource().to_owned() };
    let hint = format!("narrow what it may do; if it is to, pass `--accept {}:{}`", rule.name(), place.id());
    AuditFinding::new(rule, place, format!("it {}", reach.in_words()), hint)
}

/// The rule for an identity outside the spec, chosen by its actions. Accepting an identity that only reads metadata
/// does not accept any other action.
pub(super) fn rule(actions: &BTreeSet<&str>) -> Rule {
    if actions.iter().all(|action| only_looks(action)) { Rule::OutsideLook } else { Rule::OutsideReach }
}

/// The policies that cannot be read: a finding for each reason.
pub(super) fn undecided(policies: &Policies<'_>, place: impl Fn() -> Place) -> Vec<AuditFinding> {
    let mut by_reason: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for unread in policies.unread() {
        by_reason.entry(unread.why).or_default().push(unread.policy);
    }
    let one = |(why, names): (&str, Vec<&str>)| {
        let (policy, allow) = if names.len() == 1 { ("policy", "allows") } else { ("policies", "allow") };
        let message = format!("what its {policy} {} {allow} is not known: {why}", some(names));
        let hint = "look at the policy by hand, and write it as AWS documents";
        AuditFinding::new(Rule::UndecidedPolicy, place(), message, hint)
    };
    by_reason.into_iter().map(one).collect()
}
