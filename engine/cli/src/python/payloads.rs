//! Renders Python classes from the schemas of a spec's payloads. Every payload keeps its schema, against which it is
//! validated when it is read or written; if the schema declares fields, the class has a typed attribute for each.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::{PayloadKind, PayloadSpec, Spec};
use serde_json::{Map, Value};

use super::literal::{json, quote};
use super::names::{self, PythonNames};

/// Annotations: keywords that do not constrain values.
const ANNOTATIONS: [&str; 10] = [
    "$schema",
    "$id",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
];
/// The keywords that `payload.py` checks.
const CHECKED: [&str; 25] = [
    "$ref",
    "$defs",
    "definitions",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "enum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "oneOf",
    "pattern",
    "prefixItems",
    "properties",
    "required",
];
/// Further keywords that `payload.py` checks.
const MORE_CHECKED: [&str; 2] = ["type", "uniqueItems"];
/// The fields of a bundle of OAuth tokens, which has its own class and methods.
const BUNDLE: [&str; 5] = ["access_token", "created_at", "expires_at", "expires_in", "refresh_token"];

/// The classes of all payloads.
pub(super) struct PythonPayloads {
    /// Ordered so that each class comes after those that it refers to.
    pub(super) classes: Vec<String>,
    /// The class names.
    pub(super) exported: BTreeSet<String>,
    /// Notes about keywords that are not checked.
    pub(super) notes: Vec<String>,
    by_secret: BTreeMap<String, String>,
}

/// Whether a payload is the token bundle for which the package has methods.
pub(super) fn is_token_bundle(payload: &PayloadSpec) -> bool {
    let Some(schema) = &payload.schema else { return false };
    let has = |name: &&str| schema["properties"].get(*name).is_some();
    schema["title"] == "OauthTokens" && BUNDLE.iter().all(has)
}

impl PythonPayloads {
    pub(super) fn of(spec: &Spec, names: &PythonNames) -> Self {
        let mut payloads =
            Self { classes: Vec::new(), exported: BTreeSet::new(), notes: Vec::new(), by_secret: BTreeMap::new() };
        // Secrets with the same schema share a class.
        let mut known: Vec<(&PayloadSpec, String)> = Vec::new();
        for secret in &spec.secrets {
            let found = known.iter().find(|(payload, _)| **payload == secret.payload).map(|(_, class)| class.clone());
            let class = found.unwrap_or_else(|| {
                let class = payloads.class(&secret.id, &secret.payload, names);
                known.push((&secret.payload, class.clone()));
                class
            });
            payloads.exported.insert(class.clone());
            payloads.by_secret.insert(secret.id.clone(), class);
        }
        payloads
    }

    /// The class of a secret's payload.
    pub(super) fn of_secret(&self, id: &str) -> &str {
        self.by_secret.get(id).map_or("Json", String::as_str)
    }

    fn class(&mut self, id: &str, payload: &PayloadSpec, names: &PythonNames) -> String {
        if is_token_bundle(payload) {
            return "OauthTokens".to_owned();
        }
        let base = if payload.kind == PayloadKind::Text { "Text" } else { "Json" };
        let Some(schema) = &payload.schema else { return base.to_owned() };
        self.note_unchecked(id, schema);
        let title = schema["title"].as_str().unwrap_or_default();
        let name = if title.is_empty() { format!("{id}Value") } else { title.to_owned() };
        let name = self.unused(&name, names);
        let constant = json(&stripped(schema));
        let is_structure = payload.kind == PayloadKind::Json && is_object(schema);
        if is_structure {
            let mut writer = Writer { root: schema, names, payloads: self, path: Vec::new() };
            let class = writer.structure(&name, schema, Some(&constant));
            self.classes.push(class);
        } else {
            self.classes.push(format!(
                "class {name}({base}):\n    \"\"\"The value of a secret, checked against its schema.\"\"\"\n\n    \
                 __slots__ = ()\n\n    SCHEMA: ClassVar[dict[str, Any] | None] = {constant}\n"
            ));
        }
        name
    }

    fn unused(&mut self, name: &str, names: &PythonNames) -> String {
        let mut name = names::class(name);
        while names.is_taken(&name) || self.exported.contains(&name) {
            name.push('_');
        }
        self.exported.insert(name.clone());
        name
    }

