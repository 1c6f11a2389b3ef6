//! Authenticates the user by the session token of the request.
//!
//! PayPulse's session token is a JWT in the header `Authorization: Bearer …`. It is signed with HS256; the key is the
//! value of the secret `PayPulseAppJWTSecret`, byte for byte. Its claims are `user_id`, `email`, `iat` and `exp`;
//! [`UserClaims`] says which of a token's claims identify the user. Sessions that were revoked early are not detected.
//!
//! Sources: [RFC 7519](https://www.rfc-editor.org/rfc/rfc7519#section-4.1),
//! [best practices](https://www.rfc-editor.org/rfc/rfc8725).

mod claims;
mod fault;
mod previous;
mod token;

use std::time::Duration;

use paypulse_runtime::client::{Cached, Secrets};
use paypulse_runtime::model::verb::{read, read_previous};
use paypulse_runtime::model::{Granted, Handler, Text};
use paypulse_runtime::spec::{JwtSigningKey, UserId};

use crate::answer::Refusal;
use crate::contract::Code;
use crate::event::Request;
use crate::hs256;

pub use claims::{BadClaims, UserClaims};
use fault::Fault;
pub use hs256::install;
pub use previous::{BadGrace, Grace};

/// The minimum age of a cached key before an invalid signature triggers a new read. A shorter time would let bad tokens
/// cause more calls.
const KEY_MAY_BE_OLD: Duration = Duration::from_secs(30);
/// The minimum length of a key in bytes, equal to the hash's output. Source:
/// [RFC 7518, 3.2](https://www.rfc-editor.org/rfc/rfc7518#section-3.2).
const LEAST_KEY: usize = 32;

/// Reads the signing key when a function starts, so that it is cached for the first request, and warns about a
/// questionable key. A failure is ignored here, because the first request reads it again.
pub async fn prepare<H: Handler>(secrets: &Secrets<H>)
where
    JwtSigningKey: Granted<read, H>,
{
    if let Ok(key) = secrets.cached(&JwtSigningKey).await {
        warn_of(&key);
    }
}

/// The user who makes the request.
///
/// The signature is checked with the cached key. If it is invalid and the key was not read recently, the key is read
/// again. A replaced key is therefore used at once, and a flood of bad tokens costs two calls per minute.
///
/// # Errors
///
/// A refusal with 401 if there is no valid session, or an error from reading the key.
pub async fn user<H: Handler>(request: &Request, secrets: &Secrets<H>, claims: &UserClaims) -> Result<UserId, Refusal>
where
    JwtSigningKey: Granted<read, H>,
{
    let (user, _) = of_present_key(bearer(request)?, secrets, claims).await?;
    user.map_err(Fault::into_refusal)
}

/// Like [`user`], for a function that is granted `read_previous` on the signing key: for the time of [`Grace`] after
/// the key was replaced, sessions that the previous key signed are accepted, too.
///
/// # Errors
///
/// Those of [`user`].
pub async fn user_of_either_key<H: Handler>(
    request: &Request,
    secrets: &Secrets<H>,
    claims: &UserClaims,
    grace: &Grace,
) -> Result<UserId, Refusal>
where
    JwtSigningKey: Granted<read, H> + Granted<read_previous, H>,
{
    let token = bearer(request)?;
    let (mut user, key) = of_present_key(token, secrets, claims).await?;
    grace.saw(&key.version());
    if user == Err(Fault::Signature)
        && let Some(previous) = grace.key_before(secrets, &key.version()).await
    {
        user = token::user(token, &previous, claims);
        if user.is_ok() {
            tracing::info!("the session was signed with the previous key");
        }
    }
    user.map_err(Fault::into_refusal)
}

async fn of_present_key<H: Handler>(
    token: &str,
    secrets: &Secrets<H>,
    claims: &UserClaims,
) -> Result<(Result<UserId, Fault>, Cached<Text>), Refusal>
where
    JwtSigningKey: Granted<read, H>,
{
    hs256::install();
    let mut key = secrets.cached(&JwtSigningKey).await?;
    let mut user = opened(token, &key, claims)?;
    // The key may have been replaced since it was cached.
    if user == Err(Fault::Signature) && key.age() >= KEY_MAY_BE_OLD {
        secrets.invalidate_seen(&JwtSigningKey, &key);
        let old = key.version().into_owned();
        key = secrets.cached(&JwtSigningKey).await?;
        if key.version() != old {
            warn_of(&key);
        }
        user = opened(token, &key, claims)?;
    }
    Ok((user, key))
}

