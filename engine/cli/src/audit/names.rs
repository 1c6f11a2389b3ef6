//! Matches the secrets of an account with those of the spec, by name.

use std::collections::{BTreeSet, HashMap, HashSet};

use driftless_model::{NamePattern, SecretSpec, Spec};

use super::inventory::FoundSecret;
use super::site::Site;

/// Relation of a secret in the account to the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Belongs<'a> {
    /// The secret of the spec with that name.
    Fixed(&'a SecretSpec),
    /// A member of this family.
    Member(&'a SecretSpec),
    /// Not a member of this family, but within reach of a grant on the family.
    Reached(&'a SecretSpec),
    /// Neither, but its name starts with the literal prefix of this family.
    Beside(&'a SecretSpec),
    /// Not related to the spec.
    Foreign,
}

impl<'a> Belongs<'a> {
    /// The spec's secret, if it is one of the spec.
    #[must_use]
    pub const fn own(self) -> Option<&'a SecretSpec> {
        match self {
            Self::Fixed(secret) | Self::Member(secret) => Some(secret),
            Self::Reached(_) | Self::Beside(_) | Self::Foreign => None,
        }
    }
}

/// Index of the names of a spec, for many lookups.
pub struct SecretNames<'a> {
    fixed: HashMap<&'a str, &'a SecretSpec>,
    /// Families by the text before their first placeholder, with the name patterns of grants on them.
    families: HashMap<&'a str, Vec<(&'a SecretSpec, NamePattern)>>,
    /// The lengths of those texts; only prefixes of these lengths are looked up.
    lengths: BTreeSet<usize>,
    granted: HashSet<&'a str>,
}

impl<'a> SecretNames<'a> {
    /// Indexes the names of a checked spec in a Region of the account.
    #[must_use]
    pub fn of(spec: &'a Spec, site: &Site, region: &str) -> Self {
        let grants = spec.handlers.iter().flat_map(|handler| &handler.grants);
        let mut names = Self {
            fixed: HashMap::new(),
            families: HashMap::new(),
            lengths: BTreeSet::new(),
            granted: grants.map(|grant| grant.secret.as_str()).collect(),
        };
        for secret in spec.secrets.iter().filter(|secret| site.region_of(secret) == region) {
            if secret.name.is_family() {
                let prefix = secret.name.literal_prefix();
                names.families.entry(prefix).or_default().push((secret, NamePattern::of(&secret.name)));
                names.lengths.insert(prefix.len());
            } else {
                names.fixed.insert(secret.name.as_str(), secret);
            }
        }
        names
    }

    /// The relation of a secret to the spec.
    #[must_use]
    pub fn belongs(&self, found: &FoundSecret) -> Belongs<'a> {
        if let Some(secret) = self.fixed.get(found.name.as_str()) {
            return Belongs::Fixed(secret);
        }
        let mut belongs = Belongs::Foreign;
        // The longest literal prefix is the most specific, so it is tried first.
        for length in self.lengths.iter().rev() {
            let families = found.name.get(..*length).and_then(|prefix| self.families.get(prefix));
            for (family, pattern) in families.into_iter().flatten() {
                if family.name.gives(&found.name) {
                    return Belongs::Member(family);
                }
                if self.is_granted(family) && pattern.matches(found.stored_name()) {
                    belongs = Belongs::Reached(family);
                } else if belongs == Belongs::Foreign && family.name.literal_prefix().ends_with('/') {
                    belongs = Belongs::Beside(family);
                }
            }
        }
        belongs
    }

    /// Whether a handler is granted any verb on the secret.
    #[must_use]
    pub fn is_granted(&self, secret: &SecretSpec) -> bool {
        self.granted.contains(secret.id.as_str())
    }
}

#[cfg(test)]
mod tests {
    use driftless_model::{
        Grant, HandlerOptions, HandlerSpec, Owner, PayloadSpec, Role, SecretOptions, Template, Verb,
    };

    use super::*;

    fn secret(id: &str, name: &str) -> SecretSpec {
        SecretSpec {
            id: id.into(),
            name: Template::parse(name).expect("a valid name"),
            description: String::new(),
            payload: PayloadSpec::text(),
            owner: Owner::Runtime,
            kms_key: None,
            options: SecretOptions::default(),
            region: None,
        }
    }

    fn site() -> Site {
        Site { region: "eu-west-1".into(), account: "123456789012".into() }
    }

    fn spec() -> Spec {
        let grant = |secret: &str| Grant { secret: secret.into(), verbs: vec![Verb::Read], reason: String::new() };
        let mut spec = Spec::empty("spec.rs".into());
        spec.secrets = [
            ("Key", "app/key"),
            ("User", "app/user/{user}"),
            ("Login", "shops/{shop}/suppliers/{supplier}/login"),
            ("Device", "device-{id}-key"),
            ("Nobodys", "nobody/{id}"),
        ]
        .map(|(id, name)| secret(id, name))
        .into();
        let grants = ["Key", "User", "Login", "Device"].map(grant).into();
        spec.handlers = vec![HandlerSpec {
            id: "H".into(),
            name: "h".into(),
            description: String::new(),
            role: Role::Created,
            options: HandlerOptions::default(),
            grants,
        }];
        spec
    }

    #[track_caller]
    fn check(name: &str, expected: &str) {
        let spec = spec();
        let arn = format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{name}-AbCdEf");
        let found = FoundSecret::new(name, arn);
        let belongs = match SecretNames::of(&spec, &site(), "eu-west-1").belongs(&found) {
            Belongs::Fixed(secret) => format!("is {}", secret.id),
            Belongs::Member(family) => format!("member of {}", family.id),
            Belongs::Reached(family) => format!("reached by {}", family.id),
            Belongs::Beside(family) => format!("beside {}", family.id),
            Belongs::Foreign => "foreign".into(),
        };
        assert_eq!(belongs, expected, "{name}");
    }

    #[test]
    fn a_name_belongs_to_the_secret_or_family_that_gives_it() {
        check("app/key", "is Key");
        check("app/keys", "foreign");
        check("app/user/42", "member of User");
        check("shops/7/suppliers/9/login", "member of Login");
        check("device-7-key", "member of Device");
        check("nobody/1", "member of Nobodys");
    }

    #[test]
    fn what_a_pattern_reaches_beyond_the_members_is_told_apart() {
        check("app/user/42/old", "reached by User");
        check("shops/7/x/suppliers/9/login", "reached by Login");
    }

    #[test]
    fn what_lies_among_the_members_is_told_apart() {
        check("shops/7/suppliers/9/login-old", "beside Login");
        check("shops/config", "beside Login");
        check("nobody/1/2", "beside Nobodys");
        // A family without a path has members among all other names.
        check("device-7", "foreign");
    }
}
