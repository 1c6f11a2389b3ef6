//! Fresh access tokens: the stored one while it is valid, one that another function has stored, or a new one from
//! Google.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::Google;
use super::access_token::AccessToken;
use super::error::RefreshError;
use super::in_flight::Refreshes;
use super::refresh::{Grant, Refresh};
use super::retry::Limits;
use crate::client::{Call, Secrets};
use crate::freshness::GOOD_FOR;
use crate::model::verb::{delete, read, update};
use crate::model::{Granted, Handler, Secret, Text};
use crate::oauth::{OauthTokens, Timestamp, TokenError, TokenOperations, TokenRecord, is_refresh_token};

/// The maximum number of refreshes in a row whose stored tokens are replaced in the meantime.
const MAX_ROUNDS: u32 = 4;

/// A handler's access to its users' Google accounts. Built once, at start, and shared by all tasks: if several tasks
/// need the same user's token refreshed at the same time, only one asks Google.
///
/// The methods require exactly the grants that they use: `read` on the client id, and `read`, `update`, `delete` on the
/// users' tokens.
///
/// ```no_run
/// use paypulse_runtime::client::Secrets;
/// use paypulse_runtime::google::{Google, GoogleTokens};
/// use paypulse_runtime::spec::{FetchInvoices, GmailUserTokens, GoogleOauthClientId};
///
/// # async fn handler() -> Result<(), Box<dyn std::error::Error>> {
/// let secrets = Secrets::<FetchInvoices>::from_env().await?;
/// let tokens = GoogleTokens::new(secrets, Google::new()?, GoogleOauthClientId);
///
/// let token = tokens.fresh_access_token(&GmailUserTokens { user_id: "42".parse()? }).await?;
/// let authorization = format!("Bearer {}", token.expose());
/// # Ok(())
/// # }
/// ```
///
/// A handler without one of these grants does not compile:
///
/// ```compile_fail,E0277
/// # use paypulse_runtime::client::Secrets;
/// # use paypulse_runtime::google::{Google, GoogleTokens};
/// # use paypulse_runtime::spec::{DeleteUser, GmailUserTokens, GoogleOauthClientId};
/// # async fn handler(secrets: Secrets<DeleteUser>, google: Google, user: GmailUserTokens) {
/// GoogleTokens::new(secrets, google, GoogleOauthClientId).fresh_access_token(&user).await;
/// # }
/// ```
pub struct GoogleTokens<H, C> {
    secrets: Secrets<H>,
    google: Google,
    client_id: C,
    flights: Arc<Refreshes>,
    deadline: Option<Instant>,
}

impl<H: Handler, C: Secret> Clone for GoogleTokens<H, C> {
    fn clone(&self) -> Self {
        Self {
            secrets: self.secrets.clone(),
            google: self.google.clone(),
            client_id: self.client_id.clone(),
            flights: Arc::clone(&self.flights),
            deadline: self.deadline,
        }
    }
}

impl<H: Handler, C: Secret> fmt::Debug for GoogleTokens<H, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GoogleTokens")
            .field("secrets", &self.secrets)
            .field("client_id", &C::ID)
            .finish_non_exhaustive()
    }
}

impl<H: Handler, C: Secret<Payload = Text>> GoogleTokens<H, C> {
    /// Combines the handler's secrets, the Google client, and the secret that holds the OAuth client id of the iOS app.
    #[must_use]
    pub fn new(secrets: Secrets<H>, google: Google, client_id: C) -> Self {
        Self { secrets, google, client_id, flights: Arc::default(), deadline: None }
    }

    /// Limits the time of all operations from now on, including the write of refreshed tokens. A Lambda function passes
    /// its remaining time minus the time that it needs to answer.
    ///
    /// A refresh that was started by a task with less time ends at that task's limit for all tasks that wait for it.
    #[must_use]
    pub fn within(self, time: Duration) -> Self {
        Self { secrets: self.secrets.within(time), deadline: Instant::now().checked_add(time), ..self }
    }

