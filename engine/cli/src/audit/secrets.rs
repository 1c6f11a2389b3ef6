//! Audit rules on secrets.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use driftless_model::{KmsKey, Owner, PayloadKind, SecretSpec, shown};

use super::finding::{AuditFinding, Place, Rule};
use super::inventory::FoundSecret;
use super::names::{Belongs, SecretNames};

const DAY: Duration = Duration::from_hours(24);

/// Inputs of the rules in addition to the spec.
pub struct Limits<'a> {
    /// The current time.
    pub now: SystemTime,
    /// A member that has not been read for this long is stale.
    pub stale_after: Duration,
    /// Values of Terraform variables, such as the ARN of a key.
    pub variables: &'a BTreeMap<String, String>,
}

/// The place of a finding on a secret; `None` if the secret is not related to the spec.
#[must_use]
pub fn place(found: &FoundSecret, belongs: Belongs<'_>) -> Option<Place> {
    match belongs {
        Belongs::Fixed(secret) => Some(Place::Secret { id: secret.id.clone() }),
        Belongs::Member(family) | Belongs::Reached(family) | Belongs::Beside(family) => Some(Place::Member {
            family: family.id.clone(),
            name: found.name.clone(),
            suffix: found.suffix().to_owned(),
        }),
        Belongs::Foreign => None,
    }
}

/// Whether the list shows a problem of a fixed secret that should be confirmed: the list can be five minutes old.
///
/// Source: [`ListSecrets`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ListSecrets.html).
#[must_use]
pub const fn is_worth_a_second_look(found: &FoundSecret, belongs: Belongs<'_>) -> bool {
    let Belongs::Fixed(secret) = belongs else { return false };
    found.deleted.is_some() || !found.has_value || (found.kms_key.is_none() && secret.kms_key.is_some())
}

/// Whether the secret must exist before any handler has run. Secrets owned by the runtime may be absent.
#[must_use]
pub fn must_exist(secret: &SecretSpec) -> bool {
    !secret.name.is_family() && secret.owner != Owner::Runtime
}

/// Whether the value can be validated, and is therefore worth reading. Any plain text is valid.
#[must_use]
pub fn has_schema(secret: &SecretSpec) -> bool {
    secret.payload.kind == PayloadKind::Json
}

/// The finding for a secret of the spec that the account does not have.
#[must_use]
pub fn missing(secret: &SecretSpec) -> AuditFinding {
    let hint = match secret.owner {
        Owner::External => "its owner has to create it; the Terraform only looks it up",
        _ => "apply the Terraform, which creates it",
    };
    let message = format!("there is no secret {}", shown(secret.name.as_str()));
    AuditFinding::new(Rule::MissingSecret, Place::Secret { id: secret.id.clone() }, message, hint)
}

/// Every way in which a secret differs from the spec.
#[must_use]
pub fn judge(
    found: &FoundSecret,
    belongs: Belongs<'_>,
    names: &SecretNames<'_>,
    limits: &Limits<'_>,
) -> Vec<AuditFinding> {
    let Some(place) = place(found, belongs) else { return Vec::new() };
    let mut findings = Judgement { found, place, findings: Vec::new() };
    match belongs {
        Belongs::Fixed(secret) => findings.of_its_own(secret, limits),
        Belongs::Member(family) => {
            findings.of_its_own(family, limits);
            findings.stale(limits);
            if !names.is_granted(family) {
                findings.uncovered("it is a member, and no handler is granted anything on the family");
            }
        }
        Belongs::Reached(_) => findings.stray(),
        Belongs::Beside(family) => {
            let message = format!("it starts as {} does, and is not one of its members", shown(family.name.as_str()));
            findings.uncovered(&message);
        }
        Belongs::Foreign => {}
    }
    findings.findings
}

struct Judgement<'a> {
    found: &'a FoundSecret,
    place: Place,
    findings: Vec<AuditFinding>,
}

impl Judgement<'_> {
    fn find(&mut self, rule: Rule, message: impl Into<String>, hint: &str) {
        self.findings.push(AuditFinding::new(rule, self.place.clone(), message, hint));
    }

    /// Checks that apply to every secret of the spec.
    fn of_its_own(&mut self, secret: &SecretSpec, limits: &Limits<'_>) {
        if self.found.deleted.is_some() {
            let hint = "take the deletion back with `aws secretsmanager restore-secret`, or let it be deleted";
            self.find(Rule::PendingDeletion, "its deletion is scheduled; until then it cannot be read", hint);
            return;
        }
        if !self.found.has_value {
            self.find(Rule::MissingValue, "no version of it is labelled AWSCURRENT", way_to_a_value(&secret.owner));
        }
        self.key(secret, limits);
    }

    fn key(&mut self, secret: &SecretSpec, limits: &Limits<'_>) {
        let (found, wanted) = (self.found.kms_key.as_deref(), secret.kms_key.as_ref());
        let message = match (found, wanted) {
            (None, None) => return,
            (Some(found), None) => format!("{} encrypts it, and the spec names no key", shown(found)),
            (None, Some(_)) => "the account's default key encrypts it, and the spec names another".to_owned(),
            (Some(found), Some(wanted)) if may_be(found, wanted, limits.variables) => return,
            (Some(found), Some(wanted)) => format!("{} encrypts it, and the spec names {}", shown(found), name(wanted)),
        };
        let hint =
            "encrypt it with the key that the spec names, or name this one: no handler is granted the use of another";
        self.find(Rule::OtherKey, message, hint);
    }

    fn stale(&mut self, limits: &Limits<'_>) {
        if self.found.deleted.is_some() {
            return;
        }
        let since = self.found.accessed.or(self.found.created);
        let Some(age) = since.and_then(|since| limits.now.duration_since(since).ok()) else { return };
        if age < limits.stale_after {
            return;
        }
        let days = age.as_secs() / DAY.as_secs();
        let message = match self.found.accessed {
            Some(_) => format!("it was not read for {days} days"),
            None => format!("it was not read since it was created, {days} days ago"),
        };
        self.find(Rule::StaleMember, message, "delete it if its owner is gone");
    }

    fn stray(&mut self) {
        let message = "grants on the family reach it, and no key of the family gives its name";
        self.find(Rule::StraySecret, message, "give it a name outside the family's path");
    }

    fn uncovered(&mut self, message: &str) {
        let hint = "give it a name of the family, grant the family to a handler, or move it away";
        self.find(Rule::UncoveredMember, message, hint);
    }
}

const fn way_to_a_value(owner: &Owner) -> &'static str {
    match owner {
        Owner::Terraform(_) => "apply the Terraform with a value for its variable",
        Owner::External => "its owner has to store a value",
        Owner::Runtime => "delete it; the handler that stores it creates it again",
        Owner::Rotation { .. } => "rotate it once with `aws secretsmanager rotate-secret`",
    }
}

/// Whether a key may be the one that the spec names. Aliases are not resolved.
fn may_be(found: &str, wanted: &KmsKey, variables: &BTreeMap<String, String>) -> bool {
    let id = |key: &str| key.rsplit(':').next().unwrap_or(key).trim_start_matches("key/").to_owned();
    match wanted {
        KmsKey::Alias { alias } => !id(found).starts_with("alias/") || id(found) == *alias,
        KmsKey::Variable { variable } => variables.get(variable.as_ref()).is_none_or(|value| id(value) == id(found)),
    }
}

fn name(key: &KmsKey) -> String {
    match key {
        KmsKey::Alias { alias } => shown(alias),
        KmsKey::Variable { variable } => format!("that of the variable {}", shown(variable)),
    }
}
