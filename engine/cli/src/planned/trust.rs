//! Finds roles that more principals can assume and users that can sign in after a plan, if they can reach a secret, a key,
//! a role or a function of the spec.

use super::findings::{Finding, Kind};
use super::gains::Gains;
use super::kinds::{Does, Who};
use super::side::Holder;
use crate::iam::meaning::{Document, Effect, Pattern, PolicyStatement, Principals, Set, beyond};

/// The actions by which a principal assumes a role.
const ASSUMING: [&str; 3] = ["sts:AssumeRole", "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity"];

/// What a holder may do with the targets.
pub(super) struct Reaches {
    found: Vec<(Kind, String)>,
    /// Whether policies of the holder are not in the plan.
    is_unknown: bool,
}

impl Reaches {
    /// What is certain, or else only indirect; the kind of what is undecided has no words.
    fn most(&self) -> Option<(Kind, &str)> {
        let of = |wanted: Kind| self.found.iter().find(|(kind, _)| *kind == wanted);
        if let Some((kind, what)) = of(Kind::Foreign) {
            return Some((*kind, what));
        }
        if self.is_unknown || of(Kind::Undecided).is_some() {
            return Some((Kind::Undecided, ""));
        }
        of(Kind::Look).or_else(|| of(Kind::Indirect)).map(|(kind, what)| (*kind, what.as_str()))
    }
}

impl Gains<'_> {
    /// What a holder may do with the targets after the apply.
    fn reach(&self, holder: &Holder) -> Reaches {
        let policies = self.after.policies(&self.after.gifts(holder), self.after.boundary(holder));
        let is_unknown = !policies.unread().is_empty() || !self.after.knows(holder);
        Reaches { found: self.reached(&policies), is_unknown }
    }

    /// Reports roles that the spec does not create, that can reach a target and whose trust policy now trusts more
    /// principals. A new role that the spec uses may trust services.
    pub(super) fn trust(&self, found: &mut Vec<Finding>) {
        for seen in self.seen.iter().filter(|seen| seen.does == Some(Does::Role) && seen.changes) {
            let Some(after) = seen.after.filter(|_| !self.check.has(seen)) else { continue };
            let Some(name) = after.word("name") else { continue };
            let is_of_spec = self.check.roles.has(name);
            let is_unknown = seen.is_unknown("assume_role_policy");
            let trusted = after.word("assume_role_policy");
            let is_more = match seen.before {
                Some(before) => trusts_more(before.word("assume_role_policy"), trusted),
                None => is_of_spec && trusts_others(trusted),
            };
            if !(is_more || is_unknown && (is_of_spec || seen.before.is_some())) {
                continue;
            }
            let reached = self.reach(&Holder::named(Who::Role, name));
            let most = if is_of_spec { Some((Kind::Foreign, "what the spec grants it")) } else { reached.most() };
            let (kind, what) = match most {
                None => continue,
                Some((kind, what)) if kind == Kind::Indirect || !is_unknown && kind != Kind::Undecided => {
                    (kind, format!("other principals can assume the role, which is allowed {what}"))
                }
                Some(_) => (
                    Kind::Undecided,
                    "other principals may assume the role; what it may do, or who they are, is not in this plan"
                        .to_owned(),
                ),
            };
            found.push(Finding::new(kind, seen.address, what));
        }
    }

    /// Reports new credentials of users that can reach a target.
    pub(super) fn sign_ins(&self, found: &mut Vec<Finding>) {
        for seen in self.seen.iter().filter(|seen| seen.changes) {
            let (Some(Does::SignsIn { user }), Some(after)) = (seen.does, seen.after) else { continue };
            if after.word("status") == Some("Inactive") {
                continue;
            }
            let reached = after.word(user).map(|name| self.reach(&Holder::named(Who::User, name)));
            let most = reached.as_ref().map_or(Some((Kind::Undecided, "")), Reaches::most);
            let (kind, what) = match most {
                None => continue,
                Some((Kind::Undecided, _)) => (
                    Kind::Undecided,
                    "it allows signing in as a user, and what that user may do is not in this plan".to_owned(),
                ),
                Some((kind, what)) => (kind, format!("it allows signing in as the user, who is allowed {what}")),
            };
            found.push(Finding::new(kind, seen.address, what));
        }
    }
}

/// Whether the second trust policy trusts a principal that the first one does not.
fn trusts_more(before: Option<&str>, after: Option<&str>) -> bool {
    let read = |text: Option<&str>| Document::read(text.unwrap_or_default()).map(|it| assuming(it.statements));
    before != after
        && match (read(before), read(after)) {
            (_, Err(_)) => true,
            (before, Ok(after)) => !beyond(&after, &before.unwrap_or_default()).is_empty(),
        }
}

/// The statements without actions that let nobody assume the role by themselves, such as `sts:TagSession`.
fn assuming(statements: Vec<PolicyStatement>) -> Vec<PolicyStatement> {
    let opens = |pattern: &Pattern| ASSUMING.iter().any(|action| pattern.meets(&Pattern::of_action(action)));
    let only = |mut statement: PolicyStatement| {
        if let Set::Of(patterns) = &mut statement.actions {
            patterns.retain(opens);
        }
        let is_empty = matches!(&statement.actions, Set::Of(patterns) if patterns.is_empty());
        (!is_empty).then_some(statement)
    };
    statements.into_iter().filter_map(only).collect()
}

/// Whether a trust policy trusts a principal that is not a service.
fn trusts_others(text: Option<&str>) -> bool {
    let is_service = |statement: &PolicyStatement| matches!(&statement.principals, Some(Principals::Of(all)) if all.iter().all(|one| one.kind == "Service"));
    Document::read(text.unwrap_or_default()).map_or(true, |document| {
        document.statements.iter().any(|statement| statement.effect == Effect::Allow && !is_service(statement))
    })
}
