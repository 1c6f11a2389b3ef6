//! The token bundle: the JSON format that functions in all languages share.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::timestamp::Timestamp;
use crate::model::Text;

/// The Google account of a user's tokens, as far as it is known. `Debug` hides it, because it is personal data.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct GoogleAccount {
    /// Google's id of the account, which never changes. It is the only field that reliably distinguishes two accounts.
    pub user_id: Option<String>,
    /// The account's email address.
    pub email: Option<String>,
    /// The person's name.
    pub name: Option<String>,
    /// Whether Google has verified the email address.
    pub verified_email: Option<bool>,
}

impl GoogleAccount {
    /// Whether both have ids, and the ids are equal.
    #[must_use]
    pub fn is_surely(&self, other: &Self) -> bool {
        self.has_id() && self.user_id == other.user_id
    }

    /// Whether the stored account `self` is the account `now`, which Google has just returned.
    ///
    /// If both have ids, the ids decide. Otherwise the email addresses are compared: PayPulse's Python functions store
    /// the id `""`, and after a consent to Gmail alone Google returns only the address. Google must have verified it for
    /// `now`. The comparison ignores case but not dots, which can distinguish two persons' addresses outside gmail.com.
    /// An organization can give an address to another account only after it has renamed or deleted the previous one.
    /// `None` if it cannot be decided.
    #[must_use]
    pub fn is_same_as_verified(&self, now: &Self) -> Option<bool> {
        if self.has_id() && now.has_id() {
            return Some(self.is_surely(now));
        }
        let (stored, verified) = (self.address()?, now.address()?);
        (now.verified_email == Some(true)).then(|| stored.eq_ignore_ascii_case(verified))
    }

    fn has_id(&self) -> bool {
        self.user_id.as_ref().is_some_and(|id| !id.is_empty())
    }

    fn address(&self) -> Option<&str> {
        self.email.as_deref().map(str::trim).filter(|address| !address.is_empty())
    }
}

impl fmt::Debug for GoogleAccount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GoogleAccount(redacted)")
    }
}

/// A user's OAuth tokens as they are stored.
///
/// Keys are written in the documented order, and unknown keys are kept. `Debug` shows the times and whether there is a
/// refresh token, but no secret value.
#[derive(Clone, PartialEq, Eq)]
pub struct OauthTokens {
    /// The access token, valid until [`expires_at`](Self::expires_at).
    pub access_token: Text,
    /// The token that is exchanged for a new access token. Google returns it with the first consent only.
    pub refresh_token: Option<Text>,
    /// The time from which the access token is refused.
    pub expires_at: Timestamp,
    /// The access token's lifetime when it was issued, in seconds.
    pub expires_in: u64,
    /// The scopes that the user consented to, separated by spaces.
    pub scope: String,
    /// The type of the access token: `Bearer`.
    pub token_type: Cow<'static, str>,
    /// When the bundle was first stored.
    pub created_at: Timestamp,
    /// The account of the tokens.
    pub account: GoogleAccount,
    pub(super) unknown: UnknownFields,
}

impl OauthTokens {
    /// Whether the access token is expired: `now` is at or after [`expires_at`](Self::expires_at).
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }
}

impl fmt::Debug for OauthTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OauthTokens")
            .field("has_refresh_token", &self.refresh_token.is_some())
            .field("expires_at", &self.expires_at)
            .field("expires_in", &self.expires_in)
            .field("created_at", &self.created_at)
            .finish_non_exhaustive()
    }
}

/// The scope of a bundle whose scope cannot be read: every connected account has granted it.
pub(super) const FALLBACK_SCOPE: &str = "https://www.googleapis.com/auth/gmail.readonly";

/// The type of an access token.
/// Source: [RFC 6750, 1.2](https://www.rfc-editor.org/rfc/rfc6750#section-1.2).
pub(super) const BEARER: &str = "Bearer";

/// Unknown fields, kept as raw JSON in their original order. They can be secret, too.
#[derive(Clone, PartialEq, Eq, Default)]
pub(super) struct UnknownFields(Option<Box<FieldList>>);

/// Boxed, because most bundles have none.
type FieldList = Vec<(String, Zeroizing<String>)>;

impl UnknownFields {
    fn set(&mut self, key: String, value: Box<RawValue>) {
        self.set_json(key, Zeroizing::new(String::from(Box::<str>::from(value))));
    }

    /// If a field occurs twice, the last value counts, as in Python.
    pub(super) fn set_json(&mut self, key: String, value: Zeroizing<String>) {
        let fields = self.0.get_or_insert_default();
        match fields.iter_mut().find(|(known, _)| *known == key) {
            Some((_, old)) => *old = value,
            None => fields.push((key, value)),
        }
    }
}

