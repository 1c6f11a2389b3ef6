//! An input that cannot be used: where, and why, and never a word of it.

use serde_json::error::Category;

/// What is wrong with an input. Its text holds nothing of the input itself.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Malformed {
    /// What is wrong, and where.
    pub what: String,
    /// The way out.
    pub hint: &'static str,
}

impl Malformed {
    /// A fault of an input.
    pub(crate) fn new(what: impl Into<String>, hint: &'static str) -> Self {
        Self { what: what.into(), hint }
    }

    /// What stopped the reading of an input as JSON, `place` being where that was.
    pub(crate) fn json(error: &serde_json::Error, place: &str, hint: &'static str) -> Self {
        let at = format!("line {}, column {}{place}", error.line(), error.column());
        let what = match error.classify() {
            // A file that cannot be read on; its error says nothing of its text.
            Category::Io => error.to_string(),
            Category::Eof if error.line() <= 1 && error.column() == 0 => {
                "it is empty: see whether the command that was to write it failed".to_owned()
            }
            Category::Eof => format!("it ends too early: {at}"),
            // The parser's own message names what it expected, and never what it found.
            Category::Syntax => format!("it is not JSON: {error}{place}"),
            // The message of this kind can repeat what it found.
            Category::Data => format!("a value of an unexpected type is at {at}"),
        };
        Self::new(what, hint)
    }
}
