//! Customer-managed KMS keys, which encrypt a secret instead of the account's default key.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;

/// A customer-managed key of AWS KMS.
///
/// Source: [secret encryption and decryption][encryption].
///
/// [encryption]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[schemars(deny_unknown_fields)]
pub enum KmsKey {
    /// A variable of the infrastructure code that holds the key's ARN.
    Variable {
        /// The variable.
        variable: Cow<'static, str>,
    },
    /// The alias of an existing key.
    Alias {
        /// The alias, starting with `alias/`.
        alias: Cow<'static, str>,
    },
}

impl KmsKey {
    /// The words for the kinds in a spec.
    pub const WORDS: [&'static str; 2] = ["variable", "alias"];

    /// A key whose ARN a variable holds.
    ///
    /// ```
    /// use driftless_model::KmsKey;
    ///
    /// assert_eq!(KmsKey::variable("key_arn"), KmsKey::Variable { variable: "key_arn".into() });
    /// ```
    #[must_use]
    pub const fn variable(variable: &'static str) -> Self {
        Self::Variable { variable: Cow::Borrowed(variable) }
    }

    /// A key with an alias.
    #[must_use]
    pub const fn alias(alias: &'static str) -> Self {
        Self::Alias { alias: Cow::Borrowed(alias) }
    }
}

/// Whether KMS accepts this as the alias of a customer-managed key: `alias/` and at most 250 letters, digits and `/_-`.
/// Aliases that start with `alias/aws/` are reserved for AWS managed keys.
///
/// Source: [`CreateAlias`](https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html).
pub(super) fn is_alias(alias: &str) -> bool {
    alias.strip_prefix("alias/").is_some_and(|name| {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-');
        (1..=250).contains(&name.len()) && name.bytes().all(good) && !name.starts_with("aws/")
    })
}
