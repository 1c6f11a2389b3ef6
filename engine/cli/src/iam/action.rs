//! Maps each API call to the IAM actions that allow it, and names the condition keys. No other file does so.

use driftless_model::ApiCall;

use super::look::Look;

/// The IAM action that allows an API call.
///
/// Source: [actions, resources and condition keys for AWS Secrets Manager][actions].
///
/// [actions]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
///
/// ```
/// use driftless_model::ApiCall;
///
/// assert_eq!(driftless_cli::iam::action(ApiCall::GetSecretValue), "secretsmanager:GetSecretValue");
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
        ApiCall::UpdateSecret => "secretsmanager:UpdateSecret",
        ApiCall::UpdateSecretVersionStage => "secretsmanager:UpdateSecretVersionStage",
    }
}

/// The condition key for the staging label that a request names.
///
/// Source: [condition keys for AWS Secrets Manager][keys].
///
/// [keys]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html#awssecretsmanager-policy-keys
pub(crate) const VERSION_STAGE: &str = "secretsmanager:VersionStage";
/// The condition key for the version id that a request names.
pub(crate) const VERSION_ID: &str = "secretsmanager:VersionId";
/// The condition key for the ARN of the function whose code makes a request.
///
/// Source: [using source function ARN to control function access behavior][source].
///
/// [source]: https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
pub(crate) const SOURCE_FUNCTION: &str = "lambda:SourceFunctionArn";

/// The IAM actions that an API call needs on a customer-managed key, in addition to its own action on the secret.
///
/// Source: [permissions for the KMS key][key].
///
/// [key]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz
#[must_use]
pub const fn key_actions(call: ApiCall) -> &'static [&'static str] {
    match call {
        ApiCall::GetSecretValue => &["kms:Decrypt"],
        ApiCall::CreateSecret | ApiCall::PutSecretValue | ApiCall::UpdateSecret => {
            &["kms:Decrypt", "kms:GenerateDataKey"]
        }
        ApiCall::DeleteSecret
        | ApiCall::DescribeSecret
        | ApiCall::GetRandomPassword
        | ApiCall::RestoreSecret
        | ApiCall::UpdateSecretVersionStage => &[],
    }
}

/// AWS's description of the action of an API call.
///
/// Source: [actions, resources and condition keys for AWS Secrets Manager][actions], the column `Description`.
///
/// [actions]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html
#[must_use]
pub const fn described(call: ApiCall) -> &'static str {
    match call {
        ApiCall::CreateSecret => {
            "Grants permission to create a secret that stores encrypted data that can be queried and rotated"
        }
        ApiCall::DeleteSecret => "Grants permission to delete a secret",
        ApiCall::DescribeSecret => {
            "Grants permission to retrieve the metadata about a secret, but not the encrypted data"
        }
        ApiCall::GetRandomPassword => "Grants permission to generate a random string for use in password creation",
        ApiCall::GetSecretValue => "Grants permission to retrieve and decrypt the encrypted data",
        ApiCall::PutSecretValue => "Grants permission to create a new version of the secret with new encrypted data",
        ApiCall::RestoreSecret => "Grants permission to cancel deletion of a secret",
        ApiCall::UpdateSecret => {
            "Grants permission to update a secret with new metadata or with a new version of the encrypted secret data"
        }
        ApiCall::UpdateSecretVersionStage => "Grants permission to move a stage from one secret to another",
    }
}

/// The page that the texts of [`described`] are from.
pub const DESCRIBED_IN: &str =
    "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecretsmanager.html";

/// Each action on a key that a call can need, with the reason why Secrets Manager needs it and AWS's description of it.
///
/// Source: [permissions for the KMS key][key]; [actions, resources and condition keys for AWS Key Management
/// Service](KEYS_DESCRIBED_IN).
///
/// [key]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz
pub const ON_A_KEY: [(&str, &str, &str); 2] = [
    (
        "kms:Decrypt",
        "Secrets Manager decrypts the data key that the value is encrypted with",
        "Controls permission to decrypt ciphertext that was encrypted under an AWS KMS key",
    ),
    (
        "kms:GenerateDataKey",
        "Secrets Manager encrypts the new value with a data key of its own",
        "Controls permission to use the AWS KMS key to generate data keys",
    ),
];

