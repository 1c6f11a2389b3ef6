//! Rows for the resource types of KMS.

use super::{KEY, KEY_ARGUMENTS, LABEL, LIFE, NETWORK, Row, row};

pub(super) const ROWS: &[Row] = &[
    row("aws_kms_alias", &["name", "target_key_id"], &[], &[]),
    row(
        "aws_kms_ciphertext",
        &["key_id"],
        &["plaintext", "plaintext_wo"],
        &[(LABEL, &["context", "plaintext_wo_version"])],
    ),
    row(
        "aws_kms_custom_key_store",
        &[],
        &["key_store_password", "xks_proxy_authentication_credential"],
        &[
            (
                "where keys are kept, not who may use them",
                &["cloud_hsm_cluster_id", "custom_key_store_name", "custom_key_store_type", "trust_anchor_certificate"],
            ),
            (
                NETWORK,
                &[
                    "xks_proxy_connectivity",
                    "xks_proxy_uri_endpoint",
                    "xks_proxy_uri_path",
                    "xks_proxy_vpc_endpoint_service_name",
                ],
            ),
        ],
    ),
    row("aws_kms_external_key", &["enabled", "policy"], &["key_material_base64"], &[(KEY, KEY_ARGUMENTS)]),
    row(
        "aws_kms_grant",
        &["constraints", "grantee_principal", "key_id", "operations", "retiring_principal"],
        &["grant_creation_tokens"],
        &[(LABEL, &["name"]), (LIFE, &["retire_on_delete"])],
    ),
    row("aws_kms_key", &["is_enabled", "policy"], &[], &[(KEY, KEY_ARGUMENTS)]),
    row("aws_kms_key_policy", &["key_id", "policy"], &[], &[(LIFE, &["bypass_policy_lockout_safety_check"])]),
    row(
        "aws_kms_replica_external_key",
        &["enabled", "policy", "primary_key_arn"],
        &["key_material_base64"],
        &[(KEY, KEY_ARGUMENTS)],
    ),
    row("aws_kms_replica_key", &["enabled", "policy", "primary_key_arn"], &[], &[(KEY, KEY_ARGUMENTS)]),
];
