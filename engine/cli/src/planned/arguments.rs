//! Classifies every argument of the resource types that could give access: it is checked, it holds a value, or it is
//! harmless for a stated reason. A test compares the table with the schemas of the AWS provider to detect new
//! arguments.
//!
//! A nested block counts as one argument. The names are from the schemas of versions 5.100.0 and 6.62.0 of the
//! provider.

mod rows;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use rows::COMMON;

/// How the check uses an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgumentUse {
    /// It is checked.
    Access,
    /// It holds a value that must not be in a file. Only whether it is set is kept.
    Value,
    /// It gives no principal access, for this reason.
    Harmless(&'static str),
}

/// Computed attributes that are checked, of resources and of data sources.
const COMPUTED: &[&str] =
    &["account_id", "arn", "dns_suffix", "endpoint", "id", "key_id", "partition", "target_key_arn"];

/// Computed attributes that are not checked.
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

/// Arguments of data sources that are checked.
const OF_DATA: &[&str] =
    &["json", "override_json", "override_policy_documents", "source_json", "source_policy_documents", "statement"];

/// Attributes in which a data source or a resource returns a secret value.
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

/// The use of an argument of a resource type. `None` if the type or the argument is not in the table.
#[must_use]
pub fn use_of(kind: &str, argument: &str) -> Option<ArgumentUse> {
    let row = rows::all().find(|row| row.kind == kind)?;
    if row.access.contains(&argument) {
        return Some(ArgumentUse::Access);
    }
    if row.values.contains(&argument) {
        return Some(ArgumentUse::Value);
    }
    let reasons = row.harmless.iter().chain(COMMON);
    let found = reasons.into_iter().find(|(_, arguments)| arguments.contains(&argument));
    found.map(|(reason, _)| ArgumentUse::Harmless(reason))
}

/// The arguments of a type that are checked.
pub(super) fn access_of(kind: &str) -> &'static [&'static str] {
    rows::all().find(|row| row.kind == kind).map_or(&[], |row| row.access)
}

/// Whether the table contains the type.
#[must_use]
pub fn knows(kind: &str) -> bool {
    rows::all().any(|row| row.kind == kind)
}

/// The arguments that tell which program a resource runs.
const OF_PROGRAMS: [&str; 4] = ["cluster_name", "family", "namespace", "service_account"];

/// How an argument is read from its name only, before the type of its resource is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ArgumentReading {
    /// It holds a secret value in some type.
    Value,
    /// It is checked in some type.
    Kept(&'static str),
    /// It is harmless in every type that has it.
    Harmless,
}

/// How to read an argument of this name in any type. `None` if no type has it.
pub(super) fn reading(argument: &str) -> Option<ArgumentReading> {
    static ALL: LazyLock<BTreeMap<&'static str, ArgumentReading>> = LazyLock::new(|| {
        let harmless = rows::all().flat_map(|row| row.harmless).chain(COMMON).flat_map(|(_, arguments)| *arguments);
        let kept = rows::all().flat_map(|row| row.access).chain(COMPUTED).chain(OF_DATA).chain(&OF_PROGRAMS);
        let values = rows::all().flat_map(|row| row.values).chain(OF_DATA_VALUES);
        let harmless = harmless.chain(UNUSED).map(|name| (*name, ArgumentReading::Harmless));
        let kept = kept.map(|name| (*name, ArgumentReading::Kept(name)));
        // Later entries for the same name override earlier ones.
        harmless.chain(kept).chain(values.map(|name| (*name, ArgumentReading::Value))).collect()
    });
    ALL.get(argument).copied()
}
