//! Tokens that tell where they come from, so that a reader of a bundle can see who wrote it, on top of what, and
//! whether its parts belong together.
//!
//! A connection is what one `store` makes: its name is in the refresh token and in each of the account's fields. A mark
//! is the name of one write: it is in the access token, together with the connection whose refresh token bought it. The
//! scope also lists the marks of all writes that added a word to it, as a change would that must not be lost.

use paypulse_runtime::model::Text;
use paypulse_runtime::oauth::{GoogleAccount, NewTokens, OauthTokens};

use super::LIFETIME;

const ACCESS: &str = "access-token/";
const REFRESH: &str = "refresh-token/";

/// Whether a text holds a token.
pub fn is_in(text: &str) -> bool {
    text.contains(ACCESS) || text.contains(REFRESH)
}

/// The access token of a write.
pub fn access_token(connection: &str, mark: &str) -> String {
    format!("{ACCESS}{connection}/{mark}")
}

/// What the user's consent gives to the write `mark`, which makes a connection of the same name.
pub fn consent(user: &str, mark: &str) -> NewTokens {
    let connection = format!("{user}.{mark}");
    NewTokens {
        access_token: access_token(&connection, mark).into(),
        refresh_token: Some(format!("{REFRESH}{connection}").into()),
        expires_in: LIFETIME,
        scope: "gmail".to_owned(),
        account: account(&connection),
    }
}

/// The account behind a connection. The name has what JSON escapes, and what Python escapes and Rust does not.
pub fn account(connection: &str) -> GoogleAccount {
    GoogleAccount {
        user_id: Some(connection.to_owned()),
        email: Some(format!("{connection}@gmail.com")),
        name: Some(format!("Zoë \"{connection}\" \\ 😀")),
        verified_email: Some(true),
    }
}

/// The words of a scope after the first, with one more.
pub fn scope_with(scope: &str, mark: &str) -> String {
    format!("{scope} {mark}")
}

/// What a bundle says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// The write that made it.
    pub mark: String,
    /// The connection that the access token belongs to.
    pub bought_by: String,
    /// The connection that all the rest belongs to. None where Python wrote a bundle though it could not read one.
    pub connection: Option<String>,
    /// The writes that added a word to the scope, in their order.
    pub words: Vec<String>,
    /// When the connection was made.
    pub created_at: String,
}

impl View {
    /// Takes a user's bundle apart; fails where a part is missing or belongs to something else.
    pub fn of(user: &str, tokens: &OauthTokens) -> Result<Self, String> {
        let torn = || format!("`{user}`: a bundle whose parts do not belong together");
        let of_access = tokens.access_token.expose().strip_prefix(ACCESS).and_then(|rest| rest.split_once('/'));
        let (bought_by, mark) = of_access.ok_or_else(torn)?;
        let of_refresh = tokens.refresh_token.as_ref().map(Text::expose);
        let connection = of_refresh.map(|token| token.strip_prefix(REFRESH).ok_or_else(torn)).transpose()?;
        let is_whole = tokens.account == connection.map(account).unwrap_or_default();
        let is_of_user = [Some(bought_by), connection].iter().flatten().all(|name| {
            let owner = name.split_once('.').map(|(owner, _)| owner);
            owner == Some(user)
        });
        if !(is_whole && is_of_user) {
            return Err(torn());
        }
        Ok(Self {
            mark: mark.to_owned(),
            bought_by: bought_by.to_owned(),
            connection: connection.map(str::to_owned),
            words: tokens.scope.split(' ').skip(1).map(str::to_owned).collect(),
            created_at: tokens.created_at.to_string(),
        })
    }

    /// Whether the access token belongs to another connection than the rest.
    pub fn is_mixed(&self) -> bool {
        self.connection.as_ref().is_some_and(|connection| *connection != self.bought_by)
    }

    /// The connection whose access token an update is to carry.
    pub fn buyer(&self) -> &str {
        self.connection.as_deref().unwrap_or(&self.bought_by)
    }
}
