//! Tokens as an app hands them over, before anybody has looked at them.

use serde::Deserialize;

use super::bundle::GoogleAccount;
use super::life::NewTokens;
use crate::client::ErrorKind;
use crate::model::Text;

/// Four times what Google documents, 2,048 and 512 bytes, so that a longer token locks no user out.
/// Source: [token size](https://developers.google.com/identity/protocols/oauth2#size).
const MAX_ACCESS_TOKEN: usize = 8_192;
const MAX_REFRESH_TOKEN: usize = 2_048;
/// All scopes, with the spaces between them.
const MAX_SCOPE: usize = 8_192;
/// OpenID Connect allows 255 characters.
const MAX_ACCOUNT_ID: usize = 255;
/// Each of the address and the name. With the limits above, a bundle fits into Secrets Manager's 65,536 bytes even where
/// each of its characters is escaped.
const MAX_ACCOUNT_TEXT: usize = 1_024;
/// Google gives an hour. What claims to live longer than a day would never be refreshed.
const MAX_LIFETIME: u64 = 24 * 60 * 60;

/// What an app received when a user gave consent: nothing of it has been looked at. [`validated`](Self::validated) does.
///
/// ```
/// use paypulse_runtime::oauth::{GoogleAccount, IncomingTokens};
///
/// let incoming = IncomingTokens {
///     access_token: "ya29.a0".into(),
///     refresh_token: Some("1//0e".into()),
///     expires_in: 3599,
///     scope: vec!["openid".to_owned(), "https://www.googleapis.com/auth/gmail.readonly".to_owned()].into(),
/// };
/// let required = ["https://www.googleapis.com/auth/gmail.readonly"];
/// let new = incoming.validated(GoogleAccount::default(), &required)?;
/// assert_eq!(new.scope, "openid https://www.googleapis.com/auth/gmail.readonly");
/// # Ok::<(), paypulse_runtime::oauth::IncomingTokensError>(())
/// ```
#[derive(Clone, Debug)]
pub struct IncomingTokens {
    /// The access token.
    pub access_token: Text,
    /// The refresh token. An empty one counts as none.
    pub refresh_token: Option<Text>,
    /// The access token's lifetime, in seconds.
    pub expires_in: u64,
    /// What the user consented to.
    pub scope: Scopes,
}

/// Scopes as apps write them: a list, or one string with spaces.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Scopes {
    /// `"openid email"`
    Words(String),
    /// `["openid", "email"]`
    List(Vec<String>),
}

impl Scopes {
    fn words(&self) -> impl Iterator<Item = &str> {
        let (one, many) = match self {
            Self::Words(words) => (words.as_str(), [].as_slice()),
            Self::List(list) => ("", list.as_slice()),
        };
        one.split_whitespace().chain(many.iter().flat_map(|words| words.split_whitespace()))
    }
}

impl From<&str> for Scopes {
    fn from(words: &str) -> Self {
        Self::Words(words.to_owned())
    }
}

impl From<Vec<String>> for Scopes {
    fn from(list: Vec<String>) -> Self {
        Self::List(list)
    }
}

/// Why tokens are not stored. Repeats nothing of them.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IncomingTokensError {
    /// A field that is needed is empty.
    #[error("`{field}` is empty")]
    Empty {
        /// Its name in the bundle.
        field: &'static str,
    },
    /// A field holds more than anybody gives out.
    #[error("`{field}` has {bytes} bytes, and at most {max} are taken")]
    TooLong {
        /// Its name in the bundle.
        field: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// A field holds a character that no value of its kind has: a space, a control character, a letter with an accent.
    #[error("`{field}` has a character that does not belong there, at byte {at}")]
    Character {
        /// Its name in the bundle.
        field: &'static str,
        /// Where, counted from 0.
        at: usize,
    },
    /// The lifetime is none, or more than a day.
    #[error("`expires_in` is {seconds}, and 1 to {MAX_LIFETIME} seconds are taken")]
    Lifetime {
        /// The lifetime that was given, in seconds.
        seconds: u64,
    },
    /// The user did not consent to all that is needed: ask again.
    #[error("the user has not consented to `{scope}`")]
    MissingScope {
        /// What is missing, in the words of the one who requires it.
        scope: String,
    },
}

