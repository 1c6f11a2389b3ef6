//! The four operations on a user's tokens: store, get, update, delete.
//!
//! Concurrent operations are safe: an update that started from one account's tokens never overwrites another account's
//! tokens, and a reconnect always wins over a running refresh. This holds for writers that use these operations. If a
//! function in another language writes between the read and the write of an update, the update does not see that write,
//! nor any later one until it ends.

use std::ops::Deref;

use super::bundle::{BEARER, FALLBACK_SCOPE, GoogleAccount, OauthTokens, UnknownFields};
use super::error::TokenError;
use super::timestamp::Timestamp;
use crate::client::{Call, Deletion, Found, Outcome, Secrets, Versioned};
use crate::model::verb::{delete, read, store, update};
use crate::model::{Granted, Handler, Secret, Text};

/// The result of a user's consent.
#[derive(Clone, Debug)]
pub struct NewTokens {
    /// The access token.
    pub access_token: Text,
    /// The refresh token. Google returns it with the first consent, and may omit it with later ones.
    pub refresh_token: Option<Text>,
    /// The access token's lifetime, in seconds.
    pub expires_in: u64,
    /// The scopes that the user consented to, separated by spaces.
    pub scope: String,
    /// The account that gave consent, as far as it is known.
    pub account: GoogleAccount,
}

/// The result of a refresh.
#[derive(Clone, Debug)]
pub struct RefreshedToken {
    /// The new access token.
    pub access_token: Text,
    /// Its lifetime, in seconds.
    pub expires_in: u64,
    /// A new refresh token, if the old one was replaced.
    pub refresh_token: Option<Text>,
}

/// A user's tokens as they were read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRecord {
    /// The tokens.
    pub tokens: OauthTokens,
    /// Whether the access token was expired at that time.
    pub is_expired: bool,
    /// The id of the version in Secrets Manager.
    pub version: String,
}

/// The result of [`TokenOperations::store_tokens`]. Dereferences to the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTokens {
    /// The tokens that are stored now.
    pub record: TokenRecord,
    /// How their account compares with the account of the tokens that they replaced.
    pub change: AccountChange,
}

impl Deref for StoredTokens {
    type Target = TokenRecord;

    fn deref(&self) -> &TokenRecord {
        &self.record
    }
}

/// How the account of new tokens compares with the account of the previously stored tokens. If it switched, data that
/// was fetched from the old account does not belong to the new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountChange {
    /// No tokens were stored.
    Created,
    /// The account is the same.
    SameAccount,
    /// The account is a different one.
    Switched,
    /// Unknown: one of the two accounts lacks identifying fields, or the stored tokens could not be read.
    Unknown,
}

impl AccountChange {
    /// The name for logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::SameAccount => "same_account",
            Self::Switched => "switched",
            Self::Unknown => "unknown",
        }
    }

    fn between(found: Found<'_, OauthTokens>, new: &GoogleAccount) -> Self {
        match found {
            Found::Nothing => Self::Created,
            Found::Unreadable(_) => Self::Unknown,
            Found::Value(stored) => match stored.account.is_same_as_verified(new) {
                Some(true) => Self::SameAccount,
                Some(false) => Self::Switched,
                None => Self::Unknown,
            },
        }
    }
}

impl TokenRecord {
    /// The refresh token. Without it, only the user can give access again.
    ///
    /// # Errors
    ///
    /// [`TokenError::ReconnectRequired`] if there is none.
    pub fn refresh_token(&self) -> Result<&Text, TokenError> {
        self.tokens.refresh_token.as_ref().ok_or(TokenError::ReconnectRequired)
    }
}

/// The operations on a user's tokens, as methods of [`Secrets`].
pub trait TokenOperations<H: Handler> {
    /// Stores the result of a user's consent and replaces any stored tokens.
    ///
    /// If the consent came without a refresh token, the stored one is kept if it certainly belongs to the same Google
    /// account ([`GoogleAccount::is_same_as_verified`]). Nothing of another or an unknown account is kept. Validate
    /// untrusted tokens with [`IncomingTokens`](super::IncomingTokens) first.
    ///
    /// # Errors
    ///
    /// Those of [`Secrets::store`], and an error if the access token is empty or its lifetime is out of range.
    fn store_tokens<'a, S>(&'a self, user: &'a S, new: NewTokens) -> Call<'a, StoredTokens, TokenError>
    where
        S: Secret<Payload = OauthTokens> + Granted<store, H>;