impl Serialize for OauthTokens {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("access_token", &self.access_token)?;
        if let Some(refresh_token) = &self.refresh_token {
            map.serialize_entry("refresh_token", refresh_token)?;
        }
        map.serialize_entry("expires_at", &self.expires_at)?;
        map.serialize_entry("expires_in", &self.expires_in)?;
        map.serialize_entry("scope", &self.scope)?;
        map.serialize_entry("token_type", &self.token_type)?;
        map.serialize_entry("created_at", &self.created_at)?;
        let account = &self.account;
        let texts =
            [("google_user_id", &account.user_id), ("google_email", &account.email), ("google_name", &account.name)];
        for (key, value) in texts {
            if let Some(value) = value {
                map.serialize_entry(key, value)?;
            }
        }
        if let Some(verified) = account.verified_email {
            map.serialize_entry("google_verified_email", &verified)?;
        }
        for (key, json) in self.unknown.0.iter().flat_map(|fields| fields.iter()) {
            let raw: &RawValue = serde_json::from_str(json).map_err(serde::ser::Error::custom)?;
            map.serialize_entry(key, raw)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for OauthTokens {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(BundleVisitor)
    }
}

/// Written by hand because serde's `flatten`, which could keep unknown fields, loses the position of an error.
struct BundleVisitor;

impl<'de> Visitor<'de> for BundleVisitor {
    type Value = OauthTokens;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an OAuth token bundle")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OauthTokens, A::Error> {
        let mut access_token = None;
        let mut refresh_token = None;
        let mut expires_at = None;
        let mut expires_in = None;
        let mut scope = None;
        let mut token_type = None;
        let mut created_at = None;
        let mut account = GoogleAccount::default();
        let mut unknown = UnknownFields::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "access_token" => access_token = Some(map.next_value()?),
                "refresh_token" => refresh_token = map.next_value::<Option<Text>>()?.and_then(trimmed),
                "expires_at" => expires_at = Some(map.next_value()?),
                "expires_in" => expires_in = Some(map.next_value()?),
                "scope" => scope = Some(map.next_value()?),
                "token_type" => token_type = Some(known_type(map.next_value()?)),
                "created_at" => created_at = Some(map.next_value()?),
                "google_user_id" => account.user_id = map.next_value()?,
                "google_email" => account.email = map.next_value()?,
                "google_name" => account.name = map.next_value()?,
                "google_verified_email" => account.verified_email = map.next_value()?,
                _ => unknown.set(key, map.next_value()?),
            }
        }
        Ok(OauthTokens {
            access_token: access_token.ok_or_else(|| A::Error::missing_field("access_token"))?,
            refresh_token,
            expires_at: expires_at.ok_or_else(|| A::Error::missing_field("expires_at"))?,
            expires_in: expires_in.ok_or_else(|| A::Error::missing_field("expires_in"))?,
            scope: scope.ok_or_else(|| A::Error::missing_field("scope"))?,
            token_type: token_type.ok_or_else(|| A::Error::missing_field("token_type"))?,
            created_at: created_at.ok_or_else(|| A::Error::missing_field("created_at"))?,
            account,
            unknown,
        })
    }
}

/// Shares one copy of `Bearer`, the only type that Google uses, so that cached bundles do not each hold a copy.
pub(super) fn known_type(token_type: String) -> Cow<'static, str> {
    if token_type == BEARER { BEARER.into() } else { token_type.into() }
}

/// The bundle's fields for its JSON Schema. A test compares it with the real serialization.
#[derive(JsonSchema)]
#[schemars(rename = "OauthTokens")]
#[expect(dead_code, reason = "only its schema is used")]
struct Shape {
    /// The access token, valid until `expires_at`.
    access_token: Text,
    /// The token that is exchanged for a new access token.
    #[serde(default)]
    refresh_token: Option<Text>,
    /// The time from which the access token is refused.
    expires_at: Timestamp,
    /// The access token's lifetime when it was issued, in seconds.
    expires_in: u64,
    /// Scopes separated by spaces.
    scope: String,
    /// The type of the access token: `Bearer`.
    token_type: String,
    /// When the bundle was first stored.
    created_at: Timestamp,
    /// Google's id of the account.
    #[serde(default)]
    google_user_id: Option<String>,
    /// The account's email address.
    #[serde(default)]
    google_email: Option<String>,
    /// The person's name.
    #[serde(default)]
    google_name: Option<String>,
    /// Whether Google has verified the email address.
    #[serde(default)]
    google_verified_email: Option<bool>,
}

impl JsonSchema for OauthTokens {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        Shape::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Shape::json_schema(generator)
    }
}

/// A refresh token without the white space and the byte order mark that an editor leaves around it; `None` if nothing
/// is left. Google would refuse it with them as if it were revoked.
pub(super) fn trimmed(token: Text) -> Option<Text> {
    let is_around = |char: char| char.is_whitespace() || char == '\u{feff}';
    let plain = token.expose().trim_matches(is_around);
    match plain.len() {
        0 => None,
        length if length == token.expose().len() => Some(token),
        _ => Some(plain.into()),
    }
}
