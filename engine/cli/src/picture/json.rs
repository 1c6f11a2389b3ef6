//! The access report as JSON, which is also embedded in the HTML page.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::{KmsKey, NamePattern, Prefixes, Replica, Role, SecretSpec, ServicePrincipal, Verb};
use serde::Serialize;

use super::{Picture, PlacedStatement, ReportSubject, ShownPolicies, remarks};
use crate::iam::{DESCRIBED_IN, KEYS_DESCRIBED_IN, ON_A_KEY, action, described, key_actions};

/// Version of the format. It is increased when a reader of the old format would misread the new one.
pub const VERSION: u32 = 1;

/// The whole document. Indices start at 0.
#[derive(Serialize)]
pub struct AccessReport<'a> {
    /// `shown`.
    result: &'static str,
    version: u32,
    /// The source file of the spec.
    source: &'a str,
    /// The environments, if the spec declares prefixes.
    #[serde(skip_serializing_if = "Option::is_none")]
    prefixes: Option<&'a Prefixes>,
    /// Every granted verb, by name.
    verbs: BTreeMap<&'static str, VerbReport>,
    /// Every IAM action that is needed, by name.
    actions: BTreeMap<&'static str, ActionReport>,
    subjects: Vec<SubjectReport<'a>>,
    secrets: Vec<SecretReport<'a>>,
    grants: Vec<GrantReport<'a>>,
    statements: &'a [PlacedStatement],
    /// Remarks, each a sentence with names in backticks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<String>,
}

#[derive(Serialize)]
struct VerbReport {
    does: &'static str,
    /// Whether the verb is only for the time of a migration.
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
    /// Actions on the secret's customer-managed key, if it has one.
    key_actions: &'static [&'static str],
}

#[derive(Serialize)]
struct ActionReport {
    /// Why a key action is needed; for other actions, the calls say it.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'static str>,
    /// Description of the action by AWS.
    described: &'static str,
    /// The page that contains the description.
    described_in: &'static str,
}

#[derive(Serialize)]
struct SubjectReport<'a> {
    /// `handler`, `account` or `role`.
    kind: &'static str,
    name: String,
    /// The id in the spec, if it is a handler.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    /// The variable that names its role, if the role is an existing one.
    #[serde(skip_serializing_if = "Option::is_none")]
    role_variable: Option<&'a str>,
    /// Its purpose, if the spec says it.
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    /// The service that assumes its role, if it is a handler that is not a Lambda function.
    #[serde(skip_serializing_if = "Option::is_none")]
    principal: Option<&'a ServicePrincipal>,
}

#[derive(Serialize)]
struct SecretReport<'a> {
    id: &'a str,
    name: &'a str,
    /// The pattern of the stored name, as it appears in statements.
    stored_as: String,
    description: &'a str,
    /// As in an exported spec: `terraform`, `external`, `runtime` or `rotation`.
    owner: &'static str,
    /// The same in words.
    written_by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a KmsKey>,
    /// The copies that handlers read too, with their keys.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    copies: Vec<&'a Replica>,
    /// Whether its name has no prefix in any environment.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    outside_prefixes: bool,
}

#[derive(Serialize)]
struct GrantReport<'a> {
    /// Index into `subjects`.
    subject: usize,
    /// Index into `secrets`.
    secret: usize,
    verbs: Vec<Verb>,
    /// Why it is granted, if the spec says it.
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    /// Whether the value can be read, because a statement allows `GetSecretValue`.
    reads_value: bool,
    /// Indices into `statements`.
    statements: Vec<usize>,
}

impl<'a> AccessReport<'a> {
    /// Creates the report of a picture and its statements.
    #[must_use]
    pub fn of(picture: &'a Picture<'_>, policies: &'a ShownPolicies) -> Self {
        let granted: BTreeSet<Verb> = picture.grants.iter().flat_map(|grant| grant.verbs.iter().copied()).collect();
        let grants = picture.grants.iter().zip(&policies.of_grants).enumerate();
        let grants = grants.map(|(place, (grant, statements))| GrantReport {
            reads_value: policies.reads_value(place),
            subject: grant.subject,
            secret: grant.secret,
            verbs: grant.verbs.clone(),
            reason: grant.reason,
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
        why: verb.reason(*call).unwrap_or_default(),
        key_actions: key_actions(*call),
    });
    VerbReport { does: verb.does(), temporary: verb.is_temporary(), calls: calls.collect() }
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

fn subject<'a>(subject: &ReportSubject<'a>) -> SubjectReport<'a> {
    let (id, role_variable) = match subject {
        ReportSubject::Principal(_) => (None, None),
        ReportSubject::Handler(handler) => match &handler.role {
            Role::Created => (Some(handler.id.as_str()), None),
            Role::Existing { variable } => (Some(handler.id.as_str()), Some(variable.as_str())),
        },
    };
    let description = subject.description();
    let principal = match subject {
        ReportSubject::Handler(handler) => Some(&handler.options.principal).filter(|principal| !principal.is_lambda()),
        ReportSubject::Principal(_) => None,
    };
    SubjectReport { kind: subject.kind(), name: subject.to_string(), id, role_variable, description, principal }
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
        outside_prefixes: secret.options.outside_prefixes,
    }
}

/// The document as text, with a final line feed.
///
/// `subjects` and `secrets` are lists. A grant contains its index in each of them, its verbs, its `reason`, whether the value can
/// be read by it (`reads_value`), and the indices of its statements in `statements`, each of which names its file and the owner of the policy. `verbs` contains the calls of
/// each verb and the reasons for them, and `actions` contains the description of each action by AWS. `version` is
/// [`VERSION`].
///
/// # Panics
///
/// Never: the document consists of strings, numbers and lists.
#[must_use]
pub fn json(picture: &Picture<'_>, policies: &ShownPolicies) -> String {
    let text = serde_json::to_string_pretty(&AccessReport::of(picture, policies));
    text.expect("it is made of texts, numbers and lists") + "\n"
}
