//! Evaluates the HCL expressions that a rendered module may use. References are the caller's to resolve; every form and
//! function that is not listed here is an error.

use std::collections::BTreeSet;

use hcl_edit::expr::{BinaryOperator, Expression, FuncCall, ObjectKey, Traversal, TraversalOperator};
use hcl_edit::template::{Element, StringTemplate};
use serde_json::{Map, Value};

/// Resolves a reference such as `aws_iam_role.x.name`, given as its words.
pub type Resolve<'a> = dyn Fn(&[&str]) -> Result<Value, String> + 'a;

/// The value of an expression.
pub fn evaluate(expression: &Expression, resolve: &Resolve<'_>) -> Result<Value, String> {
    match expression {
        Expression::Null(_) => Ok(Value::Null),
        Expression::Bool(value) => Ok(Value::Bool(*value.value())),
        Expression::Number(number) => {
            number.value().as_i64().map(Value::from).ok_or_else(|| format!("{} is no whole number", number.value()))
        }
        Expression::String(text) => Ok(Value::String(text.value().clone())),
        Expression::StringTemplate(template) => string_template(template, resolve).map(Value::String),
        Expression::Array(array) => array.iter().map(|item| evaluate(item, resolve)).collect(),
        Expression::Object(object) => {
            let mut map = Map::new();
            for (key, value) in object {
                let key = match key {
                    ObjectKey::Ident(word) | ObjectKey::Expression(Expression::Variable(word)) => {
                        word.as_str().to_owned()
                    }
                    ObjectKey::Expression(key) => text(evaluate(key, resolve)?)?,
                };
                let value = evaluate(value.expr(), resolve)?;
                if map.insert(key.clone(), value).is_some() {
                    return Err(format!("the object has `{key}` twice"));
                }
            }
            Ok(Value::Object(map))
        }
        Expression::Parenthesis(inner) => evaluate(inner.inner(), resolve),
        Expression::FuncCall(call) => function(call, resolve),
        Expression::Traversal(traversal) => match index(traversal) {
            Some(index) => element(&evaluate(&traversal.expr, resolve)?, index),
            None => resolve(&words(traversal)?),
        },
        Expression::Conditional(choice) => match evaluate(&choice.cond_expr, resolve)? {
            Value::Bool(true) => evaluate(&choice.true_expr, resolve),
            Value::Bool(false) => evaluate(&choice.false_expr, resolve),
            other => Err(format!("{other} is no condition")),
        },
        Expression::BinaryOp(operation) => {
            let sides = [&operation.lhs_expr, &operation.rhs_expr].map(|side| evaluate(side, resolve));
            let [left, right] = sides;
            match operation.operator.value() {
                BinaryOperator::Eq => Ok(Value::Bool(left? == right?)),
                other => Err(format!("`{other}` is not supported")),
            }
        }
        other => Err(format!("an expression of this form is not supported: {other:?}")),
    }
}

fn string_template(template: &StringTemplate, resolve: &Resolve<'_>) -> Result<String, String> {
    let mut out = String::new();
    for element in template {
        match element {
            Element::Literal(literal) => out.push_str(literal),
            Element::Interpolation(inner) if inner.strip == hcl_edit::template::Strip::None => {
                out.push_str(&text(evaluate(&inner.expr, resolve)?)?);
            }
            _ => return Err("template directives and strip marks are not supported".to_owned()),
        }
    }
    Ok(out)
}

fn words(traversal: &Traversal) -> Result<Vec<&str>, String> {
    let Expression::Variable(root) = &traversal.expr else {
        return Err("a reference starts with a word".to_owned());
    };
    let mut words = vec![root.as_str()];
    for operator in &traversal.operators {
        match operator.value() {
            TraversalOperator::GetAttr(name) => words.push(name.as_str()),
            other => return Err(format!("after `{}`: {other:?} is not supported", words.join("."))),
        }
    }
    Ok(words)
}

