//! The environment that a client works in, where a spec has many of them in one account: its prefix stands before the name of
//! each secret.

use std::sync::Arc;

use super::Secrets;
use super::config::ConfigError;
use super::error::{Error, Operation};
use crate::model::{Handler, Secret, environment_variable};

/// What stands before the names of secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Prefix {
    /// Nothing: the spec has one environment.
    None,
    /// One of the spec's prefixes, which the client has not been told yet. It is in this variable.
    Unknown { variable: Arc<str> },
    /// This.
    Known(Arc<str>),
}

impl Prefix {
    /// What is known before anybody has said anything.
    pub(super) fn of<H: Handler>() -> Self {
        H::prefixes().map_or(Self::None, |prefixes| Self::Unknown { variable: prefixes.variable.into() })
    }
}

impl<H: Handler> Secrets<H> {
    /// The same client in the environment of this prefix, where the spec declares prefixes. A handler's
    /// [`from_env`](Self::from_env) takes it from its environment.
    ///
    /// # Errors
    ///
    /// [`ConfigError::UnknownPrefix`] for any other prefix than those that the spec declares.
    pub fn with_prefix(self, prefix: &str) -> Result<Self, ConfigError> {
        let declared = H::prefixes().map(|prefixes| prefixes.values).unwrap_or_default();
        if !declared.iter().any(|declared| declared == prefix) {
            return Err(ConfigError::UnknownPrefix { found: prefix.to_owned(), declared });
        }
        Ok(Self { prefix: Prefix::Known(prefix.into()), ..self }.in_its_scope())
    }

    /// The client in the environment that the variable of the spec's prefixes names.
    pub(super) fn with_prefix_of(self, variables: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let Some(prefixes) = H::prefixes() else { return Ok(self) };
        let variable = environment_variable(&prefixes.variable);
        match variables(&variable) {
            Some(prefix) => self.with_prefix(&prefix),
            None => Err(ConfigError::NoPrefix { variable, declared: prefixes.values }),
        }
    }

    /// The name of a secret with its environment's prefix.
    pub(super) fn name_of<S: Secret>(&self, at: Operation, secret: &S) -> Result<String, Error> {
        match &self.prefix {
            Prefix::None => Ok(secret.name()),
            Prefix::Known(prefix) => Ok(prefix.to_string() + &secret.name()),
            Prefix::Unknown { variable } => Err(Error::UnknownPrefix { at, variable: variable.to_string() }),
        }
    }
}
