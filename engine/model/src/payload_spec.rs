//! The type of a secret's value, as a spec describes it.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

/// The type of a secret's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct PayloadSpec {
    /// Plain text or a JSON document.
    pub kind: PayloadKind,
    /// The schema of the JSON document or, for a text with rules, a schema of type `string`. It can also be given as the text
    /// of its JSON, because TOML has no `null`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<Value>,
}

/// The two kinds of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PayloadKind {
    /// The value is one string.
    Text,
    /// The value is a JSON document.
    Json,
}

impl PayloadKind {
    /// The words for the kinds in a spec.
    pub const WORDS: [&'static str; 2] = ["text", "json"];
}

impl PayloadSpec {
    /// Plain text.
    #[must_use]
    pub const fn text() -> Self {
        Self { kind: PayloadKind::Text, schema: None }
    }

    /// A JSON document with this schema.
    ///
    /// ```
    /// use driftless_model::{PayloadKind, PayloadSpec};
    ///
    /// assert_eq!(PayloadSpec::json(serde_json::json!({ "type": "object" })).kind, PayloadKind::Json);
    /// ```
    #[must_use]
    pub const fn json(schema: Value) -> Self {
        Self { kind: PayloadKind::Json, schema: Some(schema) }
    }
}
