//! Refreshes tokens at Google's token endpoint as a public client: an iOS app has a client id and no client secret.
//!
//! Sources: [refreshing an access token][offline], [native apps][native], [RFC 6749, 6][refresh] and [5.2][errors].
//!
//! [offline]: https://developers.google.com/identity/protocols/oauth2/web-server#offline
//! [native]: https://developers.google.com/identity/protocols/oauth2/native-app
//! [refresh]: https://www.rfc-editor.org/rfc/rfc6749#section-6
//! [errors]: https://www.rfc-editor.org/rfc/rfc6749#section-5.2

use std::pin::Pin;
use std::sync::OnceLock;

use oauth2::basic::{BasicClient, BasicErrorResponse, BasicTokenResponse, BasicTokenType};
use oauth2::{
    AsyncHttpClient, AuthType, ClientId, HttpRequest, HttpResponse, RefreshToken, RequestTokenError, TokenResponse,
};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::Google;
use super::answer::unusable;
use super::error::GoogleError;
use super::http::Http;
use super::refusal::{self, Refused};
use super::retry::{Asked, Limits, with_retries};
use crate::model::Text;
use crate::oauth::{RefreshedToken, is_access_token, is_refresh_token, seconds};

/// The maximum lifetime of an access token, in seconds. Google grants one hour; a token with a claimed lifetime of more
/// than a day would never be refreshed.
const MAX_LIFETIME: u64 = 24 * 60 * 60;

/// The lifetime of an access token that comes without one: Google grants one hour. The field is only RECOMMENDED.
/// Source: [RFC 6749, 5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1).
const USUAL_LIFETIME: u64 = 60 * 60;

/// Google's answer to a refresh.
pub(super) enum Refresh {
    Granted(Grant),
    /// The refresh token is expired, revoked, or belongs to another client.
    InvalidGrant,
}

impl Refresh {
    const fn outcome(&self) -> &'static str {
        match self {
            Self::Granted(_) => "ok",
            Self::InvalidGrant => "invalid_grant",
        }
    }
}

pub(super) struct Grant {
    pub(super) token: RefreshedToken,
    /// The scopes of the token. Absent if they are unchanged.
    pub(super) scopes: Option<Vec<String>>,
}

impl Google {
    pub(super) async fn refresh(&self, client_id: &Text, token: &Text, limits: Limits) -> Result<Refresh, GoogleError> {
        // A value that was edited in a file can start with a byte order mark and end with a line feed.
        let client_id = client_id.expose().trim_start_matches('\u{feff}').trim();
        if client_id.is_empty() || !client_id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(GoogleError::ClientId);
        }
        let client = BasicClient::new(ClientId::new(client_id.to_owned()))
            .set_auth_type(AuthType::RequestBody)
            .set_token_uri(self.token_url.clone());
        let token = RefreshToken::new(token.expose().to_owned());
        with_retries(Asked { request: "refresh", outcome: Refresh::outcome }, limits, || async {
            let attempt = Attempt { http: &self.http, refused: OnceLock::new() };
            match client.exchange_refresh_token(&token).request_async(&attempt).await {
                Ok(answer) => granted(&answer).map(Refresh::Granted),
                Err(error) => refused(attempt.refused.into_inner(), error),
            }
        })
        .await
    }
}

/// The HTTP client of one request. It records the refusal, because `oauth2` does not report its status and subtype.
struct Attempt<'a> {
    http: &'a Http,
    refused: OnceLock<Refused>,
}

impl<'c> AsyncHttpClient<'c> for Attempt<'_> {
    type Error = GoogleError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, GoogleError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let mut answer = self.http.send(request).await?;
            write_whole_lifetime(answer.body_mut());
            if let Some(refused) = Refused::read(answer.status(), answer.body()) {
                // Cannot fail: one request has one answer.
                let _ = self.refused.set(refused);
            }
            Ok(answer)
        })
    }
}

/// The lifetime in an answer.
#[derive(Deserialize)]
struct Lifetime<'a> {
    #[serde(borrow)]
    expires_in: Option<&'a RawValue>,
}

/// Replaces a lifetime that is a text or a fraction by whole seconds, because `oauth2` reads nothing else. Google's own
/// library accepts a text, because "some services … send `expires_in` as a JSON String".
/// Source: [`_parse_expiry`](https://github.com/googleapis/google-auth-library-python/blob/main/google/oauth2/_client.py).
fn write_whole_lifetime(body: &mut Vec<u8>) {
    let found = serde_json::from_slice::<Lifetime<'_>>(body).ok().and_then(|answer| answer.expires_in);
    let Some((raw, seconds)) = found.and_then(|raw| Some((raw.get(), seconds(raw.get())?))) else { return };
    let start = raw.as_ptr().addr() - body.as_ptr().addr();
    let place = start..start + raw.len();
    body.splice(place, seconds.to_string().into_bytes());
}

/// Reads a successful answer. An ID token in it is ignored, because no user is signed in here.
fn granted(answer: &BasicTokenResponse) -> Result<Grant, GoogleError> {
    if *answer.token_type() != BasicTokenType::Bearer {
        return Err(unusable("`token_type` is not `Bearer`"));
    }
    if !is_access_token(answer.access_token().secret()) {
        return Err(unusable("`access_token` is not a token"));
    }
    let refresh_token = answer.refresh_token().map(|token| token.secret().as_str()).filter(|token| !token.is_empty());
    if !refresh_token.is_none_or(is_refresh_token) {
        return Err(unusable("`refresh_token` is not a token"));
    }
    let lifetime = answer.expires_in().map_or(USUAL_LIFETIME, |lifetime| lifetime.as_secs());
    let lifetime = Some(lifetime).filter(|seconds| (1..=MAX_LIFETIME).contains(seconds));
    Ok(Grant {
        token: RefreshedToken {
            access_token: answer.access_token().secret().as_str().into(),
            expires_in: lifetime.ok_or(unusable("`expires_in` is not a lifetime"))?,
            refresh_token: refresh_token.map(Text::from),
        },
        scopes: answer.scopes().map(|scopes| scopes.iter().map(|scope| scope.to_string()).collect()),
    })
}

/// Interprets a refusal. Only `invalid_grant` with the right status means that the refresh token is worthless; every
/// other answer must leave the stored tokens unchanged.
fn refused(
    refused: Option<Refused>,
    error: RequestTokenError<GoogleError, BasicErrorResponse>,
) -> Result<Refresh, GoogleError> {
    match (error, refused) {
        (RequestTokenError::Request(error), _) => Err(error),
        // `oauth2` and this module agree that it is a refusal.
        (RequestTokenError::ServerResponse(_), Some(refused)) => match refusal::of_refresh(&refused) {
            None => Ok(Refresh::InvalidGrant),
            Some(error) => Err(error),
        },
        _ => Err(unusable("it is not what the token endpoint answers")),
    }
}
