//! Reads from Google's APIs with a user's access token, with the same limits, retries and error handling as every
//! request to Google.
//!
//! The caller knows the API and the meaning of its answers.

use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Request, StatusCode, Uri};
use serde::de::DeserializeOwned;

use super::answer::unusable;
use super::error::GoogleError;
use super::refusal;
use super::retry::{Asked, with_retries};
use super::{Google, api_url};
use crate::model::Text;
use crate::oauth::is_access_token;

impl Google {
    /// Reads a JSON object from one of Google's APIs as the user of the access token.
    ///
    /// Makes one `GET`, with the limits of every request to Google. If the answer does not deserialize as `T`, the
    /// error is [`GoogleError::Answer`], which contains nothing of the answer.
    ///
    /// ```no_run
    /// use paypulse_runtime::google::{AccessToken, Google, GoogleError};
    ///
    /// #[derive(serde::Deserialize)]
    /// #[serde(rename_all = "camelCase")]
    /// struct Profile {
    ///     messages_total: u64,
    /// }
    ///
    /// # async fn handler(google: Google, token: AccessToken) -> Result<(), GoogleError> {
    /// let url = "https://gmail.googleapis.com/gmail/v1/users/me/profile";
    /// let profile: Profile = google.get(url, token.as_text()).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`GoogleError::Unauthorized`] if the API does not accept the access token (see
    /// [`GoogleTokens::renewed_access_token`](super::GoogleTokens::renewed_access_token)), [`GoogleError::Forbidden`]
    /// if the token does not cover the request, [`GoogleError::NotFound`], [`GoogleError::Endpoint`] for a URL to which
    /// no token may be sent, the error that [`REASONS`](super::REASONS) assigns to Google's reason, and every error
    /// that a request can have.
    pub async fn get<T: DeserializeOwned>(&self, url: &str, access_token: &Text) -> Result<T, GoogleError> {
        let url = api_url(url).map_err(|_| GoogleError::Endpoint)?;
        let parse =
            |body: &[u8]| serde_json::from_slice(body).map_err(|_| unusable("it is not the object that was asked for"));
        self.authorized("get", &url, access_token, parse).await
    }

    pub(super) async fn authorized<T>(
        &self,
        request_name: &'static str,
        url: &Uri,
        access_token: &Text,
        parse: impl Fn(&[u8]) -> Result<T, GoogleError>,
    ) -> Result<T, GoogleError> {
        if !is_access_token(access_token.expose()) {
            return Err(GoogleError::Unauthorized);
        }
        with_retries(Asked::plainly(request_name), self.limits(), || async {
            let answer = self.http.send(request(url, access_token)?).await?;
            match answer.status() {
                StatusCode::OK => parse(answer.body()),
                status => Err(refusal::of(request_name, status, answer.headers(), answer.body())),
            }
        })
        .await
    }
}

/// A request with a bearer token. Source: [RFC 6750, 2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1).
fn request(url: &Uri, access_token: &Text) -> Result<Request<Vec<u8>>, GoogleError> {
    let bearer = zeroize::Zeroizing::new(format!("Bearer {}", access_token.expose()));
    let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| GoogleError::Unauthorized)?;
    bearer.set_sensitive(true);
    let request = Request::get(url.clone()).header(ACCEPT, "application/json");
    request.header(AUTHORIZATION, bearer).body(Vec::new()).map_err(|_| GoogleError::Connection)
}
