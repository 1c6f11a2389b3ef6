//! What a payload looks like to Terraform: the type of the variable that its value is assembled from, the rules that Terraform
//! can hold, and the value itself. What it cannot hold is a problem of the spec, so that Terraform never writes a value that the
//! client cannot read.

mod checks;
mod example;
mod hcl;
mod read;

use std::collections::HashMap;

use paypulse_runtime::model::{Pattern, PayloadKind, Problem, SecretSpec, Spec, shown};
use serde_json::Number;

pub use checks::Check;

/// The shape of a payload.
#[derive(Clone, Debug, PartialEq)]
pub struct PayloadShape {
    is_json: bool,
    shape: Shape,
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Text(TextRules),
    /// One of some texts.
    Choice(Vec<String>),
    Bool,
    Number(NumberRules),
    /// In order, or, where each item is there once, in none.
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
    /// It is there, and may be null.
    Nullable,
    /// It is left out where it is null.
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

/// How many characters, items or entries there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Size {
    min: Option<u64>,
    max: Option<u64>,
}

/// By its id, the payload of each secret whose value Terraform writes.
///
/// # Errors
///
/// Every part of a payload that Terraform cannot hold.
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
