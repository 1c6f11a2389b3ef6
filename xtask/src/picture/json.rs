//! One JSON document with all of a picture. The page carries the same.

use std::collections::{BTreeMap, BTreeSet};

use paypulse_runtime::model::{KmsKey, NamePattern, Prefixes, Replica, Role, SecretSpec, Verb};
use serde::Serialize;

use super::{Picture, Placed, Policies, Subject, does, reason, remarks};
use crate::iam::{DESCRIBED_IN, KEYS_DESCRIBED_IN, ON_A_KEY, action, described, key_actions};

/// The version of the form. It rises when a reader of the old one would misread the new one.
pub const VERSION: u32 = 1;

/// The whole document. Places count from 0.
#[derive(Serialize)]
pub struct Report<'a> {
    /// `shown`.
    result: &'static str,
    version: u32,
    /// The file that people edit.
    source: &'a str,
    /// The environments, if there are many.
    #[serde(skip_serializing_if = "Option::is_none")]
    prefixes: Option<&'a Prefixes>,
    /// Each verb that is granted, by its name.
    verbs: BTreeMap<&'static str, VerbReport>,
    /// Each IAM action that is needed, by its name.
    actions: BTreeMap<&'static str, ActionReport>,
    subjects: Vec<SubjectReport<'a>>,
    secrets: Vec<SecretReport<'a>>,
    grants: Vec<GrantReport>,
    statements: &'a [Placed],
    /// What else has to be known, each as a sentence with names in backticks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<String>,
}

#[derive(Serialize)]
struct VerbReport {
    does: &'static str,
    /// For the time of a migration only.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    temporary: bool,
    calls: Vec<CallReport>,
}

#[derive(Serialize)]
struct CallReport {
    call: &'static str,
    action: &'static str,
    /// Why the verb makes the call.
    why: &'static str,
    /// On the secret's own key, where it has one.
    key_actions: &'static [&'static str],
}

#[derive(Serialize)]
struct ActionReport {
    /// Why a key is needed; of the other actions, their calls say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    /// AWS's line on it.
    described: &'static str,
    /// The page that has the line.
    described_in: &'static str,
}

#[derive(Serialize)]
struct SubjectReport<'a> {
    /// `handler`, `account` or `role`.
    kind: &'static str,
    name: String,
    /// How the spec calls it, where it is a handler.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    /// The variable that names its role, where that exists already.
    #[serde(skip_serializing_if = "Option::is_none")]
    role_variable: Option<&'a str>,
}

#[derive(Serialize)]
struct SecretReport<'a> {
    id: &'a str,
    name: &'a str,
    /// The pattern of its stored name, by which the statements call it.
    stored_as: String,
    description: &'a str,
    /// As in an exported spec: `terraform`, `external`, `runtime` or `rotation`.
    owner: &'static str,
    /// The same for people.
    written_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a KmsKey>,
    /// The copies that handlers read too, with their keys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    copies: Vec<&'a Replica>,
}

#[derive(Serialize)]
struct GrantReport {
    /// A place in `subjects`.
    subject: usize,
    /// A place in `secrets`.
    secret: usize,
    verbs: Vec<Verb>,
    /// Places in `statements`.
    statements: Vec<usize>,
}

impl<'a> Report<'a> {
    /// Of a picture, with its statements.
    #[must_use]
    pub fn of(picture: &'a Picture<'_>, policies: &'a Policies) -> Self {
        let granted: BTreeSet<Verb> = picture.grants.iter().flat_map(|grant| grant.verbs.iter().copied()).collect();
        let grants = picture.grants.iter().zip(&policies.of_grants).map(|(grant, statements)| GrantReport {
            subject: grant.subject,
            secret: grant.secret,
            verbs: grant.verbs.clone(),
            statements: statements.clone(),
        });
        Self {
            result: "shown",
            version: VERSION,
            source: &picture.spec.source,
            prefixes: picture.spec.prefixes.as_ref(),
            verbs: granted.iter().map(|verb| (verb.name(), verb_report(*verb))).collect(),
            actions: actions(&granted),
            subjects: picture.subjects.iter().map(subject).collect(),
            secrets: picture.secrets.iter().map(|it| secret(picture, it)).collect(),
            grants: grants.collect(),
            statements: &policies.statements,
            remarks: remarks(picture.spec),
        }
    }
}

fn verb_report(verb: Verb) -> VerbReport {
    let calls = verb.api_calls().iter().map(|call| CallReport {
        call: call.name(),
        action: action(*call),
        why: reason(verb, *call).unwrap_or_default(),
        key_actions: key_actions(*call),
    });
    VerbReport { does: does(verb), temporary: verb.is_temporary(), calls: calls.collect() }
}

fn actions(granted: &BTreeSet<Verb>) -> BTreeMap<&'static str, ActionReport> {
    let calls = granted.iter().flat_map(|verb| verb.api_calls()).copied();
    let on_secrets = calls
        .map(|call| (action(call), ActionReport { why: None, described: described(call), described_in: DESCRIBED_IN }));
    let on_keys = ON_A_KEY.iter().map(|(name, why, described)| {
        (*name, ActionReport { why: Some(why), described, described_in: KEYS_DESCRIBED_IN })
    });
    on_secrets.chain(on_keys).collect()
}

fn subject<'a>(subject: &Subject<'a>) -> SubjectReport<'a> {
    let (id, role_variable) = match subject {
        Subject::Principal(_) => (None, None),
        Subject::Handler(handler) => match &handler.role {
            Role::Created => (Some(handler.id.as_str()), None),
            Role::Existing { variable } => (Some(handler.id.as_str()), Some(variable.as_str())),
        },
    };
    SubjectReport { kind: subject.kind(), name: subject.to_string(), id, role_variable }
}

fn secret<'a>(picture: &Picture<'_>, secret: &'a SecretSpec) -> SecretReport<'a> {
    SecretReport {
        id: &secret.id,
        name: secret.name.as_str(),
        stored_as: NamePattern::of(&secret.name).to_string(),
        description: &secret.description,
        owner: secret.owner.word(),
        written_by: picture.written_by(secret),
        region: secret.region.as_deref(),
        key: secret.kms_key.as_ref(),
        copies: secret.options.readable_copies().collect(),
    }
}

/// The document as a text, with a final line feed.
///
/// `subjects` and `secrets` are lists. A grant has its place in either, its verbs, and the places of its statements in
/// `statements`, of which each says in which file and whose policy it is. `verbs` has the calls of each verb and why it makes
/// them, and `actions` what AWS says of each action. `version` is [`VERSION`].
///
/// # Panics
///
/// Never: it is made of texts, numbers and lists.
#[must_use]
pub fn json(picture: &Picture<'_>, policies: &Policies) -> String {
    let text = serde_json::to_string_pretty(&Report::of(picture, policies));
    text.expect("it is made of texts, numbers and lists") + "\n"
}
