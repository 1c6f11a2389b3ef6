//! The environment of a client. A spec can declare several environments in one account: each has a prefix that precedes
//! the names of its secrets.

use std::sync::Arc;

use super::Secrets;
use super::config_error::ConfigError;
use super::error::{Error, Operation};
use crate::model::{Handler, Secret, environment_variable};

/// The prefix of the names of secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    /// No prefix: the spec has one environment.
    None,
    /// One of the prefixes that the spec declares, not set in this client yet. The variable `variable` holds it.
    Unknown { variable: Arc<str> },
    /// The prefix of this client's environment.
    Known(Arc<str>),
}

impl Prefix {
    /// The prefix of a client that is not configured yet.
    pub(super) fn of<H: Handler>() -> Self {
        H::prefixes().map_or(Self::None, |prefixes| Self::Unknown { variable: prefixes.variable.into() })
    }
}

impl<H: Handler> Secrets<H> {
    /// Returns this client for the environment of `prefix`, if the spec declares prefixes. [`from_env`](Self::from_env)
    /// reads the prefix from the function's environment instead.
    ///
    /// # Errors
    ///
    /// [`ConfigError::UnknownPrefix`] if the spec does not declare this prefix.
    pub fn with_prefix(self, prefix: &str) -> Result<Self, ConfigError> {
        let declared = H::prefixes().map(|prefixes| prefixes.values).unwrap_or_default();
        if !declared.iter().any(|declared| declared == prefix) {
            return Err(ConfigError::UnknownPrefix { found: prefix.to_owned(), declared });
        }
        Ok(Self { prefix: Prefix::Known(prefix.into()), ..self }.in_its_scope())
    }

    /// Returns this client for the environment whose prefix is in the variable that the spec declares.
    pub(super) fn with_prefix_of(self, variables: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let Some(prefixes) = H::prefixes() else { return Ok(self) };
        let variable = environment_variable(&prefixes.variable);
        match variables(&variable) {
            Some(prefix) => self.with_prefix(&prefix),
            None => Err(ConfigError::NoPrefix { variable, declared: prefixes.values }),
        }
    }

    /// The name of a secret, with the prefix of its environment unless it is outside the prefixes.
    pub(super) fn name_of<S: Secret>(&self, at: Operation, secret: &S) -> Result<String, Error> {
        match &self.prefix {
            _ if S::OUTSIDE_PREFIXES => Ok(secret.name()),
            Prefix::None => Ok(secret.name()),
            Prefix::Known(prefix) => Ok(prefix.to_string() + &secret.name()),
            Prefix::Unknown { variable } => Err(Error::UnknownPrefix { at, variable: variable.to_string() }),
        }
    }
}
