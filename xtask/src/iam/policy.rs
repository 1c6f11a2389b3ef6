//! What one handler's policy allows: its grants as statements, those with equal actions merged.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use paypulse_runtime::model::{HandlerSpec, NamePattern, Owner, SecretSpec, Verb};

use super::action::action;

/// What one handler may do, as statements that allow it. Sorted, so that the same grants give the same policy in
/// whichever order they are declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Statements without a common set of actions.
    pub statements: Vec<Statement>,
}

/// Some actions, allowed on some resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// IAM actions, sorted.
    pub actions: Vec<&'static str>,
    /// What they are allowed on, sorted.
    pub resources: Vec<Resource>,
    /// The grants behind it, for the reader: each secret's id with the verbs.
    pub grants: Vec<(String, Vec<Verb>)>,
}

/// What a statement allows its actions on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// One secret that the Terraform knows, by its id in the spec and its name: its exact ARN.
    Secret {
        /// The id in the spec.
        id: String,
        /// The name in Secrets Manager.
        name: String,
    },
    /// Secrets that only exist at run time, by their stored names.
    Pattern(NamePattern),
}

impl Resource {
    fn of(secret: &SecretSpec) -> Self {
        match secret.owner {
            Owner::Runtime => Self::Pattern(NamePattern::of(&secret.name)),
            Owner::Terraform { .. } | Owner::External | Owner::Rotation => {
                Self::Secret { id: secret.id.clone(), name: secret.name.as_str().to_owned() }
            }
        }
    }
}

#[derive(Default)]
struct Merged<'a> {
    resources: BTreeSet<Resource>,
    grants: BTreeMap<&'a str, &'a [Verb]>,
}

impl Policy {
    /// The policy that allows exactly what a handler's grants need.
    ///
    /// # Panics
    ///
    /// If a grant is on a secret that is not in `secrets`, which a checked spec does not have.
    #[must_use]
    pub fn of(handler: &HandlerSpec, secrets: &HashMap<&str, &SecretSpec>) -> Self {
        let mut by_actions: BTreeMap<BTreeSet<&str>, Merged<'_>> = BTreeMap::new();
        for grant in &handler.grants {
            let calls = grant.verbs.iter().flat_map(|verb| verb.api_calls());
            let merged = by_actions.entry(calls.map(|call| action(*call)).collect()).or_default();
            merged.resources.insert(Resource::of(secrets[grant.secret.as_str()]));
            merged.grants.insert(&grant.secret, &grant.verbs);
        }
        let statements = by_actions.into_iter().map(|(actions, merged)| Statement {
            actions: actions.into_iter().collect(),
            resources: merged.resources.into_iter().collect(),
            grants: merged.grants.into_iter().map(|(id, verbs)| (id.to_owned(), verbs.to_vec())).collect(),
        });
        Self { statements: statements.collect() }
    }
}
