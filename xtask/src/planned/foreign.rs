//! Who outside the spec a plan would allow to use its secrets.

use paypulse_runtime::model::{NamePattern, SecretSpec};
use serde_json::Value;

use super::findings::{Check, Finding, Kind};
use super::{Planned, Word};
use crate::access::{NOT_KNOWN, stored_name};
use crate::iam::ON_A_SECRET;
use crate::iam::meaning::{Document, Pattern, Set, Statement, beyond};

/// Policies of AWS's own that reach every secret, by the end of their ARNs.
///
/// Sources: [SecretsManagerReadWrite][secrets], [AdministratorAccess][administrator], [PowerUserAccess][power].
///
/// [secrets]: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/SecretsManagerReadWrite.html
/// [administrator]: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AdministratorAccess.html
/// [power]: https://docs.aws.amazon.com/aws-managed-policy/latest/reference/PowerUserAccess.html
const REACHING: [&str; 3] = ["SecretsManagerReadWrite", "AdministratorAccess", "PowerUserAccess"];

impl Check<'_> {
    pub(super) fn foreign(&self, found: &mut Vec<Finding>) {
        let names = self.names();
        for planned in self.plan.resources.iter().filter(|planned| planned.changes() && !self.is_ours(planned)) {
            match planned.kind.as_str() {
                "aws_iam_role_policy" | "aws_iam_user_policy" | "aws_iam_group_policy" | "aws_iam_policy" => {
                    self.document(planned, planned.after("policy").as_ref(), &names, found);
                }
                "aws_iam_role" => self.role(planned, &names, found),
                "aws_iam_role_policy_attachment"
                | "aws_iam_user_policy_attachment"
                | "aws_iam_group_policy_attachment"
                | "aws_iam_policy_attachment" => self.attachment(planned, found),
                "aws_secretsmanager_secret_policy" => self.on_secret(planned, found),
                _ => {}
            }
        }
    }

    fn is_ours(&self, planned: &Planned) -> bool {
        planned.is_in(self.path) && self.addresses.contains(&planned.address.in_module())
    }

    /// The spec's secrets, as ARNs name them.
    fn names(&self) -> Vec<Named> {
        let known = self.plan.known(self.path);
        let part = |reference: &str| known.get(reference).and_then(Value::as_str).unwrap_or("*");
        let partition = part("data.aws_partition.current.partition");
        let account = part("data.aws_caller_identity.current.account_id");
        let place = Pattern::new(&format!("arn:{partition}:secretsmanager:*:{account}"));
        let named = |secret: &SecretSpec| Named {
            id: secret.id.clone(),
            place: place.clone(),
            stored: Pattern::new(NamePattern::of(&secret.name).as_str()),
        };
        self.spec.secrets.iter().map(named).collect()
    }

    /// A role that is not the spec's, with policies in itself.
    fn role(&self, planned: &Planned, names: &[Named], found: &mut Vec<Finding>) {
        let Some(after) = &planned.after else { return };
        for policy in &after.inline {
            self.document(planned, policy.word().map(Word::Known).as_ref(), names, found);
        }
        for arn in after.lists.get("managed_policy_arns").into_iter().flatten() {
            reaching(planned, arn.as_str(), found);
        }
    }

    fn document(&self, planned: &Planned, text: Option<&Word<'_>>, names: &[Named], found: &mut Vec<Finding>) {
        let place = &planned.address;
        let statements = match text {
            None => return,
            Some(Word::Unknown) => {
                found.push(Finding::new(Kind::Undecided, place, NOT_KNOWN));
                return;
            }
            Some(Word::Known(text)) => match Document::read(text) {
                Ok(document) => document.statements,
                Err(unread) => {
                    // It may allow anything.
                    found.push(Finding::new(Kind::Foreign, place, unread.to_string()));
                    return;
                }
            },
        };
        for (secret, actions) in reached(&statements, names) {
            let what = format!("it allows {actions} on {secret}");
            found.push(Finding::new(Kind::Foreign, place, what));
        }
        if let Some(role) = self.role_of(planned) {
            let what = format!("it gives the role `{role}` of the spec what the spec does not");
            found.push(Finding::new(Kind::Foreign, place, what));
        }
    }

    /// The role of the spec's that a resource puts something on.
    fn role_of<'a>(&self, planned: &'a Planned) -> Option<&'a str> {
        let Some(Word::Known(role)) = planned.after("role") else { return None };
        let is_ours = |other: &&Planned| {
            other.kind == "aws_iam_role" && self.is_ours(other) && other.names().any(|name| name == role)
        };
        self.plan.resources.iter().find(is_ours).map(|_| role)
    }

    fn attachment(&self, planned: &Planned, found: &mut Vec<Finding>) {
        match planned.after("policy_arn") {
            Some(Word::Known(arn)) => reaching(planned, arn, found),
            Some(Word::Unknown) | None => {}
        }
        if let Some(role) = self.role_of(planned) {
            let what = format!("it attaches a policy to the role `{role}` of the spec that is none of the spec's");
            found.push(Finding::new(Kind::Foreign, &planned.address, what));
        }
    }

    /// A policy on a secret of the spec's, beside the spec's own.
    fn on_secret(&self, planned: &Planned, found: &mut Vec<Finding>) {
        let Some(Word::Known(arn)) = planned.after("secret_arn") else { return };
        if let Some(secret) = self.named(stored_name(arn)) {
            let what = format!("it is a policy on {} that is none of the spec's", secret.id);
            found.push(Finding::new(Kind::Foreign, &planned.address, what));
        }
    }
}

