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

/// The refresh token of a connection.
pub fn refresh_token(connection: &str) -> String {
    format!("{REFRESH}{connection}")
}

/// What the user's consent gives to the write `mark`, which makes a connection of the same name.
pub fn consent(user: &str, mark: &str) -> NewTokens {
    let connection = format!("{user}.{mark}");
    NewTokens {
        access_token: access_token(&connection, mark).into(),
        refresh_token: Some(refresh_token(&connection).into()),
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

/// The connection whose account this is, as either side writes it: Python's functions have neither its id nor whether its address
/// is verified. None where nothing is said of it, or only what Python's update writes after it read such a bundle; an error for
/// anything else.
fn connection_of(found: &GoogleAccount) -> Result<Option<&str>, ()> {
    let Some(email) = found.email.as_deref() else {
        return if *found == GoogleAccount::default() { Ok(None) } else { Err(()) };
    };
    let empty = || Some(String::new());
    let of_nobody = GoogleAccount { user_id: empty(), email: empty(), name: empty(), verified_email: Some(false) };
    if *found == of_nobody {
        return Ok(None);
    }
    let connection = email.strip_suffix("@gmail.com").ok_or(())?;
    let whole = account(connection);
    let by_python = GoogleAccount { user_id: Some(String::new()), verified_email: Some(false), ..whole.clone() };
    if *found == whole || *found == by_python { Ok(Some(connection)) } else { Err(()) }
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
    /// The connection that the refresh token belongs to.
    pub connection: Option<String>,
    /// The connection that the account belongs to. None where Python wrote a bundle though it could not read one.
    pub account: Option<String>,
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
        let account = connection_of(&tokens.account).map_err(|()| torn())?;
        let is_of_user = [Some(bought_by), connection, account].iter().flatten().all(|name| {
            let owner = name.split_once('.').map(|(owner, _)| owner);
            owner == Some(user)
        });
        if !is_of_user {
            return Err(torn());
        }
        Ok(Self {
            mark: mark.to_owned(),
            bought_by: bought_by.to_owned(),
            connection: connection.map(str::to_owned),
            account: account.map(str::to_owned),
            words: tokens.scope.split(' ').skip(1).map(str::to_owned).collect(),
            created_at: tokens.created_at.to_string(),
        })
    }

    /// Whether its parts belong to different connections.
    pub fn is_mixed(&self) -> bool {
        [&self.connection, &self.account].iter().any(|connection| connection.as_ref() != Some(&self.bought_by))
    }

    /// The connection whose access token an update is to carry.
    pub fn buyer(&self) -> &str {
        self.connection.as_deref().unwrap_or(&self.bought_by)
    }
}
