//! Who the user is, by the session token of the request.
//!
//! What is assumed of PayPulse's session tokens, in this one place: a JWT in the header `Authorization: Bearer …`, signed with
//! HS256 by the bytes of the secret `PayPulseAppJWTSecret` as they are stored, whose `sub` is the user's id and which has an
//! `exp`. Whether a session was ended before its time is not known here.
//!
//! Sources: [RFC 7519](https://www.rfc-editor.org/rfc/rfc7519#section-4.1),
//! [best practices](https://www.rfc-editor.org/rfc/rfc8725).

use std::time::Duration;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use paypulse_runtime::client::Secrets;
use paypulse_runtime::model::verb::read;
use paypulse_runtime::model::{Granted, Handler, Text};
use paypulse_runtime::spec::{JwtSigningKey, UserId};
use serde::Deserialize;

use crate::answer::Refusal;
use crate::event::Request;
use crate::hs256;

pub use hs256::install;

/// Clocks of two of AWS's machines differ by less.
const LEEWAY_SECONDS: u64 = 5;
/// A longer token is none of ours.
const MAX_TOKEN: usize = 4 * 1024;
/// A key that was read so long ago may have been replaced since. What is shorter lets bad tokens cause calls.
const KEY_MAY_BE_OLD: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Claims {
    sub: String,
}

/// Why a token opens no session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It was not signed by this key.
    Signature,
    /// It was, and is past its time.
    Expired,
    /// It is no token of ours.
    Other,
}

/// The user who makes the request.
///
/// The signing key is the cached one. Where it has not signed the token, and was not read just now, it is read again: so a key
/// that was replaced counts at once, and a flood of bad tokens costs two calls a minute.
///
/// # Errors
///
/// A refusal with 401 where there is no session, and what can go wrong with reading the key.
pub async fn user<H: Handler>(request: &Request, secrets: &Secrets<H>) -> Result<UserId, Refusal>
where
    JwtSigningKey: Granted<read, H>,
{
    hs256::install();
    let token = bearer(request).ok_or_else(|| refused("session_missing", "there is no session token"))?;
    let key = secrets.cached(&JwtSigningKey).await?;
    let mut user = subject(token, &key);
    if user == Err(Fault::Signature) && key.age() >= KEY_MAY_BE_OLD {
        secrets.invalidate_seen(&JwtSigningKey, &key);
        user = subject(token, &*secrets.cached(&JwtSigningKey).await?);
    }
    match user {
        Ok(user) => user.parse().map_err(|_| refused("session_invalid", "the session token names no user")),
        Err(Fault::Expired) => Err(refused("session_expired", "the session has ended")),
        Err(Fault::Signature | Fault::Other) => Err(refused("session_invalid", "the session token is not valid")),
    }
}

fn refused(code: &'static str, message: &str) -> Refusal {
    Refusal::new(401, code, message)
}

/// Source: [RFC 9110, 11.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.1): the scheme in any case.
fn bearer(request: &Request) -> Option<&str> {
    let (scheme, token) = request.header("authorization")?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

fn subject(token: &str, key: &Text) -> Result<String, Fault> {
    if token.len() > MAX_TOKEN {
        return Err(Fault::Other);
    }
    let mut validation = Validation::new(Algorithm::HS256);
    validation.leeway = LEEWAY_SECONDS;
    validation.validate_nbf = true;
    // Nobody but this app takes its tokens, so that it may name any audience or none.
    validation.validate_aud = false;
    validation.set_required_spec_claims(&["exp", "sub"]);
    let key = DecodingKey::from_secret(key.expose().as_bytes());
    match jsonwebtoken::decode::<Claims>(token, &key, &validation) {
        Ok(decoded) => Ok(decoded.claims.sub),
        Err(error) => Err(match error.kind() {
            ErrorKind::InvalidSignature => Fault::Signature,
            ErrorKind::ExpiredSignature => Fault::Expired,
            _ => Fault::Other,
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::{Instant, SystemTime};

    use jsonwebtoken::{EncodingKey, Header};
    use paypulse_runtime::client::CacheConfig;
    use paypulse_runtime::spec::LoginUser;
    use paypulse_runtime::testing::EmbeddedSecretsManager;
    use serde_json::json;

    use super::*;

    fn signed_by(key: &str) -> Request {
        hs256::install();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is past 1970").as_secs();
        let claims = json!({ "sub": "42", "exp": now + 3600 });
        let token = jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(key.as_bytes()));
        let headers = json!({ "authorization": format!("Bearer {}", token.expect("it is signed")) });
        let event = json!({ "httpMethod": "GET", "requestContext": {}, "headers": headers });
        Request::parse(&event.to_string()).expect("an event")
    }

    #[tokio::test]
    async fn a_key_that_was_replaced_counts_at_once_and_a_flood_of_bad_tokens_costs_two_calls_a_minute() {
        let server = EmbeddedSecretsManager::new();
        server.put("PayPulseAppJWTSecret", "old key");
        let (start, seconds) = (Instant::now(), Arc::new(AtomicU64::new(0)));
        let turned = Arc::clone(&seconds);
        let config = CacheConfig::new().clock(move || start + Duration::from_secs(turned.load(Ordering::Relaxed)));
        let secrets = Secrets::<LoginUser>::new(server.client()).with_cache(config).expect("a valid policy");
        let code = async |key: &str| user(&signed_by(key), &secrets).await.err().map(|refusal| refusal.code());
        assert_eq!(code("old key").await, None);

        server.put("PayPulseAppJWTSecret", "new key");
        assert_eq!(code("new key").await, Some("session_invalid"), "the key was read just now");
        seconds.store(30, Ordering::Relaxed);
        assert_eq!(code("new key").await, None);
        assert_eq!(code("old key").await, Some("session_invalid"));
        assert_eq!(server.take_calls().len(), 2);

        for second in 31..91 {
            seconds.store(second, Ordering::Relaxed);
            for _ in 0..10 {
                assert_eq!(code("nobody's key").await, Some("session_invalid"));
            }
        }
        assert_eq!(server.calls().len(), 2);
    }
}
