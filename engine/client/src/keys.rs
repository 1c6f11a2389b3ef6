//! The KMS keys of new secrets, and the choice of the cache: one per environment, region and set of keys.

use std::sync::Arc;

use super::error::{Error, Operation};
use super::{Secrets, cache};
use crate::model::{Handler, KmsKey, Secret};

impl<H: Handler> Secrets<H> {
    /// Returns this client with `arn_of` as the lookup of key ARNs: it maps the variable by which the spec names a
    /// customer-managed key to the ARN. It is called when a secret with such a key is created.
    #[must_use]
    pub fn with_kms_keys(self, arn_of: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self { kms_keys: Arc::new(arn_of), ..self }.in_its_scope()
    }

    /// The scope of this client's secrets: environment, region and keys.
    pub(super) fn scope(&self) -> cache::Scope {
        let region = self.client.config().region().cloned();
        cache::Scope { prefix: self.prefix.clone(), region, kms_keys: Arc::clone(&self.kms_keys) }
    }

    /// Returns this client with the cache of its scope, if it has a cache.
    pub(super) fn in_its_scope(self) -> Self {
        let cache = self.cache.as_ref().map(|cache| cache.of(self.scope()));
        Self { cache, ..self }
    }

    /// The key for a new secret; `None` is the account's default key.
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
