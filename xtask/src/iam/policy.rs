//! What one handler's policy allows: its grants as statements, those with equal actions merged.

use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;

use paypulse_runtime::model::{ApiCall, HandlerSpec, KmsKey, NamePattern, Owner, SecretSpec, Verb};

use super::action::{action, key_actions};

/// What one handler may do, as statements that allow it. Sorted, so that the same grants give the same policy in
/// whichever order they are declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// First those on secrets, no two with the same actions and region; then those on keys, no two with the same actions, key and
    /// region.
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
    /// The secrets, sorted.
    pub secrets: Vec<Resource>,
    /// The grants behind it, for the reader: each secret's id with the verbs.
    pub grants: Vec<(String, Vec<Verb>)>,
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

/// What makes two statements one: the key that they are on, if any, their sorted actions, and the region. Statements on secrets
/// come first.
type Identity<'a> = (Option<&'a KmsKey>, Vec<&'static str>, Option<&'a str>);

#[derive(Default)]
struct Merged<'a> {
    secrets: Vec<Resource>,
    grants: Vec<(&'a str, &'a [Verb])>,
}

impl Policy {
    /// The policy that allows exactly what a handler's grants need.
    ///
    /// # Panics
    ///
    /// If a grant is on a secret that is not in `secrets`, which a checked spec does not have.
    #[must_use]
    pub fn of<S: BuildHasher>(handler: &HandlerSpec, secrets: &HashMap<&str, &SecretSpec, S>) -> Self {
        let mut merged: BTreeMap<Identity<'_>, Merged<'_>> = BTreeMap::new();
        for grant in &handler.grants {
            let secret = secrets[grant.secret.as_str()];
            let calls = || grant.verbs.iter().flat_map(|verb| verb.api_calls()).copied();
            for (identity, resource) in identities(calls, secret) {
                let merged = merged.entry(identity).or_default();
                merged.secrets.push(resource);
                merged.grants.push((&grant.secret, &grant.verbs));
            }
        }
        let statements = merged.into_iter().map(|((key, actions, region), mut merged)| {
            merged.grants.sort_unstable();
            Statement {
                actions,
                key: key.cloned(),
                region: region.map(str::to_owned),
                secrets: sorted_without_covered(merged.secrets),
                grants: merged.grants.into_iter().map(|(id, verbs)| (id.to_owned(), verbs.to_vec())).collect(),
            }
        });
        Self { statements: statements.collect() }
    }
}

impl Statement {
    /// Whether the grant of these verbs on a secret is, in part or whole, this statement.
    #[must_use]
    pub fn is_of(&self, verbs: &[Verb], secret: &SecretSpec) -> bool {
        let calls = || verbs.iter().flat_map(|verb| verb.api_calls()).copied();
        identities(calls, secret).any(|((key, actions, region), resource)| {
            (self.key.as_ref(), &self.actions, self.region.as_deref()) == (key, &actions, region)
                && self.secrets.iter().any(|own| own.takes_in(&resource))
        })
    }
}

/// The statements that a grant belongs to, and what it puts in each: one on the secret, one on its key if it has one of its
/// own and is read or written, and one for what is on no secret.
fn identities<I>(calls: impl Fn() -> I, secret: &SecretSpec) -> impl Iterator<Item = (Identity<'_>, Resource)>
where
    I: Iterator<Item = ApiCall>,
{
    let actions = |on_a_secret: bool| sorted(calls().filter(|call| call.is_on_a_secret() == on_a_secret).map(action));
    let region = secret.region.as_deref();
    let on_secret = ((None, actions(true), region), Resource::of(secret));
    let on_nothing = ((None, actions(false), None), Resource::Everything);
    let on_key = secret.kms_key.as_ref().map(|key| {
        let actions = sorted(calls().flat_map(key_actions).copied());
        ((Some(key), actions, region), Resource::of(secret))
    });
    let all = [Some(on_secret), Some(on_nothing), on_key].into_iter().flatten();
    all.filter(|((_, actions, _), _)| !actions.is_empty())
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
