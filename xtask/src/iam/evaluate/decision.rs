//! What policies say of an action on a target.

use std::collections::BTreeSet;

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Some request is allowed.
    Allowed {
        /// The policies that allow it, by their names.
        by: BTreeSet<String>,
        /// Whether that depends on the request: on a condition, or on who asks.
        is_conditional: bool,
    },
    /// Every request is denied.
    Denied {
        /// The policies that deny what others allow, by their names; empty where nothing allows it.
        by: BTreeSet<String>,
    },
    /// It cannot be decided.
    Undecided {
        /// The policies that it depends on, by their names.
        by: BTreeSet<String>,
        /// Why.
        why: String,
    },
}

impl Decision {
    /// Whether some request is allowed.
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed { .. })
    }

    /// Whether every request is denied.
    #[must_use]
    pub const fn is_denied(&self) -> bool {
        matches!(self, Self::Denied { .. })
    }

    /// Whether it cannot be decided.
    #[must_use]
    pub const fn is_undecided(&self) -> bool {
        matches!(self, Self::Undecided { .. })
    }
}
