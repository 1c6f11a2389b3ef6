//! The configuration of a cache: the policies of all kinds of secrets, and the capacity. Validated once, before any
//! read.

use std::any::TypeId;
use std::collections::HashMap;
use std::time::Instant;

use super::clock::{Clock, Injected};
use super::config_error::CacheConfigError;
use super::policy::{self, Policies};
use crate::freshness::CachePolicy;
use crate::model::Secret;

/// The configuration of a cache, for [`Secrets::with_cache`](crate::Secrets::with_cache).
///
/// ```
/// use std::time::Duration;
///
/// use driftless::{CacheConfig, CachePolicy};
/// # mod shop { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/shop/spec.rs")); }
/// use shop::SupplierLogin;
///
/// let config = CacheConfig::new()
///     .entries(1_000)
///     .bytes(4 * 1024 * 1024)
///     .policy(CachePolicy::new().ttl(Duration::from_hours(1)))
///     .policy_of::<SupplierLogin>(CachePolicy::new().ttl(Duration::from_mins(1)));
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
    /// The default values, which are documented at each method.
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

    /// Maximum number of secrets in the cache, including those that are known not to exist. Default: 10,000.
    ///
    /// Secrets that are being loaded or written are not evicted, and can exceed this maximum until the operation ends.
    #[must_use]
    pub fn entries(self, entries: usize) -> Self {
        Self { entries, ..self }
    }

    /// Maximum total size of the values in bytes, as they are stored. Default: 16 MiB.
    #[must_use]
    pub fn bytes(self, bytes: u64) -> Self {
        Self { bytes, ..self }
    }

    /// The policy of all kinds of secrets without a policy of their own.
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

    /// Replaces the system's clock, for tests that control the time. The clock must not go backwards.
    ///
    /// By default, the cache uses the wall clock and the monotonic clock of the system: the longer elapsed time counts,
    /// so that values also age while a function is frozen. Setting the wall clock back has no effect; setting it
    /// forward makes values older.
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
        let kinds = self.kinds.into_iter().map(|(kind, (id, policy))| Ok((kind, policy::checked(policy, id)?)));
        let policies = Policies {
            default: policy::checked(self.policy, "every secret")?,
            kinds: kinds.collect::<Result<_, _>>()?,
        };
        Ok(Checked { entries: self.entries, bytes: self.bytes, policies, clock: Clock::new(self.clock) })
    }
}

/// A valid configuration.
pub(super) struct Checked {
    pub(super) entries: usize,
    pub(super) bytes: u64,
    pub(super) policies: Policies,
    pub(super) clock: Clock,
}
