//! The claims of a session token that can identify the user.
//!
//! PayPulse's login writes `user_id`; `sub` is the registered claim for the same. If a token has several of the
//! configured claims, all of them must name the same user.
//!
//! Source: [RFC 7519, 4.1.2](https://www.rfc-editor.org/rfc/rfc7519#section-4.1.2).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use super::fault::Fault;

/// The variable with a comma-separated list of claims.
const VARIABLE: &str = "SESSION_USER_CLAIMS";
/// The claim in PayPulse's sessions, then the registered claim.
const DEFAULT: &str = "user_id,sub";

/// The claims, in the order in which they are read. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserClaims(Arc<[String]>);

/// The variable is not a list of unique claim names.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{VARIABLE}` must be names of claims with commas between them, each once, such as `{DEFAULT}`")]
pub struct BadClaims;

impl UserClaims {
    /// The claims in the environment's `SESSION_USER_CLAIMS`, or `user_id` and then `sub`.
    ///
    /// # Errors
    ///
    /// [`BadClaims`].
    pub fn from_env() -> Result<Self, BadClaims> {
        Self::listed(&std::env::var(VARIABLE).unwrap_or_else(|_| DEFAULT.to_owned()))
    }

    fn listed(list: &str) -> Result<Self, BadClaims> {
        let names: Vec<String> = list.split(',').map(|name| name.trim().to_owned()).collect();
        let is_name = |(place, name): (usize, &String)| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic()) && !names[..place].contains(name)
        };
        if names.iter().enumerate().all(is_name) { Ok(Self(names.into())) } else { Err(BadClaims) }
    }

    /// The id of the user in the claims of a token.
    pub(super) fn user<'a>(&self, claims: &'a BTreeMap<String, Value>) -> Result<&'a str, Fault> {
        let mut user = None;
        for found in self.0.iter().filter_map(|name| claims.get(name)) {
            let found = match found {
                Value::String(found) => found.as_str(),
                Value::Number(_) => return Err(Fault::Claims("the user's claim is a number, and must be a text")),
                _ => return Err(Fault::Claims("the user's claim is not a text")),
            };
            if user.is_some_and(|user| user != found) {
                return Err(Fault::Claims("its claims name different users"));
            }
            user = Some(found);
        }
        user.ok_or(Fault::Claims("it has none of the claims that name the user"))
    }
}

impl Default for UserClaims {
    fn default() -> Self {
        Self(DEFAULT.split(',').map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{BadClaims, UserClaims};

    #[test]
    fn err_a_list_without_a_name_or_with_one_twice() {
        for bad in ["", ",", "user_id,", "sub,sub", "user id", "sub,\u{fc}"] {
            assert_eq!(UserClaims::listed(bad), Err(BadClaims), "{bad:?}");
        }
        let listed = UserClaims::listed(" user_id , sub ");
        assert_eq!(listed, Ok(UserClaims::default()));
    }
}
