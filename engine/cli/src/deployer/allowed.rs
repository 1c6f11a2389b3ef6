//! Permissions as a set of actions on resources under conditions, and the statements that hold them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

/// A condition as JSON text, so that equal ones are found. It is empty if there is none.
type ConditionJson = String;

/// Actions, each with the resources on which it is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowedActions(BTreeMap<ConditionJson, BTreeMap<String, BTreeSet<String>>>);

impl AllowedActions {
    /// Allows an action on a resource; `condition` is an object of IAM, or `null`.
    pub fn allow(&mut self, action: &str, resource: &str, condition: &Value) {
        let condition = if condition.is_null() { String::new() } else { condition.to_string() };
        let resources = self.0.entry(condition).or_default().entry(action.to_owned()).or_default();
        resources.insert(resource.to_owned());
    }

    /// Allows what another set allows.
    pub fn extend(&mut self, other: Self) {
        for (condition, actions) in other.0 {
            for (action, resources) in actions {
                self.0.entry(condition.clone()).or_default().entry(action).or_default().extend(resources);
            }
        }
    }

    /// Every action, sorted.
    #[must_use]
    pub fn actions(&self) -> BTreeSet<&str> {
        self.0.values().flat_map(BTreeMap::keys).map(String::as_str).collect()
    }

    /// The resources on which an action is allowed under any condition, sorted.
    #[must_use]
    pub fn resources(&self, action: &str) -> BTreeSet<&str> {
        self.0.values().filter_map(|actions| actions.get(action)).flatten().map(String::as_str).collect()
    }

    /// The same without an action.
    #[must_use]
    pub fn without(&self, action: &str) -> Self {
        let mut rest = self.clone();
        rest.0.values_mut().for_each(|actions| drop(actions.remove(action)));
        rest
    }

    /// One statement for all actions with the same resources and condition.
    #[must_use]
    pub(super) fn statements(&self) -> Vec<DeployerStatement> {
        let mut statements = Vec::new();
        for (condition, actions) in &self.0 {
            let mut alike: BTreeMap<&BTreeSet<String>, Vec<&str>> = BTreeMap::new();
            for (action, resources) in actions {
                alike.entry(resources).or_default().push(action);
            }
            statements.extend(alike.into_iter().map(|(resources, actions)| DeployerStatement {
                actions: actions.into_iter().map(str::to_owned).collect(),
                resources: resources.iter().cloned().collect(),
                condition: serde_json::from_str(condition).unwrap_or(Value::Null),
            }));
        }
        statements
            .sort_by(|one, other| one.actions.cmp(&other.actions).then_with(|| one.resources.cmp(&other.resources)));
        statements
    }
}

/// A statement of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DeployerStatement {
    pub(super) actions: Vec<String>,
    pub(super) resources: Vec<String>,
    pub(super) condition: Value,
}

impl DeployerStatement {
    pub(super) fn to_json(&self) -> Value {
        let mut statement = Map::new();
        statement.insert("Effect".into(), json!("Allow"));
        statement.insert("Action".into(), json!(self.actions));
        statement.insert("Resource".into(), json!(self.resources));
        if !self.condition.is_null() {
            statement.insert("Condition".into(), self.condition.clone());
        }
        Value::Object(statement)
    }
}
