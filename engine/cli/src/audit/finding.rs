//! A finding of an audit: a difference between account and spec, with its rule, place, message and hint.

use std::fmt;

use driftless_model::shown;

/// Severity of a finding, in the words of SARIF.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// A principal can do more than the spec says, or something does not work.
    Error,
    /// It works, but should be looked at.
    Warning,
}

impl Level {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

macro_rules! rules {
    ($($rule:ident = $name:literal, $level:ident, $widens:literal, $about:literal;)*) => {
        /// The rules of the audit. Their names are stable: tools and `--accept` use them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Rule { $(
            #[doc = $about]
            $rule,
        )* }

        impl Rule {
            /// Every rule, in the order of the report.
            pub const ALL: &'static [Self] = &[$(Self::$rule),*];

            /// The stable name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$rule => $name),* }
            }

            /// What the rule finds, in one sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$rule => $about),* }
            }

            /// Severity of its findings.
            #[must_use]
            pub const fn level(self) -> Level {
                match self { $(Self::$rule => Level::$level),* }
            }

            /// Whether a finding means that a principal can do more than the spec says.
            #[must_use]
            pub const fn widens(self) -> bool {
                match self { $(Self::$rule => $widens),* }
            }
        }
    };
}

rules! {
    OutsideReach = "outside-reach", Error, true, "a principal outside the spec can reach secrets of the spec";
    OutsideControl = "outside-control", Error, true, "a principal outside the spec can assume or change a handler's role, or use a key of its secrets";
    PolicyWider = "policy-wider", Error, true, "a handler's role may do more than the spec grants";
    TrustWider = "trust-wider", Error, true, "a principal other than the service may assume a handler's role";
    UndecidedPolicy = "undecided-policy", Error, true, "a policy cannot be read, so what it allows is not known";
    OutsideLook = "outside-look", Warning, false, "a principal outside the spec can read metadata of its secrets, but no value";
    StraySecret = "stray-secret", Warning, true, "a grant reaches a secret that the spec does not name";
    MissingRole = "missing-role", Error, false, "a handler has no role";
    PolicyNarrower = "policy-narrower", Error, false, "a handler's role may do less than the spec grants";
    MissingSecret = "missing-secret", Error, false, "a secret of the spec does not exist";
    MissingValue = "missing-value", Error, false, "a secret has no current value";
    PendingDeletion = "pending-deletion", Error, false, "a secret is going to be deleted";
    OtherKey = "other-key", Warning, false, "a secret is encrypted by another key than the spec says";
    UncoveredMember = "uncovered-member", Warning, false, "a secret lies among a family's, and no grant covers it";
    StaleMember = "stale-member", Warning, false, "a member of a family has not been read for long";
    BadPayload = "bad-payload", Error, false, "a value is not the payload that the spec says";
    UnreadableValue = "unreadable-value", Error, false, "a value cannot be read";
    NearQuota = "near-quota", Warning, false, "little is left of a quota of AWS";
}

/// The place of a finding.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A secret with a fixed name.
    Secret {
        /// The id in the spec.
        id: String,
    },
    /// A secret that matches the template or pattern of a family. Its name can contain a user's id.
    Member {
        /// The family's id in the spec.
        family: String,
        /// The secret's name.
        name: String,
        /// The random suffix of its ARN, which identifies it without revealing its name.
        suffix: String,
    },
    /// A handler.
    Handler {
        /// The id in the spec.
        id: String,
    },
    /// A role, a user or a group: `role/night/watch`.
    Identity {
        /// The last part of the ARN.
        resource: String,
    },
    /// The account and Region as a whole.
    Account,
}

impl Place {
    /// The place as `--accept` names it: `role/night/watch`, `secret/PaymentKey`.
    #[must_use]
    pub fn id(&self) -> String {
        match self {
            Self::Secret { id } => format!("secret/{id}"),
            Self::Member { name, .. } => format!("member/{name}"),
            Self::Handler { id } => format!("handler/{id}"),
            Self::Identity { resource } => resource.clone(),
            Self::Account => "account".to_owned(),
        }
    }

    /// The same without the names of family members, for reports that are passed on.
    #[must_use]
    pub fn without_keys(&self) -> Self {
        match self {
            Self::Member { family, suffix, .. } => {
                Self::Member { family: family.clone(), name: format!("…-{suffix}"), suffix: suffix.clone() }
            }
            other => other.clone(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret { id } => write!(f, "secret {}", shown(id)),
            Self::Member { family, name, .. } => write!(f, "secret {} of {}", shown(name), shown(family)),
            Self::Handler { id } => write!(f, "handler {}", shown(id)),
            Self::Identity { resource } => match resource.split_once('/') {
                Some((kind, name)) => write!(f, "{kind} {}", shown(name)),
                None => write!(f, "identity {}", shown(resource)),
            },
            Self::Account => f.write_str("account"),
        }
    }
}

/// A difference between the account and the spec.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AuditFinding {
    /// The rule.
    pub rule: Rule,
    /// The place.
    pub place: Place,
    /// What was found, and why it is a finding. Never contains the value of a secret.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

impl AuditFinding {
    /// Creates a finding of a rule at a place.
    #[must_use]
    pub fn new(rule: Rule, place: Place, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { rule, place, message: message.into(), hint: hint.into() }
    }
}
