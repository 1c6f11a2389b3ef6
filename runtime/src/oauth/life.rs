//! The four operations of a token's life: store, get, update, delete.
//!
//! Each is safe against the others at the same moment: an update that began with one account's tokens never writes over
//! another account's, and a reconnect always wins over a refresh that is under way. That holds among writers that use
//! these operations; what a function in another language writes between an update's read and its write is not seen, and
//! neither is what comes after that until the update has ended.

use std::ops::Deref;

use super::bundle::{BEARER, FALLBACK_SCOPE, GoogleAccount, OauthTokens, UnknownFields};
use super::error::TokenError;
use super::timestamp::Timestamp;
use crate::client::{Call, Deletion, Found, Outcome, Secrets, Versioned};
use crate::model::verb::{delete, read, store, update};
use crate::model::{Granted, Handler, Secret, Text};

/// What a user's consent gave.
#[derive(Clone, Debug)]
pub struct NewTokens {
    /// The access token.
    pub access_token: Text,
    /// The refresh token. Google gives it on the first consent, and may leave it out on later ones.
    pub refresh_token: Option<Text>,
    /// The access token's lifetime, in seconds.
    pub expires_in: u64,
    /// What the user consented to: scopes separated by spaces.
    pub scope: String,
    /// The account that gave consent, as far as it is known.
    pub account: GoogleAccount,
}

/// What a refresh gave.
#[derive(Clone, Debug)]
pub struct RefreshedToken {
    /// The new access token.
    pub access_token: Text,
    /// Its lifetime, in seconds.
    pub expires_in: u64,
    /// A new refresh token, where the old one was replaced.
    pub refresh_token: Option<Text>,
}

/// A user's tokens as they were read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRecord {
    /// The tokens.
    pub tokens: OauthTokens,
    /// Whether the access token was expired at that moment.
    pub is_expired: bool,
    /// The id of the version in Secrets Manager.
    pub version: String,
}

/// What [`Secrets::store_tokens`] left behind. Dereferences to the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTokens {
    /// The tokens as they are stored now.
    pub record: TokenRecord,
    /// Whose tokens they replaced.
    pub change: AccountChange,
}

impl Deref for StoredTokens {
    type Target = TokenRecord;

    fn deref(&self) -> &TokenRecord {
        &self.record
    }
}

/// How the account of new tokens compares with the account whose tokens were stored until then. Where it switched, what
/// was fetched from the old account is not the new one's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AccountChange {
    /// No tokens were stored.
    Created,
    /// The account is the same.
    SameAccount,
    /// The account is another one.
    Switched,
    /// It cannot be told: what names the account is not known of one of the two, or what was stored could not be read.
    Unknown,
}

impl AccountChange {
    /// The word for logs.
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
    /// The refresh token, without which only the user can give access again.
    ///
    /// # Errors
    ///
    /// [`TokenError::ReconnectRequired`] where there is none.
    pub fn refresh_token(&self) -> Result<&Text, TokenError> {
        self.tokens.refresh_token.as_ref().ok_or(TokenError::ReconnectRequired)
    }
}

impl<H: Handler> Secrets<H> {
    /// Stores what a user's consent gave, in place of whatever was stored.
    ///
    /// Where the consent came without a refresh token, the stored one is kept if it is surely of the same Google
    /// account ([`GoogleAccount::is_same_as_verified`]); nothing of another account, or of one that is not known, survives. What comes from outside goes through
    /// [`IncomingTokens`](super::IncomingTokens) first.
    ///
    /// # Errors
    ///
    /// Those of [`Secrets::store`], and an access token that is empty or lives too long.
    pub fn store_tokens<'a, S>(&'a self, user: &'a S, new: NewTokens) -> Call<'a, StoredTokens, TokenError>
    where
        S: Secret<Payload = OauthTokens> + Granted<store, H>,
    {
        Box::pin(self.store_new(user, new))
    }

