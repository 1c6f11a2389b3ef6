//! What one handler's policy allows: its grants as statements, those with equal actions merged.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasher;

use paypulse_runtime::model::{ApiCall, HandlerSpec, KmsKey, NamePattern, Owner, SecretSpec, Verb};

use super::action::{action, key_actions};
use super::versions::Versions;

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
    /// The versions of the secrets that may be read.
    pub versions: Versions,
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

/// What makes two statements one: the key that they are on, if any, their sorted actions, the region, and the versions. Statements
/// on secrets come first.
type Identity<'a> = (Option<&'a KmsKey>, Vec<&'static str>, Option<&'a str>, Versions);

#[derive(Default)]
struct Merged<'a> {
    secrets: Vec<Resource>,
    grants: Vec<(&'a str, &'a [Verb])>,
}

impl Policy {
    /// The policy that allows exactly what a handler's grants need. `apart` has the ids of the secrets whose versions are told apart.
    ///
    /// # Panics
    ///
    /// If a grant is on a secret that is not in `secrets`, which a checked spec does not have.
    #[must_use]
    pub fn of<S: BuildHasher>(
        handler: &HandlerSpec,
        secrets: &HashMap<&str, &SecretSpec, S>,
        apart: &BTreeSet<&str>,
    ) -> Self {
        let mut merged: BTreeMap<Identity<'_>, Merged<'_>> = BTreeMap::new();
        for grant in &handler.grants {
            let secret = secrets[grant.secret.as_str()];
            for (identity, resource) in identities(&grant.verbs, secret, apart.contains(secret.id.as_str())) {
                let merged = merged.entry(identity).or_default();
                merged.secrets.push(resource);
                merged.grants.push((&grant.secret, &grant.verbs));
            }
        }
        let statements = merged.into_iter().map(|((key, actions, region, versions), mut merged)| {
            merged.grants.sort_unstable();
            Statement {
                actions,
                key: key.cloned(),
                region: region.map(str::to_owned),
                versions,
                secrets: sorted_without_covered(merged.secrets),
                grants: merged.grants.into_iter().map(|(id, verbs)| (id.to_owned(), verbs.to_vec())).collect(),
            }
        });
        Self { statements: statements.collect() }
    }
}

impl Statement {
    /// Whether the grant of these verbs on a secret is, in part or whole, this statement. `is_apart`: the secret's versions are told
    /// apart.
    #[must_use]
    pub fn is_of(&self, verbs: &[Verb], secret: &SecretSpec, is_apart: bool) -> bool {
        identities(verbs, secret, is_apart).any(|((key, actions, region, versions), resource)| {
            (self.key.as_ref(), &self.actions, self.region.as_deref(), self.versions)
                == (key, &actions, region, versions)
                && self.secrets.iter().any(|own| own.takes_in(&resource))
        })
    }
}

/// The statements that a grant belongs to, and what it puts in each: one on the secret for each choice of versions, one on its key if
/// it has one of its own and is read or written, and one for what is on no secret.
fn identities<'a>(
    verbs: &'a [Verb],
    secret: &'a SecretSpec,
    is_apart: bool,
) -> impl Iterator<Item = (Identity<'a>, Resource)> {
    let calls = |verbs: &[Verb]| -> Vec<ApiCall> { verbs.iter().flat_map(|verb| verb.api_calls()).copied().collect() };
    let region = secret.region.as_deref();
    let on_secret = by_versions(verbs, is_apart).into_iter().map(move |(versions, verbs)| {
        let actions = sorted(calls(&verbs).into_iter().filter(|call| call.is_on_a_secret()).map(action));
        ((None, actions, region, versions), Resource::of(secret))
    });
    let actions = sorted(calls(verbs).into_iter().filter(|call| !call.is_on_a_secret()).map(action));
    let on_nothing = ((None, actions, None, Versions::Any), Resource::Everything);
    let on_key = secret.kms_key.as_ref().map(|key| {
        let actions = sorted(calls(verbs).into_iter().flat_map(key_actions).copied());
        ((Some(key), actions, region, Versions::Any), Resource::of(secret))
    });
    on_secret
        .chain([Some(on_nothing), on_key].into_iter().flatten())
        .filter(|((_, actions, ..), _)| !actions.is_empty())
}

/// The verbs of a grant by the versions that they read. The previous version has a statement of its own; the others share one, which
/// is limited to the current version where versions are told apart and no rotation needs more.
fn by_versions(verbs: &[Verb], is_apart: bool) -> Vec<(Versions, Vec<Verb>)> {
    let (previous, others): (Vec<Verb>, Vec<Verb>) = verbs.iter().partition(|verb| **verb == Verb::ReadPrevious);
    let of_others = others.iter().map(|verb| Versions::of(*verb));
    let is_limited = is_apart && !others.contains(&Verb::Rotate);
    let versions = if is_limited { of_others.max().unwrap_or_default() } else { Versions::Any };
    vec![(versions, others), (Versions::Previous, previous)]
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