/// The index, where an element of what a function returns is taken.
fn index(traversal: &Traversal) -> Option<u64> {
    let [operator] = &traversal.operators[..] else { return None };
    match (&traversal.expr, operator.value()) {
        (Expression::FuncCall(_), TraversalOperator::Index(Expression::Number(number))) => number.value().as_u64(),
        _ => None,
    }
}

fn element(value: &Value, index: u64) -> Result<Value, String> {
    let index = usize::try_from(index).map_err(|error| error.to_string())?;
    list(value)?.get(index).cloned().ok_or_else(|| format!("{value} has no element {index}"))
}

fn function(call: &FuncCall, resolve: &Resolve<'_>) -> Result<Value, String> {
    let name = call.name.name.as_str();
    if call.name.is_namespaced() || call.args.expand_final() {
        return Err(format!("`{name}` is called in a way that is not supported"));
    }
    let args = call.args.iter().map(|arg| evaluate(arg, resolve)).collect::<Result<Vec<_>, _>>()?;
    match (name, args.as_slice()) {
        ("jsonencode", [value]) => Ok(Value::String(value.to_string())),
        ("concat", lists) => {
            let lists = lists.iter().map(list).collect::<Result<Vec<_>, _>>()?;
            Ok(Value::Array(lists.concat()))
        }
        ("lookup", [Value::Object(map), Value::String(key), default]) => Ok(map.get(key).unwrap_or(default).clone()),
        // A set of strings has no order of its own, and Terraform lists it sorted.
        ("toset", [values]) => {
            let set: BTreeSet<String> = texts(values)?.into_iter().collect();
            Ok(set.into_iter().collect())
        }
        ("sort", [values]) => {
            let mut values = texts(values)?;
            values.sort();
            Ok(values.into_iter().collect())
        }
        // Between slashes the second argument would be a regular expression.
        ("replace", [Value::String(text), Value::String(from), Value::String(to)])
            if from.len() == 1 || !(from.starts_with('/') && from.ends_with('/')) =>
        {
            Ok(Value::String(text.replace(from, to)))
        }
        ("distinct", [values]) => {
            let mut seen = BTreeSet::new();
            Ok(texts(values)?.into_iter().filter(|value| seen.insert(value.clone())).collect())
        }
        ("split", [Value::String(separator), Value::String(text)]) if !separator.is_empty() => {
            Ok(text.split(separator.as_str()).collect())
        }
        ("join", [Value::String(separator), values]) => Ok(Value::String(texts(values)?.join(separator))),
        ("format", [Value::String(pattern), rest @ ..]) => format(pattern, rest).map(Value::String),
        _ => Err(format!("`{name}` of {} arguments is not supported", args.len())),
    }
}

/// `%s` and `%%`, the two verbs that policies need.
fn format(pattern: &str, args: &[Value]) -> Result<String, String> {
    let mut args = args.iter();
    let mut out = String::new();
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        match (char, (char == '%').then(|| chars.next()).flatten()) {
            ('%', Some('%')) => out.push('%'),
            ('%', Some('s')) => out.push_str(&text(args.next().ok_or("`format` has too few arguments")?.clone())?),
            ('%', _) => return Err(format!("`format` with `{pattern}` is not supported")),
            (other, _) => out.push(other),
        }
    }
    if args.next().is_some() { Err("`format` has too many arguments".to_owned()) } else { Ok(out) }
}

/// A value as a template shows it.
pub fn text(value: Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(number) => Ok(number.to_string()),
        other => Err(format!("{other} is no text")),
    }
}

/// A list of texts.
pub fn texts(value: &Value) -> Result<Vec<String>, String> {
    list(value)?
        .iter()
        .map(|item| item.as_str().map(str::to_owned).ok_or_else(|| format!("{item} is no text")))
        .collect()
}

fn list(value: &Value) -> Result<Vec<Value>, String> {
    value.as_array().cloned().ok_or_else(|| format!("{value} is no list"))
}
