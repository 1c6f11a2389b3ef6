//! Validates tokens that an app sends.

use serde::Deserialize;

use super::bundle::GoogleAccount;
use super::life::NewTokens;
use crate::client::ErrorKind;
use crate::model::Text;

/// The maximum sizes of tokens: four times what Google documents (2,048 and 512 bytes), so that longer tokens do not
/// lock users out.
/// Source: [token size](https://developers.google.com/identity/protocols/oauth2#size).
const MAX_ACCESS_TOKEN: usize = 8_192;
const MAX_REFRESH_TOKEN: usize = 2_048;
/// The maximum size of all scopes, including the spaces between them.
const MAX_SCOPE: usize = 8_192;
/// The maximum size of an account's id. OpenID Connect allows 255 characters.
const MAX_ACCOUNT_ID: usize = 255;
/// The maximum size of the email address and of the name. With the limits above, a bundle fits into Secrets Manager's
/// 65,536 bytes even if every character is escaped.
const MAX_ACCOUNT_TEXT: usize = 1_024;
/// The maximum lifetime of an access token, in seconds. Google grants one hour; a token with a claimed lifetime of more
/// than a day would never be refreshed.
const MAX_LIFETIME: u64 = 24 * 60 * 60;

/// Tokens that an app received when a user gave consent, not yet validated. [`validated`](Self::validated) checks them.
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
    /// The refresh token. An empty one counts as absent.
    pub refresh_token: Option<Text>,
    /// The access token's lifetime, in seconds.
    pub expires_in: u64,
    /// The scopes that the user consented to.
    pub scope: Scopes,
}

/// Scopes as apps send them: a list, or one string with spaces.
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

/// Why tokens are refused. The error contains nothing of them.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IncomingTokensError {
    /// A required field is empty.
    #[error("`{field}` is empty")]
    Empty {
        /// The field's name in the bundle.
        field: &'static str,
    },
    /// A field is longer than any valid value.
    #[error("`{field}` has {bytes} bytes; the maximum is {max}")]
    TooLong {
        /// The field's name in the bundle.
        field: &'static str,
        /// The size in bytes.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// A field contains a character that is never valid in it, such as a space, a control character or a letter with an
    /// accent.
    #[error("`{field}` has an invalid character at byte {at}")]
    Character {
        /// The field's name in the bundle.
        field: &'static str,
        /// The byte offset, counted from 0.
        at: usize,
    },
    /// The lifetime is zero or more than a day.
    #[error("`expires_in` is {seconds}, and 1 to {MAX_LIFETIME} seconds are taken")]
    Lifetime {
        /// The lifetime that was given, in seconds.
        seconds: u64,
    },
    /// The user has not consented to a required scope: ask for consent again.
    #[error("the user has not consented to `{scope}`")]
    MissingScope {
        /// The missing scope, as required by the caller.
        scope: String,
    },
}

impl IncomingTokensError {
    /// The name of the invalid field in the bundle.
    #[must_use]
    pub const fn field(&self) -> &'static str {
        match self {
            Self::Empty { field } | Self::TooLong { field, .. } | Self::Character { field, .. } => field,
            Self::Lifetime { .. } => "expires_in",
            Self::MissingScope { .. } => "scope",
        }
    }

    /// The error's kind, which is stable across releases.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        ErrorKind::InvalidInput
    }
}

impl IncomingTokens {
    /// Validates the tokens: characters and length of both tokens, the lifetime, and that every `required` scope was
    /// consented to. Duplicate scopes are removed. If no scope is required, the scope may be empty. `account` is the
    /// tokens' account, as far as it is known.
    ///
    /// It does not check whether Google accepts the tokens; a request for the account's user info does.
    ///
    /// # Errors
    ///
    /// The first invalid field. The error does not contain its value.
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

/// Whether this has the form of an access token.
#[cfg(feature = "google")]
pub(crate) fn is_access_token(text: &str) -> bool {
    check_token("access_token", text, MAX_ACCESS_TOKEN).is_ok()
}

/// Whether this has the form of a refresh token.
#[cfg(feature = "google")]
pub(crate) fn is_refresh_token(text: &str) -> bool {
    check_token("refresh_token", text, MAX_REFRESH_TOKEN).is_ok()
}

/// Checks that a token is visible ASCII. The standard also allows spaces, but a space would end the token in a header.
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
        // Checked before the quadratic search for duplicates, so that an endless list is cheap to refuse.
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
    // An app may leave out the scope.
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
