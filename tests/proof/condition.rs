//! The `Condition` block of a statement.
//!
//! Sources: [condition operators][operators], [single-valued and multivalued keys][sets], [several keys or values][logic].
//!
//! [operators]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
//! [sets]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
//! [logic]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-logic-multiple-context-keys-or-values.html

use std::collections::BTreeMap;

use serde_json::Value;

use super::glob::{arn_like, glob, parts};

/// What is known of a request, by context key. The names of keys know no case.
pub type Context = BTreeMap<String, Vec<String>>;

/// One key of one operator.
#[derive(Debug)]
pub struct Condition {
    set: Set,
    test: Test,
    negated: bool,
    if_exists: bool,
    key: String,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Set {
    One,
    Any,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Test {
    Equals,
    Like,
    Arn,
    Bool,
    Null,
}

/// The conditions of a block. All must hold.
pub fn parse(block: &Value) -> Result<Vec<Condition>, String> {
    let operators = block.as_object().ok_or("`Condition` is no object")?;
    let mut conditions = Vec::new();
    for (operator, keys) in operators {
        let keys = keys.as_object().filter(|keys| !keys.is_empty());
        for (key, values) in keys.ok_or_else(|| format!("`{operator}` names no key"))? {
            conditions.push(one(operator, key, values).map_err(|fault| format!("`{operator}` of `{key}`: {fault}"))?);
        }
    }
    Ok(conditions)
}

fn one(operator: &str, key: &str, values: &Value) -> Result<Condition, String> {
    let (set, name) = match operator.split_once(':') {
        None => (Set::One, operator),
        Some(("ForAnyValue", name)) => (Set::Any, name),
        Some(("ForAllValues", name)) => (Set::All, name),
        Some((set, _)) => return Err(format!("unknown set operator `{set}`")),
    };
    let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
    let (test, negated) = match name {
        "StringEquals" => (Test::Equals, false),
        "StringNotEquals" => (Test::Equals, true),
        "StringLike" => (Test::Like, false),
        "StringNotLike" => (Test::Like, true),
        // The two are the same operator under two names.
        "ArnEquals" | "ArnLike" => (Test::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Test::Arn, true),
        "Bool" => (Test::Bool, false),
        "Null" if !if_exists && set == Set::One => (Test::Null, false),
        _ => return Err("unknown operator".to_owned()),
    };
    if if_exists && set == Set::Any {
        // AWS does not say which of the two decides over a key that is missing.
        return Err("`IfExists` after `ForAnyValue` is not supported".to_owned());
    }
    if !key.split_once(':').is_some_and(|(prefix, name)| !prefix.is_empty() && !name.is_empty()) {
        return Err("a key has a prefix and a name".to_owned());
    }
    let values = texts(values)?;
    for value in &values {
        match test {
            _ if value.contains("${") => {
                return Err(format!("`{value}` has a policy variable, which is not supported"));
            }
            Test::Bool | Test::Null if value != "true" && value != "false" => {
                return Err(format!("`{value}` is neither true nor false"));
            }
            Test::Arn if parts(value).is_none() => return Err(format!("`{value}` is no ARN of six parts")),
            _ => {}
        }
    }
    Ok(Condition { set, test, negated, if_exists, key: key.to_owned(), values })
}

/// One text or a list of texts. JSON's `true` and `false` are taken for their words, as IAM does.
fn texts(value: &Value) -> Result<Vec<String>, String> {
    let list = match value {
        Value::Array(list) => list.as_slice(),
        one => std::slice::from_ref(one),
    };
    if list.is_empty() {
        return Err("the list of values is empty".to_owned());
    }
    list.iter()
        .map(|value| match value {
            Value::String(text) => Ok(text.clone()),
            Value::Bool(word) => Ok(word.to_string()),
            other => Err(format!("{other} is no text")),
        })
        .collect()
}

impl Condition {
    /// Whether the condition holds for a request.
    ///
    /// A missing key makes it false, or true after a negated operator, after `IfExists` and after `ForAllValues`.
    /// `ForAnyValue` needs a value, negated or not.
    pub fn holds(&self, context: &Context) -> Result<bool, String> {
        let found = context.iter().find(|(key, _)| key.eq_ignore_ascii_case(&self.key)).map(|(_, values)| values);
        let found = found.filter(|values| !values.is_empty());
        if self.test == Test::Null {
            return Ok(self.values.iter().any(|value| (value == "true") == found.is_none()));
        }
        let Some(found) = found else {
            return Ok(self.if_exists
                || match self.set {
                    Set::One => self.negated,
                    Set::Any => false,
                    Set::All => true,
                });
        };
        match (self.set, found.as_slice()) {
            (Set::One, [value]) => Ok(self.takes(value)),
            (Set::One, _) => Err(format!("`{}` has several values, but the operator takes one", self.key)),
            (Set::Any, values) => Ok(values.iter().any(|value| self.takes(value))),
            (Set::All, values) => Ok(values.iter().all(|value| self.takes(value))),
        }
    }

    /// Several values in a policy are alternatives; after a negated operator, none of them may match.
    fn takes(&self, found: &str) -> bool {
        let matches = self.values.iter().any(|value| match self.test {
            Test::Equals => value == found,
            Test::Like => glob(value, found),
            Test::Arn => arn_like(value, found),
            Test::Bool => value.eq_ignore_ascii_case(found),
            Test::Null => unreachable!("it is decided before any value is looked at"),
        });
        matches != self.negated
    }
}
