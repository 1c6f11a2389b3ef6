//! How large a policy can become, held to AWS's limit before AWS does it.

use paypulse_runtime::model::{Problem, shown};

use super::policy::{Policy, Resource, Statement};

/// The most non-whitespace characters that all inline policies of one role may have.
///
/// Source: [IAM and STS character limits][limits].
///
/// [limits]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
pub const MAX_INLINE_POLICY: usize = 10_240;

/// The text around a secret's name in the longest ARN that any partition and region gives.
const LONGEST_ARN_PREFIX: &str = "arn:aws-us-gov:secretsmanager:ap-northeast-99:123456789012:secret:";
const SUFFIX: &str = "-AbCdEf";

/// A problem, if the policy of this handler could exceed [`MAX_INLINE_POLICY`].
#[must_use]
pub fn check(handler: &str, policy: &Policy) -> Option<Problem> {
    let size = longest(policy);
    (size > MAX_INLINE_POLICY).then(|| {
        let resources: usize = policy.statements.iter().map(|statement| statement.resources.len()).sum();
        Problem::new(
            "policy-too-large",
            &format!("handler {}", shown(handler)),
            format!(
                "its policy for {resources} secrets can have {size} characters, and AWS takes {MAX_INLINE_POLICY} inline"
            ),
            "grant it fewer secrets, or fold their names under one path and make them a family",
        )
    })
}

/// The characters of the policy as JSON without whitespace, with every ARN at its longest.
fn longest(policy: &Policy) -> usize {
    let frame = r#"{"Version":"2012-10-17","Statement":[]}"#.len();
    frame + separated(policy.statements.iter().map(statement))
}

fn statement(statement: &Statement) -> usize {
    let frame = r#"{"Effect":"Allow","Action":[],"Resource":[]}"#.len();
    let actions = statement.actions.iter().map(|action| action.len() + 2);
    let resources = statement.resources.iter().map(|resource| resource_len(resource) + 2);
    frame + separated(actions) + separated(resources)
}

fn resource_len(resource: &Resource) -> usize {
    LONGEST_ARN_PREFIX.len()
        + match resource {
            Resource::Secret { name, .. } => name.len() + SUFFIX.len(),
            Resource::Pattern(pattern) => pattern.as_str().len(),
        }
}

/// The lengths of a JSON list's items, and of the commas between them.
fn separated(lengths: impl Iterator<Item = usize>) -> usize {
    lengths.map(|length| length + 1).sum::<usize>().saturating_sub(1)
}
