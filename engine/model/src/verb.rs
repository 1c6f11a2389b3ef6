//! Verbs that a handler can be granted on a secret, and the API calls of each.
//!
//! The marker types are spelled like the verbs, in lower case, because they appear in a spec's grants
//! (`GmailUserTokens: read, store;`) and in the compiler's message for a missing grant.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::ApiCall;

/// A verb as a value: what a grant allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// Read the value.
    Read,
    /// Read the previous value.
    ReadPrevious,
    /// Read the secret's metadata, without its value.
    Describe,
    /// Create the secret, or replace its value.
    Store,
    /// Change the value of an existing secret without losing a concurrent change.
    Update,
    /// Delete the secret at once.
    Delete,
    /// Replace the value in the four steps of a rotation.
    Rotate,
    /// Generate a random password for the value.
    Generate,
    /// Change a secret with `UpdateSecret`, for programs that do not use the client yet. The client has no method for
    /// it.
    LegacyUpdate,
}

impl Verb {
    /// Every verb, in the order in which tables list them.
    pub const ALL: [Self; 9] = [
        Self::Read,
        Self::ReadPrevious,
        Self::Describe,
        Self::Store,
        Self::Update,
        Self::Delete,
        Self::Rotate,
        Self::Generate,
        Self::LegacyUpdate,
    ];

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
            Self::Read | Self::ReadPrevious => &[ApiCall::GetSecretValue],
            Self::Describe => &[ApiCall::DescribeSecret],
            Self::Store => {
                &[ApiCall::GetSecretValue, ApiCall::PutSecretValue, ApiCall::CreateSecret, ApiCall::RestoreSecret]
            }
            Self::Update => &[ApiCall::GetSecretValue, ApiCall::PutSecretValue],
            Self::Delete => &[ApiCall::DeleteSecret],
            Self::Rotate => &[
                ApiCall::DescribeSecret,
                ApiCall::GetSecretValue,
                ApiCall::PutSecretValue,
                ApiCall::UpdateSecretVersionStage,
            ],
            Self::Generate => &[ApiCall::GetRandomPassword],
            Self::LegacyUpdate => &[ApiCall::UpdateSecret],
        }
    }

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

    /// The verb's word in a spec.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::ReadPrevious => "read_previous",
            Self::Describe => "describe",
            Self::Store => "store",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Rotate => "rotate",
            Self::Generate => "generate",
            Self::LegacyUpdate => "legacy_update",
        }
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

macro_rules! markers {
    ($($(#[$doc:meta])* $marker:ident = $verb:ident;)*) => { $(
        $(#[$doc])*
        #[expect(non_camel_case_types, reason = "spelled as the word that a spec and an error message use")]
        #[derive(Clone, Copy, Debug)]
        pub enum $marker {}

        impl VerbMarker for $marker {
            const VERB: Verb = Verb::$verb;
        }
    )* };
}

markers! {
    /// Marks a grant of [`Verb::Read`].
    read = Read;
    /// Marks a grant of [`Verb::ReadPrevious`].
    read_previous = ReadPrevious;
    /// Marks a grant of [`Verb::Describe`].
    describe = Describe;
    /// Marks a grant of [`Verb::Store`].
    store = Store;
    /// Marks a grant of [`Verb::Update`].
    update = Update;
    /// Marks a grant of [`Verb::Delete`].
    delete = Delete;
    /// Marks a grant of [`Verb::Rotate`].
    rotate = Rotate;
    /// Marks a grant of [`Verb::Generate`].
    generate = Generate;
    /// Marks a grant of [`Verb::LegacyUpdate`].
    legacy_update = LegacyUpdate;
}
