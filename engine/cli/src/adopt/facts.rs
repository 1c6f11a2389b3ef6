//! Properties of existing objects from a state or a listing: settings that a first apply can change, the policies of
//! roles, users and groups, and the roles of functions. They never contain secret values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use driftless_model::shown;

use crate::aws::arn;
use crate::render::Object;

/// Maximum size of a policy document in bytes, more than AWS accepts.
const MAX_DOCUMENT: usize = 1024 * 1024;

/// Known properties of the objects in an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Settings of secrets, by ARN, or by name if the ARN is not known.
    pub secrets: BTreeMap<String, SecretFacts>,
    /// Settings of roles, by name.
    pub roles: BTreeMap<String, RoleFacts>,
    /// Settings of customer-managed policies, by name.
    pub policies: BTreeMap<String, PolicyFacts>,
    /// The policies of roles, users and groups.
    pub on: BTreeMap<PolicyHolder, BTreeSet<ExistingPolicy>>,
    /// The documents of managed policies, by ARN.
    pub documents: BTreeMap<String, String>,
    /// Rotations, by the name of the secret.
    pub rotations: BTreeMap<String, RotationFacts>,
    /// The role ARNs of functions, by the function's name.
    pub functions: BTreeMap<String, String>,
    /// The ARNs or ids of the keys of aliases, by alias.
    pub aliases: BTreeMap<String, BTreeSet<String>>,
    /// The ARNs of the permissions boundaries of users, by user name.
    pub user_boundaries: BTreeMap<String, String>,
    /// Objects that an input shows to exist although it neither manages nor lists them, with their import ids: what data
    /// sources read, the secret of a version, the primary secret of a replica.
    pub seen: BTreeMap<Object, BTreeSet<String>>,
    /// Replicas: the ARN of the primary secret, by the replica's name and Region.
    pub replicas: BTreeMap<(String, String), String>,
}

/// Settings of a secret; `None` if a setting is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretFacts {
    /// Its description, which may be empty.
    pub description: Option<String>,
    /// Its key; empty for the account's default key.
    pub key: Option<String>,
    /// The tags that are set on it.
    pub tags: Option<BTreeMap<String, String>>,
    /// The tags that the provider's configuration added.
    pub default_tags: BTreeMap<String, String>,
    /// Its replicas: the key by Region.
    pub replicas: Option<BTreeMap<String, String>>,
    /// Its resource policy; empty if it has none.
    pub policy: Option<String>,
    /// The recovery window in days.
    pub window: Option<String>,
    /// Whether a new replica overwrites a secret of the same name.
    pub overwrites: bool,
}

/// Settings of a role; `None` if a setting is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleFacts {
    /// Its path, such as `/team/`.
    pub path: Option<String>,
    /// Its description, which may be empty.
    pub description: Option<String>,
    /// The maximum session duration in seconds.
    pub session: Option<String>,
    /// The ARN of its permissions boundary; empty if it has none.
    pub boundary: Option<String>,
    /// Its trust policy.
    pub trust: Option<String>,
    /// The tags that are set on it.
    pub tags: Option<BTreeMap<String, String>>,
    /// The tags that the provider's configuration added.
    pub default_tags: BTreeMap<String, String>,
}

/// Settings of a managed policy that cannot be changed: if they differ, the policy is replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyFacts {
    /// Its path, such as `/team/`.
    pub path: Option<String>,
    /// Its description, which may be empty.
    pub description: Option<String>,
}

/// The schedule and the function of a rotation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RotationFacts {
    /// The function's ARN or name.
    pub function: Option<String>,
    /// The schedule: an expression, a number of days and a duration.
    pub rules: Option<[String; 3]>,
}

/// An identity that has policies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PolicyHolder {
    /// The kind of identity.
    pub kind: HolderKind,
    /// Its name.
    pub name: String,
}

/// The kinds of identities that can have policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HolderKind {
    /// A role.
    Role,
    /// A user.
    User,
    /// A group of users.
    Group,
}

/// A policy of an identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ExistingPolicy {
    /// An inline policy: its name, and its document if that is known.
    Inline(String, Option<String>),
    /// A managed policy, by its ARN.
    Managed(String),
}

impl PolicyHolder {
    /// A role.
    pub(super) fn role(name: &str) -> Self {
        Self { kind: HolderKind::Role, name: name.to_owned() }
    }
}

impl fmt::Display for PolicyHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            HolderKind::Role => "role",
            HolderKind::User => "user",
            HolderKind::Group => "group",
        };
        write!(f, "{kind} {}", shown(&self.name))
    }
}

/// The document to keep. A document that is too long for AWS becomes an empty text, which is not a valid document.
pub(super) fn document(text: &str) -> String {
    if text.len() > MAX_DOCUMENT { String::new() } else { text.to_owned() }
}

impl Facts {
    /// Adds the role of a function, with what its ARN says about the role.
    pub(super) fn put_function(&mut self, function: &str, role: &str) {
        self.functions.insert(function.to_owned(), role.to_owned());
        self.put_role(role);
    }