/// The user of a token. An empty key is refused, because anyone can sign with it.
fn opened(token: &str, key: &Cached<Text>, claims: &UserClaims) -> Result<Result<UserId, Fault>, Refusal> {
    if key.is_empty() {
        tracing::error!("the session signing key is empty, so that no session can be trusted");
        return Err(Refusal::internal());
    }
    Ok(token::user(token, key, claims))
}

/// Warns about a key that was probably stored by mistake. The key is used byte for byte, as PayPulse signs with it, so
/// a mistake otherwise only shows in invalid or insecure sessions.
fn warn_of(key: &Text) {
    let key = key.expose();
    if key.starts_with('\u{feff}') {
        tracing::warn!("the session signing key begins with a byte order mark; it is used byte for byte");
    }
    if key.trim() != key {
        tracing::warn!(
            "the session signing key begins or ends with white space, such as a line feed; it is used byte \
             for byte"
        );
    }
    if key.len() < LEAST_KEY {
        tracing::warn!(
            bytes = key.len(),
            least = LEAST_KEY,
            "the session signing key is shorter than HS256 asks for, and could be guessed; store a longer one"
        );
    }
}

/// The bearer token of a request. The scheme is case-insensitive:
/// [RFC 9110, 11.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.1).
fn bearer(request: &Request) -> Result<&str, Refusal> {
    let credentials = request.credentials().map_err(|error| {
        tracing::info!(%error, "the request has several credentials");
        Refusal::new(Code::SessionInvalid, "there is more than one session token")
    })?;
    let parts = credentials.and_then(|credentials| credentials.split_once(' '));
    let token = parts.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim());
    token
        .filter(|token| !token.is_empty())
        .ok_or_else(|| Refusal::new(Code::SessionMissing, "there is no session token"))
}

