//! Optimistic concurrency control of writes: derives the id of a new version from the version that was read.
//!
//! A write's `ClientRequestToken` becomes the id of the version that it creates, and AWS rejects a token that was
//! already used for another value. A token that is derived from the version that was read can therefore be used only
//! once: each version has at most one successor, and a writer that read an old version is rejected in its only write
//! call, without a lock. Secrets Manager removes no version within 24 hours, so a slow writer always finds its token
//! taken.
//!
//! Sources: [`PutSecretValue`, `ClientRequestToken`][put], [secret versions][versions], name-based UUIDs: [RFC 9562, 5.5][uuid].
//!
//! [put]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
//! [versions]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version
//! [uuid]: https://www.rfc-editor.org/rfc/rfc9562#name-uuid-version-5

use uuid::Uuid;

/// The namespace of all derived tokens. Every writer must use the same one, in every release.
const NAMESPACE: Uuid = Uuid::from_u128(0x5c0c_4ad7_6a34_4d9c_9d6e_2f3b_71c8_e0a5);

/// The token of a write that follows `version`.
pub(super) fn successor_of(version: &str) -> String {
    Uuid::new_v5(&NAMESPACE, version.as_bytes()).to_string()
}

/// The token of a write to a secret that exists and has no current version.
pub(super) fn first_of(name: &str) -> String {
    // No version id contains a colon, so this cannot equal a successor's token.
    successor_of(&format!("first:{name}"))
}

/// The token of a creation. It is random: creation is already atomic by the secret's name, and a secret that is deleted
/// and created again must not start with the same version id as before.
pub(super) fn of_creation() -> String {
    Uuid::new_v4().to_string()
}

#[cfg(test)]
mod tests {
    use super::{first_of, of_creation, successor_of};

    #[test]
    fn a_version_has_one_successor_in_every_release() {
        // Computed with Python: uuid.uuid5(uuid.UUID(int=NAMESPACE), "EXAMPLE1-…").
        assert_eq!(successor_of("EXAMPLE1-90ab-cdef-fedc-ba987SECRET1"), "0f3dcea9-f12a-5d50-b649-9e1a22da0b7f");
    }

    #[test]
    fn different_versions_have_different_successors() {
        assert_ne!(successor_of("a"), successor_of("b"));
        assert_ne!(first_of("a"), first_of("b"));
        assert_ne!(first_of("a"), successor_of("a"));
        assert_ne!(of_creation(), of_creation());
    }

    #[test]
    fn tokens_have_a_length_that_aws_takes() {
        for token in [successor_of("a"), first_of("a"), of_creation()] {
            assert!((32..=64).contains(&token.len()), "{token}");
        }
    }
}
