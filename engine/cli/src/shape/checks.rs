//! Renders the rules of a shape as validation conditions of a variable. Their messages never repeat the value.
//!
//! Terraform 1.11 evaluates both sides of `&&` and `||`, so conditions on a value that may be missing use `? :`.

use serde::Serialize;

use super::{Comparison, Field, NumberRules, PayloadShape, Presence, Shape, Size, TextRules};
use crate::hcl::quote;

/// One rule of a variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShapeCheck {
    /// An expression that is true if the value is valid.
    pub condition: String,
    /// The error message.
    pub message: String,
}

/// A rule for a part of a value: the path, the condition, and the description.
struct Rule {
    path: String,
    condition: String,
    words: String,
}

impl PayloadShape {
    /// The rules of the variable for the value of the secret `secret`.
    #[must_use]
    pub fn checks(&self, variable: &str, secret: &str) -> Vec<ShapeCheck> {
        let value = format!("var.{variable}");
        let mut checks = Vec::new();
        if !self.is_json {
            let message = format!("The secret {secret} cannot have an empty value.");
            checks.push(ShapeCheck { condition: format!("{value} != \"\""), message });
        }
        checks.extend(self.rules(&value, secret));
        checks
    }

    /// The rules of a value of this shape, given as an expression.
    #[must_use]
    pub fn rules(&self, value: &str, secret: &str) -> Vec<ShapeCheck> {
        let rules = rules(&self.shape, value).into_iter();
        let check = |Rule { path, condition, words }: Rule| {
            let message = match path.trim_start_matches('.') {
                "" => format!("The value of the secret {secret} {words}."),
                path => format!("In the value of the secret {secret}, {path} {words}."),
            };
            ShapeCheck { condition, message }
        };
        rules.map(check).collect()
    }
}

fn rules(shape: &Shape, value: &str) -> Vec<Rule> {
    let rule = |condition, words| Rule { path: String::new(), condition, words };
    match shape {
        Shape::Bool => Vec::new(),
        Shape::Text(TextRules { pattern, length }) => {
            // `length` counts grapheme clusters; AWS, JSON Schema and the client count code points.
            let counted = format!("length(regexall(\"(?s:.)\", {value}))");
            let mut rules: Vec<Rule> = size(*length, &counted, ["character", "characters"]).into_iter().collect();
            rules.extend(pattern.as_ref().map(|pattern| {
                let condition = format!("can(regex({}, {value}))", quote(pattern.as_str()));
                rule(condition, format!("must match the pattern {}", pattern.as_str()))
            }));
            rules
        }
        Shape::Choice(words) => {
            let quoted: Vec<String> = words.iter().map(|word| quote(word)).collect();
            let condition = format!("contains([{}], {value})", quoted.join(", "));
            vec![rule(condition, format!("must be one of {}", quoted.join(", ")))]
        }
        Shape::Number(rules) => {
            number(rules, value).map(|(condition, words)| rule(condition, words)).into_iter().collect()
        }
        Shape::List { item, size: limits, .. } => {
            let mut rules: Vec<Rule> =
                size(*limits, &format!("length({value})"), ["item", "items"]).into_iter().collect();
            rules.extend(each(item, value));
            rules
        }
        Shape::Map { value: item, size: limits } => {
            let mut rules: Vec<Rule> =
                size(*limits, &format!("length({value})"), ["entry", "entries"]).into_iter().collect();
            rules.extend(each(item, value));
            rules
        }
        Shape::Object(fields) => fields.iter().flat_map(|field| of_field(field, value)).collect(),
    }
}

fn size(Size { min, max }: Size, counted: &str, [one, many]: [&str; 2]) -> Option<Rule> {
    let of = |number: u64| format!("{number} {}", if number == 1 { one } else { many });
    let (condition, words) = match (min.filter(|min| *min > 0), max) {
        (None, None) => return None,
        (Some(min), None) => (format!("{counted} >= {min}"), format!("must have at least {}", of(min))),
        (None, Some(max)) => (format!("{counted} <= {max}"), format!("must have at most {}", of(max))),
        (Some(min), Some(max)) if min == max => {
            (format!("{counted} == {min}"), format!("must have exactly {}", of(min)))
        }
        (Some(min), Some(max)) => {
            let condition = format!("{counted} >= {min} && {counted} <= {max}");
            (condition, format!("must have {min} to {}", of(max)))
        }
    };
    Some(Rule { path: String::new(), condition, words })
}

fn number(NumberRules { is_whole, bounds }: &NumberRules, value: &str) -> Option<(String, String)> {
    let mut conditions: Vec<String> = is_whole.then(|| format!("floor({value}) == {value}")).into_iter().collect();
    let mut words = Vec::new();
    for (comparison, limit) in bounds {
        let (operator, word) = match comparison {
            Comparison::AtLeast => (">=", "at least"),
            Comparison::AtMost => ("<=", "at most"),
            Comparison::MoreThan => (">", "more than"),
            Comparison::LessThan => ("<", "less than"),
        };
        conditions.push(format!("{value} {operator} {limit}"));
        words.push(format!("{word} {limit}"));
    }
    if conditions.is_empty() {
        return None;
    }
    let what = if *is_whole { "a whole number" } else { "a number" };
    let words = if words.is_empty() { String::new() } else { format!(", {}", words.join(" and ")) };
    Some((conditions.join(" && "), format!("must be {what}{words}")))
}

/// The rules of a field. In Terraform's types, a required attribute can still be null.
fn of_field(Field { name, shape, presence }: &Field, value: &str) -> Vec<Rule> {
    let field = format!("{value}.{name}");
    let mut found = Vec::new();
    if *presence == Presence::Required {
        let (condition, words) = (format!("{field} != null"), "must not be null".to_owned());
        found.push(Rule { path: format!(".{name}"), condition, words });
    }
    found.extend(rules(shape, &field).into_iter().map(|rule| Rule {
        path: format!(".{name}{}", rule.path),
        condition: format!("{field} == null ? true : {}", rule.condition),
        words: rule.words,
    }));
    found
}

/// The rules of every item of a list, set or map.
fn each(item: &Shape, value: &str) -> Vec<Rule> {
    let of_all = |condition: &str| format!("alltrue([for item in {value} : {condition}])");
    let not_null =
        Rule { path: "[]".to_owned(), condition: of_all("item != null"), words: "must not be null".to_owned() };
    let inner = rules(item, "item").into_iter().map(|rule| Rule {
        path: format!("[]{}", rule.path),
        condition: of_all(&format!("item == null ? true : {}", rule.condition)),
        words: rule.words,
    });
    std::iter::once(not_null).chain(inner).collect()
}
