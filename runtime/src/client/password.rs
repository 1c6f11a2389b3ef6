//! Passwords that AWS makes up.

use super::error::Operation;
use super::{Call, Secrets};
use crate::model::verb::generate;
use crate::model::{Granted, Handler, Text, Verb};

/// What a random password is made of: 32 characters, at least one of each type, where nothing else is said.
///
/// Source: [`GetRandomPassword`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PasswordRules {
    pub(super) length: Option<u16>,
    pub(super) excluded: String,
    pub(super) without_punctuation: bool,
}

impl PasswordRules {
    /// 32 characters of every type.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// So many characters: 1 to 4096.
    #[must_use]
    pub fn length(self, length: u16) -> Self {
        Self { length: Some(length), ..self }
    }

    /// None of these characters, such as those that a connection string cannot have: `/@"'\`.
    #[must_use]
    pub fn without(self, characters: &str) -> Self {
        Self { excluded: self.excluded + characters, ..self }
    }

    /// Letters and numbers alone.
    #[must_use]
    pub fn without_punctuation(self) -> Self {
        Self { without_punctuation: true, ..self }
    }
}

impl<H: Handler> Secrets<H> {
    /// A random password for a secret's value, which this does not change. Makes `GetRandomPassword`.
    ///
    /// # Errors
    ///
    /// [`Error::Service`] where no password can be as the rules say, and every other failure of a call.
    pub fn random_password<'a, S: Granted<generate, H>>(
        &'a self,
        secret: &'a S,
        rules: &'a PasswordRules,
    ) -> Call<'a, Text> {
        let at = Operation::of::<H, S>(Verb::Generate);
        Box::pin(self.observed(at, secret, self.call_random_password(at, rules)))
    }
}
