//! A read at one of Google's APIs, with a user's access token: bounded, repeated and judged as all that is asked of Google.
//!
//! Which API, and what its answers mean, is the caller's to know.

use http::header::{ACCEPT, AUTHORIZATION};
use http::{HeaderValue, Request, StatusCode, Uri};
use serde::de::DeserializeOwned;

use super::error::GoogleError;
use super::http::unusable;
use super::refusal;
use super::retry::{Asked, with_retries};
use super::{Google, api_url};
use crate::model::Text;
use crate::oauth::is_access_token;

impl Google {
    /// Reads a JSON object at one of Google's APIs, as the user whose access token this is.
    ///
    /// One `GET`, under the limits that every request to Google has. What does not stand in the answer as `T` wants it is
    /// [`GoogleError::Answer`], which repeats nothing of it.
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
    /// [`GoogleError::Unauthorized`] for an access token that the API does not accept (see
    /// [`GoogleTokens::renewed_access_token`](super::GoogleTokens::renewed_access_token)), [`GoogleError::Forbidden`] for one
    /// that does not cover this, [`GoogleError::NotFound`], [`GoogleError::Endpoint`] for a URL that no token may travel to,
    /// what [`REASONS`](super::REASONS) says of Google's reason, and what can go wrong with any request.
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

/// Source: [RFC 6750, 2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1).
fn request(url: &Uri, access_token: &Text) -> Result<Request<Vec<u8>>, GoogleError> {
    let bearer = zeroize::Zeroizing::new(format!("Bearer {}", access_token.expose()));
    let mut bearer = HeaderValue::from_str(&bearer).map_err(|_| GoogleError::Unauthorized)?;
    bearer.set_sensitive(true);
    let request = Request::get(url.clone()).header(ACCEPT, "application/json");
    request.header(AUTHORIZATION, bearer).body(Vec::new()).map_err(|_| GoogleError::Connection)
}
