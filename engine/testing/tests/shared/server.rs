//! The embedded Secrets Manager, which takes and keeps no secret without the mark.

use std::ops::Deref;

use driftless::model::{Spec, Text};
use driftless_testing::EmbeddedSecretsManager;
use serde_json::{Map, Value};

use super::{log, mark};

/// The server of a test. At its end all that is stored is looked at, whoever stored it.
#[derive(Clone)]
pub struct Server(EmbeddedSecretsManager);

impl Server {
    pub fn new() -> Self {
        log::capture();
        Self(EmbeddedSecretsManager::new())
    }

    pub fn enforcing(spec: &Spec) -> Self {
        log::capture();
        Self(EmbeddedSecretsManager::enforcing(spec))
    }

    /// [`EmbeddedSecretsManager::put`], for a value that carries the mark.
    #[track_caller]
    pub fn put(&self, name: &str, value: impl Into<Text>) {
        let value = value.into();
        assert!(is_marked(value.expose()), "what is put into `{name}` could not be told in a log: {}", value.expose());
        self.0.put(name, value);
    }
}

impl Deref for Server {
    type Target = EmbeddedSecretsManager;

    fn deref(&self) -> &EmbeddedSecretsManager {
        &self.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        for name in self.names() {
            let value = self.value(&name).unwrap_or_default();
            assert!(is_marked(&value), "what is stored in `{name}` could not be told in a log: {value}");
        }
        mark::debugged(&self.0);
        // The SDK logs it with every call.
        mark::debugged(&self.0.http_client());
        mark::debugged_with_name(&self.calls());
    }
}

/// What a bundle of tokens holds in plain sight.
const PLAIN: [&str; 4] = ["scope", "token_type", "expires_at", "created_at"];

/// Whether every secret in a value carries the mark: each field of an object, or the whole of any other value.
pub fn is_marked(value: &str) -> bool {
    match serde_json::from_str::<Map<String, Value>>(value) {
        Ok(fields) => fields.iter().all(|(name, value)| PLAIN.contains(&name.as_str()) || is_marked_field(value)),
        Err(_) => is_marked_text(value),
    }
}

fn is_marked_field(field: &Value) -> bool {
    match field {
        Value::String(text) => is_marked_text(text),
        Value::Array(_) | Value::Object(_) => is_marked_text(&field.to_string()),
        Value::Null | Value::Bool(_) | Value::Number(_) => true,
    }
}

/// A text without a letter or a digit, such as `{}`, tells nothing.
pub fn is_marked_text(text: &str) -> bool {
    text.contains(mark::SECRET[0]) || !text.contains(char::is_alphanumeric)
}
