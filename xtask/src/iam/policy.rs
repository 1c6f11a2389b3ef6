//! What one role's policy allows: the grants of its handlers as statements, those with equal actions merged.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use paypulse_runtime::model::{
    ApiCall, HandlerSpec, KmsKey, NamePattern, Owner, RoleGrant, RoleHandlers, SecretSpec, Verb,
};

use super::action::{action, key_actions};

/// What one role may do, as statements that allow it. Sorted, so that the same grants give the same policy in
/// whichever order they are declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// First those on secrets, no two with the same actions, region and function; then those on keys, no two with the same
    /// actions, key and region.
    pub statements: Vec<Statement>,
}

/// Some actions, allowed on some secrets, or on the key of some secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// IAM actions, sorted.
    pub actions: Vec<&'static str>,
    /// The key that the actions are allowed on, where they are a key's: then only through Secrets Manager, and only
    /// for these secrets.
    pub key: Option<KmsKey>,
    /// The region that the secrets are in, if that is another than everything else is in.
    pub region: Option<String>,
    /// The function whose code alone can use it; none where any code under the role can. What is on a
    /// key has none: AWS does not say that the function is known where Secrets Manager uses a key for it, and the key is used
    /// for a call on the secret alone.
    ///
    /// Source: [using source function ARN to control function access behavior][source].
    ///
    /// [source]: https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
    pub function: Option<SourceFunction>,
    /// The secrets, sorted.
    pub secrets: Vec<Resource>,
    /// The grants behind it, for the reader: each secret's id with the verbs.
    pub grants: Vec<(String, Vec<Verb>)>,
}

/// The function of a handler.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceFunction {
    /// Its name.
    pub name: String,
    /// The region that it is in, with what it rotates, if that is another than everything else is in.
    pub region: Option<String>,
}

/// One secret, or some.
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
    /// No secret at all, where the actions are on none: such actions accept only everything.
    Everything,
}

impl Resource {
    fn of(secret: &SecretSpec) -> Self {
        match secret.owner {
            Owner::Runtime => Self::Pattern(NamePattern::of(&secret.name)),
            Owner::Terraform(_) | Owner::External | Owner::Rotation { .. } => {
                Self::Secret { id: secret.id.clone(), name: secret.name.as_str().to_owned() }
            }
        }
    }

    /// Whether it is another one, or is a pattern that covers it.
    fn takes_in(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Pattern(own), Self::Pattern(other)) => own.covers(other),
            _ => self == other,
        }
    }
}

/// What makes two statements one. Statements on secrets come first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Identity<'a> {
    /// The key that they are on, if any.
    key: Option<&'a KmsKey>,
    /// Sorted.
    actions: Vec<&'static str>,
    region: Option<&'a str>,
    function: Option<SourceFunction>,
}

#[derive(Default)]
struct Merged<'a> {
    secrets: Vec<Resource>,
    grants: Vec<(&'a str, Vec<Verb>)>,
}

impl Policy {
    /// The policy that allows exactly what the grants of a role's handlers need.
    ///
    /// # Panics
    ///
    /// If a grant is on a secret that is not in `secrets`, which a checked spec does not have.
    #[must_use]
    pub fn of<S: BuildHasher>(role: &RoleHandlers<'_>, secrets: &HashMap<&str, &SecretSpec, S>) -> Self {
        let mut merged: BTreeMap<Identity<'_>, Merged<'_>> = BTreeMap::new();
        for RoleGrant { secret: id, verbs, function } in role.grants() {
            let function = function.map(|handler| SourceFunction::of(handler, secrets));
            for (identity, resource) in identities(&verbs, function.as_ref(), secrets[id]) {
                let merged = merged.entry(identity).or_default();
                merged.secrets.push(resource);
                merged.grants.push((id, verbs.clone()));
            }
        }
        let statements = merged.into_iter().map(|(Identity { key, actions, region, function }, mut merged)| {
            merged.grants.sort_unstable();
            Statement {
                actions,
                key: key.cloned(),
                region: region.map(str::to_owned),
                function,
                secrets: sorted_without_covered(merged.secrets),
                grants: merged.grants.into_iter().map(|(id, verbs)| (id.to_owned(), verbs)).collect(),
            }
        });
        Self { statements: statements.collect() }
    }
}

