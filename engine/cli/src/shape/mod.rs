//! The shape of a payload in Terraform: the type of the variable that holds its value, validation rules, and the
//! stored value. A schema that Terraform cannot enforce is a problem of the spec, so that Terraform never writes a
//! value that the client cannot read.

mod checks;
mod example;
mod hcl;
mod read;

use std::collections::HashMap;

use driftless_model::{Pattern, PayloadKind, Problem, SecretSpec, Spec, shown};
use serde_json::Number;

pub use checks::ShapeCheck;

/// The shape of a payload.
#[derive(Clone, Debug, PartialEq)]
pub struct PayloadShape {
    is_json: bool,
    shape: Shape,
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Text(TextRules),
    /// One of several strings.
    Choice(Vec<String>),
    Bool,
    Number(NumberRules),
    /// A list, or a set if items must be unique.
    List {
        item: Box<Shape>,
        is_set: bool,
        size: Size,
    },
    Map {
        value: Box<Shape>,
        size: Size,
    },
    Object(Vec<Field>),
}

#[derive(Clone, Debug, PartialEq)]
struct Field {
    name: String,
    shape: Shape,
    presence: Presence,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Presence {
    Required,
    /// The field must be present, but may be null.
    Nullable,
    /// A null field is omitted.
    Optional,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct TextRules {
    pattern: Option<Pattern>,
    length: Size,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct NumberRules {
    is_whole: bool,
    bounds: Vec<(Comparison, Number)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    AtLeast,
    AtMost,
    MoreThan,
    LessThan,
}

/// Limits of the number of characters, items or entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    min: Option<u64>,
    max: Option<u64>,
}

/// The payload shape of every secret whose value Terraform writes, by secret id.
///
/// # Errors
///
/// Every part of a payload that Terraform cannot represent.
pub fn shapes(spec: &Spec) -> Result<HashMap<&str, PayloadShape>, Vec<Problem>> {
    let (mut shapes, mut problems) = (HashMap::new(), Vec::new());
    for secret in spec.secrets.iter().filter(|secret| secret.owner.delivery().is_some()) {
        match PayloadShape::of(secret) {
            Ok(shape) => _ = shapes.insert(secret.id.as_str(), shape),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(shapes) } else { Err(problems) }
}

impl PayloadShape {
    fn of(secret: &SecretSpec) -> Result<Self, Vec<Problem>> {
        let is_json = secret.payload.kind == PayloadKind::Json;
        let place = format!("secret {}", shown(&secret.id));
        match &secret.payload.schema {
            None if is_json => {
                let message = "Terraform writes its value, and its payload has no schema to assemble it by";
                let hint = "give the payload a schema, or another owner";
                Err(vec![Problem::new("unmapped-payload", &place, message, hint)])
            }
            None => Ok(Self { is_json, shape: Shape::Text(TextRules::default()) }),
            Some(schema) => read::shape(schema, &place).map(|shape| Self { is_json, shape }),
        }
    }
}