    fn note_unchecked(&mut self, id: &str, schema: &Value) {
        let mut unchecked = BTreeSet::new();
        keywords(schema, &mut |keyword| {
            if !CHECKED.contains(&keyword) && !MORE_CHECKED.contains(&keyword) {
                unchecked.insert(keyword.to_owned());
            }
        });
        if !unchecked.is_empty() {
            let words: Vec<String> = unchecked.iter().map(|word| format!("`{word}`")).collect();
            let note = format!(
                "the Python client does not check {} in the payload of {id}; the Rust client does",
                words.join(", ")
            );
            self.notes.push(note);
        }
    }
}

fn is_object(schema: &Value) -> bool {
    schema["type"] == "object" && schema["properties"].as_object().is_some_and(|properties| !properties.is_empty())
}

/// A schema without annotations.
fn stripped(schema: &Value) -> Value {
    let Value::Object(map) = schema else { return schema.clone() };
    let kept = map.iter().filter(|(keyword, _)| !ANNOTATIONS.contains(&keyword.as_str()));
    let entry = |(keyword, value): (&String, &Value)| {
        let value = match (keyword.as_str(), value) {
            ("properties" | "$defs" | "definitions", Value::Object(named)) => {
                named.iter().map(|(name, schema)| (name.clone(), stripped(schema))).collect::<Map<_, _>>().into()
            }
            ("const" | "enum" | "required" | "type", value) => value.clone(),
            (_, Value::Array(schemas)) => schemas.iter().map(stripped).collect(),
            (_, value) => stripped(value),
        };
        (keyword.clone(), value)
    };
    kept.map(entry).collect::<Map<_, _>>().into()
}

/// Calls `tell` with every keyword of a schema that constrains values.
fn keywords(schema: &Value, tell: &mut dyn FnMut(&str)) {
    let Value::Object(map) = schema else { return };
    for (keyword, value) in map.iter().filter(|(keyword, _)| !ANNOTATIONS.contains(&keyword.as_str())) {
        tell(keyword);
        match (keyword.as_str(), value) {
            ("properties" | "$defs" | "definitions", Value::Object(named)) => {
                named.values().for_each(|schema| keywords(schema, tell));
            }
            ("const" | "enum" | "required" | "type", _) => {}
            (_, Value::Array(schemas)) => schemas.iter().for_each(|schema| keywords(schema, tell)),
            (_, value) => keywords(value, tell),
        }
    }
}

/// The type of a field, and its conversion if it needs one.
struct PythonType {
    annotation: String,
    nested: Option<String>,
}

impl PythonType {
    fn plain(annotation: &str) -> Self {
        Self { annotation: annotation.to_owned(), nested: None }
    }
}

/// Renders the classes of one schema.
struct Writer<'a, 'p> {
    root: &'a Value,
    names: &'a PythonNames,
    payloads: &'p mut PythonPayloads,
    /// References that are being followed: a recursive structure is not expanded.
    path: Vec<String>,
}

