//! The arguments of each resource type, one row per type: those that are checked, those that hold a value, and those
//! that are harmless, with the reason.

mod iam;
mod kms;
mod lambda;
mod secrets;

/// The arguments of one resource type.
pub(super) struct Row {
    pub(super) kind: &'static str,
    pub(super) access: &'static [&'static str],
    pub(super) values: &'static [&'static str],
    pub(super) harmless: &'static [(&'static str, &'static [&'static str])],
}

const fn row(
    kind: &'static str,
    access: &'static [&'static str],
    values: &'static [&'static str],
    harmless: &'static [(&'static str, &'static [&'static str])],
) -> Row {
    Row { kind, access, values, harmless }
}

const CODE: &str = "which code runs, not who may use a secret; the role is looked at";
const LABEL: &str = "a name or a text that no policy of the spec depends on";
const LIFE: &str = "when the provider waits, retries, deletes or protects";
const LIMIT: &str = "how much, how often or how fast it runs";
const NETWORK: &str = "where it runs or is reached on the network";
const PUBLIC: &str = "a public part of a key or a certificate";
const ELSEWHERE: &str = "it concerns no secret, no key and no role of a secret";

/// Arguments that every type can have and that are harmless, unless the row of the type says otherwise.
pub(super) const COMMON: &[(&str, &[&str])] = &[
    ("it is the provider's own name of the resource", &["id", "name_prefix"]),
    (LABEL, &["description", "tags", "tags_all"]),
    (LIFE, &["timeouts", "skip_destroy"]),
    ("in which Region the resource is; an ARN has it too", &["region"]),
];

/// All rows.
pub(super) fn all() -> impl Iterator<Item = &'static Row> {
    [iam::ROWS, kms::ROWS, lambda::ROWS, secrets::ROWS].into_iter().flatten()
}

const KEY: &str = "what the key is and when it is deleted, not who may use it";

const KEY_ARGUMENTS: &[&str] = &[
    "bypass_policy_lockout_safety_check",
    "custom_key_store_id",
    "customer_master_key_spec",
    "deletion_window_in_days",
    "enable_key_rotation",
    "enabled",
    "is_enabled",
    "key_spec",
    "key_usage",
    "multi_region",
    "rotation_period_in_days",
    "valid_to",
    "xks_key_id",
];