    /// A user's access token that is valid for at least five more minutes: the stored one if it is (the cached one, if
    /// the client has a [cache](Secrets::with_cache)), else one that another function has stored in the meantime, else
    /// a new one from Google, which is then stored.
    ///
    /// A refresh never overwrites the tokens of another writer; those are used instead. If Google answers
    /// `invalid_grant`, the stored tokens are deleted if they are still the refused ones. Secrets Manager has no
    /// conditional delete: tokens that are stored in the round trip between the last check and the delete are lost, and
    /// the user has to connect again. After every other failure the stored tokens are unchanged.
    ///
    /// Cancel safe: it can be dropped at any point, even while other tasks wait for the same refresh.
    ///
    /// # Errors
    ///
    /// [`RefreshError::ReconnectRequired`] if Google no longer accepts the refresh token, and an error of that kind if
    /// no refresh token is stored; an error of kind [`NotFound`](crate::client::ErrorKind::NotFound) if the user is not
    /// connected; [`RefreshError::Google`] if Google returns no token for any other reason.
    pub fn fresh_access_token<'a, S>(&'a self, user: &'a S) -> Call<'a, AccessToken, RefreshError>
    where
        C: Granted<read, H>,
        S: Secret<Payload = OauthTokens> + Granted<read, H> + Granted<update, H> + Granted<delete, H>,
    {
        Box::pin(async move {
            let limits = self.limits();
            // The cached value can be stale, which is harmless: its expiry tells whether it is valid.
            let known = until(limits.deadline, self.secrets.cached(user)).await?;
            if self.is_good(&known) {
                return Ok(AccessToken::of(&known));
            }
            // Boxed because it is rarely needed and large.
            self.flights.join(&user.name(), limits.deadline, Box::pin(self.refreshed(user, None, limits))).await
        })
    }