impl Fault {
    fn into_refusal(self) -> Refusal {
        match self {
            Self::Expired => Refusal::new(Code::SessionExpired, "the session has ended"),
            Self::Signature => Refusal::new(Code::SessionInvalid, "the session token is not valid"),
            Self::Foreign(reason) => {
                tracing::info!(reason, "the session token was not signed by PayPulse");
                Refusal::new(Code::SessionInvalid, "the session token is not valid")
            }
            // The program that signs with this key creates tokens that no function accepts.
            Self::Claims(reason) => {
                tracing::warn!(reason, "a session token that this key has signed is refused");
                Refusal::new(Code::SessionInvalid, "the session token is not valid")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::{Instant, SystemTime};

    use jsonwebtoken::{EncodingKey, Header};
    use paypulse_runtime::client::CacheConfig;
    use paypulse_runtime::model::{Fingerprint, HandlerSpec, Prefixes};
    use paypulse_runtime::spec::LoginUser;
    use paypulse_runtime::testing::EmbeddedSecretsManager;
    use serde_json::json;

    use super::*;

    fn signed_by(key: &str) -> Request {
        hs256::install();
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is past 1970").as_secs();
        let claims = json!({ "user_id": "42", "exp": now + 3600 });
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
        let code = async |key: &str| {
            user(&signed_by(key), &secrets, &UserClaims::default()).await.err().map(|refusal| refusal.code())
        };
        assert_eq!(code("old key").await, None);

        server.put("PayPulseAppJWTSecret", "new key");
        assert_eq!(code("new key").await, Some(Code::SessionInvalid), "the key was read just now");
        seconds.store(30, Ordering::Relaxed);
        assert_eq!(code("new key").await, None);
        assert_eq!(code("old key").await, Some(Code::SessionInvalid));
        assert_eq!(server.take_calls().len(), 2);

        for second in 31..91 {
            seconds.store(second, Ordering::Relaxed);
            for _ in 0..10 {
                assert_eq!(code("nobody's key").await, Some(Code::SessionInvalid));
            }
        }
        assert_eq!(server.calls().len(), 2);
    }

    /// A function with a grant that no function of PayPulse's spec has yet.
    struct Verifier;

    impl Handler for Verifier {
        const ID: &'static str = "Verifier";
        const NAME: &'static str = "verifier";

        fn prefixes() -> Option<Prefixes> {
            LoginUser::prefixes()
        }

        fn spec() -> HandlerSpec {
            LoginUser::spec()
        }

        fn fingerprint() -> Fingerprint {
            LoginUser::fingerprint()
        }
    }
    impl Granted<read, Verifier> for JwtSigningKey {}
    impl Granted<read_previous, Verifier> for JwtSigningKey {}

    #[tokio::test]
    async fn a_session_of_the_key_before_is_accepted_for_a_while() {
        for (seconds, pause, expected) in [
            (60, Duration::ZERO, None),
            (1, Duration::from_millis(1_100), Some(Code::SessionInvalid)),
            (0, Duration::ZERO, Some(Code::SessionInvalid)),
        ] {
            let server = EmbeddedSecretsManager::new();
            server.put("PayPulseAppJWTSecret", "old key");
            server.put("PayPulseAppJWTSecret", "new key");
            tokio::time::sleep(pause).await;
            let secrets =
                Secrets::<Verifier>::new(server.client()).with_cache(CacheConfig::new()).expect("it is valid");
            let grace = Grace::of(Duration::from_secs(seconds));
            let code = async |key: &str| {
                user_of_either_key(&signed_by(key), &secrets, &UserClaims::default(), &grace)
                    .await
                    .err()
                    .map(|it| it.code())
            };
            assert_eq!(code("new key").await, None, "{seconds}");
            assert_eq!(server.take_calls().len(), 1, "{seconds}: the present key");
            assert_eq!(code("old key").await, expected, "{seconds}");
            let asked = server.calls().len();
            for _ in 0..10 {
                assert_eq!(code("another key").await, Some(Code::SessionInvalid), "{seconds}");
                assert_eq!(code("old key").await, expected, "{seconds}");
            }
            assert_eq!(server.calls().len(), asked, "{seconds}: bad tokens cause no more calls");
        }
    }

    /// A rotation creates a version, and makes it the current one later.
    #[tokio::test]
    async fn the_time_of_the_key_before_begins_when_the_process_saw_the_new_one() {
        let server = EmbeddedSecretsManager::new();
        server.put("PayPulseAppJWTSecret", "old key");
        let (start, seconds) = (Instant::now(), Arc::new(AtomicU64::new(0)));
        let turned = Arc::clone(&seconds);
        let config = CacheConfig::new().clock(move || start + Duration::from_secs(turned.load(Ordering::Relaxed)));
        let secrets = Secrets::<Verifier>::new(server.client()).with_cache(config).expect("a valid policy");
        let grace = Grace::of(Duration::from_secs(2));
        let code = async |key: &str| {
            let user = user_of_either_key(&signed_by(key), &secrets, &UserClaims::default(), &grace).await;
            user.err().map(|refusal| refusal.code())
        };
        assert_eq!(code("old key").await, None);
        server.put("PayPulseAppJWTSecret", "new key");
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        seconds.store(30, Ordering::Relaxed);
        assert_eq!((code("new key").await, code("old key").await), (None, None));
        tokio::time::sleep(Duration::from_millis(2_100)).await;
        assert_eq!((code("new key").await, code("old key").await), (None, Some(Code::SessionInvalid)));
    }

    /// Without a previous key, a session of another key is refused, and sessions of the current key are still accepted.
    #[tokio::test]
    async fn err_without_a_key_before_a_session_of_another_key_is_refused() {
        let server = EmbeddedSecretsManager::new();
        server.put("PayPulseAppJWTSecret", "only key");
        let secrets = Secrets::<Verifier>::new(server.client()).with_cache(CacheConfig::new()).expect("it is valid");
        let grace = Grace::of(Duration::from_mins(1));
        let claims = UserClaims::default();
        let refused = user_of_either_key(&signed_by("another key"), &secrets, &claims, &grace).await.err();
        assert_eq!(refused.map(|refusal| refusal.code()), Some(Code::SessionInvalid));
        assert!(user_of_either_key(&signed_by("only key"), &secrets, &claims, &grace).await.is_ok());
    }
}
