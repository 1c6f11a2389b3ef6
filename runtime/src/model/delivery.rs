//! How the infrastructure code gives a secret its value: from a variable or made by itself, kept in its state or not.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

/// How the infrastructure code gives a secret its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
#[schemars(deny_unknown_fields)]
pub enum Delivery {
    /// From a variable, and so into the state: the infrastructure code's own record of what exists.
    InState {
        /// The variable that holds the value.
        variable: String,
    },
    /// From a variable, and into nothing that the infrastructure code keeps.
    WriteOnly {
        /// The variable that holds the value.
        variable: String,
        /// When to write it.
        write_only: WriteOnly,
    },
    /// Made once, by AWS, and into nothing that the infrastructure code keeps.
    Generated {
        /// Of what.
        generated: Password,
    },
}

/// When a value is written that nothing can be compared with: whenever a number beside it changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields, default)]
pub struct WriteOnly {
    /// The number; without one a command counts the changes of the value.
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
    /// The kinds of characters that it is made of, of each at least one.
    #[schemars(length(min = 1))]
    pub alphabet: BTreeSet<Characters>,
    /// Characters of these kinds that it must not have.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schemars(default)]
    pub exclude: String,
    /// Another number asks for another value.
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
    /// The rest of what ASCII can print.
    Punctuation,
    /// The space.
    Space,
}

impl Delivery {
    /// The variable that holds the value, if one does.
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
    /// A value of this many letters, digits and marks: what AWS makes if it is told nothing else.
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

    /// Whether the kind has this character.
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
