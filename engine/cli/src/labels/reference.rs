//! References to objects that every rendered file can use.

use driftless_model::KmsKey;

use super::alias_label;

/// The Terraform expression for the ARN of a key in a Region.
pub(crate) fn key_address(key: &KmsKey, region: Option<&str>) -> String {
    match key {
        KmsKey::Variable { variable } => format!("var.{variable}"),
        KmsKey::Alias { alias } => format!("data.aws_kms_alias.{}.target_key_arn", alias_label(alias, region)),
    }
}

/// The AWS managed policy that allows a function to write its log.
pub const LOGS_POLICY: &str = "service-role/AWSLambdaBasicExecutionRole";

/// The reference to the provider's Region in every rendered file.
pub const REGION: &str = "local.region";
