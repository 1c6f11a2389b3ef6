//! What every argument of the resource types that could give access is to this check: looked at, a value, or harmless for a
//! reason. A test compares the table with the schemas of the AWS provider, so that a new argument is seen.
//!
//! A nested block is one argument here. The source of the names is the provider's schema, 5.100.0 and 6.62.0.

mod rows;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rows::COMMON;

/// What an argument is to the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// It is looked at.
    Access,
    /// It holds a value that must be in no file. Only that there is one is kept.
    Value,
    /// It gives nobody access, for this reason.
    Harmless(&'static str),
}

/// Attributes that are computed and that the checks look at, of resources and of what data sources have read.
const COMPUTED: &[&str] =
    &["account_id", "arn", "dns_suffix", "endpoint", "id", "key_id", "partition", "target_key_arn"];

/// Attributes that are computed and that nothing looks at.
const UNUSED: &[&str] = &[
    "attachment_count",
    "certificate_id",
    "ciphertext_blob",
    "config_id",
    "create_date",
    "created_date",
    "enable_date",
    "encrypted_password",
    "encrypted_secret",
    "encrypted_ses_smtp_password_v4",
    "expiration",
    "expiration_model",
    "expire_passwords",
    "fingerprint",
    "function_arn",
    "function_url",
    "grant_id",
    "has_secret_string_wo",
    "invoke_arn",
    "key_fingerprint",
    "key_rotation_enabled",
    "key_state",
    "last_modified",
    "last_processing_result",
    "layer_arn",
    "policy_id",
    "qr_code_png",
    "qualified_arn",
    "qualified_invoke_arn",
    "revision_id",
    "service_specific_credential_id",
    "service_user_name",
    "signing_job_arn",
    "signing_profile_version_arn",
    "source_code_size",
    "ssh_public_key_id",
    "state",
    "state_transition_reason",
    "unique_id",
    "upload_date",
    "url_id",
    "uuid",
    "valid_until",
    "version",
    "version_id",
];

/// Arguments of data sources that the checks look at.
const OF_DATA: &[&str] =
    &["json", "override_json", "override_policy_documents", "source_json", "source_policy_documents", "statement"];

/// Attributes that a data source or another resource fills with a value.
const OF_DATA_VALUES: &[&str] = &[
    "base_32_string_seed",
    "grant_token",
    "password",
    "plaintext",
    "random_password",
    "result",
    "secret",
    "secret_binary",
    "secret_string",
    "service_password",
    "ses_smtp_password_v4",
    "value",
];

/// What an argument of a resource type is to the check. `None` for a type or an argument that is not known here.
#[must_use]
pub fn use_of(kind: &str, argument: &str) -> Option<Use> {
    let row = rows::all().find(|row| row.kind == kind)?;
    if row.access.contains(&argument) {
        return Some(Use::Access);
    }
    if row.values.contains(&argument) {
        return Some(Use::Value);
    }
    let reasons = row.harmless.iter().chain(COMMON);
    let found = reasons.into_iter().find(|(_, arguments)| arguments.contains(&argument));
    found.map(|(reason, _)| Use::Harmless(reason))
}

/// The arguments of a type that are looked at.
pub(super) fn access_of(kind: &str) -> &'static [&'static str] {
    rows::all().find(|row| row.kind == kind).map_or(&[], |row| row.access)
}

/// Whether the table has the type.
#[must_use]
pub fn knows(kind: &str) -> bool {
    rows::all().any(|row| row.kind == kind)
}

/// What a name is to the reader, which does not know the type of the resource yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// Some type has a value of a secret there.
    Value,
    /// Some type has something there that is looked at.
    Kept(&'static str),
    /// Every type that has it is harmless there.
    Harmless,
}

/// What is done with an argument of a name, whatever the type. `None` where no type has it.
pub(super) fn reading(argument: &str) -> Option<Reading> {
    static ALL: LazyLock<BTreeMap<&'static str, Reading>> = LazyLock::new(|| {
        let harmless = rows::all().flat_map(|row| row.harmless).chain(COMMON).flat_map(|(_, arguments)| *arguments);
        let kept = rows::all().flat_map(|row| row.access).chain(COMPUTED).chain(OF_DATA);
        let values = rows::all().flat_map(|row| row.values).chain(OF_DATA_VALUES);
        let harmless = harmless.chain(UNUSED).map(|name| (*name, Reading::Harmless));
        let kept = kept.map(|name| (*name, Reading::Kept(name)));
        // The last one of a name counts.
        harmless.chain(kept).chain(values.map(|name| (*name, Reading::Value))).collect()
    });
    ALL.get(argument).copied()
}
