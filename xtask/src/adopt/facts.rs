//! What a state or a listing says of things beyond their names: the settings that a first apply can change, who has which
//! policies, and what functions run as. Values of secrets are never among them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use paypulse_runtime::model::shown;

use super::arn;

/// No document that AWS takes is longer, in bytes.
const MAX_DOCUMENT: usize = 1024 * 1024;

/// What is known beyond names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Settings of secrets, by their ARNs, or by their names where those are not known.
    pub secrets: BTreeMap<String, SecretFacts>,
    /// Settings of roles, by their names.
    pub roles: BTreeMap<String, RoleFacts>,
    /// Settings of managed policies of the account, by their names.
    pub policies: BTreeMap<String, PolicyFacts>,
    /// What is on roles, users and groups.
    pub on: BTreeMap<Holder, BTreeSet<Policy>>,
    /// The documents of managed policies, by their ARNs.
    pub documents: BTreeMap<String, String>,
    /// Rotations, by the names of their secrets.
    pub rotations: BTreeMap<String, RotationFacts>,
    /// What functions run as: a function's name, and its role's ARN.
    pub functions: BTreeMap<String, String>,
    /// The keys behind aliases: the ARN or the id of each.
    pub aliases: BTreeMap<String, BTreeSet<String>>,
}

/// Settings of a secret; none of what is not known.
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
    /// Its copies: the Region and the key of each.
    pub replicas: Option<BTreeMap<String, String>>,
    /// The policy on it; empty where it has none.
    pub policy: Option<String>,
    /// For how many days a deletion can be taken back.
    pub window: Option<String>,
    /// Whether a new copy replaces a secret of the same name.
    pub overwrites: bool,
}

/// Settings of a role; none of what is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleFacts {
    /// Its path, such as `/team/`.
    pub path: Option<String>,
    /// Its description, which may be empty.
    pub description: Option<String>,
    /// For how many seconds somebody can be it.
    pub session: Option<String>,
    /// The ARN of its boundary; empty where it has none.
    pub boundary: Option<String>,
    /// Who may be it, as a policy document.
    pub trust: Option<String>,
    /// The tags that are set on it.
    pub tags: Option<BTreeMap<String, String>>,
    /// The tags that the provider's configuration added.
    pub default_tags: BTreeMap<String, String>,
}

/// Settings of a managed policy that cannot change: where they differ, the policy is replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyFacts {
    /// Its path, such as `/team/`.
    pub path: Option<String>,
    /// Its description, which may be empty.
    pub description: Option<String>,
}

/// When a secret is rotated, and by which function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RotationFacts {
    /// The function's ARN or name.
    pub function: Option<String>,
    /// The words of its schedule: an expression, a number of days, and a duration.
    pub rules: Option<[String; 3]>,
}

/// Somebody who has policies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holder {
    /// What it is.
    pub kind: HolderKind,
    /// Its name.
    pub name: String,
}

/// What can have policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HolderKind {
    /// A role.
    Role,
    /// A user.
    User,
    /// A group of users.
    Group,
}

/// One policy of a holder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Policy {
    /// One of its own, by its name; none of the document where only the name is known.
    Inline(String, Option<String>),
    /// A managed one, by its ARN.
    Managed(String),
}

impl Holder {
    /// A role.
    pub(super) fn role(name: &str) -> Self {
        Self { kind: HolderKind::Role, name: name.to_owned() }
    }
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            HolderKind::Role => "role",
            HolderKind::User => "user",
            HolderKind::Group => "group",
        };
        write!(f, "{kind} {}", shown(&self.name))
    }
}

/// The document that is kept. Of one that is too long for AWS, an empty text is kept, which is no document.
pub(super) fn document(text: &str) -> String {
    if text.len() > MAX_DOCUMENT { String::new() } else { text.to_owned() }
}

impl Facts {
    /// Adds what a function runs as, and so what is known of that role.
    pub(super) fn put_function(&mut self, function: &str, role: &str) {
        self.functions.insert(function.to_owned(), role.to_owned());
        self.put_role(role);
    }

    /// Adds what the ARN of a role says.
    pub(super) fn put_role(&mut self, arn: &str) {
        if let Some((name, path)) = arn::role(arn) {
            self.roles.entry(name.to_owned()).or_default().path.get_or_insert_with(|| path.to_owned());
        }
    }

    /// Adds a policy to somebody.
    pub(super) fn put(&mut self, kind: HolderKind, name: &str, policy: Policy) {
        self.on.entry(Holder { kind, name: name.to_owned() }).or_default().insert(policy);
    }

    /// Adds what another source knows. Where both know something, what is here already counts.
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
        for (holder, policies) in &other.on {
            self.on.entry(holder.clone()).or_default().extend(policies.iter().cloned());
        }
        for (alias, keys) in &other.aliases {
            self.aliases.entry(alias.clone()).or_default().extend(keys.iter().cloned());
        }
    }

    /// The policies of a holder, of which one whose document is known counts more than its name.
    pub(super) fn policies_of<'a>(&'a self, holder: &Holder) -> impl Iterator<Item = &'a Policy> + use<'a> {
        let all = self.on.get(holder);
        let documented = move |name: &str| {
            let mut all = all.into_iter().flatten();
            all.any(|policy| matches!(policy, Policy::Inline(it, Some(_)) if it == name))
        };
        all.into_iter().flatten().filter(move |policy| match policy {
            Policy::Inline(name, None) => !documented(name),
            Policy::Inline(_, Some(_)) | Policy::Managed(_) => true,
        })
    }
}

fn add<T: Clone>(mine: &mut BTreeMap<String, T>, other: &BTreeMap<String, T>) {
    for (key, value) in other {
        mine.entry(key.clone()).or_insert_with(|| value.clone());
    }
}

fn fill<T: Clone>(mine: &mut Option<T>, other: Option<&T>) {
    if mine.is_none() {
        *mine = other.cloned();
    }
}

impl SecretFacts {
    /// Fills in what is not known here.
    pub(super) fn join(&mut self, other: &Self) {
        fill(&mut self.description, other.description.as_ref());
        fill(&mut self.key, other.key.as_ref());
        fill(&mut self.tags, other.tags.as_ref());
        fill(&mut self.replicas, other.replicas.as_ref());
        fill(&mut self.policy, other.policy.as_ref());
        fill(&mut self.window, other.window.as_ref());
        self.overwrites |= other.overwrites;
        add(&mut self.default_tags, &other.default_tags);
    }
}

impl RoleFacts {
    /// Fills in what is not known here.
    pub(super) fn join(&mut self, other: &Self) {
        fill(&mut self.path, other.path.as_ref());
        fill(&mut self.description, other.description.as_ref());
        fill(&mut self.session, other.session.as_ref());
        fill(&mut self.boundary, other.boundary.as_ref());
        fill(&mut self.trust, other.trust.as_ref());
        fill(&mut self.tags, other.tags.as_ref());
        add(&mut self.default_tags, &other.default_tags);
    }
}
