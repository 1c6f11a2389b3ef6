//! Finds roles that more principals can assume and users that can sign in after a plan, if they can reach a secret of the
//! spec.

use super::findings::{Finding, Kind};
use super::gains::Gains;
use super::kinds::{Does, Who};
use super::side::Holder;
use crate::iam::meaning::{Document, Effect, Principals, Statement, beyond};

/// What a holder may do with the spec's secrets.
pub(super) enum Reaches {
    Nothing,
    This(String),
    Unknown,
}

impl Gains<'_> {
    /// What a holder may do with the spec's secrets after the apply.
    pub(super) fn reach(&self, holder: &Holder) -> Reaches {
        let policies = self.after.policies(&self.after.gifts(holder), self.after.boundary(holder));
        let secrets = self.secrets_reached(&policies);
        match secrets.iter().find(|(kind, _)| *kind == Kind::Foreign) {
            Some((_, what)) => Reaches::This(what.clone()),
            None if !secrets.is_empty() || !policies.unread().is_empty() || !self.after.knows(holder) => {
                Reaches::Unknown
            }
            None => Reaches::Nothing,
        }
    }

    /// Reports roles that the spec does not create, that can reach a secret and whose trust policy now trusts more
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
            let reached = if is_of_spec {
                Reaches::This("what the spec grants it".to_owned())
            } else {
                self.reach(&Holder::named(Who::Role, name))
            };
            let kind = match reached {
                Reaches::Nothing => continue,
                Reaches::This(what) if !is_unknown => {
                    (Kind::Foreign, format!("other principals can assume the role, which is allowed {what}"))
                }
                _ => (
                    Kind::Undecided,
                    "other principals may assume the role; what it may do, or who they are, is not in this plan"
                        .to_owned(),
                ),
            };
            found.push(Finding::new(kind.0, seen.address, kind.1));
        }
    }

    /// Reports new credentials of users that can reach a secret.
    pub(super) fn sign_ins(&self, found: &mut Vec<Finding>) {
        for seen in self.seen.iter().filter(|seen| seen.changes) {
            let (Some(Does::SignsIn { user }), Some(after)) = (seen.does, seen.after) else { continue };
            if after.word("status") == Some("Inactive") {
                continue;
            }
            let reached = after.word(user).map(|name| self.reach(&Holder::named(Who::User, name)));
            let (kind, what) = match reached {
                Some(Reaches::Nothing) => continue,
                Some(Reaches::This(what)) => {
                    (Kind::Foreign, format!("it allows signing in as the user, who is allowed {what}"))
                }
                _ => (
                    Kind::Undecided,
                    "it allows signing in as a user, and what that user may do is not in this plan".to_owned(),
                ),
            };
            found.push(Finding::new(kind, seen.address, what));
        }
    }
}

/// Whether the second trust policy trusts a principal that the first one does not.
fn trusts_more(before: Option<&str>, after: Option<&str>) -> bool {
    let read = |text: Option<&str>| Document::read(text.unwrap_or_default()).map(|document| document.statements);
    before != after
        && match (read(before), read(after)) {
            (_, Err(_)) => true,
            (before, Ok(after)) => !beyond(&after, &before.unwrap_or_default()).is_empty(),
        }
}

/// Whether a trust policy trusts a principal that is not a service.
fn trusts_others(text: Option<&str>) -> bool {
    let is_service = |statement: &Statement| matches!(&statement.principals, Some(Principals::Of(all)) if all.iter().all(|one| one.kind == "Service"));
    Document::read(text.unwrap_or_default()).map_or(true, |document| {
        document.statements.iter().any(|statement| statement.effect == Effect::Allow && !is_service(statement))
    })
}
