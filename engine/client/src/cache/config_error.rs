//! The errors of a cache's configuration.

/// An invalid cache configuration.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CacheConfigError {
    /// A duration that must be positive is zero.
    #[error("the cache policy of `{of}` has a `{what}` of zero")]
    Zero {
        /// The secret's type, or `every secret`.
        of: &'static str,
        /// The method of [`CachePolicy`](super::CachePolicy) that sets it.
        what: &'static str,
    },
    /// A share is outside the range that its method documents.
    #[error("the cache policy of `{of}` has a `{what}` that is not between 0 and 1")]
    Share {
        /// The secret's type, or `every secret`.
        of: &'static str,
        /// The method of [`CachePolicy`](super::CachePolicy) that sets it.
        what: &'static str,
    },
    /// A missing secret would be remembered for longer than a value.
    #[error("the cache policy of `{of}` has a `negative_ttl` that is longer than its `ttl`")]
    NegativeTtl {
        /// The secret's type, or `every secret`.
        of: &'static str,
    },
    /// The capacity is zero. For no cache, do not call [`with_cache`](crate::Secrets::with_cache).
    #[error("the cache has a limit of zero for `{what}`")]
    NoRoom {
        /// The method of [`CacheConfig`](super::CacheConfig) that sets it.
        what: &'static str,
    },
}
