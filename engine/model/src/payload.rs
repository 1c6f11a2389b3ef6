//! Payloads: the types of secrets' values. Errors never contain the value.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};

use schemars::{JsonSchema, Schema, SchemaGenerator, schema_for};
use serde::de::{DeserializeOwned, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::error::Category;
use serde_path_to_error::Segment;
use zeroize::Zeroizing;

use super::form_error::FormError;
use super::payload_spec::PayloadSpec;

/// The type of a secret's value.
///
/// Implemented by [`Text`], by [`Checked`](crate::Checked) and, through [`JsonPayload`], by each type that derives `Payload`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a type of secrets' values",
    label = "not a payload",
    note = "write `#[derive(Payload)]` at `{Self}` instead of the derives of `Debug`, `Serialize`, `Deserialize` and `JsonSchema`: `driftless::Payload` \
            writes them all"
)]
pub trait Payload: Sized + Send + Sync + 'static {
    /// Checks the type itself at compile time. It is evaluated for each secret of a spec.
    const GOOD: () = ();

    /// Reads a stored value.
    ///
    /// # Errors
    ///
    /// If the value is not such a payload. The error tells the position and never contains the value.
    fn parse(stored: &str) -> Result<Self, PayloadError>;

    /// Reads a value that another program stored as binary. By default, no such value is read.
    ///
    /// # Errors
    ///
    /// [`PayloadError::Binary`], unless the payload can be recovered from it; see [`JsonPayload::recover`].
    fn parse_binary(stored: &[u8]) -> Result<Self, PayloadError> {
        let _ = stored;
        Err(PayloadError::Binary)
    }

    /// The value as it is stored, wiped from memory when dropped.
    ///
    /// # Errors
    ///
    /// If the type cannot be serialized, such as a map with keys that are not strings in JSON.
    fn to_stored(&self) -> Result<Zeroizing<String>, PayloadError>;

    /// The payload's entry in the spec.
    fn spec() -> PayloadSpec;
}

/// A payload that is a JSON document. The derive macro `Payload` implements it and its supertraits:
///
/// ```
/// use driftless_macros::Payload;
/// use driftless_model::{Payload, Text};
///
/// #[derive(Payload)]
/// #[payload(model = driftless_model)]
/// struct DatabaseLogin {
///     username: String,
///     password: Text,
/// }
///
/// let login = DatabaseLogin::parse(r#"{"username": "app", "password": "hunter2"}"#)?;
/// assert_eq!(login.username, "app");
/// # Ok::<(), driftless_model::PayloadError>(())
/// ```
pub trait JsonPayload: Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// Recovers a usable payload from a value that does not match the schema, because another program wrote it or it is
    /// damaged, or that was stored as binary and is UTF-8. By default, nothing is recovered.
    #[must_use]
    fn recover(stored: &str) -> Option<Self> {
        let _ = stored;
        None
    }
}

/// A byte order mark, which some editors write before a text. It is not part of a JSON document.
/// Source: [RFC 8259, 8.1](https://www.rfc-editor.org/rfc/rfc8259#section-8.1).
const BYTE_ORDER_MARK: char = '\u{feff}';

impl<T: JsonPayload> Payload for T {
    fn parse(stored: &str) -> Result<Self, PayloadError> {
        let stored = stored.strip_prefix(BYTE_ORDER_MARK).unwrap_or(stored);
        let mut json = serde_json::Deserializer::from_str(stored);
        let mut track = serde_path_to_error::Track::new();
        let tracked = serde_path_to_error::Deserializer::new(&mut json, &mut track);
        let parsed = match T::deserialize(tracked) {
            Ok(payload) => json.end().map(|()| payload).map_err(|error| PayloadError::of_syntax(&error)),
            Err(error) => Err(describe::<T>(&error, &track.path())),
        };
        parsed.or_else(|error| T::recover(stored).ok_or(error))
    }

    fn parse_binary(stored: &[u8]) -> Result<Self, PayloadError> {
        let text = std::str::from_utf8(stored).map_err(|_| PayloadError::Binary)?;
        T::recover(text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)).ok_or(PayloadError::Binary)
    }

    fn to_stored(&self) -> Result<Zeroizing<String>, PayloadError> {
        // Measured first and written once: a growing buffer would leave copies of the value in memory.
        let mut size = ByteCount(0);
        serde_json::to_writer(&mut size, self).map_err(|_| PayloadError::NotSerializable)?;
        let mut stored = Zeroizing::new(Vec::with_capacity(size.0));
        serde_json::to_writer(&mut *stored, self).map_err(|_| PayloadError::NotSerializable)?;
        String::from_utf8(std::mem::take(&mut *stored)).map(Zeroizing::new).map_err(|_| PayloadError::NotSerializable)
    }

    fn spec() -> PayloadSpec {
        PayloadSpec::json(schema_for!(T).into())
    }
}

struct ByteCount(usize);

