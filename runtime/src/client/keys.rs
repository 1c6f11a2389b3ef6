//! The keys that new secrets are encrypted under, and which cache a client has: that of its environment, Region and keys.

use std::sync::Arc;

use super::error::{Error, Operation};
use super::{Secrets, cache};
use crate::model::{Handler, KmsKey, Secret};

impl<H: Handler> Secrets<H> {
    /// The same client, which asks `arn_of` for the ARN behind a variable by which the spec names a customer-managed key.
    /// It is asked when a secret under such a key is created.
    #[must_use]
    pub fn with_kms_keys(self, arn_of: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { kms_keys: Arc::new(arn_of), ..self }.in_its_scope()
    }

    /// What tells its secrets from those of a client in another environment, Region or with other keys.
    pub(super) fn scope(&self) -> cache::Scope {
        let region = self.client.config().region().cloned();
        cache::Scope { prefix: self.prefix.clone(), region, kms_keys: Arc::clone(&self.kms_keys) }
    }

    /// The same client with the cache of its scope, where it has one.
    pub(super) fn in_its_scope(self) -> Self {
        let cache = self.cache.as_ref().map(|cache| cache.of(self.scope()));
        Self { cache, ..self }
    }

    /// The key to create a secret under; `None` is the account's default.
    pub(super) fn kms_key_of<S: Secret>(&self, at: Operation) -> Result<Option<String>, Error> {
        match S::KMS_KEY {
            None => Ok(None),
            Some(KmsKey::Alias { alias }) => Ok(Some(alias.into_owned())),
            Some(KmsKey::Variable { variable }) => match (self.kms_keys)(&variable) {
                Some(arn) => Ok(Some(arn)),
                None => Err(Error::UnknownKey { at, variable: variable.into_owned() }),
            },
        }
    }
}
