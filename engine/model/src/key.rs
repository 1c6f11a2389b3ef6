//! Keys: the values that fill the placeholders of a family's name.

use std::fmt;

use super::name_byte::is_name_byte;

/// The longest key, in characters.
///
/// The bound makes every member's name valid by construction: `gmail/user/{user_id}` never exceeds
/// [`MAX_NAME_LEN`](super::MAX_NAME_LEN), whatever key a caller passes. 64 is enough for UUIDs and for Cognito and
/// Google account ids.
pub const MAX_KEY_LEN: usize = 64;

/// The type of one placeholder's values, such as a user's id. Declared in a spec's `keys`.
pub trait Key {
    /// The key as it appears in the secret's name.
    fn as_str(&self) -> &str;
}

/// A key that is not valid in a secret's name. The error does not contain the key, because keys come from requests.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key is empty: the name would be the family's own path.
    #[error("the key is empty")]
    Empty,
    /// The key is longer than [`MAX_KEY_LEN`].
    #[error("the key has {0} bytes, more than {MAX_KEY_LEN}")]
    TooLong(usize),
    /// A character that Secrets Manager refuses or that would change the meaning of the name: a `/` would leave the
    /// member's own path.
    #[error("the key has a character outside `A-Za-z0-9_+=.@-` at byte {0}")]
    Character(usize),
}

/// The validated text of a [`Key`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyText(Box<str>);

impl KeyText {
    /// Validates a key.
    ///
    /// # Errors
    ///
    /// If it is empty, longer than [`MAX_KEY_LEN`], or has a character outside `A-Za-z0-9_+=.@-`.
    ///
    /// ```
    /// use driftless_model::KeyText;
    ///
    /// assert_eq!(KeyText::parse("berlin")?.as_str(), "berlin");
    /// assert!(KeyText::parse("berlin/payment").is_err());
    /// # Ok::<(), driftless_model::KeyError>(())
    /// ```
    pub fn parse(key: &str) -> Result<Self, KeyError> {
        if key.is_empty() {
            return Err(KeyError::Empty);
        }
        if key.len() > MAX_KEY_LEN {
            return Err(KeyError::TooLong(key.len()));
        }
        match key.bytes().position(|byte| !is_key_byte(byte)) {
            Some(at) => Err(KeyError::Character(at)),
            None => Ok(Self(key.into())),
        }
    }

    /// The key as it appears in the secret's name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A key may contain every character that is valid in a name, except the path separator.
pub(crate) const fn is_key_byte(byte: u8) -> bool {
    is_name_byte(byte) && byte != b'/'
}