    /// Reads a user's tokens and checks whether the access token is expired.
    ///
    /// # Errors
    ///
    /// Those of [`Secrets::read`]; [`Error::NotFound`](crate::client::Error::NotFound) means that the user is not
    /// connected.
    fn get_tokens<'a, S>(&'a self, user: &'a S) -> Call<'a, TokenRecord, TokenError>
    where
        S: Secret<Payload = OauthTokens> + Granted<read, H>;

    /// Stores the result of a refresh: the access token and its expiry. Scope, account and all other fields are kept.
    ///
    /// `refreshed_from` is the record whose refresh token was used. If other tokens are stored by now, another writer
    /// has refreshed or reconnected in the meantime; the stored tokens are then returned unchanged, because the new
    /// access token may belong to a previous account. Only expired tokens that certainly belong to the same account are
    /// overwritten. Without `refreshed_from`, the caller guarantees that the access token belongs to the stored tokens.
    ///
    /// Everything in the stored bundle that can be read is kept, most importantly its refresh token, and is written in
    /// the documented format. If nothing can be read, the tokens of `refreshed_from` are written; without it, a bundle
    /// with the scope `https://www.googleapis.com/auth/gmail.readonly` and without an account.
    ///
    /// # Errors
    ///
    /// Those of [`Secrets::update`], and an error if the access token is empty or its lifetime is out of range.
    fn update_tokens<'a, S>(
        &'a self,
        user: &'a S,
        refreshed_from: Option<&'a TokenRecord>,
        refreshed: RefreshedToken,
    ) -> Call<'a, TokenRecord, TokenError>
    where
        S: Secret<Payload = OauthTokens> + Granted<update, H>;

    /// Deletes a user's tokens at once. If there are none, a warning is logged.
    ///
    /// # Errors
    ///
    /// Those of [`Secrets::delete`].
    fn delete_tokens<'a, S>(&'a self, user: &'a S) -> Call<'a, Deletion, TokenError>
    where
        S: Secret<Payload = OauthTokens> + Granted<delete, H>;
}

impl<H: Handler> TokenOperations<H> for Secrets<H> {
    fn store_tokens<'a, S>(&'a self, user: &'a S, new: NewTokens) -> Call<'a, StoredTokens, TokenError>
    where
        S: Secret<Payload = OauthTokens> + Granted<store, H>,
    {
        Box::pin(store_new(self, user, new))
    }

    fn get_tokens<'a, S>(&'a self, user: &'a S) -> Call<'a, TokenRecord, TokenError>
    where
        S: Secret<Payload = OauthTokens> + Granted<read, H>,
    {
        Box::pin(async move {
            let record = record(self, self.read(user).await?);
            tracing::info!(handler = H::NAME, secret = S::ID, expired = record.is_expired, "tokens read");
            Ok(record)
        })
    }

    fn update_tokens<'a, S>(
        &'a self,
        user: &'a S,
        refreshed_from: Option<&'a TokenRecord>,
        refreshed: RefreshedToken,
    ) -> Call<'a, TokenRecord, TokenError>
    where
        S: Secret<Payload = OauthTokens> + Granted<update, H>,
    {
        Box::pin(store_refreshed(self, user, refreshed_from, refreshed))
    }

    fn delete_tokens<'a, S>(&'a self, user: &'a S) -> Call<'a, Deletion, TokenError>
    where
        S: Secret<Payload = OauthTokens> + Granted<delete, H>,
    {
        Box::pin(async move {
            let deletion = self.delete(user).await?;
            tracing::info!(handler = H::NAME, secret = S::ID, "tokens deleted");
            Ok(deletion)
        })
    }
}

