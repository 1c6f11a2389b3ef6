//! Canonical text for HCL values of `.tfvars` files: the same value has the same text.

use hcl_edit::expr::{Expression, ObjectKey, UnaryOperator};
use hcl_edit::structure::Body;
use hcl_edit::template::{Element, Template};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// The position of a syntax error, never the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is not HCL, from line {line} column {column} on")]
pub struct LiteralError {
    /// Line, starting at 1.
    pub line: usize,
    /// Column, starting at 1.
    pub column: usize,
}

/// Parses the attributes of a `.tfvars` file.
pub fn body(text: &str) -> Result<Vec<(String, Zeroizing<String>)>, LiteralError> {
    let body: Body = text.parse().map_err(|error| syntax(&error))?;
    let attributes = body.into_iter().filter_map(|structure| structure.into_attribute().ok());
    Ok(attributes.map(|attribute| (attribute.key.to_string(), canonical(&attribute.value))).collect())
}

/// Parses one expression, as in an environment variable.
pub fn expression(text: &str) -> Result<Zeroizing<String>, LiteralError> {
    let expression: Expression = text.trim().parse().map_err(|error| syntax(&error))?;
    Ok(canonical(&expression))
}

/// Keeps only the position, because the error's own message quotes the line.
fn syntax(error: &hcl_edit::parser::Error) -> LiteralError {
    LiteralError { line: error.location().line(), column: error.location().column() }
}

/// JSON if JSON can represent the value, otherwise the expression as written. If two notations of a value have
/// different texts, the value counts as changed, which at worst rewrites the same value.
fn canonical(expression: &Expression) -> Zeroizing<String> {
    Zeroizing::new(json(expression).map_or_else(|| expression.to_string().trim().to_owned(), |value| value.to_string()))
}

fn json(expression: &Expression) -> Option<Value> {
    Some(match expression {
        Expression::Null(_) => Value::Null,
        Expression::Bool(value) => Value::Bool(*value.value()),
        Expression::String(value) => Value::String(value.value().clone()),
        Expression::Number(value) => value.value().to_string().parse().ok()?,
        Expression::Array(items) => items.iter().map(json).collect::<Option<_>>().map(Value::Array)?,
        Expression::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| Some((key_text(key)?, json(value.expr())?)));
            Value::Object(entries.collect::<Option<Map<_, _>>>()?)
        }
        Expression::StringTemplate(template) => literal(template.iter())?,
        Expression::HeredocTemplate(heredoc) => literal(Template::iter(&heredoc.template))?,
        Expression::Parenthesis(inner) => json(inner.inner())?,
        Expression::UnaryOp(operation) if *operation.operator.value() == UnaryOperator::Neg => {
            format!("-{}", json(&operation.expr)?).parse().ok()?
        }
        _ => return None,
    })
}

fn key_text(key: &ObjectKey) -> Option<String> {
    match key {
        ObjectKey::Ident(name) => Some(name.to_string()),
        ObjectKey::Expression(expression) => match json(expression)? {
            Value::String(name) => Some(name),
            other => Some(other.to_string()),
        },
    }
}

fn literal<'a>(elements: impl Iterator<Item = &'a Element>) -> Option<Value> {
    let texts = elements.map(|element| match element {
        Element::Literal(text) => Some(text.value().as_str()),
        _ => None,
    });
    texts.collect::<Option<String>>().map(Value::String)
}

#[cfg(test)]
mod tests {
    use super::{LiteralError, body, expression};

    #[test]
    fn the_same_value_is_the_same_text_however_it_is_written() {
        for (one, other) in [
            (r#"{ b = 1, "a" = "x" }"#, "{\n  a = \"x\" # why\n  b : 1,\n}"),
            ("[1, 2,]", "[ 1,2 ]"),
            ("(\"a\")", r#""\u0061""#),
            ("-1", "- 1"),
            ("<<E\na\nE\n", "\"a\\n\""),
        ] {
            assert_eq!(expression(one), expression(other), "{one}");
            assert!(expression(one).is_ok(), "{one}");
        }
    }

    #[test]
    fn another_value_is_another_text() {
        let values = ["\"1\"", "1", "\"a\"", "[\"a\"]", "{ a = null }", "{}", "true", "\"true\"", "\"$${a}\"", "null"];
        let texts: std::collections::BTreeSet<_> =
            values.iter().map(|value| expression(value).expect("it is HCL").to_string()).collect();
        assert_eq!(texts.len(), values.len());
    }

    #[test]
    fn err_what_cannot_be_read_says_where_and_not_what() {
        let error = body("a = \"x\"\nb = \"hunter2\nc = 1\n").expect_err("a string ends in its line");
        assert!(matches!(error, LiteralError { line: 2, .. }), "{error:?}");
        assert!(!error.to_string().contains("hunter2") && !format!("{error:?}").contains("hunter2"));
        assert!(expression("").is_err());
    }

    #[test]
    fn err_a_deep_nesting_ends_nothing() {
        for open in ["[", "{a=", "(", "-", "!", "\"${"] {
            assert!(expression(&open.repeat(100_000)).is_err(), "{open}");
            assert!(body(&format!("a = {}", open.repeat(100_000))).is_err(), "{open}");
        }
        assert!(body(&format!("a = {}1{}", "[".repeat(30), "]".repeat(30))).is_ok());
        assert_eq!(body(&format!("a = \"{}\"", "[".repeat(100_000))).map(|found| found.len()), Ok(1));
    }
}
