//! Parses the request body of PayPulse's iOS app: JSON or a form. `scope` is a list (`scope[]=…` in a form), a string
//! with spaces or commas, or absent; `expires_in` is a number, a string of digits, or absent.
//!
//! iOS labels a body without an explicit content type as a form, so the format is detected from the body: JSON starts
//! with `{`, and a form cannot. Errors contain nothing of the body.

use std::fmt;

use paypulse_runtime::model::Text;
use paypulse_runtime::oauth::{IncomingTokens, Scopes};
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// The lifetime that Google grants, for apps that do not send it.
const DEFAULT_EXPIRES_IN: u64 = 3600;
/// The fields of a body, in the order of [`Fields`].
const NAMES: [&str; 4] = ["access_token", "refresh_token", "expires_in", "scope"];

/// Why a body cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BadBody {
    /// The body is empty.
    #[error("the body is empty")]
    Empty,
    /// The body starts like JSON, but is not a JSON object.
    #[error("the body is not a JSON object, at line {line}, column {column}")]
    NotJson {
        /// The line, counted from 1.
        line: usize,
        /// The column in that line.
        column: usize,
    },
    /// A required field is missing.
    #[error("`{field}` is missing")]
    Missing {
        /// The field's name.
        field: &'static str,
    },
    /// A field occurs more than once.
    #[error("`{field}` is there more than once")]
    Twice {
        /// The field's name.
        field: &'static str,
    },
    /// A field has the wrong type.
    #[error("`{field}` must be {wanted}")]
    Type {
        /// The field's name.
        field: &'static str,
        /// The expected type.
        wanted: &'static str,
    },
}

impl BadBody {
    /// The name of the field with the fault, if the fault is in a field.
    #[must_use]
    pub const fn field(&self) -> Option<&'static str> {
        match self {
            Self::Empty | Self::NotJson { .. } => None,
            Self::Missing { field } | Self::Twice { field } | Self::Type { field, .. } => Some(field),
        }
    }
}

/// Parses a body. [`IncomingTokens::validated`] checks the values.
pub fn read(body: &str) -> Result<IncomingTokens, BadBody> {
    let body = body.trim_start_matches('\u{feff}').trim();
    let fields = match body.as_bytes().first() {
        None => return Err(BadBody::Empty),
        Some(b'{' | b'[' | b'"') => serde_json::from_str::<Fields>(body)
            .map_err(|error| BadBody::NotJson { line: error.line(), column: error.column() })?,
        Some(_) => Fields::of_form(body),
    };
    fields.checked()
}

/// The value of a field, before its type is checked.
#[derive(Clone, Debug)]
enum Value {
    Null,
    Text(Text),
    Number(f64),
    List(Vec<Text>),
    Other,
}

/// The values of each field, in the order of [`NAMES`]. More than one value is an error, except for `scope` in a form.
#[derive(Default)]
struct Fields([Vec<Value>; 4]);

impl Fields {
    /// Parses a form. Source: [URL Standard, 5.1](https://url.spec.whatwg.org/#urlencoded-parsing).
    fn of_form(body: &str) -> Self {
        let mut fields = Self::default();
        for (name, value) in form_urlencoded::parse(body.as_bytes()) {
            // Some libraries write a list as `scope[]`.
            fields.add(name.strip_suffix("[]").unwrap_or(&name), || Value::Text(value.into_owned().into()));
        }
        let [.., scope] = &mut fields.0;
        if scope.len() > 1 {
            let words =
                scope.drain(..).filter_map(|value| if let Value::Text(word) = value { Some(word) } else { None });
            *scope = vec![Value::List(words.collect())];
        }
        fields
    }

    fn add(&mut self, name: &str, value: impl FnOnce() -> Value) {
        if let Some(place) = NAMES.iter().position(|known| *known == name) {
            self.0[place].push(value());
        }
    }

    fn checked(self) -> Result<IncomingTokens, BadBody> {
        let mut fields = self.0.into_iter().zip(NAMES).map(|(mut values, field)| match values.len() {
            0 => Ok((Value::Null, field)),
            1 => Ok((values.remove(0), field)),
            _ => Err(BadBody::Twice { field }),
        });
        let mut next = || fields.next().unwrap_or(Ok((Value::Null, "")));
        let (access_token, refresh_token, expires_in, scope) = (next()?, next()?, next()?, next()?);
        Ok(IncomingTokens {
            access_token: text(access_token)?.ok_or(BadBody::Missing { field: NAMES[0] })?,
            refresh_token: text(refresh_token)?,
            expires_in: seconds(expires_in)?.unwrap_or(DEFAULT_EXPIRES_IN),
            scope: scopes(scope)?,
        })
    }
}

fn text((value, field): (Value, &'static str)) -> Result<Option<Text>, BadBody> {
    match value {
        Value::Null => Ok(None),
        Value::Text(text) => Ok(Some(text)),
        _ => Err(BadBody::Type { field, wanted: "a text" }),
    }
}

fn seconds((value, field): (Value, &'static str)) -> Result<Option<u64>, BadBody> {
    let number = match value {
        Value::Null => return Ok(None),
        // An empty form field counts as absent.
        Value::Text(text) if text.is_empty() => return Ok(None),
        Value::Number(number) => Some(number),
        Value::Text(digits) => digits.expose().trim().parse().ok(),
        Value::List(_) | Value::Other => None,
    };
    // An app that calculates with dates sends a fraction. Rounding down is harmless: the token expires slightly early.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "in range, and whole seconds are wanted"
    )]
    let whole = number.filter(|number| (0.0..=1e15).contains(number)).map(|number| number as u64);
    whole.map(Some).ok_or(BadBody::Type { field, wanted: "a number of seconds" })
}

/// Splits scopes at commas too: no scope of Google contains one, and PayPulse's documentation separates scopes in a
/// form by commas.
fn scopes((value, field): (Value, &'static str)) -> Result<Scopes, BadBody> {
    let texts = match value {
        Value::Null => Vec::new(),
        Value::Text(words) => vec![words],
        Value::List(list) => list,
        _ => return Err(BadBody::Type { field, wanted: "a text or a list of texts" }),
    };
    Ok(texts.iter().map(|text| text.expose().replace(',', " ")).collect::<Vec<_>>().into())
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = map.next_key::<String>()? {
            if NAMES.contains(&name.as_str()) {
                let value = map.next_value()?;
                fields.add(&name, || value);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(fields)
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.into()))
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other)
    }

    #[expect(clippy::cast_precision_loss, reason = "what is too large to be exact is no lifetime")]
    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<Value, E> {
        // Negative.
        Ok(Value::Other)
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut words = Some(Vec::new());
        while let Some(value) = list.next_element()? {
            match (value, &mut words) {
                (Value::Text(word), Some(words)) => words.push(word),
                _ => words = None,
            }
        }
        Ok(words.map_or(Value::Other, Value::List))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Other)
    }
}
