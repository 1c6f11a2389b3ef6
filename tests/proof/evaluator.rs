//! IAM's evaluation of identity policies, as far as one account's own policies go: no resource policies, boundaries,
//! session policies or organization policies. What it does not know is an error, never passed over.
//!
//! Sources: [evaluation logic][logic], [JSON policy elements][elements], [grammar][grammar].
//!
//! [logic]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
//! [elements]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html
//! [grammar]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::condition::{self, Condition, Context};
use super::glob::{glob, parts};

/// A request as IAM sees it.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Such as `secretsmanager:GetSecretValue`.
    pub action: &'a str,
    /// An ARN, or `*` for an action that has no resource.
    pub resource: &'a str,
    /// What else is known.
    pub context: &'a Context,
}

/// What IAM answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// A statement allows it and none denies it.
    Allowed,
    /// A statement denies it, whatever others say.
    Denied,
    /// No statement speaks of it.
    Unmentioned,
}

/// One policy document, checked.
#[derive(Debug)]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Debug)]
struct Statement {
    allows: bool,
    actions: Patterns,
    resources: Patterns,
    conditions: Vec<Condition>,
}

/// The patterns of an element such as `Action`, or with `except` of its `Not` form.
#[derive(Debug)]
struct Patterns {
    except: bool,
    patterns: Vec<String>,
}

/// What several policies together say of a request: denied if any denies it, else allowed if any allows it.
pub fn decide<'a>(policies: impl IntoIterator<Item = &'a Policy>, request: &Request<'_>) -> Result<Decision, String> {
    let mut decision = Decision::Unmentioned;
    let action = request.action.to_ascii_lowercase();
    let request = &Request { action: &action, ..request.clone() };
    for statement in policies.into_iter().flat_map(|policy| &policy.statements) {
        if statement.applies(request)? {
            if !statement.allows {
                return Ok(Decision::Denied);
            }
            decision = Decision::Allowed;
        }
    }
    Ok(decision)
}

impl Policy {
    /// Checks a document of an identity policy.
    pub fn parse(document: &Value) -> Result<Self, String> {
        let elements = document.as_object().ok_or("a policy is an object")?;
        only(elements, &["Version", "Id", "Statement"])?;
        match elements.get("Version") {
            Some(Value::String(version)) if version == "2012-10-17" => {}
            // The older version, also the default, has another language: its `${…}` is plain text.
            other => return Err(format!("the policy's version is {other:?}")),
        }
        let statements = match elements.get("Statement") {
            Some(Value::Array(list)) if !list.is_empty() => list.as_slice(),
            Some(one @ Value::Object(_)) => std::slice::from_ref(one),
            _ => return Err("the policy has no statement".to_owned()),
        };
        let mut sids = BTreeSet::new();
        let mut parsed = Vec::new();
        for (index, statement) in statements.iter().enumerate() {
            let statement = statement.as_object().ok_or_else(|| format!("statement {index} is no object"))?;
            parsed.push(Statement::parse(statement).map_err(|fault| format!("statement {index}: {fault}"))?);
            if let Some(sid) = statement.get("Sid") {
                let text = sid.as_str().filter(|sid| sid.bytes().all(|byte| byte.is_ascii_alphanumeric()));
                if !sids.insert(text.ok_or_else(|| format!("statement {index}: {sid} is no `Sid`"))?) {
                    return Err(format!("statement {index}: its `Sid` is taken"));
                }
            }
        }
        Ok(Self { statements: parsed })
    }
}

impl Statement {
    fn parse(elements: &Map<String, Value>) -> Result<Self, String> {
        // `Principal` and `NotPrincipal` are known to IAM, but not in an identity policy.
        only(elements, &["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"])?;
        let allows = match elements.get("Effect").and_then(Value::as_str) {
            Some("Allow") => true,
            Some("Deny") => false,
            _ => return Err("its effect is neither `Allow` nor `Deny`".to_owned()),
        };
        let mut actions = Patterns::parse(elements, "Action", "NotAction", check_action)?;
        for pattern in &mut actions.patterns {
            pattern.make_ascii_lowercase();
        }
        let resources = Patterns::parse(elements, "Resource", "NotResource", check_resource)?;
        let conditions = elements.get("Condition").map_or_else(|| Ok(Vec::new()), condition::parse)?;
        Ok(Self { allows, actions, resources, conditions })
    }

    /// Actions are compared without regard to case, both sides being in lower case here, resources with it. All conditions are looked at, because one that
    /// cannot be decided is an error even where another is false already.
    fn applies(&self, request: &Request<'_>) -> Result<bool, String> {
        if !self.actions.take(request.action) || !self.resources.take(request.resource) {
            return Ok(false);
        }
        let mut applies = true;
        for condition in &self.conditions {
            applies &= condition.holds(request.context)?;
        }
        Ok(applies)
    }
}

impl Patterns {
    fn parse(
        elements: &Map<String, Value>,
        name: &str,
        not_name: &str,
        check: impl Fn(&str) -> Result<(), String>,
    ) -> Result<Self, String> {
        let (except, value) = match (elements.get(name), elements.get(not_name)) {
            (Some(value), None) => (false, value),
            (None, Some(value)) => (true, value),
            _ => return Err(format!("it needs either `{name}` or `{not_name}`")),
        };
        let list = match value {
            Value::Array(list) => list.as_slice(),
            one => std::slice::from_ref(one),
        };
        if list.is_empty() {
            return Err(format!("its `{name}` is empty"));
        }
        let mut patterns = Vec::new();
        for pattern in list {
            let pattern = pattern.as_str().ok_or_else(|| format!("its `{name}` holds {pattern}"))?;
            check(pattern)?;
            patterns.push(pattern.to_owned());
        }
        Ok(Self { except, patterns })
    }

    fn take(&self, text: &str) -> bool {
        self.patterns.iter().any(|pattern| glob(pattern, text)) != self.except
    }
}

fn only(elements: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    match elements.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => Err(format!("unknown element `{name}`")),
        None => Ok(()),
    }
}

fn check_action(action: &str) -> Result<(), String> {
    let good = action.split_once(':').is_some_and(|(service, name)| {
        let service = !service.is_empty() && service.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        service && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"*?".contains(&byte))
    });
    if good || action == "*" { Ok(()) } else { Err(format!("`{action}` is no action")) }
}

/// AWS takes no wildcard for the service. Policy variables are an error here: what they become depends on who asks.
fn check_resource(resource: &str) -> Result<(), String> {
    let good = parts(resource).is_some_and(|[_, _, service, ..]| !service.contains(['*', '?']));
    match resource {
        "*" => Ok(()),
        _ if resource.contains("${") => Err(format!("`{resource}` has a policy variable, which is not supported")),
        _ if good => Ok(()),
        _ => Err(format!("`{resource}` is no ARN")),
    }
}
