//! Evaluates the expressions of a rendered module as far as they are known before an apply. An unknown part is written
//! as `${…}`, which the policy reader treats as arbitrary text.

use std::collections::BTreeSet;

use hcl_edit::expr::{Expression, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::template::{Element, StringTemplate, Strip};
use serde_json::{Map, Value};

/// Resolves a reference such as `aws_iam_role.x.name`, if its value is known.
pub type Resolve<'a> = dyn Fn(&str) -> Option<Value> + 'a;

/// The value of an expression.
pub fn evaluate(expression: &Expression, resolve: &Resolve<'_>) -> Value {
    known(expression, resolve).unwrap_or_else(|| Value::String(unknown(expression.to_string().trim())))
}

/// The placeholder for an unknown text.
#[must_use]
pub fn unknown(expression: &str) -> String {
    format!("${{{}}}", expression.replace(['{', '}'], ""))
}

fn known(expression: &Expression, resolve: &Resolve<'_>) -> Option<Value> {
    match expression {
        Expression::Null(_) => Some(Value::Null),
        Expression::Bool(value) => Some(Value::Bool(*value.value())),
        Expression::Number(number) => number.value().as_i64().map(Value::from),
        Expression::String(text) => Some(Value::String(text.value().clone())),
        Expression::StringTemplate(template) => string(template, resolve).map(Value::String),
        Expression::Array(items) => Some(items.iter().map(|item| evaluate(item, resolve)).collect()),
        Expression::Object(object) => {
            let mut map = Map::new();
            for (key, value) in object {
                let key = match key {
                    ObjectKey::Ident(word) | ObjectKey::Expression(Expression::Variable(word)) => word.as_str(),
                    ObjectKey::Expression(Expression::String(text)) => text.value().as_str(),
                    ObjectKey::Expression(_) => return None,
                };
                map.insert(key.to_owned(), evaluate(value.expr(), resolve));
            }
            Some(Value::Object(map))
        }
        Expression::Parenthesis(inner) => known(inner.inner(), resolve),
        Expression::FuncCall(call) => {
            let arguments: Vec<Value> = call.args.iter().map(|argument| evaluate(argument, resolve)).collect();
            function(call.name.name.as_str(), &arguments)
        }
        Expression::Traversal(traversal) => match element(traversal) {
            Some(index) => known(&traversal.expr, resolve)?.get(index).cloned(),
            None => resolve(&reference(traversal)?),
        },
        _ => None,
    }
}

/// Evaluates the functions that a rendered module calls.
fn function(name: &str, arguments: &[Value]) -> Option<Value> {
    match (name, arguments) {
        ("jsonencode", [value]) => Some(Value::String(value.to_string())),
        ("replace", [Value::String(text), Value::String(from), Value::String(to)])
            if is_known(text) || is_part_of_arn(text, from) =>
        {
            Some(Value::String(text.replace(from, to)))
        }
        ("concat", lists) => {
            // An unknown list counts as one item.
            let items = |list: &Value| list.as_array().cloned().unwrap_or_else(|| vec![list.clone()]);
            Some(lists.iter().flat_map(items).collect())
        }
        ("split", [Value::String(separator), Value::String(text)]) if is_known(text) => {
            Some(text.split(separator.as_str()).collect())
        }
        ("distinct", [Value::Array(values)]) if values.iter().all(|it| it.as_str().is_some_and(is_known)) => {
            let mut seen = BTreeSet::new();
            Some(values.iter().filter(|value| seen.insert(value.as_str())).cloned().collect())
        }
        _ => None,
    }
}

/// Whether a text is one or several whole parts of an ARN. A part that is not known has no colon.
fn is_part_of_arn(arn: &str, text: &str) -> bool {
    arn.starts_with("arn:") && text.len() > 1 && text.starts_with(':') && text.ends_with(':')
}

/// Whether a text contains no [`unknown`] part.
fn is_known(text: &str) -> bool {
    !text.contains("${")
}

fn string(template: &StringTemplate, resolve: &Resolve<'_>) -> Option<String> {
    let mut text = String::new();
    for element in template {
        match element {
            Element::Literal(literal) => text.push_str(literal),
            Element::Interpolation(inner) if inner.strip == Strip::None => match evaluate(&inner.expr, resolve) {
                Value::String(value) => text.push_str(&value),
                Value::Number(value) => text.push_str(&value.to_string()),
                _ => return None,
            },
            _ => return None,
        }
    }
    Some(text)
}

/// The index, if a traversal only takes an element of a list.
fn element(traversal: &Traversal) -> Option<usize> {
    let [operator] = &traversal.operators[..] else { return None };
    match operator.value() {
        TraversalOperator::Index(Expression::Number(number)) if !matches!(traversal.expr, Expression::Variable(_)) => {
            number.value().as_u64().and_then(|index| usize::try_from(index).ok())
        }
        _ => None,
    }
}

/// A reference that consists only of names; `None` if it has an index.
pub(super) fn reference(traversal: &Traversal) -> Option<String> {
    let Expression::Variable(root) = &traversal.expr else { return None };
    let mut words = root.as_str().to_owned();
    for operator in &traversal.operators {
        let TraversalOperator::GetAttr(name) = operator.value() else { return None };
        words.push('.');
        words.push_str(name);
    }
    Some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expression: &str, expected: &str) {
        let expression: Expression = expression.parse().expect("it is HCL");
        let resolve = |words: &str| (words == "local.a").then(|| Value::from("here"));
        assert_eq!(evaluate(&expression, &resolve), serde_json::from_str::<Value>(expected).expect("it is JSON"));
    }

    #[test]
    fn what_is_known_is_a_value() {
        check(
            r#"{ A = ["x", 1, true, null], "b:c" = { d = "e" } }"#,
            r#"{"A": ["x", 1, true, null], "b:c": {"d": "e"}}"#,
        );
        check(r#""${local.a}:b/*""#, r#""here:b/*""#);
        check(r"jsonencode({ A = local.a })", r#""{\"A\":\"here\"}""#);
        check("(local.a)", r#""here""#);
        check(r#"replace("a/b/", "/", "-")"#, r#""a-b-""#);
        check(r#"replace("arn:${var.p}:s:${var.r}:1:x", ":${var.r}:", ":there:")"#, r#""arn:${var.p}:s:there:1:x""#);
        check(r#"split(".", "ec2.${local.a}.amazonaws.com")[1]"#, r#""here""#);
        check(r#"distinct(["${local.a}.x", "here.x", "y"])"#, r#"["here.x", "y"]"#);
    }

    #[test]
    fn what_is_not_known_stands_for_itself() {
        check("var.x", r#""${var.x}""#);
        check(r#"replace(var.x, "/", "-")"#, r#""${replace(var.x, \"/\", \"-\")}""#);
        check(r#"replace("x${var.y}", ":${var.y}:", ":z:")"#, r#""${replace(\"x$var.y\", \":$var.y:\", \":z:\")}""#);
        check(r#""a-${var.x}-b""#, r#""a-${var.x}-b""#);
        check(r#""a-${local.a == "x" ? 1 : 2}""#, r#""a-${local.a == \"x\" ? 1 : 2}""#);
        check(r"distinct([var.x, var.y])", r#""${distinct([var.x, var.y])}""#);
        check("[for x in local.a : x]", r#""${[for x in local.a : x]}""#);
        check(r#"split(".", var.x)[1]"#, r#""${split(\".\", var.x)[1]}""#);
        check(r#"split(".", "a")[1]"#, r#""${split(\".\", \"a\")[1]}""#);
        check(r#"distinct(["x", "${var.x}"])"#, r#""${distinct([\"x\", \"$var.x\"])}""#);
        check("var.x[0].arn", r#""${var.x[0].arn}""#);
        check(r"{ (var.x) = 1 }", r#""${ (var.x) = 1 }""#);
        check(r#""a%{ if true }b%{ endif }""#, r#""${\"a% if true b% endif \"}""#);
    }
}
