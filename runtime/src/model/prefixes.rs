//! Many environments from one spec in one account, told apart by what the names of their secrets begin with.

use schemars::JsonSchema;
use serde::Serialize;

use super::name::is_name_byte;

/// The environments of a spec.
///
/// A prefix stands before the name of each secret, `dev/` before `app/key`. What is named once in an account and cannot have
/// a `/` in its name has the prefix too, in the form of [`deployed_name`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Prefixes {
    /// The variable that holds the prefix of one environment: of the infrastructure code by this name, of a handler's
    /// environment by the same in capitals.
    pub variable: String,
    /// The prefixes, one for each environment.
    pub values: Vec<String>,
}

impl Prefixes {
    /// The longest prefix's length, in characters.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.values.iter().map(String::len).max().unwrap_or_default()
    }
}

/// The name under which a handler is deployed in the environment of a prefix: the prefix with a hyphen for each `/`, then the
/// handler's own name.
///
/// ```
/// assert_eq!(paypulse_runtime::model::deployed_name("dev/", "fetch_invoices"), "dev-fetch_invoices");
/// ```
#[must_use]
pub fn deployed_name(prefix: &str, handler: &str) -> String {
    prefix.replace('/', "-") + handler
}

/// What is wrong with a prefix by itself. It is part of the names of secrets and, with hyphens for `/`, in those of functions.
pub(super) const fn prefix_fault(prefix: &str) -> Option<&'static str> {
    let bytes = prefix.as_bytes();
    if bytes.is_empty() {
        return Some("a prefix is empty");
    }
    let mut at = 0;
    while at < bytes.len() {
        if !is_name_byte(bytes[at]) || matches!(bytes[at], b'+' | b'=' | b'.' | b'@') {
            return Some("a prefix has a character outside `A-Za-z0-9/_-`");
        }
        at += 1;
    }
    None
}

/// Holds a prefix of a declaration to its characters while the program is compiled.
///
/// # Panics
///
/// With the fault in words; in a `const`, that is a compile error.
#[doc(hidden)]
#[track_caller]
pub const fn check_prefix(prefix: &str) {
    if let Some(fault) = prefix_fault(prefix) {
        panic!("{}", fault);
    }
}
