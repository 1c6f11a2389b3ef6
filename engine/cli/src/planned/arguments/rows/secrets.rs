//! Rows for the resource types of Secrets Manager.

use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    row(
        "aws_secretsmanager_secret",
        &[
            "force_overwrite_replica_secret",
            "kms_key_id",
            "name",
            "name_prefix",
            "policy",
            "recovery_window_in_days",
            "region",
            "replica",
            "tags",
            "tags_all",
            "type",
        ],
        &[],
        &[],
    ),
    row("aws_secretsmanager_secret_policy", &["block_public_policy", "policy", "region", "secret_arn"], &[], &[]),
    row(
        "aws_secretsmanager_secret_rotation",
        &[
            "external_secret_rotation_role_arn",
            "region",
            "rotate_immediately",
            "rotation_enabled",
            "rotation_lambda_arn",
            "rotation_rules",
            "secret_id",
        ],
        &["external_secret_rotation_metadata"],
        &[],
    ),
    row(
        "aws_secretsmanager_secret_version",
        &["region", "secret_id", "secret_string_wo_version", "version_stages"],
        &["secret_binary", "secret_string", "secret_string_wo"],
        &[],
    ),
    row("aws_secretsmanager_tag", &["key", "region", "secret_id"], &["value"], &[]),
];