impl<'a> Writer<'a, '_> {
    fn structure(&mut self, name: &str, schema: &'a Value, constant: Option<&str>) -> String {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let properties = schema["properties"].as_object();
        let mut attributes = BTreeSet::new();
        let (mut first, mut last, mut fields) = (Vec::new(), Vec::new(), Vec::new());
        for (field, schema) in properties.into_iter().flatten() {
            let mut attribute = names::attribute(field);
            while !attributes.insert(attribute.clone()) {
                attribute.push('_');
            }
            let is_required = required.contains(&field.as_str());
            let (kind, is_nullable) = self.kind(&format!("{name}{}", self.names.key(field)), schema);
            let annotation = &kind.annotation;
            let line = if is_nullable || !is_required { format!("{annotation} | None") } else { annotation.clone() };
            if is_required { &mut first } else { &mut last }.push(if is_required {
                format!("    {attribute}: {line}\n")
            } else {
                format!("    {attribute}: {line} = None\n")
            });
            let nested = kind.nested.map_or_else(String::new, |nested| format!(", {nested}"));
            let is_required = if is_required { "True" } else { "False" };
            fields.push(format!("        Field({}, {}, {is_required}{nested}),\n", quote(field), quote(&attribute)));
        }
        // Last, as the attributes without a default are first. As a field, `dataclasses.replace` copies it.
        last.push(
            "    _unknown: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)\n".to_owned(),
        );
        let constant = constant
            .map_or_else(String::new, |schema| format!("\n    SCHEMA: ClassVar[dict[str, Any] | None] = {schema}\n"));
        format!(
            "@dataclass(frozen=True, repr=False)\nclass {name}(Structure):\n    \
             \"\"\"A structure of the spec. `repr` shows no value.\"\"\"\n\n{}{}\n    FIELDS: ClassVar[Any] = (\n{}    )\n{constant}",
            first.concat(),
            last.concat(),
            fields.concat()
        )
    }

    /// The type of a part of a schema, and whether it can be null.
    fn kind(&mut self, name: &str, schema: &'a Value) -> (PythonType, bool) {
        if let Some(reference) = schema["$ref"].as_str() {
            let found = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            let is_followed = self.path.iter().any(|it| it == reference) || self.path.len() > 16;
            let Some(found) = found.filter(|_| !is_followed) else { return (PythonType::plain("Any"), false) };
            self.path.push(reference.to_owned());
            let kind = self.kind(name, found);
            self.path.pop();
            return kind;
        }
        if let Some([one]) = schema["allOf"].as_array().map(Vec::as_slice) {
            return self.kind(name, one);
        }
        for any in ["anyOf", "oneOf"] {
            let Some(schemas) = schema[any].as_array() else { continue };
            let (nulls, others): (Vec<_>, Vec<_>) = schemas.iter().partition(|schema| schema["type"] == "null");
            return match others.as_slice() {
                [one] => {
                    let (kind, is_nullable) = self.kind(name, one);
                    (kind, is_nullable || !nulls.is_empty())
                }
                _ => (choice(&others), !nulls.is_empty()),
            };
        }
        match &schema["type"] {
            Value::String(word) => (self.of_type(name, word, schema), false),
            Value::Array(words) => {
                let (nulls, others): (Vec<_>, Vec<_>) = words.iter().partition(|word| *word == "null");
                let kind = match others.as_slice() {
                    [Value::String(word)] => self.of_type(name, word, schema),
                    _ => PythonType::plain("Any"),
                };
                (kind, !nulls.is_empty())
            }
            _ => (choice(&[schema]), false),
        }
    }

    fn of_type(&mut self, name: &str, word: &str, schema: &'a Value) -> PythonType {
        match word {
            "string" if schema.get("enum").is_some() || schema.get("const").is_some() => choice(&[schema]),
            "string" => PythonType::plain("str"),
            "integer" => PythonType::plain("int"),
            "number" => PythonType::plain("float"),
            "boolean" => PythonType::plain("bool"),
            "array" if schema["items"].is_object() => self.many(name, &schema["items"], "list", "Sequence[", "]"),
            "object" if is_object(schema) => {
                let name = self.payloads.unused(name, self.names);
                let class = self.structure(&name, schema, None);
                self.payloads.classes.push(class);
                PythonType { nested: Some(format!("Nested(\"one\", {name})")), annotation: name }
            }
            "object" if schema["additionalProperties"].is_object() => {
                self.many(name, &schema["additionalProperties"], "map", "Mapping[str, ", "]")
            }
            "array" => PythonType::plain("Sequence[Any]"),
            "object" => PythonType::plain("Mapping[str, Any]"),
            _ => PythonType::plain("Any"),
        }
    }

    fn many(&mut self, name: &str, item: &'a Value, kind: &str, before: &str, after: &str) -> PythonType {
        let (inner, is_nullable) = self.kind(name, item);
        let annotation = if is_nullable { format!("{} | None", inner.annotation) } else { inner.annotation };
        let nested = inner.nested.map(|nested| format!("Nested(\"{kind}\", {nested})"));
        PythonType { annotation: format!("{before}{annotation}{after}"), nested }
    }
}

/// The type of a choice of strings; `Any` for other choices.
fn choice(schemas: &[&Value]) -> PythonType {
    let words = |schema: &&Value| {
        let listed = schema["enum"].as_array().cloned().unwrap_or_default();
        listed.into_iter().chain(schema.get("const").cloned()).collect::<Vec<_>>()
    };
    let all: Vec<Vec<Value>> = schemas.iter().map(words).collect();
    let is_text = |values: &Vec<Value>| !values.is_empty() && values.iter().all(Value::is_string);
    if all.is_empty() || !all.iter().all(is_text) {
        return PythonType::plain("Any");
    }
    let texts: Vec<String> = all.iter().flatten().filter_map(Value::as_str).map(quote).collect();
    PythonType::plain(&format!("Literal[{}]", texts.join(", ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use driftless_model::property_names;

    use super::stripped;

    #[test]
    fn a_field_that_is_called_like_an_annotation_stays() {
        let schema = json!({"title": "T", "properties": {"title": {"type": "string", "description": "d"}}, "required": ["title"]});
        let kept = json!({"properties": {"title": {"type": "string"}}, "required": ["title"]});
        assert_eq!(stripped(&schema), kept);
        assert!(property_names(&kept).contains("title"));
    }
}
