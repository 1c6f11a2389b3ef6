//! The policy of one role: the grants of its handlers as statements, merged by equal actions.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasher;

use driftless_model::{ApiCall, HandlerSpec, KmsKey, NamePattern, Owner, RoleGrant, RoleHandlers, SecretSpec, Verb};

use super::action::{SOURCE_FUNCTION, action, key_actions};
use super::versions::Versions;

/// The permissions of one role, as statements that allow them. Sorted, so that the same grants give the same policy
/// regardless of the order of their declarations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// First the statements on secrets, no two with the same actions, Region and function; then those on keys, no two
    /// with the same actions, key and Region.
    pub statements: Vec<Statement>,
}

/// Actions that are allowed on certain secrets, or on the key of certain secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// IAM actions, sorted.
    pub actions: Vec<&'static str>,
    /// The key, if the actions are those of a key. They are then allowed only through Secrets Manager, and only for
    /// these secrets.
    pub key: Option<KmsKey>,
    /// The region that the secrets are in, if that is another than everything else is in. Of a secret that is in another region
    /// than this, it is the copy.
    pub region: Option<String>,
    /// The versions of the secrets that can be read.
    pub versions: Versions,
    /// The only function whose code can use the statement; `None` if any code that runs under the role can. A statement
    /// on a key has no function: AWS does not document that the function is known when Secrets Manager uses a key on
    /// its behalf, and the key is only used for a call on the secret.
    ///
    /// Source: [using source function ARN to control function access behavior][source].
    ///
    /// [source]: https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
    pub function: Option<SourceFunction>,
    /// The secrets, sorted.
    pub secrets: Vec<Resource>,
    /// The grants that the statement comes from, for the reader: each secret's id with the verbs.
    pub grants: Vec<(String, Vec<Verb>)>,
}

/// The Lambda function of a handler.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceFunction {
    /// Its name.
    pub name: String,
    /// The Region of the function and of the secret that it rotates, if it differs from the default Region.
    pub region: Option<String>,
}

/// The resource of a statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resource {
    /// One secret that Terraform knows, by its id in the spec and its name: its exact ARN.
    Secret {
        /// The id in the spec.
        id: String,
        /// The name in Secrets Manager.
        name: String,
    },
    /// Secrets that only exist at run time, by the pattern of their stored names.
    Pattern(NamePattern),
    /// `*`, for actions that apply to no particular secret and accept no other resource.
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

    /// Whether it equals the other resource, or is a pattern that covers it.
    fn takes_in(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Pattern(own), Self::Pattern(other)) => own.covers(other),
            _ => self == other,
        }
    }
}

/// Statements with the same identity are merged. Statements on secrets come first.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct StatementIdentity<'a> {
    /// The key that the actions are on, if any.
    key: Option<&'a KmsKey>,
    /// Sorted.
    actions: Vec<&'static str>,
    region: Option<&'a str>,
    versions: Versions,
    function: Option<SourceFunction>,
}

#[derive(Default)]
struct Merged<'a> {
    secrets: Vec<Resource>,
    grants: Vec<(&'a str, Vec<Verb>)>,
}

impl Policy {
    /// The policy that allows exactly what the grants of a role's handlers need. `apart` has the ids of the secrets
    /// whose versions have separate permissions.
    ///
    /// # Panics
    ///
    /// If a grant is on a secret that is not in `secrets`. A checked spec has no such grant.
    #[must_use]
    pub fn of<S: BuildHasher>(
        role: &RoleHandlers<'_>,
        secrets: &HashMap<&str, &SecretSpec, S>,
        apart: &BTreeSet<&str>,
    ) -> Self {
        let mut merged: BTreeMap<StatementIdentity<'_>, Merged<'_>> = BTreeMap::new();
        for grant in role.grants() {
            for (identity, resource) in identities(&grant, secrets, apart) {
                let merged = merged.entry(identity).or_default();
                merged.secrets.push(resource);
                merged.grants.push((grant.secret, grant.verbs.clone()));
            }
        }
        let statements =
            merged.into_iter().map(|(StatementIdentity { key, actions, region, versions, function }, mut merged)| {
                merged.grants.sort_unstable();
                Statement {
                    actions,
                    key: key.cloned(),
                    region: region.map(str::to_owned),
                    versions,
                    function,
                    secrets: sorted_without_covered(merged.secrets),
                    grants: merged.grants.into_iter().map(|(id, verbs)| (id.to_owned(), verbs)).collect(),
                }
            });
        Self { statements: statements.collect() }
    }
}

impl Statement {
    /// Whether this statement contains a role's grant, or a part of it. `secrets` and `apart` are as in [`Policy::of`].
    #[must_use]
    pub fn is_of<S: BuildHasher>(
        &self,
        grant: &RoleGrant<'_>,
        secrets: &HashMap<&str, &SecretSpec, S>,
        apart: &BTreeSet<&str>,
    ) -> bool {
        let (key, region, function) = (self.key.as_ref(), self.region.as_deref(), self.function.clone());
        let own = StatementIdentity { key, actions: self.actions.clone(), region, versions: self.versions, function };
        identities(grant, secrets, apart)
            .into_iter()
            .any(|(identity, resource)| identity == own && self.secrets.iter().any(|own| own.takes_in(&resource)))
    }

    /// The conditions other than those on the use of a key: each has an operator, a key and a value. `arn` gives a
    /// function's ARN.
    #[must_use]
    pub fn conditions(&self, arn: impl Fn(&SourceFunction) -> String) -> Vec<(&'static str, &'static str, String)> {
        let of_versions = self.versions.conditions().iter();
        let of_versions = of_versions.map(|&(operator, key, value)| (operator, key, value.to_owned()));
        let of_function = self.function.iter().map(|function| ("ArnEquals", SOURCE_FUNCTION, arn(function)));
        of_versions.chain(of_function).collect()
    }
}

