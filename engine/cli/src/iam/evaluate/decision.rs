//! The result of evaluating policies for an action on a target.

use std::collections::BTreeSet;

use crate::iam::meaning::TOO_LONG;

/// Why statements do not decide about an action on a target.
pub(super) const REASONS: [&str; 5] = [
    TOO_LONG,
    "what its boundary lets through is not known here",
    "it has a condition that is not known here",
    "it depends on a text that is not known here",
    "it is not certain that a denial covers it",
];

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// At least one request is allowed.
    Allowed {
        /// The names of the policies that allow it.
        by: BTreeSet<String>,
        /// Whether it depends on the request: on a condition or on the caller.
        is_conditional: bool,
    },
    /// Every request is denied.
    Denied {
        /// The names of the policies that deny what others allow; empty if no policy allows it.
        by: BTreeSet<String>,
    },
    /// It cannot be decided.
    Undecided {
        /// The names of the policies that it depends on.
        by: BTreeSet<String>,
        /// The reason.
        why: String,
    },
}

impl Decision {
    /// Whether at least one request is allowed.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }

    /// Whether every request is denied.
    #[must_use]
    pub const fn is_denied(&self) -> bool {
        matches!(self, Self::Denied { .. })
    }

    /// Why statements do not decide it; empty if it is decided, or if a policy is not known.
    #[must_use]
    pub fn doubt(&self) -> &'static str {
        let Self::Undecided { why, .. } = self else { return "" };
        REASONS.into_iter().find(|reason| *reason == why.as_str()).unwrap_or_default()
    }

    /// Whether it cannot be decided.
    #[must_use]
    pub const fn is_undecided(&self) -> bool {
        matches!(self, Self::Undecided { .. })
    }
}
