//! The statements of a role's policies, each of which is evaluated as a policy of its own.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::condition::conditions;
use crate::access::RolePolicies;
use crate::iam::evaluate::Policies;

/// A statement that allows the action.
#[derive(Clone, Debug, PartialEq)]
pub struct Allowing {
    /// The address of the policy, or the ARN of a managed policy of AWS.
    pub policy: String,
    /// The number of the statement, starting at 1.
    pub number: usize,
    /// The statement; `null` in a managed policy of AWS.
    pub statement: Value,
    /// What a request has to be like, in words.
    pub conditions: Vec<String>,
}

/// Every statement as a policy of its own, so that the decision says which of them allows.
pub(super) fn policies(role: &RolePolicies) -> Policies<'static> {
    let mut policies = Policies::new();
    for document in &role.documents {
        for (place, statement) in statements(&document.document).iter().enumerate() {
            let alone = json!({ "Version": document.document["Version"], "Statement": [statement] });
            policies.add(&format!("{}#{place}", document.address), &alone.to_string());
        }
    }
    role.attached.iter().for_each(|arn| policies.attach(arn));
    role.variables.iter().for_each(|it| policies.add_unread(it, "the policies that it names are not in these files"));
    policies
}

fn statements(document: &Value) -> Vec<Value> {
    match &document["Statement"] {
        Value::Array(statements) => statements.clone(),
        other => vec![other.clone()],
    }
}

/// The statements with the names that [`policies`] gives them.
pub(super) fn allowing(role: &RolePolicies, by: &BTreeSet<String>) -> Vec<Allowing> {
    let one = |name: &String| {
        let whole = || Allowing { policy: name.clone(), number: 1, statement: Value::Null, conditions: Vec::new() };
        let (address, place) = name.rsplit_once('#')?;
        let place: usize = place.parse().ok()?;
        let document = role.documents.iter().find(|document| document.address == address);
        let Some(statement) = document.and_then(|it| statements(&it.document).get(place).cloned()) else {
            return Some(whole());
        };
        let (policy, conditions) = (address.to_owned(), conditions(&statement));
        Some(Allowing { policy, number: place + 1, statement, conditions })
    };
    let whole =
        |name: &String| Allowing { policy: name.clone(), number: 1, statement: Value::Null, conditions: Vec::new() };
    by.iter().map(|name| one(name).unwrap_or_else(|| whole(name))).collect()
}
