//! Who outside the spec a plan would allow to use its secrets.

use std::collections::BTreeSet;

use paypulse_runtime::model::{NamePattern, SecretSpec};
use serde_json::Value;

use super::findings::{Check, Finding, Kind};
use super::{Planned, Word};
use crate::access::NOT_KNOWN;
use crate::adopt::arn::secret_name;
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
        let (names, roles) = (self.names(), self.roles());
        for planned in self.plan.resources.iter().filter(|planned| planned.changes() && !self.is_ours(planned)) {
            match planned.kind.as_str() {
                "aws_iam_role_policy" | "aws_iam_user_policy" | "aws_iam_group_policy" | "aws_iam_policy" => {
                    document(planned, planned.after("policy").as_ref(), &names, found);
                    on_role(planned, &roles, found);
                }
                "aws_iam_role" => role(planned, &names, found),
                "aws_iam_role_policy_attachment"
                | "aws_iam_user_policy_attachment"
                | "aws_iam_group_policy_attachment"
                | "aws_iam_policy_attachment" => {
                    attachment(planned, found);
                    on_role(planned, &roles, found);
                }
                "aws_secretsmanager_secret_policy" => self.on_secret(planned, found),
                _ => {}
            }
        }
    }

    fn is_ours(&self, planned: &Planned) -> bool {
        planned.is_in(self.path) && self.module.has(&planned.address.in_module())
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

    /// The names of the spec's roles that the plan has.
    fn roles(&self) -> BTreeSet<&str> {
        let ours = self.plan.resources.iter().filter(|planned| planned.kind == "aws_iam_role" && self.is_ours(planned));
        ours.flat_map(Planned::names).collect()
    }

    /// A policy on a secret of the spec's, beside the spec's own.
    fn on_secret(&self, planned: &Planned, found: &mut Vec<Finding>) {
        let (kind, what) = match planned.after("secret_arn") {
            Some(Word::Known(arn)) => match self.named(secret_name(arn)) {
                Some(secret) => (Kind::Foreign, format!("it is a policy on {} that is none of the spec's", secret.id)),
                None => return,
            },
            Some(Word::Unknown) => (Kind::Undecided, "which secret it is on is not known before the apply".to_owned()),
            None => return,
        };
        found.push(Finding::new(kind, &planned.address, what));
    }
}

/// A role that is not the spec's, with policies in itself.
fn role(planned: &Planned, names: &[Named], found: &mut Vec<Finding>) {
    let Some(after) = &planned.after else { return };
    for policy in &after.inline {
        document(planned, policy.word().map(Word::Known).as_ref(), names, found);
    }
    for arn in after.lists.get("managed_policy_arns").into_iter().flatten() {
        reaching(planned, arn.as_str(), found);
    }
}

fn document(planned: &Planned, text: Option<&Word<'_>>, names: &[Named], found: &mut Vec<Finding>) {
    let place = &planned.address;
    match text {
        None => {}
        Some(Word::Unknown) => found.push(Finding::new(Kind::Undecided, place, NOT_KNOWN)),
        Some(Word::Known(text)) => match Document::read(text) {
            // It may allow anything.
            Err(unread) => found.push(Finding::new(Kind::Foreign, place, unread.to_string())),
            Ok(document) => {
                let what = |(secret, actions)| format!("it allows {actions} on {secret}");
                let reached = reached(&document.statements, names).into_iter().map(what);
                found.extend(reached.map(|what| Finding::new(Kind::Foreign, place, what)));
            }
        },
    }
}

fn attachment(planned: &Planned, found: &mut Vec<Finding>) {
    // One that is not known yet is one that this plan makes, whose document is looked at by itself.
    if let Some(Word::Known(arn)) = planned.after("policy_arn") {
        reaching(planned, arn, found);
    }
}

/// Something on a role of the spec's that is none of the spec's.
fn on_role(planned: &Planned, roles: &BTreeSet<&str>, found: &mut Vec<Finding>) {
    if let Some(Word::Known(role)) = planned.after("role")
        && roles.contains(role)
    {
        let what = format!("it puts a policy on the role `{role}` of the spec that is none of the spec's");
        found.push(Finding::new(Kind::Foreign, &planned.address, what));
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
