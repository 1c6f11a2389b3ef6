//! Splits permissions into managed policies that AWS accepts.

use serde_json::{Value, json};

use super::allowed::{AllowedActions, DeployerStatement};
use crate::iam::{MAX_ATTACHED_POLICIES, MAX_MANAGED_POLICY};

/// The permissions do not fit into the policies that can be attached to a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the permissions fill {needed} managed policies of {MAX_MANAGED_POLICY} characters; AWS attaches \
     {MAX_ATTACHED_POLICIES} to a role unless the quota was raised"
)]
pub struct TooLarge {
    /// The number of policies that they fill.
    pub needed: usize,
}

/// The policy documents for some permissions, each small enough for a managed policy.
///
/// # Errors
///
/// If there are more of them than a role can have.
pub fn documents(allowed: &AllowedActions) -> Result<Vec<Value>, TooLarge> {
    let mut documents: Vec<Vec<DeployerStatement>> = Vec::new();
    for statement in allowed.statements().into_iter().flat_map(parts) {
        let fits = |document: &&mut Vec<DeployerStatement>| size(document) + length(&statement) < MAX_MANAGED_POLICY;
        match documents.iter_mut().find(fits) {
            Some(document) => document.push(statement),
            None => documents.push(vec![statement]),
        }
    }
    if documents.len() > MAX_ATTACHED_POLICIES {
        return Err(TooLarge { needed: documents.len() });
    }
    Ok(documents.iter().map(|statements| document(statements)).collect())
}

fn document(statements: &[DeployerStatement]) -> Value {
    let statements: Vec<Value> = statements.iter().map(DeployerStatement::to_json).collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// AWS does not count the whitespace between the tokens of a policy; that in a text, which a name cannot have, it counts here.
fn size(statements: &[DeployerStatement]) -> usize {
    document(statements).to_string().len()
}

fn length(statement: &DeployerStatement) -> usize {
    statement.to_json().to_string().len()
}

/// A statement as parts with fewer resources, until each fits into a document. The resources of a condition stay together.
fn parts(statement: DeployerStatement) -> Vec<DeployerStatement> {
    if statement.resources.len() < 2 || size(std::slice::from_ref(&statement)) <= MAX_MANAGED_POLICY {
        return vec![statement];
    }
    let (first, second) = statement.resources.split_at(statement.resources.len() / 2);
    let part = |resources: &[String]| DeployerStatement { resources: resources.to_vec(), ..statement.clone() };
    [part(first), part(second)].into_iter().flat_map(parts).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn many(resources: usize) -> AllowedActions {
        let mut allowed = AllowedActions::default();
        for number in 0..resources {
            allowed.allow("iam:GetRole", &format!("arn:aws:iam::123456789012:role/{number:064}"), &Value::Null);
        }
        allowed
    }

    #[test]
    fn each_document_fits_and_together_they_have_every_resource() {
        for count in [1, 60, 200] {
            let documents = documents(&many(count)).expect("they fit");
            let mut resources = Vec::new();
            for document in &documents {
                assert!(document.to_string().len() <= MAX_MANAGED_POLICY, "{count}");
                for statement in document["Statement"].as_array().expect("it is a list") {
                    let these = statement["Resource"].as_array().expect("it is a list");
                    resources.extend(these.iter().map(ToString::to_string));
                }
            }
            resources.sort();
            resources.dedup();
            assert_eq!(resources.len(), count);
        }
    }

    #[test]
    fn more_than_a_role_can_have_is_an_error() {
        assert!(documents(&many(5_000)).is_err_and(|error| error.needed > MAX_ATTACHED_POLICIES));
    }
}
