//! Reads the account of an access token from Google's user info, version 3, in which the account's id is `sub`.
//!
//! Sources: [obtaining user profile information][profile], [OpenID Connect Core 1.0, 5.3][core].
//!
//! [profile]: https://developers.google.com/identity/openid-connect/openid-connect#obtaininguserprofileinformation
//! [core]: https://openid.net/specs/openid-connect-core-1_0.html#UserInfo

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::Google;
use super::answer::unusable;
use super::error::GoogleError;
use super::refusal::USER_INFO;
use crate::model::Text;
use crate::oauth::{GoogleAccount, boolean};

/// The maximum length of a `sub` in OpenID Connect, in ASCII characters.
const MAX_SUB: usize = 255;

#[derive(Deserialize)]
struct UserInfo {
    sub: Option<String>,
    /// The name of the `sub` in versions 1 and 2.
    id: Option<String>,
    email: Option<String>,
    name: Option<String>,
    #[serde(default, deserialize_with = "lenient_boolean")]
    email_verified: Option<bool>,
}

impl Google {
    /// Asks Google for the account of an access token, with one `GET` at the version 3 user info endpoint. The
    /// account's id is its `sub`, which never changes. Email address and name are present if the user consented to
    /// them.
    ///
    /// ```no_run
    /// use paypulse_runtime::oauth::TokenOperations;
    ///
    /// # async fn handler(secrets: paypulse_runtime::client::Secrets<paypulse_runtime::spec::GmailStoreTokens>,
    /// #     user: paypulse_runtime::spec::GmailUserTokens, incoming: paypulse_runtime::oauth::IncomingTokens,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let google = paypulse_runtime::google::Google::new()?;
    /// let account = google.user_info(&incoming.access_token).await?;
    /// let required = ["https://www.googleapis.com/auth/gmail.readonly"];
    /// secrets.store_tokens(&user, incoming.validated(account, &required)?).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`GoogleError::Unauthorized`] if Google does not accept the access token, [`GoogleError::Forbidden`] if the
    /// token does not cover user info, and every error that a request can have.
    pub async fn user_info(&self, access_token: &Text) -> Result<GoogleAccount, GoogleError> {
        match self.authorized(USER_INFO, &self.user_info_url, access_token, account).await {
            Err(GoogleError::NotFound | GoogleError::Request { .. }) => {
                Err(unusable("it is not what the user info endpoint answers"))
            }
            answer => answer,
        }
    }
}

fn account(body: &[u8]) -> Result<GoogleAccount, GoogleError> {
    let info: UserInfo = serde_json::from_slice(body).map_err(|_| unusable("it is not user info"))?;
    let user_id = match (info.sub, info.id) {
        (Some(sub), _) => sub,
        (None, Some(_)) => {
            return Err(unusable("it has an `id` and no `sub`, as versions 1 and 2 of the user info have"));
        }
        (None, None) => return Err(unusable("it has no `sub`")),
    };
    if !(1..=MAX_SUB).contains(&user_id.len()) || !user_id.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(unusable("its `sub` is not an id"));
    }
    let (email, name, verified_email) = (info.email, info.name, info.email_verified);
    Ok(GoogleAccount { user_id: Some(user_id), email, name, verified_email })
}

/// A boolean, which some of Google's endpoints write as a string, `"true"`. `None` if it is neither: the account is known
/// without it.
fn lenient_boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let json = Option::<Box<RawValue>>::deserialize(deserializer)?;
    Ok(json.and_then(|json| boolean(json.get())))
}
