//! Reads a JSON Schema into a shape. Unknown keywords are rejected: they could forbid values that Terraform would
//! accept.

use std::cmp::Ordering;

use driftless_model::{Pattern, Problem, shown};
use serde_json::{Map, Number, Value};
use unicode_normalization::is_nfc;

use super::{Comparison, Field, NumberRules, Presence, Shape, Size, TextRules};
use crate::hcl::is_identifier;

/// Limits for the depth and the number of parts of a schema: nested references could otherwise exhaust the memory.
const MAX_DEPTH: usize = 16;
const MAX_PARTS: usize = 2000;

/// Maximum number of problems reported per payload.
const MAX_PROBLEMS: usize = 20;

/// Annotations: keywords that do not constrain values.
const ANNOTATIONS: [&str; 11] = [
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "$schema",
    "$comment",
    "$defs",
    "definitions",
];

/// Keywords that HCL does not accept as keys.
const KEYWORDS: [&str; 4] = ["false", "for", "null", "true"];

/// The shape that a schema describes.
pub(super) fn shape(schema: &Value, place: &str) -> Result<Shape, Vec<Problem>> {
    let mut reader = SchemaReader { root: schema, place, path: Vec::new(), depth: 0, parts: 0, problems: Vec::new() };
    let shape = reader.nullable(schema).map(|(shape, _)| shape);
    match shape {
        Some(shape) if reader.problems.is_empty() => Ok(shape),
        _ => Err(reader.problems),
    }
}

struct SchemaReader<'a> {
    root: &'a Value,
    place: &'a str,
    /// Path to the part that is being read.
    path: Vec<String>,
    depth: usize,
    parts: usize,
    problems: Vec<Problem>,
}

impl<'a> SchemaReader<'a> {
    fn problem(&mut self, what: &str) {
        if self.problems.len() >= MAX_PROBLEMS {
            return;
        }
        let field = if self.path.is_empty() {
            "its payload".to_owned()
        } else {
            format!("its payload's {}", shown(&self.path.concat()))
        };
        let message = format!("Terraform writes its value, and {field} {what}");
        let hint = "Terraform can hold texts, numbers, booleans, choices of texts, and lists, maps and structures of them: use these, \
                    or another owner";
        self.problems.push(Problem::new("unmapped-payload", self.place, message, hint));
    }

    fn fail<T>(&mut self, what: &str) -> Option<T> {
        self.problem(what);
        None
    }

    /// The shape of a schema, and whether it also allows null.
    fn nullable(&mut self, schema: &'a Value) -> Option<(Shape, bool)> {
        if self.depth == MAX_DEPTH {
            return self.fail("is nested more than 16 deep, or without end");
        }
        self.parts += 1;
        match self.parts.cmp(&MAX_PARTS) {
            Ordering::Less => {}
            Ordering::Equal => return self.fail("is one of more than 2000 parts"),
            Ordering::Greater => return None,
        }
        self.depth += 1;
        let found = self.within(schema);
        self.depth -= 1;
        found
    }

    fn within(&mut self, schema: &'a Value) -> Option<(Shape, bool)> {
        let Some(keywords) = schema.as_object() else { return self.fail("takes any value") };
        if let Some(reference) = keywords.get("$ref") {
            self.only(keywords, &["$ref"]);
            let found = reference.as_str().and_then(|it| it.strip_prefix('#')).and_then(|it| self.root.pointer(it));
            return match found {
                Some(found) => self.nullable(found),
                None => self.fail("refers to what is not in its schema"),
            };
        }
        if let Some(all) = keywords.get("allOf") {
            self.only(keywords, &["allOf"]);
            return match all.as_array().map(Vec::as_slice) {
                Some([one]) => self.nullable(one),
                _ => self.fail("has several schemas at once"),
            };
        }
        for any in ["anyOf", "oneOf"] {
            if let Some(schemas) = keywords.get(any) {
                self.only(keywords, &[any, "type"]);
                return self.any_of(schemas.as_array().map_or(&[], Vec::as_slice));
            }
        }
        match &keywords.get("type") {
            Some(Value::Array(kinds)) => match kinds.as_slice() {
                [Value::String(kind), Value::String(null)] | [Value::String(null), Value::String(kind)]
                    if null == "null" =>
                {
                    Some((self.of_kind(kind, keywords)?, true))
                }
                [Value::String(kind)] => Some((self.of_kind(kind, keywords)?, false)),
                _ => self.fail("has values of several types"),
            },
            Some(Value::String(kind)) => Some((self.of_kind(kind, keywords)?, false)),
            None if keywords.contains_key("const") || keywords.contains_key("enum") => {
                Some((self.of_kind("string", keywords)?, false))
            }
            _ => self.fail("takes any value"),
        }
    }