impl SourceFunction {
    fn of<S: BuildHasher>(handler: &HandlerSpec, secrets: &HashMap<&str, &SecretSpec, S>) -> Self {
        let rotated = secrets.values().filter(|secret| secret.owner.function() == Some(&handler.id));
        // The first of several Regions, so that the rendered text does not depend on the order of a map.
        Self { name: handler.name.clone(), region: rotated.filter_map(|secret| secret.region.clone()).min() }
    }
}

/// The statements that a grant belongs to, and what it puts in each: one on the secret for each choice of versions, one on its key if
/// it has one of its own and is read or written, one for what is on no secret, and those on its copies.
fn identities<'a, S: BuildHasher>(
    grant: &RoleGrant<'_>,
    secrets: &HashMap<&str, &'a SecretSpec, S>,
    apart: &BTreeSet<&str>,
) -> Vec<(StatementIdentity<'a>, Resource)> {
    let secret = secrets[grant.secret];
    let region = secret.region.as_deref();
    let function = grant.function.map(|handler| SourceFunction::of(handler, secrets));
    let mut all = Vec::with_capacity(1);
    for (versions, verbs) in by_versions(&grant.verbs, apart.contains(grant.secret)) {
        let actions = sorted(calls(&verbs).filter(|call| call.is_on_a_secret()).map(action));
        if !actions.is_empty() {
            let function = function.clone();
            all.push((StatementIdentity { key: None, actions, region, versions, function }, Resource::of(secret)));
        }
    }
    let (calls, versions) = (|| calls(&grant.verbs), Versions::Any);
    let actions = sorted(calls().filter(|call| !call.is_on_a_secret()).map(action));
    let of_copies = of_copies(grant, secret, apart.contains(grant.secret), function.as_ref());
    if !actions.is_empty() {
        all.push((StatementIdentity { key: None, actions, region: None, versions, function }, Resource::Everything));
    }
    if let Some(key) = &secret.kms_key {
        let actions = sorted(calls().flat_map(key_actions).copied());
        if !actions.is_empty() {
            all.push((
                StatementIdentity { key: Some(key), actions, region, versions, function: None },
                Resource::of(secret),
            ));
        }
    }
    all.extend(of_copies);
    all
}

/// The same for the copies that are read: in the region of each, on it and on its key. They have the name of the secret.
fn of_copies<'a>(
    grant: &RoleGrant<'_>,
    secret: &'a SecretSpec,
    is_apart: bool,
    function: Option<&SourceFunction>,
) -> Vec<(StatementIdentity<'a>, Resource)> {
    let verbs: Vec<Verb> = grant.verbs.iter().copied().filter(|verb| verb.reads_copies()).collect();
    let mut all = Vec::new();
    for copy in secret.options.readable_copies() {
        let region = Some(copy.region.as_str());
        for (versions, verbs) in by_versions(&verbs, is_apart) {
            let (actions, function) = (sorted(calls(&verbs).map(action)), function.cloned());
            all.push((StatementIdentity { key: None, actions, region, versions, function }, Resource::of(secret)));
        }
        if let Some(key) = &copy.kms_key {
            let actions = sorted(calls(&verbs).flat_map(key_actions).copied());
            let identity =
                StatementIdentity { key: Some(key), actions, region, versions: Versions::Any, function: None };
            all.push((identity, Resource::of(secret)));
        }
    }
    all.retain(|(identity, _)| !identity.actions.is_empty());
    all
}

fn calls(verbs: &[Verb]) -> impl Iterator<Item = ApiCall> {
    verbs.iter().flat_map(|verb| verb.api_calls()).copied()
}

/// The verbs of a grant by the versions that they read. Reading the previous version has a statement of its own. The
/// other verbs share one, which is limited to the current version if versions have separate permissions and no rotation
/// needs more.
fn by_versions(verbs: &[Verb], is_apart: bool) -> [(Versions, Vec<Verb>); 2] {
    let (previous, others): (Vec<Verb>, Vec<Verb>) = verbs.iter().partition(|verb| **verb == Verb::ReadPrevious);
    let of_others = others.iter().map(|verb| Versions::of(*verb));
    let is_limited = is_apart && !others.contains(&Verb::Rotate);
    let versions = if is_limited { of_others.max().unwrap_or_default() } else { Versions::Any };
    [(versions, others), (Versions::Previous, previous)]
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items.dedup();
    items
}

/// The resources in sorted order, without those that a pattern among them covers. One pattern can only cover another
/// one if its literal prefix is a prefix of the other's.
fn sorted_without_covered(resources: Vec<Resource>) -> Vec<Resource> {
    let mut resources = sorted(resources.into_iter());
    let patterns = resources.iter().filter_map(|resource| match resource {
        Resource::Pattern(pattern) if pattern.as_str().contains('*') => Some((pattern.literal_prefix(), pattern)),
        _ => None,
    });
    let mut by_prefix: Vec<(&str, &NamePattern)> = patterns.collect();
    by_prefix.sort_unstable();
    // There are few distinct lengths of prefixes, so a search for each length finds all candidates.
    let lengths = sorted(by_prefix.iter().map(|(prefix, _)| prefix.len()));
    let is_covered = |pattern: &NamePattern| {
        let prefix = pattern.literal_prefix();
        lengths.iter().filter_map(|length| prefix.get(..*length)).any(|start| {
            let first = by_prefix.partition_point(|(prefix, _)| *prefix < start);
            let same = by_prefix[first..].iter().take_while(|(prefix, _)| *prefix == start);
            same.map(|(_, wider)| *wider).any(|wider| wider != pattern && wider.covers(pattern))
        })
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
