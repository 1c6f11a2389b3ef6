//! Name prefixes, which separate several environments of one spec in the same account.

use schemars::JsonSchema;
use serde::Serialize;

use super::name_byte::is_name_byte;

/// The environments of a spec.
///
/// A prefix comes before the name of each secret: `dev/` before `app/key`. Names that are unique in an account and
/// cannot contain a `/` are prefixed in the form of [`deployed_name`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Prefixes {
    /// The variable that holds the prefix of one environment: a variable of the infrastructure code, and an environment
    /// variable of each function, there in capitals.
    pub variable: String,
    /// The prefixes, one for each environment.
    pub values: Vec<String>,
}

impl Prefixes {
    /// The length of the longest prefix, in characters.
    ///
    /// ```
    /// use driftless_model::Prefixes;
    ///
    /// let prefixes = Prefixes { variable: "stage".into(), values: vec!["dev/".into(), "staging/".into()] };
    /// assert_eq!(prefixes.longest(), 8);
    /// ```
    #[must_use]
    pub fn longest(&self) -> usize {
        self.values.iter().map(String::len).max().unwrap_or_default()
    }
}

/// The name under which a handler is deployed in an environment: the prefix with a hyphen for each `/`, then the
/// handler's own name.
///
/// ```
/// assert_eq!(driftless_model::deployed_name("dev/", "fetch_invoices"), "dev-fetch_invoices");
/// ```
#[must_use]
pub fn deployed_name(prefix: &str, handler: &str) -> String {
    prefix.replace('/', "-") + handler
}

/// The fault of a single prefix, if it has one. A prefix is part of the names of secrets and, with hyphens for `/`, of
/// functions.
#[doc(hidden)]
#[must_use]
pub const fn prefix_fault(prefix: &str) -> Option<&'static str> {
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
