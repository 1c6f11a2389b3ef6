//! The errors of a client's configuration.

use std::fmt::Write as _;

use crate::model::{Difference, REGION_VARIABLE, shown};

/// The environment does not provide a valid SDK configuration.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A setting of the SDK is invalid: an environment variable, a key of the profile, or a file that one of them
    /// names.
    #[error("{setting} {problem}; {remedy}")]
    Setting {
        /// The setting's name, and where it is set.
        setting: String,
        /// What is wrong with its value.
        problem: String,
        /// The values that it accepts, or what to do.
        remedy: String,
    },
    /// No region is configured. In a Lambda function, AWS sets it.
    #[error("no AWS region is configured; set `AWS_REGION`")]
    NoRegion,
    /// The spec declares several environments, and the variable that holds this environment's prefix is not set.
    #[error("the environment's prefix is not set; set `{variable}` to {}", one_of(declared))]
    NoPrefix {
        /// The name of the environment variable.
        variable: String,
        /// The prefixes that the spec declares.
        declared: Vec<String>,
    },
    /// The prefix is not one that the spec declares.
    #[error("the spec declares no environment with the prefix {}; it has {}", shown(found), one_of(declared))]
    UnknownPrefix {
        /// The prefix that was given.
        found: String,
        /// The prefixes that the spec declares.
        declared: Vec<String>,
    },
    /// The region of the secrets is not a valid region name.
    #[error("`{REGION_VARIABLE}` is not the name of a region: {}", shown(found))]
    BadRegion {
        /// The region that was given.
        found: String,
    },
    /// The applied infrastructure does not match the spec that this program was compiled from, and
    /// [`OnDifference::Refuse`](crate::OnDifference::Refuse) was requested.
    #[error(
        "`{handler}` was compiled for a spec that does not match the applied infrastructure: {}; run `gen-infra`, apply the Terraform, \
         and deploy the function with its code of the same spec",
        listed(differences)
    )]
    Outdated {
        /// The handler's name.
        handler: &'static str,
        /// How the applied infrastructure differs from the spec.
        differences: Vec<Difference>,
    },
}

fn one_of(prefixes: &[String]) -> String {
    match prefixes {
        [] => "no prefixes".to_owned(),
        [only] => shown(only),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|prefix| shown(prefix)).collect();
            format!("{} or {}", first.join(", "), shown(last))
        }
    }
}

/// The first differences in one line, and the number of the others.
pub(super) fn listed(differences: &[Difference]) -> String {
    const SHOWN: usize = 8;
    let mut text = String::new();
    for (index, difference) in differences.iter().take(SHOWN).enumerate() {
        let separator = if index == 0 { "" } else { "; " };
        write!(text, "{separator}{difference}").expect("a string takes any text");
    }
    match differences.len().saturating_sub(SHOWN) {
        0 => text,
        more => format!("{text}; and {more} more"),
    }
}