    /// A user's access token that replaces one that Google's API refused with 401: one that another function has stored
    /// in the meantime, or a new one from Google.
    ///
    /// A token is refused before it expires if the user revoked the consent. Google then refuses the refresh token as
    /// well, and the user has to connect again. Call this at most once per request: if the API refuses the new token as
    /// well, the cause is another one.
    ///
    /// ```no_run
    /// # use paypulse_runtime::google::{Google, GoogleError, GoogleTokens};
    /// # use paypulse_runtime::spec::{FetchInvoices, GmailUserTokens, GoogleOauthClientId};
    /// # type Tokens = GoogleTokens<FetchInvoices, GoogleOauthClientId>;
    /// # async fn work(token: &paypulse_runtime::model::Text) -> Result<(), GoogleError> { Ok(()) }
    /// # async fn handler(tokens: Tokens, user: GmailUserTokens) -> Result<(), Box<dyn std::error::Error>> {
    /// let token = tokens.fresh_access_token(&user).await?;
    /// match work(token.as_text()).await {
    ///     Err(GoogleError::Unauthorized) => {
    ///         let token = tokens.renewed_access_token(&user, &token).await?;
    ///         work(token.as_text()).await?;
    ///     }
    ///     done => done?,
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`fresh_access_token`](Self::fresh_access_token).
    pub fn renewed_access_token<'a, S>(
        &'a self,
        user: &'a S,
        refused: &'a AccessToken,
    ) -> Call<'a, AccessToken, RefreshError>
    where
        C: Granted<read, H>,
        S: Secret<Payload = OauthTokens> + Granted<read, H> + Granted<update, H> + Granted<delete, H>,
    {
        Box::pin(async move {
            let limits = self.limits();
            for _ in 0..MAX_ROUNDS {
                let renewed = Box::pin(self.refreshed(user, Some(&refused.token), limits));
                let outcome = self.flights.join(&user.name(), limits.deadline, renewed).await?;
                // The leader did not know that this token is refused.
                if outcome.token != refused.token {
                    return Ok(outcome);
                }
            }
            Err(RefreshError::Unsettled { rounds: MAX_ROUNDS })
        })
    }

    /// The limits of an operation that starts now.
    fn limits(&self) -> Limits {
        let limits = self.google.limits();
        Limits { deadline: self.deadline.map_or(limits.deadline, |deadline| deadline.min(limits.deadline)), ..limits }
    }

    /// Each round starts from the tokens that are stored then, because another writer's tokens may be valid, or may
    /// need a refresh of their own. A refused token is not valid, whatever its expiry.
    async fn refreshed<S>(&self, user: &S, refused: Option<&Text>, limits: Limits) -> Result<AccessToken, RefreshError>
    where
        C: Granted<read, H>,
        S: Secret<Payload = OauthTokens> + Granted<read, H> + Granted<update, H> + Granted<delete, H>,
    {
        for _ in 0..MAX_ROUNDS {
            let stored = until(limits.deadline, self.secrets.get_tokens(user)).await?;
            if self.is_good(&stored.tokens) && refused != Some(&stored.tokens.access_token) {
                return Ok(AccessToken::of(&stored.tokens));
            }
            match self.ask(&stored, limits).await? {
                Refresh::InvalidGrant => self.discard(user, &stored).await?,
                Refresh::Granted(grant) => {
                    warn_if_narrower::<H, S>(&stored.tokens.scope, &grant);
                    let ours = grant.token.access_token.clone();
                    let adopted = self.secrets.update_tokens(user, Some(&stored), grant.token).await?;
                    // No token is fresher than the one that Google has just returned. Tokens of another writer are
                    // checked; if they are not valid, the next round refreshes them.
                    if adopted.tokens.access_token == ours || self.is_good(&adopted.tokens) {
                        return Ok(AccessToken::of(&adopted.tokens));
                    }
                }
            }
        }
        Err(RefreshError::Unsettled { rounds: MAX_ROUNDS })
    }

    async fn ask(&self, stored: &TokenRecord, limits: Limits) -> Result<Refresh, RefreshError>
    where
        C: Granted<read, H>,
    {
        let refresh_token = stored.refresh_token()?;
        if !is_refresh_token(refresh_token.expose()) {
            // Google would refuse a damaged token as if it were revoked, and the stored value would be deleted.
            tracing::warn!(handler = H::NAME, "the stored refresh token has characters that no token has; it is kept");
            return Err(TokenError::ReconnectRequired.into());
        }
        let client_id = until(limits.deadline, self.secrets.cached(&self.client_id)).await?;
        Ok(self.google.refresh(&client_id, refresh_token, limits).await?)
    }

    /// Deletes the tokens that Google refused and ends the refresh, unless other tokens are stored by now.
    async fn discard<S>(&self, user: &S, refused: &TokenRecord) -> Result<(), RefreshError>
    where
        S: Secret<Payload = OauthTokens> + Granted<read, H> + Granted<delete, H>,
    {
        let stored = match self.secrets.get_tokens(user).await.map_err(RefreshError::from) {
            Err(error) if error.is_not_found() => return Err(RefreshError::ReconnectRequired),
            stored => stored?,
        };
        if stored.version != refused.version || stored.tokens.refresh_token != refused.tokens.refresh_token {
            tracing::info!(handler = H::NAME, secret = S::ID, "the refused tokens were replaced");
            return Ok(());
        }
        if let Err(error) = self.secrets.delete_tokens(user).await {
            tracing::warn!(handler = H::NAME, secret = S::ID, kind = %error.kind(), "the refused tokens are still stored");
        }
        Err(RefreshError::ReconnectRequired)
    }

    fn is_good(&self, tokens: &OauthTokens) -> bool {
        let soon = Timestamp::from(self.secrets.now()).checked_add_seconds(GOOD_FOR.as_secs());
        soon.is_some_and(|soon| soon <= tokens.expires_at)
    }
}

async fn until<T, E>(deadline: Instant, work: impl Future<Output = Result<T, E>>) -> Result<T, RefreshError>
where
    RefreshError: From<E>,
{
    Ok(timeout_at(deadline, work).await.map_err(|_| RefreshError::Timeout)??)
}

/// Warns if the user has consented to less than was asked for. The token is still stored and returned, because it is
/// valid for the rest. The stored scope is kept, because it records what was asked for.
fn warn_if_narrower<H: Handler, S: Secret>(stored: &str, grant: &Grant) {
    let Some(scopes) = &grant.scopes else { return };
    let missing =
        stored.split_whitespace().filter(|scope| !scopes.iter().any(|given| given == full_name(scope))).count();
    if missing > 0 {
        tracing::warn!(
            handler = H::NAME,
            secret = S::ID,
            missing,
            "the access token covers less than the user was asked for"
        );
    }
}

/// The full name of a scope: two scopes can be requested by a short name, and Google answers with the full one.
/// Source: [OpenID Connect scopes](https://developers.google.com/identity/protocols/oauth2/scopes#openid-connect).
fn full_name(scope: &str) -> &str {
    match scope {
        "email" => "https://www.googleapis.com/auth/userinfo.email",
        "profile" => "https://www.googleapis.com/auth/userinfo.profile",
        full => full,
    }
}