fn reaching(planned: &Planned, arn: &str, found: &mut Vec<Finding>) {
    let name = arn.rsplit('/').next().unwrap_or(arn);
    if arn.contains(":iam::aws:policy/") && REACHING.contains(&name) {
        let what = format!("it attaches `{name}`, which reaches every secret");
        found.push(Finding::new(Kind::Foreign, &planned.address, what));
    }
}

/// A secret, by the two halves of its ARN: wildcards of the one must not reach into the other.
struct Named {
    id: String,
    /// Up to the account.
    place: Pattern,
    /// Behind `:secret:`.
    stored: Pattern,
}

impl Named {
    /// Whether a statement that speaks of these resources may speak of the secret.
    fn may_be_of(&self, resources: &Set) -> bool {
        let one = |pattern: &Pattern| match pattern.as_str().split_once(":secret:") {
            Some((place, stored)) => Pattern::new(place).meets(&self.place) && Pattern::new(stored).meets(&self.stored),
            // One of its wildcards stands for that, too.
            None => pattern.meets(&Pattern::new(&format!("{}:secret:{}", self.place, self.stored))),
        };
        match resources {
            Set::Of(patterns) => patterns.iter().any(one),
            Set::AllBut(patterns) => !patterns.iter().any(Pattern::is_everything),
        }
    }
}

/// The secrets that statements allow something on, each with the actions.
fn reached<'a>(statements: &[Statement], names: &'a [Named]) -> Vec<(&'a str, String)> {
    let nothing: [&Statement; 0] = [];
    let allowed: Vec<_> = beyond(statements, nothing).into_iter().map(|found| found.allowance).collect();
    let mut all = Vec::new();
    for named in names {
        let on_it: Vec<_> = allowed.iter().filter(|allowance| named.may_be_of(&allowance.resources)).collect();
        let is_allowed = |action: &&str| on_it.iter().any(|it| it.actions.may_meet(&Pattern::of_action(action)));
        let actions: Vec<&str> = ON_A_SECRET.into_iter().filter(is_allowed).collect();
        match actions.len() {
            0 => {}
            number if number == ON_A_SECRET.len() => all.push((named.id.as_str(), "everything".to_owned())),
            _ => all.push((named.id.as_str(), actions.join(", "))),
        }
    }
    all
}
