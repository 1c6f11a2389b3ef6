//! Maximum size of a policy document: the characters that AWS counts, with every ARN at its longest.
//!
//! AWS does not count the whitespace of the JSON.
//! Source: [IAM and STS character limits][limits].
//!
//! [limits]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length

use super::policy::{Resource, Statement};

/// The longest ARN of a secret in any partition and Region, without the name.
const SECRET_ARN: usize = "arn:aws-us-gov:secretsmanager:ap-northeast-99:123456789012:secret:".len();
const SUFFIX: usize = "-AbCdEf".len();
const KEY_ARN: usize = "arn:aws-us-gov:kms:ap-northeast-99:123456789012:key/mrk-1234567890abcdef1234567890abcdef".len();

/// The longest ARN of a function without its name, and the longest name.
const FUNCTION_ARN: &str = "arn:aws-us-gov:lambda:ap-northeast-99:123456789012:function:";
const FUNCTION_NAME: usize = 64;

/// The characters of a document without statements.
pub(super) const DOCUMENT: usize = r#"{"Version":"2012-10-17","Statement":[]}"#.len();

/// The characters of a statement without its secrets, and with the comma after it.
pub(super) fn frame(statement: &Statement) -> usize {
    let actions: usize = statement.actions.iter().map(|action| action.len() + r#""","#.len()).sum();
    let around = match statement.key {
        None => r#"{"Effect":"Allow","Action":[],"Resource":[]},"#.len() + conditions(statement),
        Some(_) => {
            KEY_ARN
                + concat!(
                    r#"{"Effect":"Allow","Action":[],"Resource":[""],"Condition":{"#,
                    r#""StringEquals":{"kms:ViaService":["secretsmanager.ap-northeast-99.amazonaws.com","#,
                    r#""secretsmanager.ap-northeast-99.amazonaws.com.cn"]},"#,
                    r#""StringLike":{"kms:EncryptionContext:SecretARN":[]}}},"#
                )
                .len()
        }
    };
    around + actions
}

fn conditions(statement: &Statement) -> usize {
    let conditions = statement.conditions(|_| format!("{FUNCTION_ARN}{:FUNCTION_NAME$}", ""));
    let one = |(operator, key, value): &(&str, &str, String)| {
        r#""":{"":""},"#.len() + operator.len() + key.len() + value.len()
    };
    match conditions.iter().map(one).sum() {
        0 => 0,
        conditions => r#","Condition":{}"#.len() + conditions,
    }
}

/// The characters of one secret in a statement, with `prefix` characters before its name, and with the comma after it.
pub(super) fn resource(resource: &Resource, prefix: usize) -> usize {
    let arn = match resource {
        Resource::Secret { name, .. } => SECRET_ARN + prefix + name.len() + SUFFIX,
        Resource::Pattern(pattern) => SECRET_ARN + prefix + pattern.as_str().len(),
        Resource::Everything => "*".len(),
    };
    arn + r#""","#.len()
}