/// The page that the last column of [`ON_A_KEY`] is from.
pub const KEYS_DESCRIBED_IN: &str =
    "https://docs.aws.amazon.com/service-authorization/latest/reference/list_awskeymanagementservice.html";

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
    action(ApiCall::UpdateSecret),
    action(ApiCall::UpdateSecretVersionStage),
    "secretsmanager:ValidateResourcePolicy",
];

/// Actions of Secrets Manager that are not on one secret.
pub const ON_NO_SECRET: [&str; 3] =
    ["secretsmanager:BatchGetSecretValue", action(ApiCall::GetRandomPassword), "secretsmanager:ListSecrets"];

/// Whether an action on a secret only reads metadata, and no value.
#[must_use]
pub fn only_looks(on_a_secret: &str) -> bool {
    let looks = Look::ALL.into_iter().filter(|look| *look != Look::GetSecretValue);
    looks.filter_map(look_action).any(|action| action == on_a_secret)
}

/// The IAM action that allows a read-only call of `audit`; `None` if the call needs no permission.
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

/// The actions on a key that allow a principal to read, write or destroy its secrets, or to let another principal do
/// so.
///
/// Source: [actions of AWS Key Management Service](KEYS_DESCRIBED_IN).
pub const OPENING_A_KEY: [&str; 9] = [
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:DisableKey",
    "kms:GenerateDataKey",
    "kms:PutKeyPolicy",
    "kms:ReEncryptFrom",
    "kms:ReplicateKey",
    "kms:ScheduleKeyDeletion",
    "kms:UpdateAlias",
];

/// The actions on a role that allow a principal to assume it, to extend its permissions, or to run code as it.
///
/// Source: [actions of IAM][iam].
///
/// [iam]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
pub const ON_A_ROLE: [&str; 7] = [
    "iam:AttachRolePolicy",
    "iam:DeleteRolePermissionsBoundary",
    "iam:PassRole",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
    "sts:AssumeRole",
];

/// The action on a role by which a managed policy is attached to it.
pub const ATTACHING: &str = "iam:AttachRolePolicy";
/// The action by which a role loses its permissions boundary.
pub const REMOVING_A_BOUNDARY: &str = "iam:DeleteRolePermissionsBoundary";
/// The actions on a role that can be limited to roles with a permissions boundary, and by which a role without one would get
/// permissions.
///
/// Source: [actions of IAM][iam].
///
/// [iam]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
pub const WITH_A_BOUNDARY: [&str; 4] =
    [ATTACHING, "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"];

/// The action on a function that a principal needs to set it as the rotation function of a secret.
pub const ROTATING_WITH: &str = "lambda:InvokeFunction";

/// The actions on a key that a principal needs to replicate a secret under it.
///
/// Source: [ReplicateSecretToRegions][replicate].
///
/// [replicate]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_ReplicateSecretToRegions.html
pub const REPLICATING_UNDER_A_KEY: [&str; 2] = ["kms:Encrypt", "kms:GenerateDataKey"];

/// The action that reads what a key is. Its resource is the key, also if the request names an alias.
pub const DESCRIBING_A_KEY: &str = "kms:DescribeKey";

/// The actions on a function that allow a principal to replace its code, or to let another principal do so.
///
/// Source: [actions of Lambda][lambda].
///
/// [lambda]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
pub const ON_A_FUNCTION: [&str; 3] =
    ["lambda:AddPermission", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"];

/// The actions on a function that allow a principal to call it.
///
/// Source: [actions of Lambda][lambda].
///
/// [lambda]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
pub const CALLING_A_FUNCTION: [&str; 3] = ["lambda:InvokeAsync", "lambda:InvokeFunction", "lambda:InvokeFunctionUrl"];

/// The actions on other identities and managed policies by which a principal can get the permissions of another one, or
/// give some to itself.
///
/// Source: [actions of IAM][iam].
///
/// [iam]: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
pub const ON_IDENTITIES: [&str; 14] = [
    "iam:AddUserToGroup",
    "iam:AttachGroupPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreatePolicyVersion",
    "iam:PutGroupPolicy",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateLoginProfile",
    "sts:AssumeRole",
];