    async fn store_new<S>(&self, user: &S, new: NewTokens) -> Result<StoredTokens, TokenError>
    where
        S: Secret<Payload = OauthTokens> + Granted<store, H>,
    {
        let now = Timestamp::from(self.now());
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
        // The last look is the one that the write followed.
        let mut change = AccountChange::Unknown;
        let replace = |found: Found<'_, OauthTokens>| {
            change = AccountChange::between(found, &tokens.account);
            Some(with_kept_refresh_token(&tokens, found))
        };
        let written = self.store_with(user, replace).await?;
        tracing::info!(handler = H::NAME, secret = S::ID, change = change.as_str(), "tokens stored");
        Ok(StoredTokens { record: self.record(written.stored), change })
    }

    /// Reads a user's tokens, and says whether the access token is expired.
    ///
    /// # Errors
    ///
    /// Those of [`Secrets::read`]; [`Error::NotFound`](crate::client::Error::NotFound) means that the user is not
    /// connected.
    pub fn get_tokens<'a, S>(&'a self, user: &'a S) -> Call<'a, TokenRecord, TokenError>
    where
        S: Secret<Payload = OauthTokens> + Granted<read, H>,
    {
        Box::pin(async move {
            let record = self.record(self.read(user).await?);
            tracing::info!(handler = H::NAME, secret = S::ID, expired = record.is_expired, "tokens read");
            Ok(record)
        })
    }

    /// Writes what a refresh gave: the access token and its expiry. Scope, account and all other fields stay.
    ///
    /// `refreshed_from` is the record whose refresh token was used. If the stored tokens are no longer those, somebody
    /// else has refreshed or reconnected in the meantime, and what they stored is adopted and returned: the new access
    /// token may belong to an account that is gone. Only expired tokens that are surely of the same account are written
    /// over. Without `refreshed_from` the caller vouches that the access token belongs to what is stored.
    ///
    /// What can be read of the stored bundle stays, its refresh token first of all, and is written in the documented form.
    /// Where nothing can be read, a bundle with the scope `https://www.googleapis.com/auth/gmail.readonly` and without an
    /// account is written.
    ///
    /// # Errors
    ///
    /// Those of [`Secrets::update`], and an access token that is empty or lives too long.
    pub fn update_tokens<'a, S>(
        &'a self,
        user: &'a S,
        refreshed_from: Option<&'a TokenRecord>,
        refreshed: RefreshedToken,
    ) -> Call<'a, TokenRecord, TokenError>
    where
        S: Secret<Payload = OauthTokens> + Granted<update, H>,
    {
        Box::pin(self.store_refreshed(user, refreshed_from, refreshed))
    }

    async fn store_refreshed<S>(
        &self,
        user: &S,
        refreshed_from: Option<&TokenRecord>,
        refreshed: RefreshedToken,
    ) -> Result<TokenRecord, TokenError>
    where
        S: Secret<Payload = OauthTokens> + Granted<update, H>,
    {
        let now = Timestamp::from(self.now());
        let expires_at = expiry(&refreshed.access_token, now, refreshed.expires_in)?;
        let mut basis = refreshed_from.map(|record| record.tokens.clone());
        let mut first = true;
        let change = |found: Found<'_, OauthTokens>| {
            let first = std::mem::take(&mut first);
            let Found::Value(stored) = found else {
                return Some(with_refreshed(fallback(now), &refreshed, expires_at));
            };
            // What stands there when the update begins is what the caller vouches for. Nothing that comes later is.
            if first && basis.is_none() {
                basis = Some(stored.clone());
            }
            let may_write = basis.as_ref().is_some_and(|basis| {
                let is_ours = stored.access_token == basis.access_token;
                is_ours || (stored.is_expired(now) && stored.account.is_surely(&basis.account))
            });
            may_write.then(|| with_refreshed(stored.clone(), &refreshed, expires_at))
        };
        let written = self.update(user, change).await?;
        let adopted = written.outcome == Outcome::Kept;
        tracing::info!(handler = H::NAME, secret = S::ID, adopted, "tokens updated");
        Ok(self.record(written.stored))
    }

    /// Deletes a user's tokens at once. Without any that is a warning in the log.
    ///
    /// # Errors
    ///
    /// Those of [`Secrets::delete`].
    pub fn delete_tokens<'a, S>(&'a self, user: &'a S) -> Call<'a, Deletion, TokenError>
    where
        S: Secret<Payload = OauthTokens> + Granted<delete, H>,
    {
        Box::pin(async move {
            let deletion = self.delete(user).await?;
            tracing::info!(handler = H::NAME, secret = S::ID, "tokens deleted");
            Ok(deletion)
        })
    }

    fn record(&self, stored: Versioned<OauthTokens>) -> TokenRecord {
        let version = stored.version().to_owned();
        let tokens = stored.into_value();
        TokenRecord { is_expired: tokens.is_expired(Timestamp::from(self.now())), tokens, version }
    }
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
