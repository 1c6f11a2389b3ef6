//! Parses policy documents: effects, principals, actions, resources and conditions.
//!
//! Source: [the grammar of the IAM JSON policy language][grammar].
//!
//! [grammar]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::json::Unique;
use super::pattern::Pattern;
use super::set::Set;

/// Maximum size of a document in bytes, more than ten times what AWS accepts.
const MAX_DOCUMENT: usize = 1024 * 1024;

/// The statements of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// In the order of the document.
    pub statements: Vec<PolicyStatement>,
}

/// Whether a statement allows or denies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The statement allows.
    Allow,
    /// The statement denies, which overrides every allow.
    Deny,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyStatement {
    /// Its effect.
    pub effect: Effect,
    /// The principals that it applies to; `None` in an identity-based policy.
    pub principals: Option<Principals>,
    /// The actions.
    pub actions: Set,
    /// The resources. A trust policy names none and applies to its own role.
    pub resources: Set,
    /// The conditions under which it holds, with sorted values.
    pub conditions: Conditions,
}

/// The values of each condition, by its operator and key in lower case. All conditions must hold.
pub type Conditions = BTreeMap<(String, String), Vec<String>>;

/// The principals that a statement applies to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Principals {
    /// These.
    Of(Vec<PolicyPrincipal>),
    /// All but these: `NotPrincipal`.
    AllBut(Vec<PolicyPrincipal>),
}

/// A principal of a statement: a kind (`AWS`, `Service`, `Federated`, `CanonicalUser`) and a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyPrincipal {
    /// The kind.
    pub kind: String,
    /// The name, such as an ARN or `*`.
    pub name: String,
}

/// The reason why a document cannot be interpreted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not a policy document: {0}")]
pub struct Unread(String);

impl Document {
    /// Reads a document.
    ///
    /// # Errors
    ///
    /// If it is not a policy document, or contains an element that the grammar does not define, which could change its
    /// meaning.
    pub fn read(text: &str) -> Result<Self, Unread> {
        if text.len() > MAX_DOCUMENT {
            return Err(Unread("it is too long".into()));
        }
        let document: Unique =
            serde_json::from_str(text).map_err(|error| Unread(format!("it is not JSON at line {}", error.line())))?;
        Self::of(&document.0)
    }

    /// Interprets a JSON value as a document.
    ///
    /// # Errors
    ///
    /// The same as [`Self::read`].
    pub fn of(document: &Value) -> Result<Self, Unread> {
        let document = object(document, "the document")?;
        known(document, &["Version", "Id", "Statement"])?;
        let language = Language::of(document.get("Version"))?;
        let statements = match document.get("Statement") {
            Some(Value::Array(statements)) => statements.iter().map(|it| PolicyStatement::read(it, language)).collect(),
            Some(statement @ Value::Object(_)) => {
                PolicyStatement::read(statement, language).map(|statement| vec![statement])
            }
            _ => Err(Unread("it has no `Statement`".into())),
        };
        Ok(Self { statements: statements? })
    }
}

/// A version of the policy language.
///
/// Source: [`Version`](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    /// The older version, which is also the default: `${…}` is plain text.
    V2008,
    V2012,
}

impl Language {
    fn of(version: Option<&Value>) -> Result<Self, Unread> {
        match version.map(Value::as_str) {
            None | Some(Some("2008-10-17")) => Ok(Self::V2008),
            Some(Some("2012-10-17")) => Ok(Self::V2012),
            Some(_) => Err(Unread("its `Version` is not known".into())),
        }
    }

    fn pattern(self, text: &str) -> Pattern {
        match self {
            Self::V2008 => Pattern::without_variables(text),
            Self::V2012 => Pattern::new(text),
        }
    }
}

impl PolicyStatement {
    fn read(statement: &Value, language: Language) -> Result<Self, Unread> {
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
        let actions = set(statement, ["Action", "NotAction"], |text, _| Pattern::of_action(text))?;
        // An incomplete ARN is completed with wildcards only where that allows more or denies less.
        let resources = set(statement, ["Resource", "NotResource"], |text, is_but| {
            if is_but == (effect == Effect::Deny) { language.pattern(&whole_arn(text)) } else { language.pattern(text) }
        })?;
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

    /// Whether it may apply to some resource of the pattern, for the action.
    #[must_use]
    pub fn may_speak_of(&self, action: &Pattern, resource: &Pattern) -> bool {
        self.actions.may_meet(action) && self.resources.may_meet(resource)
    }

    /// Whether it certainly and unconditionally applies to every resource of the pattern, for the action.
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
        Some(key) => Err(Unread(format!("{} is not known", driftless_model::shown(key)))),
    }
}

/// A text or a list of texts, always as a list.
fn texts(value: &Value, what: &str) -> Result<Vec<String>, Unread> {
    let text = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(Unread(format!("{what} is not a string"))),
    };
    match value {
        Value::Array(values) => values.iter().map(text).collect(),
        value => text(value).map(|text| vec![text]),
    }
}

/// The patterns of an element or of its `Not` form. The second argument of `pattern` is `true` for the `Not` form.
fn set(
    statement: &Map<String, Value>,
    [of, but]: [&str; 2],
    pattern: impl Fn(&str, bool) -> Pattern,
) -> Result<Option<Set>, Unread> {
    let patterns = |key: &str, value: &Value, is_but: bool| -> Result<Vec<Pattern>, Unread> {
        Ok(texts(value, key)?.iter().map(|text| pattern(text, is_but)).collect())
    };
    match (statement.get(of), statement.get(but)) {
        (None, None) => Ok(None),
        (Some(value), None) => patterns(of, value, false).map(|patterns| Some(Set::Of(patterns))),
        (None, Some(value)) => patterns(but, value, true).map(|patterns| Some(Set::AllBut(patterns))),
        (Some(_), Some(_)) => Err(Unread(format!("a statement has both `{of}` and `{but}`"))),
    }
}

/// An ARN with a wildcard for each missing part: AWS interprets `arn:aws:sqs` as `arn:aws:sqs:*:*:*`.
///
/// Source: [incomplete ARNs](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html).
fn whole_arn(text: &str) -> Cow<'_, str> {
    let parts = text.split(':').count();
    if text.starts_with("arn:") && parts < 6 && !text.contains("${") {
        Cow::Owned(format!("{text}{}", ":*".repeat(6 - parts)))
    } else {
        Cow::Borrowed(text)
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

fn named(value: &Value) -> Result<Vec<PolicyPrincipal>, Unread> {
    if value.as_str() == Some("*") {
        return Ok(vec![PolicyPrincipal { kind: "AWS".into(), name: "*".into() }]);
    }
    let mut all = Vec::new();
    for (kind, names) in object(value, "`Principal`")? {
        all.extend(texts(names, "`Principal`")?.into_iter().map(|name| PolicyPrincipal { kind: kind.clone(), name }));
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
            // Two conditions that differ only in case must both hold, but the map would keep only one of them.
            if conditions.insert((operator.to_ascii_lowercase(), key.to_ascii_lowercase()), values).is_some() {
                return Err(Unread("a condition is given twice".into()));
            }
        }
    }
    Ok(conditions)
}
