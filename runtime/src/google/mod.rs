//! Google client: token refresh, user info, access tokens that stay fresh, and reads at Google's APIs.
//!
//! [`Google`] sends the HTTPS requests and interprets the answers; [`GoogleTokens`] combines it with a handler's
//! [`Secrets`](crate::client::Secrets). The stored form of tokens, and concurrent writers, are handled by
//! [`oauth`](crate::oauth).
//!
//! Feature `google`, off by default: a handler that never refreshes tokens does not compile or link this module.
//!
//! Sources: [OAuth 2.0 for mobile & desktop apps][native], [refreshing an access token][offline], [user profile
//! information][profile], and [RFC 6749][rfc] sections 5.2 (error answers) and 6 (refreshing).
//!
//! [native]: https://developers.google.com/identity/protocols/oauth2/native-app
//! [offline]: https://developers.google.com/identity/protocols/oauth2/web-server#offline
//! [profile]: https://developers.google.com/identity/openid-connect/openid-connect#obtaininguserprofileinformation
//! [rfc]: https://www.rfc-editor.org/rfc/rfc6749

mod access_token;
mod account;
mod answer;
mod api;
mod error;
mod http;
mod in_flight;
mod meaning;
mod quota;
mod reason;
mod refresh;
mod refusal;
mod retry;
mod tokens;

use std::fmt;
use std::time::Duration;

use ::http::Uri;
use oauth2::TokenUrl;
use tokio::time::Instant;

pub use access_token::AccessToken;
pub use error::{GoogleConfigError, GoogleError, RefreshError};
pub use meaning::{Advice, Fault, Meaning};
pub use reason::{Place, REASONS, Reason};
pub use tokens::GoogleTokens;

use self::http::Http;
use self::retry::Limits;

/// The time limit of one attempt.
const ATTEMPT: Duration = Duration::from_secs(3);
/// The time limit of a request with all its retries.
const TOTAL: Duration = Duration::from_secs(10);

/// The maximum of the total time limit, so that no deadline overflows.
const LONGEST: Duration = Duration::from_hours(24);

/// Google's endpoints. The default is Google itself; tests set a server of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    /// The token endpoint, `https://oauth2.googleapis.com/token`.
    pub token: String,
    /// The user info endpoint, `https://www.googleapis.com/oauth2/v3/userinfo`. Version 3 names the account `sub`;
    /// versions 1 and 2 name it `id`.
    pub user_info: String,
}

impl Default for Endpoints {
    fn default() -> Self {
        Self {
            token: "https://oauth2.googleapis.com/token".to_owned(),
            user_info: "https://www.googleapis.com/oauth2/v3/userinfo".to_owned(),
        }
    }
}

/// A client for Google's token endpoint and APIs. Cheap to clone; clones share connections.
///
/// An attempt times out after three seconds. It is retried after a pause if it timed out, the connection failed, Google
/// limits the rate, or Google returned a server error. After ten seconds in total the request fails. Redirects are not
/// followed. At most 64 KiB of an answer are read, unless [`with_max_answer`](Self::with_max_answer) sets another
/// limit.
///
/// ```no_run
/// use paypulse_runtime::google::Google;
///
/// # async fn handler(token: paypulse_runtime::model::Text) -> Result<(), Box<dyn std::error::Error>> {
/// let google = Google::new()?;
/// let account = google.user_info(&token).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Google {
    http: Http,
    token_url: TokenUrl,
    user_info_url: Uri,
    attempt: Duration,
    total: Duration,
}

impl Google {
    /// A client for Google's own endpoints. Makes no request. TLS is rustls with ring, with the system's root
    /// certificates.
    ///
    /// # Errors
    ///
    /// [`GoogleConfigError::NoRootCertificates`].
    pub fn new() -> Result<Self, GoogleConfigError> {
        let endpoints = Endpoints::default();
        Ok(Self {
            http: Http::new()?,
            token_url: token_url(&endpoints.token)?,
            user_info_url: api_url(&endpoints.user_info)?,
            attempt: ATTEMPT,
            total: TOTAL,
        })
    }

    /// Sets other endpoints.
    ///
    /// # Errors
    ///
    /// [`GoogleConfigError::Endpoint`] for an endpoint that is neither `https` nor on a loopback address, because
    /// tokens are sent to it.
    pub fn with_endpoints(self, endpoints: &Endpoints) -> Result<Self, GoogleConfigError> {
        let (token_url, user_info_url) = (token_url(&endpoints.token)?, api_url(&endpoints.user_info)?);
        Ok(Self { token_url, user_info_url, ..self })
    }

    /// Sets other time limits: for one attempt, and for a request with all its retries until Google's answer, at most
    /// one day. A later write of the tokens that Google returned is not limited by it.
    #[must_use]
    pub fn with_time_limits(self, attempt: Duration, total: Duration) -> Self {
        Self { attempt, total: total.min(LONGEST), ..self }
    }

    /// Sets the maximum size of an answer in bytes. The default, 64 KiB, is enough for everything except content, such
    /// as that of a mail.
    #[must_use]
    pub fn with_max_answer(self, bytes: usize) -> Self {
        Self { http: self.http.with_max_answer(bytes), ..self }
    }

    /// The limits of a request that starts now.
    fn limits(&self) -> Limits {
        Limits { attempt: self.attempt, deadline: Instant::now() + self.total }
    }
}

impl fmt::Debug for Google {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Google").field("attempt", &self.attempt).field("total", &self.total).finish_non_exhaustive()
    }
}

fn token_url(text: &str) -> Result<TokenUrl, GoogleConfigError> {
    api_url(text)?;
    TokenUrl::new(text.to_owned()).map_err(|_| GoogleConfigError::Endpoint)
}

fn api_url(text: &str) -> Result<Uri, GoogleConfigError> {
    let uri: Uri = text.parse().map_err(|_| GoogleConfigError::Endpoint)?;
    let is_loopback = uri.host().is_some_and(|host| ["127.0.0.1", "[::1]"].contains(&host));
    match uri.scheme_str() {
        Some("https") => Ok(uri),
        Some("http") if is_loopback => Ok(uri),
        _ => Err(GoogleConfigError::Endpoint),
    }
}

#[cfg(test)]
mod tests {
    use super::{Endpoints, api_url, token_url};

    #[test]
    fn tokens_travel_encrypted_or_stay_on_this_machine() {
        for allowed in ["https://example.com/token", "http://127.0.0.1:49152/token", "http://[::1]:1/token"] {
            assert!(token_url(allowed).is_ok() && api_url(allowed).is_ok(), "{allowed}");
        }
        let refused =
            ["http://example.com/token", "http://127.0.0.1.example.com/", "ftp://127.0.0.1/", "/token", "", "https://"];
        for refused in refused {
            assert!(token_url(refused).is_err() && api_url(refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn the_default_is_google_and_version_3_of_the_user_info() {
        let Endpoints { token, user_info } = Endpoints::default();
        assert_eq!(token_url(&token).map(|url| url.to_string()).as_deref(), Ok("https://oauth2.googleapis.com/token"));
        assert!(user_info.ends_with("/v3/userinfo"));
    }
}