    /// A schema or null, or one of several strings.
    fn any_of(&mut self, schemas: &'a [Value]) -> Option<(Shape, bool)> {
        let (nulls, others): (Vec<_>, Vec<_>) = schemas.iter().partition(|schema| schema["type"] == "null");
        if let [other] = others.as_slice() {
            let (shape, is_nullable) = self.nullable(other)?;
            return Some((shape, is_nullable || !nulls.is_empty()));
        }
        let mut words = Vec::new();
        for schema in others {
            match schema.as_object().filter(|it| it.contains_key("const") || it.contains_key("enum")) {
                Some(keywords) => match self.of_kind("string", keywords)? {
                    Shape::Choice(more) => words.extend(more),
                    _ => return self.fail("has values of several forms"),
                },
                None => return self.fail("has values of several forms"),
            }
        }
        Some((Shape::Choice(words), !nulls.is_empty()))
    }

    fn of_kind(&mut self, kind: &str, keywords: &'a Map<String, Value>) -> Option<Shape> {
        match kind {
            "string" => self.text(keywords),
            "integer" | "number" => self.number(kind == "integer", keywords),
            "boolean" => {
                self.only(keywords, &["type"]);
                Some(Shape::Bool)
            }
            "array" => self.list(keywords),
            "object" if keywords.get("properties").is_some_and(|it| it.as_object().is_none_or(|it| !it.is_empty())) => {
                self.object(keywords)
            }
            "object" => self.map(keywords),
            _ => self.fail("is always null, or of no type of JSON"),
        }
    }

    fn text(&mut self, keywords: &Map<String, Value>) -> Option<Shape> {
        if keywords.contains_key("const") || keywords.contains_key("enum") {
            self.only(keywords, &["type", "const", "enum"]);
            let words = keywords.get("enum").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
            let words: Option<Vec<String>> =
                words.iter().chain(keywords.get("const")).map(|word| word.as_str().map(str::to_owned)).collect();
            return match words.filter(|words| !words.is_empty()) {
                // Terraform normalizes strings to NFC, and would store a different text from the one that the client
                // expects.
                Some(words) if !words.iter().all(|word| is_nfc(word)) => {
                    self.fail("has a choice that Terraform changes: it reads texts in the Unicode form NFC")
                }
                Some(words) => Some(Shape::Choice(words)),
                None => self.fail("has a choice of other things than texts"),
            };
        }
        self.only(keywords, &["type", "pattern", "minLength", "maxLength"]);
        let pattern = match keywords.get("pattern").map(|it| it.as_str().map(Pattern::parse)) {
            None => None,
            Some(Some(Ok(pattern))) => Some(pattern),
            Some(Some(Err(error))) => {
                return self.fail(&format!("has a pattern that not every engine reads alike ({error})"));
            }
            Some(None) => return self.fail("has a `pattern` that is not a string"),
        };
        Some(Shape::Text(TextRules { pattern, length: self.size(keywords, ["minLength", "maxLength"])? }))
    }

    fn number(&mut self, is_whole: bool, keywords: &Map<String, Value>) -> Option<Shape> {
        const BOUNDS: [(&str, Comparison); 4] = [
            ("minimum", Comparison::AtLeast),
            ("maximum", Comparison::AtMost),
            ("exclusiveMinimum", Comparison::MoreThan),
            ("exclusiveMaximum", Comparison::LessThan),
        ];
        self.only(keywords, &["type", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]);
        let mut bounds: Vec<(Comparison, Number)> = Vec::new();
        for (keyword, comparison) in BOUNDS {
            match keywords.get(keyword) {
                Some(Value::Number(limit)) => bounds.push((comparison, limit.clone())),
                Some(_) => return self.fail(&format!("has a `{keyword}` that is not a number")),
                None => {}
            }
        }
        if let Some(format) = keywords.get("format") {
            let Some((least, most)) = format.as_str().and_then(|format| range(is_whole, format)) else {
                return self.fail("is a number of a `format` that is not known here");
            };
            // A bound in the schema takes precedence over that of the format.
            if !bounds.iter().any(|(it, _)| matches!(it, Comparison::AtLeast | Comparison::MoreThan)) {
                bounds.insert(0, (Comparison::AtLeast, least));
            }
            if !bounds.iter().any(|(it, _)| matches!(it, Comparison::AtMost | Comparison::LessThan)) {
                bounds.push((Comparison::AtMost, most));
            }
        }
        Some(Shape::Number(NumberRules { is_whole, bounds }))
    }

