//! The resource policy of a secret: what principals outside the spec may do with it.

use std::collections::BTreeMap;

use driftless_model::{Principal, Problem, SecretSpec, shown};

use super::action::action;

/// The maximum number of characters in the resource policy of a secret.
///
/// Source: [AWS Secrets Manager quotas](https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html).
pub const MAX_RESOURCE_POLICY: usize = 20_480;

/// Actions on one secret that are allowed to certain principals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareStatement {
    /// IAM actions, sorted.
    pub actions: Vec<&'static str>,
    /// The principals, sorted.
    pub principals: Vec<Principal>,
}

/// The statements for a secret's shares, merged by equal actions; empty if the secret is not shared. `prefix` is the
/// maximum number of characters before the secret's name.
///
/// # Errors
///
/// A problem with the figures, if AWS would reject the policy because of its length.
pub fn shares(secret: &SecretSpec, prefix: usize) -> Result<Vec<ShareStatement>, Problem> {
    let mut merged: BTreeMap<Vec<&'static str>, Vec<Principal>> = BTreeMap::new();
    for share in &secret.options.shared_with {
        let mut actions: Vec<_> = share.verbs.iter().flat_map(|verb| verb.api_calls()).copied().map(action).collect();
        actions.sort_unstable();
        actions.dedup();
        merged.entry(actions).or_default().push(share.principal.clone());
    }
    let statements = merged.into_iter().map(|(actions, mut principals)| {
        principals.sort_unstable();
        ShareStatement { actions, principals }
    });
    let statements: Vec<_> = statements.collect();
    let size = size(prefix + secret.name.as_str().len(), &statements);
    if size <= MAX_RESOURCE_POLICY {
        return Ok(statements);
    }
    Err(Problem::new(
        "policy-too-large",
        &format!("secret {}", shown(&secret.id)),
        format!("the policy on it has up to {size} characters, and AWS takes {MAX_RESOURCE_POLICY}"),
        "share it with whole accounts, whose administrators choose the roles",
    ))
}

/// The maximum number of characters that AWS can count, with every ARN at its longest. It is slightly too high, because
/// the last item of each list has no comma.
fn size(name: usize, statements: &[ShareStatement]) -> usize {
    const DOCUMENT: usize = r#"{"Version":"2012-10-17","Statement":[]}"#.len();
    const STATEMENT: usize = r#"{"Effect":"Allow","Principal":{"AWS":[]},"Action":[],"Resource":""},"#.len();
    const SECRET: usize = "arn:aws-us-gov:secretsmanager:ap-northeast-99:123456789012:secret:-AbCdEf".len();
    const PRINCIPAL: usize = "arn:aws-us-gov:iam::123456789012:".len();
    let principal = |principal: &Principal| PRINCIPAL + resource_of(principal).len() + r#""","#.len();
    let statement = |statement: &ShareStatement| {
        let actions: usize = statement.actions.iter().map(|action| action.len() + r#""","#.len()).sum();
        let principals: usize = statement.principals.iter().map(principal).sum();
        STATEMENT + SECRET + name + actions + principals
    };
    DOCUMENT + statements.iter().map(statement).sum::<usize>()
}

/// The last part of a principal's ARN.
#[must_use]
pub fn resource_of(principal: &Principal) -> String {
    match principal {
        Principal::Account { .. } => "root".to_owned(),
        Principal::Role { role, .. } => format!("role/{role}"),
    }
}