impl IncomingTokensError {
    /// The field that has the fault, by its name in the bundle.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Empty { field } | Self::TooLong { field, .. } | Self::Character { field, .. } => field,
            Self::Lifetime { .. } => "expires_in",
            Self::MissingScope { .. } => "scope",
        }
    }

    /// Its kind, which does not change from release to release.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

impl IncomingTokens {
    /// Tokens that can be stored: both are tokens by their characters and their length, the lifetime is one, each scope
    /// stands once, and all that is `required` was consented to. Where nothing is required, there may be no scope. `account` is whose they are, as far as it is known.
    ///
    /// That Google accepts them is not looked at; asking for the account's user info shows it.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, without repeating it.
    pub fn validated(self, account: GoogleAccount, required: &[&str]) -> Result<NewTokens, IncomingTokensError> {
        check_token("access_token", self.access_token.expose(), MAX_ACCESS_TOKEN)?;
        let refresh_token = self.refresh_token.filter(|token| !token.is_empty());
        if let Some(token) = &refresh_token {
            check_token("refresh_token", token.expose(), MAX_REFRESH_TOKEN)?;
        }
        if !(1..=MAX_LIFETIME).contains(&self.expires_in) {
            return Err(IncomingTokensError::Lifetime { seconds: self.expires_in });
        }
        let scope = checked_scope(&self.scope, required)?;
        check_account(&account)?;
        Ok(NewTokens { access_token: self.access_token, refresh_token, expires_in: self.expires_in, scope, account })
    }
}

/// Whether this can be an access token.
#[cfg(feature = "google")]
pub(crate) fn is_access_token(text: &str) -> bool {
    check_token("access_token", text, MAX_ACCESS_TOKEN).is_ok()
}

/// Whether this can be a refresh token.
#[cfg(feature = "google")]
pub(crate) fn is_refresh_token(text: &str) -> bool {
    check_token("refresh_token", text, MAX_REFRESH_TOKEN).is_ok()
}

/// A token is visible ASCII; a space, which the standard allows, would end it in a header.
/// Source: [RFC 6749, A.12](https://www.rfc-editor.org/rfc/rfc6749#appendix-A.12).
fn check_token(field: &'static str, token: &str, max: usize) -> Result<(), IncomingTokensError> {
    check(field, token, max, |byte| byte.is_ascii_graphic())
}

fn check(field: &'static str, text: &str, max: usize, allowed: fn(u8) -> bool) -> Result<(), IncomingTokensError> {
    if text.is_empty() {
        return Err(IncomingTokensError::Empty { field });
    }
    if text.len() > max {
        return Err(IncomingTokensError::TooLong { field, bytes: text.len(), max });
    }
    let wrong = text.bytes().position(|byte| !allowed(byte));
    wrong.map_or(Ok(()), |at| Err(IncomingTokensError::Character { field, at }))
}

/// Source: [RFC 6749, 3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3).
fn checked_scope(scopes: &Scopes, required: &[&str]) -> Result<String, IncomingTokensError> {
    let mut words: Vec<&str> = Vec::new();
    let mut bytes = 0;
    for word in scopes.words() {
        // Before each comparison with all others: a list without end is not worth it.
        bytes += word.len() + 1;
        if bytes > MAX_SCOPE {
            return Err(IncomingTokensError::TooLong { field: "scope", bytes, max: MAX_SCOPE });
        }
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if let Some(scope) = required.iter().find(|scope| !words.contains(scope)) {
        return Err(IncomingTokensError::MissingScope { scope: (*scope).to_owned() });
    }
    let scope = words.join(" ");
    // An app need not say what was consented to.
    if scope.is_empty() {
        return Ok(scope);
    }
    check("scope", &scope, MAX_SCOPE, |byte| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\')?;
    Ok(scope)
}

fn check_account(account: &GoogleAccount) -> Result<(), IncomingTokensError> {
    let texts = [
        ("google_user_id", &account.user_id, MAX_ACCOUNT_ID),
        ("google_email", &account.email, MAX_ACCOUNT_TEXT),
        ("google_name", &account.name, MAX_ACCOUNT_TEXT),
    ];
    for (field, text, max) in texts {
        let bytes = text.as_ref().map_or(0, String::len);
        if bytes > max {
            return Err(IncomingTokensError::TooLong { field, bytes, max });
        }
    }
    Ok(())
}
