//! The rules that a checked text can break.

/// The rule that a text breaks. The error never contains the text.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FormError {
    /// It does not match the pattern.
    #[error("it does not match the pattern `{pattern}`")]
    Pattern {
        /// The pattern.
        pattern: String,
    },
    /// It is too short.
    #[error("it has fewer than {least} characters")]
    TooShort {
        /// The minimum number of characters.
        least: u32,
    },
    /// It is too long.
    #[error("it has more than {most} characters")]
    TooLong {
        /// The maximum number of characters.
        most: u32,
    },
}
