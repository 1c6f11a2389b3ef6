//! Renders a shape as the type of a variable, and the expression for the stored value.

use super::{Field, PayloadShape, Presence, Shape};
use crate::hcl::quote;

impl PayloadShape {
    /// Whether Terraform reads the variable from the environment as plain text, rather than as HCL.
    #[must_use]
    pub const fn is_primitive(&self) -> bool {
        matches!(self.shape, Shape::Text(_) | Shape::Choice(_) | Shape::Bool | Shape::Number(_))
    }

    /// The type of the variable.
    #[must_use]
    pub fn type_of(&self) -> String {
        type_of(&self.shape, 1)
    }

    /// The expression that converts a variable of that type to the stored value.
    #[must_use]
    pub fn stored(&self, variable: &str) -> String {
        let variable = format!("var.{variable}");
        if self.is_json { format!("jsonencode({})", lean(&self.shape, &variable, 1)) } else { variable }
    }
}

fn indented(depth: usize) -> String {
    "  ".repeat(depth)
}

fn type_of(shape: &Shape, depth: usize) -> String {
    match shape {
        Shape::Text(_) | Shape::Choice(_) => "string".to_owned(),
        Shape::Bool => "bool".to_owned(),
        Shape::Number(_) => "number".to_owned(),
        Shape::List { item, is_set, .. } => {
            format!("{}({})", if *is_set { "set" } else { "list" }, type_of(item, depth))
        }
        Shape::Map { value, .. } => format!("map({})", type_of(value, depth)),
        Shape::Object(fields) if fields.is_empty() => "object({})".to_owned(),
        Shape::Object(fields) => {
            let field = |Field { name, shape, presence }: &Field| {
                let of = type_of(shape, depth + 1);
                let of = if *presence == Presence::Optional { format!("optional({of})") } else { of };
                format!("{}{name} = {of}\n", indented(depth + 1))
            };
            let fields: String = fields.iter().map(field).collect();
            format!("object({{\n{fields}{}}})", indented(depth))
        }
    }
}

/// Whether a value of the type can contain nulls that stand for missing fields.
fn has_gaps(shape: &Shape) -> bool {
    match shape {
        Shape::Text(_) | Shape::Choice(_) | Shape::Bool | Shape::Number(_) => false,
        Shape::List { item, .. } => has_gaps(item),
        Shape::Map { value, .. } => has_gaps(value),
        Shape::Object(fields) => {
            fields.iter().any(|field| field.presence == Presence::Optional || has_gaps(&field.shape))
        }
    }
}

/// The value without nulls for missing fields.
fn lean(shape: &Shape, value: &str, depth: usize) -> String {
    match shape {
        _ if !has_gaps(shape) => value.to_owned(),
        Shape::List { item, .. } => format!("[for item in {value} : {}]", lean(item, "item", depth)),
        Shape::Map { value: item, .. } => {
            format!("{{ for name, item in {value} : name => {} }}", lean(item, "item", depth))
        }
        Shape::Object(fields) => lean_object(fields, value, depth),
        Shape::Text(_) | Shape::Choice(_) | Shape::Bool | Shape::Number(_) => value.to_owned(),
    }
}

fn lean_object(fields: &[Field], value: &str, depth: usize) -> String {
    let whole = if fields.iter().any(|field| has_gaps(&field.shape)) {
        let field = |Field { name, shape, .. }: &Field| {
            let path = format!("{value}.{name}");
            let inner = lean(shape, &path, depth + 1);
            let inner = if has_gaps(shape) { format!("{path} == null ? null : {inner}") } else { inner };
            format!("{}{name} = {inner}\n", indented(depth + 1))
        };
        format!("{{\n{}{}}}", fields.iter().map(field).collect::<String>(), indented(depth))
    } else {
        value.to_owned()
    };
    if fields.iter().all(|field| field.presence != Presence::Optional) {
        return whole;
    }
    let nullable = fields.iter().filter(|field| field.presence == Presence::Nullable);
    let nullable: String = nullable.map(|field| [" || key == ", &quote(&field.name)].concat()).collect();
    format!("{{ for key, value in {whole} : key => value if value != null{nullable} }}")
}
