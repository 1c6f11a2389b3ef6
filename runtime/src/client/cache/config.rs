//! A cache's configuration: the policies of all kinds of secrets, and how much is kept. Checked once, before any read.

use std::any::TypeId;
use std::collections::HashMap;
use std::time::Instant;

use super::clock::{Clock, Injected};
use super::policy::Policies;
use crate::freshness::CachePolicy;
use crate::model::Secret;

/// What a cache is to be like, for [`Secrets::with_cache`](crate::client::Secrets::with_cache).
///
/// ```
/// use std::time::Duration;
///
/// use paypulse_runtime::client::{CacheConfig, CachePolicy};
/// use paypulse_runtime::spec::GmailUserTokens;
///
/// let config = CacheConfig::new()
///     .entries(1_000)
///     .bytes(4 * 1024 * 1024)
///     .policy(CachePolicy::new().ttl(Duration::from_hours(1)))
///     .policy_of::<GmailUserTokens>(CachePolicy::new().ttl(Duration::from_mins(1)));
/// ```
#[derive(Clone, Debug)]
pub struct CacheConfig {
    entries: usize,
    bytes: u64,
    policy: CachePolicy,
    kinds: HashMap<TypeId, (&'static str, CachePolicy)>,
    clock: Option<Injected>,
}

impl Default for CacheConfig {
    fn default() -> Self {
        Self::new()
    }
}

impl CacheConfig {
    /// The defaults that each method names.
    #[must_use]
    pub fn new() -> Self {
        Self {
            entries: 10_000,
            bytes: 16 * 1024 * 1024,
            policy: CachePolicy::new(),
            kinds: HashMap::new(),
            clock: None,
        }
    }

    /// How many secrets are kept at most, those included that are known not to be there. Default: 10,000.
    ///
    /// One that is being loaded or written at the moment is not evicted, and so can exceed the bound until that is done.
    #[must_use]
    pub fn entries(self, entries: usize) -> Self {
        Self { entries, ..self }
    }

    /// How many bytes of values are kept at most, each counted as it is stored. Default: 16 MiB.
    #[must_use]
    pub fn bytes(self, bytes: u64) -> Self {
        Self { bytes, ..self }
    }

    /// The policy of all kinds of secrets that have none of their own.
    #[must_use]
    pub fn policy(self, policy: CachePolicy) -> Self {
        Self { policy, ..self }
    }

    /// The policy of one kind: a secret, or all members of a family.
    #[must_use]
    pub fn policy_of<S: Secret>(mut self, policy: CachePolicy) -> Self {
        self.kinds.insert(TypeId::of::<S>(), (S::ID, policy));
        self
    }

    /// Another clock than the system's, for tests of what time does. It must not go backwards.
    ///
    /// Without this the cache keeps time by the system's clocks, the wall clock and the monotonic one: the longer time counts, so
    /// that values age while a function is frozen. A wall clock that is set back changes nothing; one that is set ahead makes
    /// values older.
    #[must_use]
    pub fn clock(self, now: impl Fn() -> Instant + Send + Sync + 'static) -> Self {
        Self { clock: Some(Injected::new(now)), ..self }
    }

    pub(super) fn checked(self) -> Result<Checked, CacheConfigError> {
        for (what, bound) in [("entries", self.entries as u64), ("bytes", self.bytes)] {
            if bound == 0 {
                return Err(CacheConfigError::NoRoom { what });
            }
        }
        let kinds = self.kinds.into_iter().map(|(kind, (id, policy))| Ok((kind, policy.checked(id)?)));
        let policies =
            Policies { default: self.policy.checked("every secret")?, kinds: kinds.collect::<Result<_, _>>()? };
        Ok(Checked { entries: self.entries, bytes: self.bytes, policies, clock: Clock::new(self.clock) })
    }
}

/// A cache's configuration that no cache can keep.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CacheConfigError {
    /// A time that must pass is zero.
    #[error("the cache policy of `{of}` has a `{what}` of zero")]
    Zero {
        /// The secret's type, or `every secret`.
        of: &'static str,
        /// The method of [`CachePolicy`] that sets it.
        what: &'static str,
    },
    /// A share is not in the range that its method states.
    #[error("the cache policy of `{of}` has a `{what}` that is not a share of one")]
    Share {
        /// The secret's type, or `every secret`.
        of: &'static str,
        /// The method of [`CachePolicy`] that sets it.
        what: &'static str,
    },
    /// That nothing is there would be remembered for longer than what is there.
    #[error("the cache policy of `{of}` has a `negative_ttl` that is longer than its `ttl`")]
    NegativeTtl {
        /// The secret's type, or `every secret`.
        of: &'static str,
    },
    /// The cache could hold nothing. For no cache, leave [`with_cache`](crate::client::Secrets::with_cache) out.
    #[error("the cache has room for no `{what}`")]
    NoRoom {
        /// The method of [`CacheConfig`] that sets it.
        what: &'static str,
    },
}

/// A configuration that holds.
pub(super) struct Checked {
    pub(super) entries: usize,
    pub(super) bytes: u64,
    pub(super) policies: Policies,
    pub(super) clock: Clock,
}
