//! A bundle as plain fields, so that what Python reads and what Rust reads can be laid side by side.

use std::time::{Duration, SystemTime};

use paypulse_runtime::model::Text;
use paypulse_runtime::oauth::{NewTokens, OauthTokens, Timestamp, TokenRecord};
use serde_json::{Map, Value, json};

use super::Side;
use crate::Result;

/// Every field by its name in the bundle, and `is_expired`. Times have six digits of microseconds.
pub type Fields = Map<String, Value>;

/// The keys in the order of PayPulse's documentation. What a later release adds comes after.
const DOCUMENTED_ORDER: [&str; 11] = [
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

/// The keys in the order in which a side writes them: Python's functions have the refresh token after the times.
fn order(author: Side) -> [&'static str; 11] {
    let mut order = DOCUMENTED_ORDER;
    if author == Side::Python {
        order[1..7].rotate_left(1);
    }
    order
}

/// What Python's functions write of an account where nothing is known of it.
const UNKNOWN_ACCOUNT: [(&str, Value); 4] = [
    ("google_user_id", Value::String(String::new())),
    ("google_email", Value::String(String::new())),
    ("google_name", Value::String(String::new())),
    ("google_verified_email", Value::Bool(false)),
];

/// What Rust reads.
pub fn of_record(record: &TokenRecord) -> Fields {
    let tokens: &OauthTokens = &record.tokens;
    let fields = json!({
        "access_token": tokens.access_token.expose(),
        "refresh_token": tokens.refresh_token.as_ref().map(Text::expose),
        "expires_at": tokens.expires_at.to_string(),
        "expires_in": tokens.expires_in,
        "scope": tokens.scope,
        "token_type": tokens.token_type,
        "created_at": tokens.created_at.to_string(),
        "google_user_id": tokens.account.user_id,
        "google_email": tokens.account.email,
        "google_name": tokens.account.name,
        "google_verified_email": tokens.account.verified_email,
        "is_expired": record.is_expired,
    });
    without_nulls(fields)
}

/// What should be read after a store by a side, apart from the times.
pub fn of_consent(new: &NewTokens, author: Side) -> Fields {
    let mut fields = given(new);
    if author == Side::Python {
        // Both are named otherwise in version 3 of Google's user info.
        fields.remove("google_user_id");
        fields.remove("google_verified_email");
        add_unknown(&mut fields);
    }
    fields
}

/// Adds what Python's functions write for what is not there.
pub fn add_unknown(fields: &mut Fields) {
    for (key, none) in UNKNOWN_ACCOUNT {
        fields.entry(key).or_insert(none);
    }
}

fn given(new: &NewTokens) -> Fields {
    let fields = json!({
        "access_token": new.access_token.expose(),
        "refresh_token": new.refresh_token.as_ref().map(Text::expose),
        "expires_in": new.expires_in,
        "scope": new.scope,
        "token_type": "Bearer",
        "google_user_id": new.account.user_id,
        "google_email": new.account.email,
        "google_name": new.account.name,
        "google_verified_email": new.account.verified_email,
        "is_expired": new.expires_in == 0,
    });
    without_nulls(fields)
}

/// What `gmail_tokens.py` answers to `get`.
pub fn of_python(result: Value) -> Fields {
    without_nulls(result)
}

fn without_nulls(fields: Value) -> Fields {
    match fields {
        Value::Object(fields) => fields.into_iter().filter(|(_, value)| !value.is_null()).collect(),
        _ => Fields::new(),
    }
}

/// Compares field by field. These are tokens of this check alone, so they can be shown.
pub fn check_equal(seen: &Fields, expected: &Fields) -> Result {
    for key in seen.keys().chain(expected.keys()) {
        let (seen, expected) = (seen.get(key), expected.get(key));
        if seen != expected {
            return Err(format!("`{key}` is {seen:?} and should be {expected:?}").into());
        }
    }
    Ok(())
}

/// The moments between which something was written, as wide as two programs' clocks can differ.
pub struct During(SystemTime);

impl During {
    pub fn now() -> Self {
        Self(SystemTime::now())
    }

    /// Whether a time is this number of seconds after what was written in between.
    pub fn check(&self, fields: &Fields, key: &str, seconds: u64) -> Result {
        let slack = Duration::from_secs(1);
        let [from, to] = [self.0 - slack, SystemTime::now() + slack].map(Timestamp::from);
        let time: Timestamp = fields.get(key).and_then(Value::as_str).unwrap_or_default().parse()?;
        let range = from.checked_add_seconds(seconds)..=to.checked_add_seconds(seconds);
        if range.contains(&Some(time)) { Ok(()) } else { Err(format!("`{key}` is {time}, not in {range:?}").into()) }
    }
}

/// Checks the stored text: the known keys in the order of `author`, unknown ones after them, and times as `author` writes
/// them.
pub fn check_form(text: &str, author: Side) -> Result {
    let keys = keys(text)?;
    let known = keys.iter().take_while(|key| DOCUMENTED_ORDER.contains(&key.as_str())).count();
    let in_order: Vec<_> = order(author).into_iter().filter(|key| keys.iter().any(|found| found == key)).collect();
    if keys[..known] != in_order[..] {
        return Err(format!("{author:?} wrote the keys {keys:?}").into());
    }
    let fields: Fields = serde_json::from_str(text)?;
    for key in ["expires_at", "created_at"] {
        let time = fields.get(key).and_then(Value::as_str).unwrap_or_default();
        let fraction = time.split_once('.').map(|(_, fraction)| fraction);
        let is_micros = |fraction: &str| fraction.len() == 6 && fraction.bytes().all(|byte| byte.is_ascii_digit());
        // Python leaves a fraction out that is zero.
        if !fraction.map_or(author == Side::Python, is_micros) {
            return Err(format!("{author:?} wrote the time {time}").into());
        }
    }
    Ok(())
}

/// The keys of an object in their order, which a map of `serde_json` does not keep.
fn keys(text: &str) -> Result<Vec<String>> {
    let fields: Fields = serde_json::from_str(text)?;
    let mut keys: Vec<String> = fields.keys().cloned().collect();
    keys.sort_by_key(|key| text.find(&format!("\"{key}\":")));
    Ok(keys)
}
