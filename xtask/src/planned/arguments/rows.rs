//! The arguments of each resource type, one row a type: those that are looked at, those that hold a value, and those that are
//! harmless, with the reason.

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

/// Arguments that every type can have, and that give nobody access there, unless its row says something else.
pub(super) const COMMON: &[(&str, &[&str])] = &[
    ("it is the provider's own name of the resource", &["id", "name_prefix"]),
    (LABEL, &["description", "tags", "tags_all"]),
    (LIFE, &["timeouts", "skip_destroy"]),
    ("in which Region the resource is; an ARN has it too", &["region"]),
];

pub(super) const ROWS: &[Row] = &[
    row("aws_iam_access_key", &["user", "status"], &[], &[(PUBLIC, &["pgp_key"])]),
    row("aws_iam_account_alias", &[], &[], &[(LABEL, &["account_alias"])]),
    row(
        "aws_iam_account_password_policy",
        &[],
        &[],
        &[(
            "how people sign in, not what they may do",
            &[
                "allow_users_to_change_password",
                "hard_expiry",
                "max_password_age",
                "minimum_password_length",
                "password_reuse_prevention",
                "require_lowercase_characters",
                "require_numbers",
                "require_symbols",
                "require_uppercase_characters",
            ],
        )],
    ),
    row("aws_iam_group", &["name"], &[], &[(LABEL, &["path"])]),
    row("aws_iam_group_membership", &["group", "users"], &[], &[(LABEL, &["name"])]),
    row("aws_iam_group_policies_exclusive", &["group_name", "policy_names"], &[], &[]),
    row("aws_iam_group_policy", &["group", "name", "policy"], &[], &[]),
    row("aws_iam_group_policy_attachment", &["group", "policy_arn"], &[], &[]),
    row("aws_iam_group_policy_attachments_exclusive", &["group_name", "policy_arns"], &[], &[]),
    row("aws_iam_instance_profile", &["name", "role"], &[], &[(LABEL, &["path"])]),
    row("aws_iam_openid_connect_provider", &["client_id_list", "url"], &[], &[(PUBLIC, &["thumbprint_list"])]),
    row("aws_iam_organizations_features", &["enabled_features"], &[], &[]),
    row("aws_iam_outbound_web_identity_federation", &[], &[], &[]),
    row("aws_iam_policy", &["name", "path", "policy"], &[], &[(LIFE, &["delay_after_policy_creation_in_ms"])]),
    row("aws_iam_policy_attachment", &["groups", "policy_arn", "roles", "users"], &[], &[(LABEL, &["name"])]),
    row(
        "aws_iam_role",
        &["assume_role_policy", "inline_policy", "managed_policy_arns", "name", "path", "permissions_boundary"],
        &[],
        &[(LIFE, &["force_detach_policies"]), ("how long a session is", &["max_session_duration"])],
    ),
    row("aws_iam_role_policies_exclusive", &["policy_names", "role_name"], &[], &[]),
    row("aws_iam_role_policy", &["name", "policy", "role"], &[], &[]),
    row("aws_iam_role_policy_attachment", &["policy_arn", "role"], &[], &[]),
    row("aws_iam_role_policy_attachments_exclusive", &["policy_arns", "role_name"], &[], &[]),
    row("aws_iam_saml_provider", &["name", "saml_metadata_document"], &[], &[]),
    row(
        "aws_iam_security_token_service_preferences",
        &[],
        &[],
        &[("the form of a token, not what it may do", &["global_endpoint_token_version"])],
    ),
    row(
        "aws_iam_server_certificate",
        &[],
        &["private_key"],
        &[(PUBLIC, &["certificate_body", "certificate_chain"]), (LABEL, &["name", "path"])],
    ),
    row("aws_iam_service_linked_role", &["aws_service_name"], &[], &[(LABEL, &["custom_suffix"])]),
    row(
        "aws_iam_service_specific_credential",
        &["service_name", "status", "user_name"],
        &[],
        &[(LIFE, &["credential_age_days"])],
    ),
    row("aws_iam_signing_certificate", &["status", "user_name"], &[], &[(PUBLIC, &["certificate_body"])]),
    row("aws_iam_user", &["name", "permissions_boundary"], &[], &[(LIFE, &["force_destroy"]), (LABEL, &["path"])]),
    row("aws_iam_user_group_membership", &["groups", "user"], &[], &[]),
    row(
        "aws_iam_user_login_profile",
        &["user"],
        &[],
        &[(PUBLIC, &["pgp_key"]), (LIMIT, &["password_length", "password_reset_required"])],
    ),
    row("aws_iam_user_policies_exclusive", &["policy_names", "user_name"], &[], &[]),
    row("aws_iam_user_policy", &["name", "policy", "user"], &[], &[]),
    row("aws_iam_user_policy_attachment", &["policy_arn", "user"], &[], &[]),
    row("aws_iam_user_policy_attachments_exclusive", &["policy_arns", "user_name"], &[], &[]),
    row(
        "aws_iam_user_ssh_key",
        &[],
        &[],
        &[("it signs in to CodeCommit only", &["encoding", "public_key", "status", "username"])],
    ),
    row("aws_iam_virtual_mfa_device", &[], &[], &[(LABEL, &["path", "virtual_mfa_device_name"])]),
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
    row("aws_kms_external_key", &["policy"], &["key_material_base64"], &[(KEY, KEY_ARGUMENTS)]),
    row(
        "aws_kms_grant",
        &["constraints", "grantee_principal", "key_id", "operations", "retiring_principal"],
        &["grant_creation_tokens"],
        &[(LABEL, &["name"]), (LIFE, &["retire_on_delete"])],
    ),
    row("aws_kms_key", &["policy"], &[], &[(KEY, KEY_ARGUMENTS)]),
    row("aws_kms_key_policy", &["key_id", "policy"], &[], &[(LIFE, &["bypass_policy_lockout_safety_check"])]),
    row(
        "aws_kms_replica_external_key",
        &["policy", "primary_key_arn"],
        &["key_material_base64"],
        &[(KEY, KEY_ARGUMENTS)],
    ),
    row("aws_kms_replica_key", &["policy", "primary_key_arn"], &[], &[(KEY, KEY_ARGUMENTS)]),
    row("aws_lambda_alias", &["function_name"], &[], &[(CODE, &["function_version", "name", "routing_config"])]),
    row(
        "aws_lambda_capacity_provider",
        &["permissions_config"],
        &[],
        &[
            (LIMIT, &["capacity_provider_scaling_config", "instance_requirements"]),
            ("it encrypts something else", &["kms_key_arn"]),
            (LABEL, &["name"]),
            (NETWORK, &["vpc_config"]),
        ],
    ),
    row("aws_lambda_code_signing_config", &[], &[], &[(CODE, &["allowed_publishers", "policies"])]),
    row(
        "aws_lambda_event_source_mapping",
        &["function_name"],
        &["self_managed_event_source", "source_access_configuration"],
        &[(
            "what calls the function, and how often",
            &[
                "amazon_managed_kafka_event_source_config",
                "batch_size",
                "bisect_batch_on_function_error",
                "destination_config",
                "document_db_event_source_config",
                "enabled",
                "event_source_arn",
                "filter_criteria",
                "function_response_types",
                "kms_key_arn",
                "maximum_batching_window_in_seconds",
                "maximum_record_age_in_seconds",
                "maximum_retry_attempts",
                "metrics_config",
                "parallelization_factor",
                "provisioned_poller_config",
                "queues",
                "scaling_config",
                "self_managed_kafka_event_source_config",
                "starting_position",
                "starting_position_timestamp",
                "topics",
                "tumbling_window_in_seconds",
                "use_resource_timeout_for_propagation",
            ],
        )],
    ),
    row(
        "aws_lambda_function",
        &["function_name", "role"],
        &["environment"],
        &[
            (
                CODE,
                &[
                    "architectures",
                    "code_sha256",
                    "code_signing_config_arn",
                    "filename",
                    "handler",
                    "image_config",
                    "image_uri",
                    "layers",
                    "package_type",
                    "publish",
                    "publish_to",
                    "runtime",
                    "s3_bucket",
                    "s3_key",
                    "s3_object_version",
                    "snap_start",
                    "source_code_hash",
                    "source_kms_key_arn",
                ],
            ),
            (
                LIMIT,
                &[
                    "capacity_provider_config",
                    "durable_config",
                    "ephemeral_storage",
                    "memory_size",
                    "reserved_concurrent_executions",
                    "tenancy_config",
                    "timeout",
                ],
            ),
            (
                NETWORK,
                &[
                    "file_system_config",
                    "replace_security_groups_on_destroy",
                    "replacement_security_group_ids",
                    "vpc_config",
                ],
            ),
            ("it encrypts the function's own environment", &["kms_key_arn"]),
            (ELSEWHERE, &["dead_letter_config", "logging_config", "tracing_config"]),
            (LIFE, &["use_resource_timeout_for_propagation"]),
        ],
    ),
    row(
        "aws_lambda_function_event_invoke_config",
        &["function_name"],
        &[],
        &[
            (LIMIT, &["maximum_event_age_in_seconds", "maximum_retry_attempts", "qualifier"]),
            (ELSEWHERE, &["destination_config"]),
        ],
    ),
    row("aws_lambda_function_recursion_config", &["function_name"], &[], &[(LIMIT, &["recursive_loop"])]),
    row(
        "aws_lambda_function_scaling_config",
        &["function_name"],
        &[],
        &[(LIMIT, &["function_scaling_config", "qualifier"])],
    ),
    row(
        "aws_lambda_function_url",
        &["authorization_type", "function_name"],
        &[],
        &[(NETWORK, &["cors", "invoke_mode", "qualifier"])],
    ),
    row(
        "aws_lambda_invocation",
        &["function_name"],
        &["input"],
        &[(LIFE, &["lifecycle_scope", "qualifier", "tenant_id", "terraform_key", "triggers"])],
    ),
    row(
        "aws_lambda_layer_version",
        &[],
        &[],
        &[(
            CODE,
            &[
                "compatible_architectures",
                "compatible_runtimes",
                "filename",
                "layer_name",
                "license_info",
                "s3_bucket",
                "s3_key",
                "s3_object_version",
                "source_code_hash",
            ],
        )],
    ),
    row(
        "aws_lambda_layer_version_permission",
        &[],
        &[],
        &[(CODE, &["action", "layer_name", "organization_id", "principal", "statement_id", "version_number"])],
    ),
    row(
        "aws_lambda_permission",
        &[
            "action",
            "function_name",
            "function_url_auth_type",
            "principal",
            "principal_org_id",
            "qualifier",
            "source_account",
            "source_arn",
        ],
        &["event_source_token"],
        &[
            (LABEL, &["statement_id", "statement_id_prefix"]),
            ("it narrows what is allowed", &["invoked_via_function_url"]),
        ],
    ),
    row(
        "aws_lambda_provisioned_concurrency_config",
        &["function_name"],
        &[],
        &[(LIMIT, &["provisioned_concurrent_executions", "qualifier"])],
    ),
    row(
        "aws_lambda_runtime_management_config",
        &["function_name"],
        &[],
        &[(CODE, &["qualifier", "runtime_version_arn", "update_runtime_on"])],
    ),
    row("aws_lambdacore_network_connector", &["operator_role"], &[], &[(NETWORK, &["configuration", "name"])]),
    row(
        "aws_lambdamicrovms_image",
        &["build_role_arn"],
        &["environment_variables"],
        &[
            (
                CODE,
                &[
                    "additional_os_capabilities",
                    "base_image_arn",
                    "base_image_version",
                    "code_artifact",
                    "cpu_configuration",
                    "name",
                ],
            ),
            (NETWORK, &["egress_network_connectors"]),
        ],
    ),
    row(
        "aws_secretsmanager_secret",
        &[
            "force_overwrite_replica_secret",
            "kms_key_id",
            "name",
            "policy",
            "recovery_window_in_days",
            "region",
            "replica",
            "tags",
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