impl Write for ByteCount {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Why a stored value is not the payload that the spec declares. The error tells the position and never contains the
/// value.
///
/// ```
/// use driftless_model::{Checked, Payload, PayloadError, TextForm};
///
/// struct Pin;
///
/// impl TextForm for Pin {
///     const MAX_LENGTH: Option<u32> = Some(4);
/// }
///
/// let error = Checked::<Pin>::parse("hunter2").expect_err("it is too long");
/// assert!(matches!(error, PayloadError::Form(_)));
/// assert_eq!(error.to_string(), "it has more than 4 characters");
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// The value is not JSON.
    #[error("it is not JSON, from line {line} column {column} on")]
    NotJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in bytes.
        column: usize,
    },
    /// The value is JSON that stops before its end.
    #[error("its JSON is cut off at line {line} column {column}")]
    Truncated {
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in bytes.
        column: usize,
    },
    /// A required field is absent.
    #[error("it lacks the field `{field}`")]
    MissingField {
        /// The name of the field, with its path.
        field: String,
    },
    /// A field holds something that its type does not allow.
    #[error("`{path}` is not what the payload's schema asks for, at line {line} column {column}")]
    Mismatch {
        /// The path to the field; `.` is the document itself.
        path: String,
        /// Counted from 1.
        line: usize,
        /// Counted from 1, in bytes.
        column: usize,
    },
    /// The value is text that breaks a rule of its type.
    #[error(transparent)]
    Form(FormError),
    /// The value was written as binary, and no payload can be recovered from it.
    #[error("it is stored as binary, not as a string")]
    Binary,
    /// The value is empty, which AWS does not store.
    #[error("it is empty")]
    Empty,
    /// The payload type cannot be serialized as JSON.
    #[error("it cannot be written as JSON")]
    NotSerializable,
}

impl PayloadError {
    /// The position of a syntax error. The original message is dropped, because it can quote the text.
    #[must_use]
    pub fn of_syntax(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            Category::Eof => Self::Truncated { line, column },
            _ => Self::NotJson { line, column },
        }
    }
}

/// Only the position is taken from the error, because its message can quote the value.
fn describe<T: JsonSchema>(error: &serde_json::Error, path: &serde_path_to_error::Path) -> PayloadError {
    if error.classify() != Category::Data {
        return PayloadError::of_syntax(error);
    }
    let known = property_names(schema_for!(T).as_value());
    let mut place = visible_path(path, &known);
    let text = error.to_string();
    let missing = text.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    if let Some(field) = missing.filter(|field| known.contains(*field)) {
        place.push(field.to_owned());
        return PayloadError::MissingField { field: place.join(".") };
    }
    let path = if place.is_empty() { ".".to_owned() } else { place.join(".") };
    PayloadError::Mismatch { path, line: error.line(), column: error.column() }
}

/// The steps of the path. A key that the schema does not name could itself be secret, and is replaced by `*`.
fn visible_path(path: &serde_path_to_error::Path, known: &BTreeSet<String>) -> Vec<String> {
    path.iter()
        .map(|segment| match segment {
            Segment::Seq { index } => index.to_string(),
            Segment::Map { key } if known.contains(key) => key.clone(),
            _ => "*".to_owned(),
        })
        .collect()
}

/// Every property name in a JSON Schema. These names are not secret.
///
/// ```
/// use std::collections::BTreeSet;
///
/// let schema = serde_json::json!({ "properties": { "user": {}, "key": { "properties": { "id": {} } } } });
/// assert_eq!(driftless_model::property_names(&schema), BTreeSet::from(["id", "key", "user"].map(str::to_owned)));
/// ```
#[must_use]
pub fn property_names(schema: &serde_json::Value) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut pending = vec![schema];
    while let Some(value) = pending.pop() {
        match value {
            serde_json::Value::Object(map) => {
                if let Some(serde_json::Value::Object(properties)) = map.get("properties") {
                    names.extend(properties.keys().cloned());
                }
                pending.extend(map.values());
            }
            serde_json::Value::Array(items) => pending.extend(items),
            _ => {}
        }
    }
    names
}

/// A secret string: hidden in `Debug`, wiped from memory when dropped.
///
/// As a payload it is the whole value; in a JSON payload it is one field.
///
/// ```
/// use driftless_model::Text;
///
/// let key = Text::from("hunter2");
/// assert_eq!(format!("{key:?}"), "Text(redacted)");
/// assert_eq!(key.expose(), "hunter2");
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Text(Zeroizing<Box<str>>);

impl Text {
    /// The string itself. The caller must keep it secret.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the string is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Text {
    /// Moves the text into an allocation of its exact size, and wipes the original.
    fn from(text: String) -> Self {
        Zeroizing::new(text).as_str().into()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(Zeroizing::new(text.into()))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Text(redacted)")
    }
}

impl Payload for Text {
    fn parse(stored: &str) -> Result<Self, PayloadError> {
        Ok(stored.into())
    }

    fn to_stored(&self) -> Result<Zeroizing<String>, PayloadError> {
        Ok(Zeroizing::new(self.expose().to_owned()))
    }

    fn spec() -> PayloadSpec {
        PayloadSpec::text()
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_string(TextVisitor)
    }
}

/// Takes a string without leaving a copy that is not wiped.
struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Text, E> {
        Ok(text.into())
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Text, E> {
        Ok(text.into())
    }
}

impl JsonSchema for Text {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}
