//! The only place that maps an API call to the IAM action that allows it.

use paypulse_runtime::model::ApiCall;

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
        ApiCall::GetSecretValue => "secretsmanager:GetSecretValue",
        ApiCall::PutSecretValue => "secretsmanager:PutSecretValue",
        ApiCall::RestoreSecret => "secretsmanager:RestoreSecret",
    }
}