    fn list(&mut self, keywords: &'a Map<String, Value>) -> Option<Shape> {
        self.only(keywords, &["type", "items", "minItems", "maxItems", "uniqueItems"]);
        let size = self.size(keywords, ["minItems", "maxItems"])?;
        let Some(items) = keywords.get("items") else { return self.fail("is a list of anything") };
        let item = Box::new(self.inner("[]", items)?);
        Some(Shape::List { item, is_set: keywords.get("uniqueItems") == Some(&Value::Bool(true)), size })
    }

    fn map(&mut self, keywords: &'a Map<String, Value>) -> Option<Shape> {
        self.only(keywords, &["type", "properties", "additionalProperties", "minProperties", "maxProperties"]);
        let size = self.size(keywords, ["minProperties", "maxProperties"])?;
        match keywords.get("additionalProperties") {
            Some(Value::Bool(false)) => Some(Shape::Object(Vec::new())),
            Some(values @ Value::Object(_)) => {
                let value = Box::new(self.inner(".*", values)?);
                Some(Shape::Map { value, size })
            }
            _ => self.fail("takes any fields"),
        }
    }

    /// A part that must not be null.
    fn inner(&mut self, step: &str, schema: &'a Value) -> Option<Shape> {
        self.path.push(step.to_owned());
        let found = match self.nullable(schema) {
            Some((_, true)) => self.fail("can be null inside a list or map"),
            found => found.map(|(shape, _)| shape),
        };
        self.path.pop();
        found
    }

    fn object(&mut self, keywords: &'a Map<String, Value>) -> Option<Shape> {
        self.only(keywords, &["type", "properties", "required", "additionalProperties"]);
        if keywords.get("additionalProperties").is_some_and(Value::is_object) {
            self.problem("has fields by name and by type");
        }
        let required = keywords.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let Some(properties) = keywords.get("properties").and_then(Value::as_object) else {
            return self.fail("has `properties` that is not an object");
        };
        if required.iter().any(|name| !name.as_str().is_some_and(|name| properties.contains_key(name))) {
            self.problem("requires a field that it does not describe");
        }
        let mut fields = Vec::new();
        for (name, schema) in properties {
            self.path.push(format!("{}{name}", if self.path.is_empty() { "" } else { "." }));
            if !is_identifier(name) || KEYWORDS.contains(&name.as_str()) {
                self.problem("has a name that no attribute of Terraform's can have");
            }
            if let Some((shape, is_nullable)) = self.nullable(schema) {
                let is_required = required.iter().any(|it| it.as_str() == Some(name));
                let presence = match (is_required, is_nullable) {
                    (true, false) => Presence::Required,
                    (true, true) => Presence::Nullable,
                    (false, _) => Presence::Optional,
                };
                fields.push(Field { name: name.clone(), shape, presence });
            }
            self.path.pop();
        }
        Some(Shape::Object(fields))
    }

    fn size(&mut self, keywords: &Map<String, Value>, [min, max]: [&str; 2]) -> Option<Size> {
        let mut limit = |keyword: &str| match keywords.get(keyword).map(Value::as_u64) {
            Some(None) => self.fail(&format!("has a `{keyword}` that is not a whole number")),
            Some(limit) => Some(limit),
            None => Some(None),
        };
        Some(Size { min: limit(min)?, max: limit(max)? })
    }

    /// Reports every keyword that is not in `known`.
    fn only(&mut self, keywords: &Map<String, Value>, known: &[&str]) {
        for keyword in keywords.keys().filter(|it| !known.contains(&it.as_str()) && !ANNOTATIONS.contains(&it.as_str()))
        {
            self.problem(&format!("has the keyword {}", shown(keyword)));
        }
    }
}

/// The range of a number format. Schemars uses the names of Rust types, and writes the limits only for small types.
fn range(is_whole: bool, format: &str) -> Option<(Number, Number)> {
    let signed = |max: i64| (Number::from(-max - 1), Number::from(max));
    let unsigned = |max: u64| (Number::from(0), Number::from(max));
    let float = |max: f64| Number::from_f64(-max).zip(Number::from_f64(max));
    match (is_whole, format) {
        (true, "int8") => Some(signed(i8::MAX.into())),
        (true, "int16") => Some(signed(i16::MAX.into())),
        (true, "int32") => Some(signed(i32::MAX.into())),
        (true, "int64" | "int") => Some(signed(i64::MAX)),
        (true, "uint8") => Some(unsigned(u8::MAX.into())),
        (true, "uint16") => Some(unsigned(u16::MAX.into())),
        (true, "uint32") => Some(unsigned(u32::MAX.into())),
        (true, "uint64" | "uint") => Some(unsigned(u64::MAX)),
        (false, "float") => float(f32::MAX.into()),
        (false, "double") => float(f64::MAX),
        _ => None,
    }
}
