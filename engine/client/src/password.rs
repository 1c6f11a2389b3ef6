//! Random passwords (`GetRandomPassword`).

use super::error::Operation;
use super::{Call, Secrets};
use crate::model::verb::generate;
use crate::model::{Granted, Handler, Text, Verb};

/// The rules for a random password. Default: 32 characters, at least one of each type.
///
/// Source: [`GetRandomPassword`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PasswordRules {
    pub(super) length: Option<u16>,
    pub(super) excluded: String,
    pub(super) without_punctuation: bool,
}

impl PasswordRules {
    /// 32 characters, of every type.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The number of characters: 1 to 4096.
    #[must_use]
    pub fn length(self, length: u16) -> Self {
        Self { length: Some(length), ..self }
    }

    /// Excludes these characters, for example those that a connection string cannot contain: `/@"'\`.
    #[must_use]
    pub fn without(self, characters: &str) -> Self {
        Self { excluded: self.excluded + characters, ..self }
    }

    /// Only letters and digits.
    #[must_use]
    pub fn without_punctuation(self) -> Self {
        Self { without_punctuation: true, ..self }
    }
}

impl<H: Handler> Secrets<H> {
    /// Generates a random password for a secret's value, and does not change the secret. Makes `GetRandomPassword`.
    ///
    /// # Errors
    ///
    /// [`Error::Service`](crate::Error::Service) if no password can satisfy the rules, and every other failure of a call.
    pub fn random_password<'a, S: Granted<generate, H>>(
        &'a self,
        secret: &'a S,
        rules: &'a PasswordRules,
    ) -> Call<'a, Text> {
        let at = Operation::of::<H, S>(Verb::Generate);
        Box::pin(self.observed(at, secret, self.call_random_password(at, rules)))
    }
}
