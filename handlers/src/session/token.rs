//! Verifies session tokens: JWTs, accepted only in the one form that PayPulse's login creates.
//!
//! Sources: [RFC 7515, 4.1.11](https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11) (`crit`), [RFC 7797][b64] (`b64`),
//! [RFC 7519, 4](https://www.rfc-editor.org/rfc/rfc7519#section-4) (each claim once).
//!
//! [b64]: https://www.rfc-editor.org/rfc/rfc7797

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use paypulse_runtime::model::Text;
use paypulse_runtime::spec::UserId;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::claims::UserClaims;
use super::fault::Fault;

/// The tolerance for clock differences. Clocks of AWS's machines differ by less.
const LEEWAY_SECONDS: u64 = 5;
/// The size limit of a token, ten times the size of PayPulse's tokens.
const MAX_TOKEN: usize = 4 * 1024;

/// The user of a session token.
pub(super) fn user(token: &str, key: &Text, claims: &UserClaims) -> Result<UserId, Fault> {
    if token.len() > MAX_TOKEN {
        return Err(Fault::Foreign("it is longer than 4 KiB"));
    }
    check_header(token).map_err(Fault::Foreign)?;
    let mut validation = Validation::new(Algorithm::HS256);
    validation.leeway = LEEWAY_SECONDS;
    validation.validate_nbf = true;
    // Only this app accepts its tokens, so any audience is allowed, or none.
    validation.validate_aud = false;
    validation.set_required_spec_claims(&["exp"]);
    let key = DecodingKey::from_secret(key.expose().as_bytes());
    let decoded = jsonwebtoken::decode::<Members>(token, &key, &validation);
    let Members(members) = decoded.map_err(|error| fault(error.kind()))?.claims;
    claims.user(&members)?.parse().map_err(|_| Fault::Claims("the user's claim is not a user's id"))
}

fn fault(kind: &ErrorKind) -> Fault {
    match kind {
        ErrorKind::InvalidSignature => Fault::Signature,
        ErrorKind::ExpiredSignature => Fault::Expired,
        ErrorKind::ImmatureSignature => Fault::Claims("its `nbf` has not come yet"),
        ErrorKind::MissingRequiredClaim(_) => Fault::Claims("`exp` is missing or not a number"),
        ErrorKind::InvalidClaimFormat(claim) if claim == "nbf" => Fault::Claims("`nbf` is not a number"),
        ErrorKind::InvalidClaimFormat(_) => Fault::Claims("`exp` is not a number"),
        ErrorKind::Json(_) => Fault::Claims("its claims are not a JSON object without duplicates"),
        _ => Fault::Foreign("it is not a JWT that HS256 signs"),
    }
}

/// Checks that the header is unambiguous. Extensions that it lists as critical have to be understood, and none is.
fn check_header(token: &str) -> Result<(), &'static str> {
    let header = token.split('.').next().unwrap_or_default();
    let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| "its header is not base64url")?;
    let Members(header) =
        serde_json::from_slice(&header).map_err(|_| "its header is not a JSON object without duplicates")?;
    if header.get("alg").and_then(Value::as_str) != Some("HS256") {
        return Err("its `alg` is not `HS256`");
    }
    if header.contains_key("crit") {
        return Err("its header has `crit`, and no critical extension is supported");
    }
    if header.get("b64").is_some_and(|value| *value != Value::Bool(true)) {
        return Err("its `b64` says that its claims are not base64url");
    }
    // A member of another type, such as a `kid` that is a number. Found here because later the signature counts as valid.
    jsonwebtoken::decode_header(token).map(drop).map_err(|_| "its header is not that of a JWT")
}

/// The members of an object, without duplicates: of two equal names, some parsers take the first value and some the
/// last.
struct Members(BTreeMap<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if members.insert(name, value).is_some() {
                return Err(A::Error::custom("a member is given twice"));
            }
        }
        Ok(Members(members))
    }
}