impl Statement {
    /// Whether a role's grant on a secret is, in part or whole, this statement.
    #[must_use]
    pub fn is_of<S: BuildHasher>(
        &self,
        grant: &RoleGrant<'_>,
        secret: &SecretSpec,
        secrets: &HashMap<&str, &SecretSpec, S>,
    ) -> bool {
        let (key, region, function) = (self.key.as_ref(), self.region.as_deref(), self.function.clone());
        let own = Identity { key, actions: self.actions.clone(), region, function };
        let function = grant.function.map(|handler| SourceFunction::of(handler, secrets));
        identities(&grant.verbs, function.as_ref(), secret)
            .any(|(identity, resource)| identity == own && self.secrets.iter().any(|own| own.takes_in(&resource)))
    }
}

impl SourceFunction {
    fn of<S: BuildHasher>(handler: &HandlerSpec, secrets: &HashMap<&str, &SecretSpec, S>) -> Self {
        let mut rotated = secrets.values().filter(|secret| secret.owner.function() == Some(&handler.id));
        Self { name: handler.name.clone(), region: rotated.find_map(|secret| secret.region.clone()) }
    }
}

/// The statements that a grant belongs to, and what it puts in each: one on the secret, one on its key if it has one of its
/// own and is read or written, and one for what is on no secret.
fn identities<'a>(
    verbs: &[Verb],
    function: Option<&SourceFunction>,
    secret: &'a SecretSpec,
) -> impl Iterator<Item = (Identity<'a>, Resource)> + use<'a> {
    let calls: Vec<ApiCall> = verbs.iter().flat_map(|verb| verb.api_calls()).copied().collect();
    let on = |on_a_secret: bool| {
        sorted(calls.iter().copied().filter(|call| call.is_on_a_secret() == on_a_secret).map(action))
    };
    let region = secret.region.as_deref();
    let by = |actions, region| Identity { key: None, actions, region, function: function.cloned() };
    let (on_secret, on_nothing) = (by(on(true), region), by(on(false), None));
    let (on_secret, on_nothing) = ((on_secret, Resource::of(secret)), (on_nothing, Resource::Everything));
    let on_key = secret.kms_key.as_ref().map(|key| {
        let actions = sorted(calls.iter().flat_map(|call| key_actions(*call)).copied());
        (Identity { key: Some(key), actions, region, function: None }, Resource::of(secret))
    });
    let all = [Some(on_secret), Some(on_nothing), on_key].into_iter().flatten();
    all.filter(|(identity, _)| !identity.actions.is_empty())
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items.dedup();
    items
}

/// The resources in their order, without those that a pattern among them covers. Two patterns can only meet where the text
/// before the first wildcard of the wider one begins the other.
fn sorted_without_covered(resources: Vec<Resource>) -> Vec<Resource> {
    let mut resources = sorted(resources.into_iter());
    let mut by_prefix: HashMap<&str, Vec<&NamePattern>> = HashMap::new();
    for resource in &resources {
        if let Resource::Pattern(pattern) = resource
            && pattern.as_str().contains('*')
        {
            by_prefix.entry(pattern.literal_prefix()).or_default().push(pattern);
        }
    }
    // Prefixes have few lengths, and only those are looked up.
    let lengths = sorted(by_prefix.keys().map(|prefix| prefix.len()));
    let is_covered = |pattern: &NamePattern| {
        let prefix = pattern.literal_prefix();
        let wider = lengths.iter().filter_map(|length| by_prefix.get(prefix.get(..*length)?)).flatten();
        wider.into_iter().any(|wider| *wider != pattern && wider.covers(pattern))
    };
    let covered: Vec<bool> = resources
        .iter()
        .map(|resource| match resource {
            Resource::Secret { .. } | Resource::Everything => false,
            Resource::Pattern(pattern) => is_covered(pattern),
        })
        .collect();
    let mut covered = covered.into_iter();
    resources.retain(|_| !covered.next().unwrap_or_default());
    resources
}
