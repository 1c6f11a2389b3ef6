//! Verbs that a handler can be granted on a secret: one row for each.
//!
//! The marker types are spelled like the verbs, in lower case, because they appear in a spec's grants
//! (`GmailUserTokens: read, store;`) and in the compiler's message for a missing grant.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::ApiCall;

/// What a verb does with a secret. Reports have a color for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// It gets a value, and changes nothing.
    Read,
    /// It gets metadata, and changes nothing.
    Describe,
    /// It changes a secret.
    Write,
    /// It deletes a secret.
    Delete,
}

impl Effect {
    /// The effect's word, which is its class in styles.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Describe => "describe",
            Self::Write => "write",
            Self::Delete => "delete",
        }
    }
}

/// On whose secrets a verb can be granted: any other owner would overwrite the change, or never learn of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owners {
    /// On every secret.
    Every,
    /// On secrets whose values handlers write.
    Runtime,
    /// To the rotation function of the secret.
    Function,
    /// On secrets whose values handlers write, and to the rotation function of the secret.
    RuntimeOrFunction,
}

/// Makes the verbs of their rows. A row is the documentation, the variant, and the word in a spec, which is also the marker;
/// then the effect, the owners, what the verb does as the continuation of “may”, and each API call with its reason.
macro_rules! verbs {
    ($($(#[$doc:meta])* $verb:ident $word:ident: $effect:ident, $owners:ident, $does:literal, {
        $($call:ident: $why:literal,)+
    })+) => {
        /// A verb as a value: what a grant allows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Verb {
            $($(#[$doc])* $verb,)+
        }

        impl Verb {
            /// Every verb, in the order in which tables list them.
            pub const ALL: [Self; [$(Self::$verb),+].len()] = [$(Self::$verb),+];

            /// The API calls of this verb, on every code path: the client makes no other calls for the verb, and a policy that
            /// grants it allows no others. The calls of a [temporary](Self::is_temporary) verb are not made by the client.
            ///
            /// ```
            /// use driftless_model::{ApiCall, Verb};
            ///
            /// assert_eq!(Verb::Read.name(), "read");
            /// assert_eq!(Verb::Read.api_calls(), [ApiCall::GetSecretValue]);
            /// assert_eq!(Verb::from_name("raed"), None);
            /// ```
            #[must_use]
            pub const fn api_calls(self) -> &'static [ApiCall] {
                match self {
                    $(Self::$verb => &[$(ApiCall::$call),+],)+
                }
            }

            /// Why the verb makes a call, or `None` if it does not.
            #[must_use]
            pub const fn reason(self, call: ApiCall) -> Option<&'static str> {
                match (self, call) {
                    $($((Self::$verb, ApiCall::$call) => Some($why),)+)+
                    _ => None,
                }
            }

            /// What the verb does, as the continuation of “may”.
            #[must_use]
            pub const fn does(self) -> &'static str {
                match self {
                    $(Self::$verb => $does,)+
                }
            }

            /// What the verb does with a secret.
            #[must_use]
            pub const fn effect(self) -> Effect {
                match self {
                    $(Self::$verb => Effect::$effect,)+
                }
            }

            /// On whose secrets it can be granted.
            pub(crate) const fn owners(self) -> Owners {
                match self {
                    $(Self::$verb => Owners::$owners,)+
                }
            }

            /// The verb's word in a spec.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$verb => stringify!($word),)+
                }
            }
        }

        $(
            #[doc = concat!("Marks a grant of [`Verb::", stringify!($verb), "`].")]
            #[expect(non_camel_case_types, reason = "spelled as the word that a spec and an error message use")]
            #[derive(Clone, Copy, Debug)]
            pub enum $word {}

            impl VerbMarker for $word {
                const VERB: Verb = Verb::$verb;
            }
        )+
    };
}

verbs! {
    /// Read the value.
    Read read: Read, Every, "read the value", {
        GetSecretValue: "hands the value over",
    }
    /// Read the previous value.
    ReadPrevious read_previous: Read, Every, "read the value before the present one", {
        GetSecretValue: "hands the value over",
    }
    /// Read the secret's metadata, without its value.
    Describe describe: Describe, Every, "see what is known of the secret, without its value", {
        DescribeSecret: "asks for all but the value",
    }
    /// Create the secret, or replace its value.
    Store store: Write, Runtime, "create the secret, or replace its value", {
        GetSecretValue: "reads the version that the write follows, so that no other writer's change is lost",
        PutSecretValue: "writes the new version",
        CreateSecret: "creates the secret where there is none yet",
        RestoreSecret: "takes back a deletion that was scheduled, before it writes",
    }
    /// Change the value of an existing secret without losing a concurrent change.
    Update update: Write, Runtime, "change the value of a secret that exists", {
        GetSecretValue: "reads the version that the write follows, so that no other writer's change is lost",
        PutSecretValue: "writes the new version",
    }
    /// Delete the secret at once.
    Delete delete: Delete, Runtime, "delete the secret at once", {
        DeleteSecret: "deletes the secret",
    }
    /// Replace the value in the four steps of a rotation.
    Rotate rotate: Write, Function, "replace the value in the four steps of a rotation", {
        DescribeSecret: "sees which version has which label",
        GetSecretValue: "reads the value now, and the one that is pending",
        PutSecretValue: "keeps the value that is pending",
        UpdateSecretVersionStage: "makes the pending version the current one",
    }
    /// Generate a random password for the value.
    Generate generate: Read, RuntimeOrFunction, "have a random password made up", {
        GetRandomPassword: "has AWS make up the password",
    }
    /// Change a secret with `UpdateSecret`, for programs that do not use the client yet. The client has no method for
    /// it.
    LegacyUpdate legacy_update: Write, Runtime,
        "change the secret as programs do that do not use the client, for the time of a migration", {
        UpdateSecret: "writes the new version, in a program that does not use the client",
    }
}

impl Verb {
    /// Whether it is only meant for a migration, for programs that do not use the client yet.
    #[must_use]
    pub const fn is_temporary(self) -> bool {
        matches!(self, Self::LegacyUpdate)
    }

    /// Whether it can be answered by a copy of the secret in another region: it reads the value, and changes nothing by it.
    #[must_use]
    pub const fn reads_copies(self) -> bool {
        matches!(self, Self::Read | Self::ReadPrevious)
    }

    /// The verb with this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.name() == name)
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A verb as a type: the second word of a [`Granted`](super::Granted) bound.
pub trait VerbMarker {
    /// The same verb as a value.
    const VERB: Verb;
}
