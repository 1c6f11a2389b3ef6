//! Errors of inputs, with position and reason, but without any of their content.

use serde_json::error::Category;

/// Why an input is invalid. The text contains nothing of the input itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Malformed {
    /// What is wrong, and where.
    pub what: String,
    /// What to do about it.
    pub hint: &'static str,
}

impl Malformed {
    /// An error of an input.
    pub(crate) fn new(what: impl Into<String>, hint: &'static str) -> Self {
        Self { what: what.into(), hint }
    }

    /// An error of the JSON parser at `place`.
    pub(crate) fn json(error: &serde_json::Error, place: &str, hint: &'static str) -> Self {
        let at = format!("line {}, column {}{place}", error.line(), error.column());
        let what = match error.classify() {
            // The file cannot be read further. The error contains no text of the file.
            Category::Io => error.to_string(),
            Category::Eof if error.line() <= 1 && error.column() == 0 => {
                "it is empty: check whether the command that writes it failed".to_owned()
            }
            Category::Eof => format!("it ends too early: {at}"),
            // The parser's message names what it expected, and never what it found.
            Category::Syntax => format!("it is not JSON: {error}{place}"),
            // A message of this category can repeat what was found.
            Category::Data => format!("a value of an unexpected type is at {at}"),
        };
        Self::new(what, hint)
    }
}