    /// Adds the path in the ARN of a role.
    pub(super) fn put_role(&mut self, arn: &str) {
        if let Some((name, path)) = arn::role(arn) {
            self.roles.entry(name.to_owned()).or_default().path.get_or_insert_with(|| path.to_owned());
        }
    }

    /// Adds an object that exists.
    pub(super) fn see(&mut self, object: Object, id: impl Into<String>) {
        self.seen.entry(object).or_default().insert(id.into());
    }

    /// Adds the secret with this ARN as one that exists. Other texts are ignored, because they do not tell its Region.
    pub(super) fn see_secret(&mut self, arn: &str) {
        if arn::is_of_secret(arn) {
            self.see(Object::Secret(arn::secret_name(arn).to_owned()), arn);
            self.secrets.entry(arn.to_owned()).or_default();
        }
    }

    /// The permissions boundary of an identity; `None` if it has none or it is not known.
    pub(super) fn boundary(&self, holder: &PolicyHolder) -> Option<&str> {
        let boundary = match holder.kind {
            HolderKind::Role => self.roles.get(&holder.name).and_then(|is| is.boundary.as_deref()),
            HolderKind::User => self.user_boundaries.get(&holder.name).map(String::as_str),
            HolderKind::Group => None,
        };
        boundary.filter(|arn| !arn.is_empty())
    }

    /// Adds a policy to an identity.
    pub(super) fn put(&mut self, kind: HolderKind, name: &str, policy: ExistingPolicy) {
        self.on.entry(PolicyHolder { kind, name: name.to_owned() }).or_default().insert(policy);
    }

    /// Adds the facts of another source. Existing facts take precedence.
    pub(super) fn join(&mut self, other: &Self) {
        for (name, facts) in &other.secrets {
            self.secrets.entry(name.clone()).or_default().join(facts);
        }
        for (name, facts) in &other.roles {
            self.roles.entry(name.clone()).or_default().join(facts);
        }
        add(&mut self.policies, &other.policies);
        add(&mut self.documents, &other.documents);
        add(&mut self.rotations, &other.rotations);
        add(&mut self.functions, &other.functions);
        add(&mut self.user_boundaries, &other.user_boundaries);
        add(&mut self.replicas, &other.replicas);
        for (object, ids) in &other.seen {
            self.seen.entry(object.clone()).or_default().extend(ids.iter().cloned());
        }
        for (holder, policies) in &other.on {
            self.on.entry(holder.clone()).or_default().extend(policies.iter().cloned());
        }
        for (alias, keys) in &other.aliases {
            self.aliases.entry(alias.clone()).or_default().extend(keys.iter().cloned());
        }
    }

    /// The policies of an identity. If the document of an inline policy is known, the entry with only its name is left
    /// out.
    pub(super) fn policies_of<'a>(
        &'a self,
        holder: &PolicyHolder,
    ) -> impl Iterator<Item = &'a ExistingPolicy> + use<'a> {
        let all = self.on.get(holder);
        let documented = move |name: &str| {
            let mut all = all.into_iter().flatten();
            all.any(|policy| matches!(policy, ExistingPolicy::Inline(it, Some(_)) if it == name))
        };
        all.into_iter().flatten().filter(move |policy| match policy {
            ExistingPolicy::Inline(name, None) => !documented(name),
            ExistingPolicy::Inline(_, Some(_)) | ExistingPolicy::Managed(_) => true,
        })
    }
}

fn add<K: Clone + Ord, T: Clone>(mine: &mut BTreeMap<K, T>, other: &BTreeMap<K, T>) {
    for (key, value) in other {
        mine.entry(key.clone()).or_insert_with(|| value.clone());
    }
}

fn fill<T: Clone>(mine: &mut Option<T>, other: Option<&T>) {
    if mine.is_none() {
        *mine = other.cloned();
    }
}

/// Removes the tags that the provider's configuration added, which a listing does not tell from others.
fn without(tags: &mut Option<BTreeMap<String, String>>, added: &BTreeMap<String, String>) {
    if let Some(tags) = tags {
        tags.retain(|key, value| added.get(key) != Some(value));
    }
}

impl SecretFacts {
    /// Adds settings that are not known yet.
    pub(super) fn join(&mut self, other: &Self) {
        fill(&mut self.description, other.description.as_ref());
        fill(&mut self.key, other.key.as_ref());
        fill(&mut self.tags, other.tags.as_ref());
        fill(&mut self.replicas, other.replicas.as_ref());
        fill(&mut self.policy, other.policy.as_ref());
        fill(&mut self.window, other.window.as_ref());
        self.overwrites |= other.overwrites;
        add(&mut self.default_tags, &other.default_tags);
        without(&mut self.tags, &self.default_tags);
    }
}

impl RoleFacts {
    /// Adds settings that are not known yet.
    pub(super) fn join(&mut self, other: &Self) {
        fill(&mut self.path, other.path.as_ref());
        fill(&mut self.description, other.description.as_ref());
        fill(&mut self.session, other.session.as_ref());
        fill(&mut self.boundary, other.boundary.as_ref());
        fill(&mut self.trust, other.trust.as_ref());
        fill(&mut self.tags, other.tags.as_ref());
        add(&mut self.default_tags, &other.default_tags);
        without(&mut self.tags, &self.default_tags);
    }
}
