//! A policy document, read as far as its meaning goes: effects, principals, actions, resources, conditions.
//!
//! Source: [the grammar of the IAM JSON policy language][grammar].
//!
//! [grammar]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::json::Unique;
use super::pattern::{Pattern, Set};

/// AWS takes no document of a tenth of this.
const MAX_DOCUMENT: usize = 1024 * 1024;

/// A document's statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// In the order of the document.
    pub statements: Vec<Statement>,
}

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It allows.
    Allow,
    /// It denies, whatever else allows.
    Deny,
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its effect.
    pub effect: Effect,
    /// Whom it speaks of; `None` in a policy of an identity.
    pub principals: Option<Principals>,
    /// The actions.
    pub actions: Set,
    /// The resources. A trust policy has none, and speaks of its own role.
    pub resources: Set,
    /// When it holds: by the operator and the key, in lower case, the values in their order.
    pub conditions: Conditions,
}

/// The values of each condition, by its operator and key in lower case. All conditions must hold.
pub type Conditions = BTreeMap<(String, String), Vec<String>>;

/// Whom a statement speaks of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Principals {
    /// These.
    Of(Vec<Principal>),
    /// All but these: `NotPrincipal`.
    AllBut(Vec<Principal>),
}

/// Somebody that a statement speaks of: a kind (`AWS`, `Service`, `Federated`, `CanonicalUser`) and a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Principal {
    /// The kind.
    pub kind: String,
    /// The name, such as an ARN or `*`.
    pub name: String,
}

/// A document that means nothing that is known here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no policy document: {0}")]
pub struct Unread(String);

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    ///
    /// If it is not one, or holds what the grammar does not know: that could change what it means.
    pub fn read(text: &str) -> Result<Self, Unread> {
        if text.len() > MAX_DOCUMENT {
            return Err(Unread("it is too long".into()));
        }
        let document: Unique =
            serde_json::from_str(text).map_err(|error| Unread(format!("it is not JSON at line {}", error.line())))?;
        Self::of(&document.0)
    }

    /// The document that a JSON value is.
    ///
    /// # Errors
    ///
    /// As [`Self::read`].
    pub fn of(document: &Value) -> Result<Self, Unread> {
        let document = object(document, "the document")?;
        known(document, &["Version", "Id", "Statement"])?;
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().map(Statement::read).collect(),
            Some(statement @ Value::Object(_)) => Statement::read(statement).map(|statement| vec![statement]),
            _ => Err(Unread("it has no `Statement`".into())),
        };
        Ok(Self { statements: statements? })
    }
}

impl Statement {
    fn read(statement: &Value) -> Result<Self, Unread> {
        let statement = object(statement, "a statement")?;
        let keys = [
            "Sid",
            "Effect",
            "Principal",
            "NotPrincipal",
            "Action",
            "NotAction",
            "Resource",
            "NotResource",
            "Condition",
        ];
        known(statement, &keys)?;
        let effect = match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => Effect::Allow,
            Some("Deny") => Effect::Deny,
            _ => return Err(Unread("a statement has no `Effect`".into())),
        };
        let actions = set(statement, "Action", "NotAction", Pattern::of_action)?;
        let resources = set(statement, "Resource", "NotResource", Pattern::new)?;
        Ok(Self {
            effect,
            principals: principals(statement)?,
            actions: actions.ok_or_else(|| Unread("a statement has no `Action`".into()))?,
            resources: resources.unwrap_or_else(|| Set::Of(vec![Pattern::new("*")])),
            conditions: conditions(statement)?,
        })
    }

    /// Whether the statement always holds.
    #[must_use]
    pub fn is_unconditional(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Whether it may speak of some resource of the pattern, for the action.
    #[must_use]
    pub fn may_speak_of(&self, action: &Pattern, resource: &Pattern) -> bool {
        self.actions.may_meet(action) && self.resources.may_meet(resource)
    }

    /// Whether it surely and always speaks of every resource of the pattern, for the action.
    #[must_use]
    pub fn surely_speaks_of(&self, action: &Pattern, resource: &Pattern) -> bool {
        self.is_unconditional() && self.actions.surely_covers(action) && self.resources.surely_covers(resource)
    }
}

fn object<'a>(value: &'a Value, what: &str) -> Result<&'a Map<String, Value>, Unread> {
    value.as_object().ok_or_else(|| Unread(format!("{what} is not an object")))
}

fn known(object: &Map<String, Value>, keys: &[&str]) -> Result<(), Unread> {
    match object.keys().find(|key| !keys.contains(&key.as_str())) {
        None => Ok(()),
        Some(key) => Err(Unread(format!("{} is not known", paypulse_runtime::model::shown(key)))),
    }
}

/// One text, or a list of texts.
fn texts(value: &Value, what: &str) -> Result<Vec<String>, Unread> {
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(Unread(format!("{what} is no text"))),
    };
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        value => text(value).map(|text| vec![text]),
    }
}

fn set(
    statement: &Map<String, Value>,
    of: &str,
    but: &str,
    pattern: impl Fn(&str) -> Pattern,
) -> Result<Option<Set>, Unread> {
    let patterns = |key: &str, value: &Value| -> Result<Vec<Pattern>, Unread> {
        Ok(texts(value, key)?.iter().map(|text| pattern(text)).collect())
    };
    match (statement.get(of), statement.get(but)) {
        (None, None) => Ok(None),
        (Some(value), None) => patterns(of, value).map(|patterns| Some(Set::Of(patterns))),
        (None, Some(value)) => patterns(but, value).map(|patterns| Some(Set::AllBut(patterns))),
        (Some(_), Some(_)) => Err(Unread(format!("a statement has both `{of}` and `{but}`"))),
    }
}

fn principals(statement: &Map<String, Value>) -> Result<Option<Principals>, Unread> {
    match (statement.get("Principal"), statement.get("NotPrincipal")) {
        (None, None) => Ok(None),
        (Some(value), None) => named(value).map(|named| Some(Principals::Of(named))),
        (None, Some(value)) => named(value).map(|named| Some(Principals::AllBut(named))),
        (Some(_), Some(_)) => Err(Unread("a statement has both `Principal` and `NotPrincipal`".into())),
    }
}

fn named(value: &Value) -> Result<Vec<Principal>, Unread> {
    if value.as_str() == Some("*") {
        return Ok(vec![Principal { kind: "AWS".into(), name: "*".into() }]);
    }
    let mut all = Vec::new();
    for (kind, names) in object(value, "`Principal`")? {
        all.extend(texts(names, "`Principal`")?.into_iter().map(|name| Principal { kind: kind.clone(), name }));
    }
    Ok(all)
}

fn conditions(statement: &Map<String, Value>) -> Result<Conditions, Unread> {
    let mut conditions = BTreeMap::new();
    let Some(value) = statement.get("Condition") else { return Ok(conditions) };
    for (operator, keys) in object(value, "`Condition`")? {
        for (key, values) in object(keys, "an operator of `Condition`")? {
            let mut values = texts(values, "a value of `Condition`")?;
            values.sort_unstable();
            values.dedup();
            // Two that differ in case alone are both to hold, and one of them would be lost here.
            if conditions.insert((operator.to_ascii_lowercase(), key.to_ascii_lowercase()), values).is_some() {
                return Err(Unread("a condition stands there twice".into()));
            }
        }
    }
    Ok(conditions)
}