async fn store_new<H: Handler, S>(secrets: &Secrets<H>, user: &S, new: NewTokens) -> Result<StoredTokens, TokenError>
where
    S: Secret<Payload = OauthTokens> + Granted<store, H>,
{
    let now = Timestamp::from(secrets.now());
    let tokens = OauthTokens {
        expires_at: expiry(&new.access_token, now, new.expires_in)?,
        access_token: new.access_token,
        refresh_token: new.refresh_token.filter(|token| !token.is_empty()),
        expires_in: new.expires_in,
        scope: new.scope,
        token_type: BEARER.into(),
        created_at: now,
        account: new.account,
        unknown: UnknownFields::default(),
    };
    // `replace` is called again after a lost race. The last call belongs to the write that succeeded.
    let mut change = AccountChange::Unknown;
    let replace = |found: Found<'_, OauthTokens>| {
        change = AccountChange::between(found, &tokens.account);
        Some(with_kept_refresh_token(&tokens, found))
    };
    let written = secrets.store_with(user, replace).await?;
    tracing::info!(handler = H::NAME, secret = S::ID, change = change.as_str(), "tokens stored");
    Ok(StoredTokens { record: record(secrets, written.stored), change })
}

async fn store_refreshed<H: Handler, S>(
    secrets: &Secrets<H>,
    user: &S,
    refreshed_from: Option<&TokenRecord>,
    refreshed: RefreshedToken,
) -> Result<TokenRecord, TokenError>
where
    S: Secret<Payload = OauthTokens> + Granted<update, H>,
{
    let now = Timestamp::from(secrets.now());
    let expires_at = expiry(&refreshed.access_token, now, refreshed.expires_in)?;
    let mut basis = refreshed_from.map(|record| record.tokens.clone());
    let mut first = true;
    let change = |found: Found<'_, OauthTokens>| {
        let first = std::mem::take(&mut first);
        let Found::Value(stored) = found else {
            // The refresh token may only be in the record that the caller has read.
            let tokens = basis.clone().unwrap_or_else(|| fallback(now));
            return Some(with_refreshed(tokens, &refreshed, expires_at));
        };
        // The caller's guarantee covers the tokens that are stored when the update starts, and none that are stored
        // later.
        if first && basis.is_none() {
            basis = Some(stored.clone());
        }
        // Only the refreshed tokens themselves, or expired tokens of the same account, are overwritten.
        let may_write = basis.as_ref().is_some_and(|basis| {
            let is_ours = stored.access_token == basis.access_token;
            is_ours || (stored.is_expired(now) && stored.account.is_surely(&basis.account))
        });
        may_write.then(|| with_refreshed(stored.clone(), &refreshed, expires_at))
    };
    let written = secrets.update(user, change).await?;
    let adopted = written.outcome == Outcome::Kept;
    tracing::info!(handler = H::NAME, secret = S::ID, adopted, "tokens updated");
    Ok(record(secrets, written.stored))
}

fn record<H: Handler>(secrets: &Secrets<H>, stored: Versioned<OauthTokens>) -> TokenRecord {
    let version = stored.version().to_owned();
    let tokens = stored.into_value();
    TokenRecord { is_expired: tokens.is_expired(Timestamp::from(secrets.now())), tokens, version }
}

fn expiry(access_token: &Text, now: Timestamp, expires_in: u64) -> Result<Timestamp, TokenError> {
    if access_token.is_empty() {
        return Err(TokenError::EmptyAccessToken);
    }
    now.checked_add_seconds(expires_in).ok_or(TokenError::LifetimeOutOfRange { expires_in })
}

fn with_kept_refresh_token(new: &OauthTokens, found: Found<'_, OauthTokens>) -> OauthTokens {
    let mut tokens = new.clone();
    if let Found::Value(stored) = found
        && tokens.refresh_token.is_none()
        && stored.account.is_same_as_verified(&tokens.account) == Some(true)
    {
        tokens.refresh_token.clone_from(&stored.refresh_token);
    }
    tokens
}

fn with_refreshed(mut tokens: OauthTokens, refreshed: &RefreshedToken, expires_at: Timestamp) -> OauthTokens {
    tokens.access_token = refreshed.access_token.clone();
    tokens.expires_in = refreshed.expires_in;
    tokens.expires_at = expires_at;
    if let Some(replaced) = refreshed.refresh_token.as_ref().filter(|token| !token.is_empty()) {
        tokens.refresh_token = Some(replaced.clone());
    }
    tokens
}

fn fallback(now: Timestamp) -> OauthTokens {
    OauthTokens {
        access_token: Text::default(),
        refresh_token: None,
        expires_at: now,
        expires_in: 0,
        scope: FALLBACK_SCOPE.to_owned(),
        token_type: BEARER.into(),
        created_at: now,
        account: GoogleAccount::default(),
        unknown: UnknownFields::default(),
    }
}
