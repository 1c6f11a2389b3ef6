//! Recovers tokens from a stored bundle that does not match the schema, so that its refresh token is not lost.
//!
//! Other programs store the numbers, times and lists of Google's answers unchanged. A value can be truncated, be a JSON
//! string that contains the document, or have the tokens in a member. The next write converts such a bundle into the
//! documented format.

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::bundle::{BEARER, FALLBACK_SCOPE, GoogleAccount, OauthTokens, UnknownFields, known_type, trimmed};
use super::timestamp::Timestamp;
use crate::model::{JsonPayload, Text};

/// The maximum number of JSON strings and objects around the tokens.
const DEEPEST: u32 = 3;

impl JsonPayload for OauthTokens {
    fn recover(stored: &str) -> Option<Self> {
        tokens(stored)
    }
}

/// The tokens in a value. `None` if it has neither a refresh token nor an access token with an expiry, because such a
/// value is useless.
fn tokens(stored: &str) -> Option<OauthTokens> {
    let fields = fields(stored);
    let refresh_token = fields.refresh_token();
    let access_token = fields.get("access_token").and_then(text);
    let (expires_in, created_at) =
        (fields.get("expires_in").and_then(seconds), fields.get("created_at").and_then(time));
    let expires_at = fields.get("expires_at").and_then(time);
    // With a refresh token no expiry is guessed: a token that may be expired is refreshed.
    let first_end = || created_at.filter(|_| refresh_token.is_none())?.checked_add_seconds(expires_in?);
    let expires_at = expires_at.or_else(first_end);
    if refresh_token.is_none() && (access_token.is_none() || expires_at.is_none()) {
        return None;
    }
    // A token that is not known to be valid counts as expired.
    let ended = Timestamp::of_epoch(0.0)?;
    let expires_at = expires_at.filter(|_| access_token.is_some()).unwrap_or(ended);
    Some(OauthTokens {
        access_token: access_token.unwrap_or_default(),
        refresh_token,
        expires_at,
        expires_in: expires_in.unwrap_or_default(),
        scope: fields.get("scope").and_then(words).unwrap_or_else(|| FALLBACK_SCOPE.to_owned()),
        token_type: fields.get("token_type").and_then(string).map_or(BEARER.into(), known_type),
        created_at: created_at.unwrap_or(expires_at),
        account: account(&fields),
        unknown: fields.unknown(),
    })
}

fn account(fields: &Fields) -> GoogleAccount {
    GoogleAccount {
        user_id: fields.get("google_user_id").and_then(id),
        email: fields.get("google_email").and_then(string),
        name: fields.get("google_name").and_then(string),
        verified_email: fields.get("google_verified_email").and_then(boolean),
    }
}

/// The fields of an object as raw JSON, in their order. They can be secret.
struct Fields(Vec<(String, Zeroizing<String>)>);

/// The fields of [`OauthTokens`].
const KNOWN: [&str; 11] = [
    "access_token",
    "refresh_token",
    "expires_at",
    "expires_in",
    "scope",
    "token_type",
    "created_at",
    "google_user_id",
    "google_email",
    "google_name",
    "google_verified_email",
];

impl Fields {
    /// If a field occurs twice, the last value counts, as in Python.
    fn get(&self, key: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == key).map(|(_, json)| json.as_str())
    }

    fn refresh_token(&self) -> Option<Text> {
        self.get("refresh_token").and_then(text).and_then(trimmed)
    }

    /// If the object has no token, but one of its members is an object with a refresh token, the fields of that member
    /// take its place. If several members have different refresh tokens, none of them is used.
    fn unwrapped(mut self, depth: u32) -> Self {
        let Some(depth) = depth.checked_sub(1) else { return self };
        if self.refresh_token().is_some() || self.get("access_token").is_some() {
            return self;
        }
        let inner =
            |(_, json): &(String, Zeroizing<String>)| nested(json, depth).filter(|it| it.refresh_token().is_some());
        let mut found: Vec<(usize, Self)> =
            self.0.iter().enumerate().filter_map(|(at, field)| Some((at, inner(field)?))).collect();
        let Some((at, first)) = found.pop() else { return self };
        if found.iter().all(|(_, other)| other.refresh_token() == first.refresh_token()) {
            self.0.remove(at);
            // The last value of a field counts.
            self.0.extend(first.0);
        }
        self
    }

    fn unknown(self) -> UnknownFields {
        let mut unknown = UnknownFields::default();
        for (key, json) in self.0.into_iter().filter(|(key, _)| !KNOWN.contains(&key.as_str())) {
            unknown.set_json(key, json);
        }
        unknown
    }
}

