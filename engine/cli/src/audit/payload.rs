//! Validates values against the JSON Schema of their payload, for any spec. Errors state the place, never the content.

use std::collections::{BTreeSet, HashMap};

use driftless_model::{PayloadError, PayloadKind, SecretSpec, Spec, property_names};
use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;
use zeroize::Zeroize;

/// The compiled schemas of a spec's payloads.
pub struct Payloads<'a> {
    /// By secret id. Plain text has no schema: any text is valid.
    schemas: HashMap<&'a str, Schema>,
}

struct Schema {
    validator: Validator,
    /// Property names that the schema declares. They are part of the spec, and not secret.
    known: BTreeSet<String>,
}

/// A payload whose schema cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the payload of `{secret}` has no usable JSON Schema: {cause}")]
pub struct BadSchema {
    secret: String,
    cause: String,
}

/// What is wrong with a value.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WrongPayload {
    /// It is not JSON.
    #[error(transparent)]
    Payload(#[from] PayloadError),
    /// It is JSON, but does not match the schema.
    #[error("`{path}` is not what the payload's schema asks for")]
    Mismatch {
        /// Path to the field; `.` is the document itself.
        path: String,
    },
}

impl<'a> Payloads<'a> {
    /// Compiles the schemas of a spec.
    ///
    /// # Errors
    ///
    /// If a schema is invalid or refers to another document: nothing is fetched.
    pub fn of(spec: &'a Spec) -> Result<Self, BadSchema> {
        let json = spec.secrets.iter().filter(|secret| secret.payload.kind == PayloadKind::Json);
        let compiled = json.map(|secret| {
            let bad = |error: ValidationError<'_>| BadSchema { secret: secret.id.clone(), cause: error.to_string() };
            let schema = secret.payload.schema.as_ref().unwrap_or(&Value::Bool(true));
            let validator = jsonschema::validator_for(schema).map_err(bad)?;
            Ok((secret.id.as_str(), Schema { validator, known: property_names(schema) }))
        });
        Ok(Self { schemas: compiled.collect::<Result<_, _>>()? })
    }

    /// Validates a value against the secret's payload.
    ///
    /// # Errors
    ///
    /// The first error.
    pub fn check(&self, secret: &SecretSpec, value: &str) -> Result<(), WrongPayload> {
        let Some(schema) = self.schemas.get(secret.id.as_str()) else { return Ok(()) };
        if value.is_empty() {
            return Err(PayloadError::Empty.into());
        }
        let document = serde_json::from_str(value).map_err(|error| PayloadError::of_syntax(&error))?;
        let document = Wiped(document);
        let wrong = schema.validator.iter_errors(&document.0).next().map(|error| schema.describe(&error, &document.0));
        wrong.map_or(Ok(()), Err)
    }
}

impl Schema {
    /// Describes an error by its path only, because the validator's own message may quote the value.
    fn describe(&self, error: &ValidationError<'_>, document: &Value) -> WrongPayload {
        let pointer = error.instance_path().to_string();
        let mut at = Some(document);
        let mut steps: Vec<String> = Vec::new();
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            let is_index = at.is_some_and(Value::is_array);
            at = at.and_then(|value| if is_index { value.get(step.parse::<usize>().ok()?) } else { value.get(&step) });
            // A key that the schema does not name could itself be secret.
            steps.push(if is_index || self.known.contains(&step) { step } else { "*".to_owned() });
        }
        if let ValidationErrorKind::Required { property: Value::String(field) } = error.kind()
            && self.known.contains(field)
        {
            steps.push(field.clone());
            return PayloadError::MissingField { field: steps.join(".") }.into();
        }
        WrongPayload::Mismatch { path: if steps.is_empty() { ".".into() } else { steps.join(".") } }
    }
}

/// A document whose strings are zeroized when it is dropped.
struct Wiped(Value);

impl Drop for Wiped {
    fn drop(&mut self) {
        let mut pending = vec![&mut self.0];
        while let Some(value) = pending.pop() {
            match value {
                Value::String(text) => text.zeroize(),
                Value::Array(items) => pending.extend(items),
                Value::Object(fields) => pending.extend(fields.values_mut()),
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use driftless_model::{Owner, PayloadSpec, SecretOptions, Template};
    use serde_json::json;

    use super::*;

    fn spec(payload: PayloadSpec) -> Spec {
        let mut spec = Spec::empty("spec.rs".into());
        spec.secrets = vec![SecretSpec {
            id: "Login".into(),
            name: Template::parse("login").expect("a valid name"),
            description: String::new(),
            payload,
            owner: Owner::Runtime,
            kms_key: None,
            options: SecretOptions::default(),
            region: None,
        }];
        spec
    }

    fn check(payload: PayloadSpec, value: &str) -> String {
        let spec = spec(payload);
        let payloads = Payloads::of(&spec).expect("a good schema");
        payloads.check(&spec.secrets[0], value).map_or_else(|wrong| wrong.to_string(), |()| "good".into())
    }

    fn login() -> PayloadSpec {
        PayloadSpec::json(json!({
            "type": "object",
            "properties": {
                "user": { "type": "string" },
                "ports": { "type": "array", "items": { "type": "integer", "maximum": 65535 } },
                "more": { "type": "object", "additionalProperties": { "type": "boolean" } },
            },
            "required": ["user"],
        }))
    }

    #[test]
    fn a_value_that_is_the_payload_is_good() {
        assert_eq!(check(login(), r#"{"user": "hunter2", "ports": [1], "more": {"a": true}, "other": 1}"#), "good");
        assert_eq!(check(PayloadSpec::text(), "{ no JSON"), "good");
        assert_eq!(check(PayloadSpec { schema: None, ..login() }, "[7]"), "good");
    }

    #[test]
    fn what_is_wrong_is_said_by_its_place() {
        for (value, expected) in [
            ("", "it is empty"),
            ("hunter2", "it is not JSON, from line 1 column 1 on"),
            (r#"{"user": "hunter2"#, "its JSON is cut off at line 1 column 17"),
            (r#"{"user": "hunter2"} hunter2"#, "it is not JSON, from line 1 column 21 on"),
            (r#""hunter2""#, "`.` is not what the payload's schema asks for"),
            ("{}", "it lacks the field `user`"),
            (r#"{"user": 7}"#, "`user` is not what the payload's schema asks for"),
            (r#"{"user": "a", "ports": [1, "hunter2"]}"#, "`ports.1` is not what the payload's schema asks for"),
            (r#"{"user": "a", "more": {"hunter2": 1}}"#, "`more.*` is not what the payload's schema asks for"),
            (r#"{"user": "a", "more": {"4711": 1}}"#, "`more.*` is not what the payload's schema asks for"),
        ] {
            assert_eq!(check(login(), value), expected, "{value}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(check(login(), &deep), "it is not JSON, from line 1 column 128 on");
    }

    #[test]
    fn a_schema_that_is_none_or_that_lies_elsewhere_is_an_error() {
        for schema in [
            json!({ "type": 7 }),
            json!({ "$ref": "https://example.com/schema.json" }),
            json!({ "$ref": "file:///etc/passwd" }),
        ] {
            let spec = spec(PayloadSpec::json(schema));
            let error = Payloads::of(&spec).err().expect("the schema is bad").to_string();
            assert!(error.starts_with("the payload of `Login` has no usable JSON Schema: "), "{error}");
        }
    }
}
