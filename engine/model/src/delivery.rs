//! How the infrastructure code sets a secret's value: from a variable or generated, kept in its state or not.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

/// How the infrastructure code sets a secret's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(deny_unknown_fields)]
pub enum Delivery {
    /// From a variable. The value is kept in the infrastructure code's state.
    InState {
        /// The variable that holds the value.
        variable: String,
    },
    /// From a variable. The value is not kept in the infrastructure code's state.
    WriteOnly {
        /// The variable that holds the value.
        variable: String,
        /// When to write it.
        write_only: WriteOnly,
    },
    /// Generated once by AWS. The value is not kept in the infrastructure code's state.
    Generated {
        /// The rules for the generated value.
        generated: Password,
    },
}

/// When to write a value that is kept nowhere and cannot be compared: whenever its version changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct WriteOnly {
    /// The version. If absent, a command counts the changes of the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
}

/// A random value.
///
/// Source: [`GetRandomPassword`][password].
///
/// [password]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Password {
    /// Its length in characters.
    pub length: u32,
    /// The kinds of characters that it contains, at least one of each.
    #[schemars(length(min = 1))]
    pub alphabet: BTreeSet<Characters>,
    /// Characters of these kinds that are excluded.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(default)]
    pub exclude: String,
    /// A change of this number requests a new value.
    pub version: u32,
}

/// A kind of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Characters {
    /// `a` to `z`.
    Lowercase,
    /// `A` to `Z`.
    Uppercase,
    /// `0` to `9`.
    Digits,
    /// All other printable ASCII characters except the space.
    Punctuation,
    /// The space.
    Space,
}

impl Delivery {
    /// The variable that holds the value, if it comes from one.
    ///
    /// ```
    /// use driftless_model::Delivery;
    ///
    /// let delivery = Delivery::InState { variable: "api_key".into() };
    /// assert_eq!(delivery.variable(), Some("api_key"));
    /// ```
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        match self {
            Self::InState { variable } | Self::WriteOnly { variable, .. } => Some(variable),
            Self::Generated { .. } => None,
        }
    }

    /// Whether a command has to count the changes of the value.
    #[must_use]
    pub const fn is_counted(&self) -> bool {
        matches!(self, Self::WriteOnly { write_only: WriteOnly { version: None }, .. })
    }
}

impl Password {
    /// A value of this many letters, digits and punctuation characters, as `GetRandomPassword` generates by default.
    #[must_use]
    pub fn of(length: u32) -> Self {
        let alphabet = Characters::ALL.into_iter().filter(|kind| *kind != Characters::Space).collect();
        Self { length, alphabet, exclude: String::new(), version: 1 }
    }
}

impl Characters {
    /// All kinds.
    pub const ALL: [Self; 5] = [Self::Lowercase, Self::Uppercase, Self::Digits, Self::Punctuation, Self::Space];

    /// The word for the kind in a spec.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Lowercase => "lowercase",
            Self::Uppercase => "uppercase",
            Self::Digits => "digits",
            Self::Punctuation => "punctuation",
            Self::Space => "space",
        }
    }

    /// Whether the character is of this kind.
    #[must_use]
    pub const fn has(self, char: char) -> bool {
        match self {
            Self::Lowercase => char.is_ascii_lowercase(),
            Self::Uppercase => char.is_ascii_uppercase(),
            Self::Digits => char.is_ascii_digit(),
            Self::Punctuation => char.is_ascii_punctuation(),
            Self::Space => char == ' ',
        }
    }
}
