//! The only place that maps an API call to the IAM actions that allow it.

use paypulse_runtime::model::ApiCall;

use crate::audit::Look;

/// The IAM action that allows an API call.
///
/// Source: [actions, resources and condition keys for AWS Secrets Manager][actions].
///
/// [actions]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
///
/// ```
/// use paypulse_runtime::model::ApiCall;
///
/// assert_eq!(xtask::iam::action(ApiCall::GetSecretValue), "secretsmanager:GetSecretValue");
/// ```
#[must_use]
pub const fn action(call: ApiCall) -> &'static str {
    match call {
        ApiCall::CreateSecret => "secretsmanager:CreateSecret",
        ApiCall::DeleteSecret => "secretsmanager:DeleteSecret",
        ApiCall::DescribeSecret => "secretsmanager:DescribeSecret",
        ApiCall::GetRandomPassword => "secretsmanager:GetRandomPassword",
        ApiCall::GetSecretValue => "secretsmanager:GetSecretValue",
        ApiCall::PutSecretValue => "secretsmanager:PutSecretValue",
        ApiCall::RestoreSecret => "secretsmanager:RestoreSecret",
        ApiCall::UpdateSecretVersionStage => "secretsmanager:UpdateSecretVersionStage",
    }
}

/// The IAM actions that an API call needs on a customer-managed key, besides its own action on the secret.
///
/// Source: [permissions for the KMS key][key].
///
/// [key]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz
#[must_use]
pub const fn key_actions(call: ApiCall) -> &'static [&'static str] {
    match call {
        ApiCall::GetSecretValue => &["kms:Decrypt"],
        ApiCall::CreateSecret | ApiCall::PutSecretValue => &["kms:Decrypt", "kms:GenerateDataKey"],
        ApiCall::DeleteSecret
        | ApiCall::DescribeSecret
        | ApiCall::GetRandomPassword
        | ApiCall::RestoreSecret
        | ApiCall::UpdateSecretVersionStage => &[],
    }
}

/// Every action that can be allowed on a secret.
///
/// Source: [actions of Secrets Manager][secrets], those with the resource type `Secret`.
///
/// [secrets]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
pub const ON_A_SECRET: [&str; 20] = [
    "secretsmanager:CancelRotateSecret",
    action(ApiCall::CreateSecret),
    "secretsmanager:DeleteResourcePolicy",
    action(ApiCall::DeleteSecret),
    action(ApiCall::DescribeSecret),
    "secretsmanager:GetResourcePolicy",
    action(ApiCall::GetSecretValue),
    "secretsmanager:ListSecretVersionIds",
    "secretsmanager:PutResourcePolicy",
    action(ApiCall::PutSecretValue),
    "secretsmanager:RemoveRegionsFromReplication",
    "secretsmanager:ReplicateSecretToRegions",
    action(ApiCall::RestoreSecret),
    "secretsmanager:RotateSecret",
    "secretsmanager:StopReplicationToReplica",
    "secretsmanager:TagResource",
    "secretsmanager:UntagResource",
    "secretsmanager:UpdateSecret",
    action(ApiCall::UpdateSecretVersionStage),
    "secretsmanager:ValidateResourcePolicy",
];

/// The IAM action that allows a call that only looks; none where no permission is needed.
///
/// Sources: [actions of Secrets Manager][secrets], [actions of IAM][iam].
///
/// [secrets]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
/// [iam]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
#[must_use]
pub const fn look_action(look: Look) -> Option<&'static str> {
    match look {
        Look::ListSecrets => Some("secretsmanager:ListSecrets"),
        Look::DescribeSecret => Some(action(ApiCall::DescribeSecret)),
        Look::ListSecretVersionIds => Some("secretsmanager:ListSecretVersionIds"),
        Look::GetResourcePolicy => Some("secretsmanager:GetResourcePolicy"),
        Look::GetSecretValue => Some(action(ApiCall::GetSecretValue)),
        Look::GetAccountAuthorizationDetails => Some("iam:GetAccountAuthorizationDetails"),
        Look::GetPolicy => Some("iam:GetPolicy"),
        Look::GetPolicyVersion => Some("iam:GetPolicyVersion"),
        Look::GetCallerIdentity => None,
    }
}