fn fields(stored: &str) -> Fields {
    if let Some(fields) = nested(stored, DEEPEST) {
        return fields;
    }
    if !stored.contains(r#"\"refresh_token\""#) {
        return remains(stored);
    }
    // A damaged JSON string that contains the document.
    remains(&Zeroizing::new(stored.replace(r#"\""#, "\"")))
}

/// The fields of a JSON object, or of one in a JSON string.
fn nested(json: &str, depth: u32) -> Option<Fields> {
    if let Ok(fields) = serde_json::from_str::<Fields>(json) {
        return Some(fields.unwrapped(depth));
    }
    nested(serde_json::from_str::<Text>(json).ok()?.expose(), depth.checked_sub(1)?)
}

/// Finds fields in a damaged document, such as a truncated one or one that Python wrote with `str(dict)`. A field with
/// two different values is ignored.
fn remains(stored: &str) -> Fields {
    let found = ["refresh_token", "scope", "google_user_id", "google_email"].into_iter().filter_map(|key| {
        let mut values = stored.match_indices(key).filter_map(|(place, _)| quoted(&stored[place + key.len()..]));
        let value = values.next()?;
        let json = Zeroizing::new(serde_json::to_string(value).ok()?);
        values.all(|other| other == value).then(|| (key.to_owned(), json))
    });
    Fields(found.collect())
}

/// The quoted text after a key, if it is complete and has no escapes.
fn quoted(after_key: &str) -> Option<&str> {
    let value = after_key.trim_start_matches(['"', '\'']).trim_start().strip_prefix(':')?.trim_start();
    let mark = value.chars().next().filter(|mark| ['"', '\''].contains(mark))?;
    let (value, _) = value[1..].split_once(mark)?;
    (!value.contains('\\')).then_some(value)
}

fn text(json: &str) -> Option<Text> {
    serde_json::from_str(json).ok()
}

fn string(json: &str) -> Option<String> {
    serde_json::from_str(json).ok()
}

/// A number, or a string that contains one.
fn number(json: &str) -> Option<f64> {
    let number = serde_json::from_str(json).ok();
    number.or_else(|| string(json)?.trim().parse().ok()).filter(|number: &f64| number.is_finite())
}

/// Whole seconds, rounded down and at least 0: an earlier expiry does no harm.
pub(crate) fn seconds(json: &str) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "in range, and whole seconds are wanted"
    )]
    number(json).filter(|number| *number <= 1e15).map(|number| number.max(0.0) as u64)
}

fn time(json: &str) -> Option<Timestamp> {
    let written = string(json).and_then(|text| text.parse().ok());
    written.or_else(|| Timestamp::of_epoch(number(json)?))
}

/// A string, or a list of strings joined by spaces.
fn words(json: &str) -> Option<String> {
    string(json).or_else(|| Some(serde_json::from_str::<Vec<String>>(json).ok()?.join(" ")))
}

/// A string, or the digits of a number, which would lose precision as a floating-point number.
fn id(json: &str) -> Option<String> {
    let is_number = json.bytes().all(|byte| byte.is_ascii_digit());
    if is_number { Some(json.to_owned()) } else { string(json) }
}

/// A boolean, also as a word or a number; `None` for any other value.
pub(crate) fn boolean(json: &str) -> Option<bool> {
    let word = string(json).unwrap_or_else(|| json.to_owned());
    match word.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Vec::new();
        while let Some((key, value)) = map.next_entry::<String, Box<RawValue>>()? {
            fields.push((key, Zeroizing::new(String::from(Box::<str>::from(value)))));
        }
        Ok(Fields(fields))
    }
}
