//! A problem in a spec: what is wrong, where, and how to fix it.

use std::fmt;

use serde::Serialize;

/// One problem in a spec.
///
/// ```
/// use driftless_model::Problem;
///
/// let problem = Problem::new("duplicate-name", "secret `Key`", "its name is taken", "rename it");
/// assert_eq!(problem.to_string(), "secret `Key`: its name is taken [duplicate-name]");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The name of the lint, stable for tools: `duplicate-name`.
    pub lint: &'static str,
    /// The place in the spec: ``secret `GmailUserTokens` ``.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// How to fix it.
    pub hint: String,
}

impl Problem {
    /// A problem that `lint` found at `place`.
    #[must_use]
    pub fn new(lint: &'static str, place: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { lint, place: place.to_owned(), message: message.into(), hint: hint.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} [{}]", self.place, self.message, self.lint)
    }
}

/// The candidate that a misspelled word most likely means, if one is close.
///
/// ```
/// use driftless_model::closest;
///
/// assert_eq!(closest("reed", ["read", "store"]), Some("read"));
/// assert_eq!(closest("x", ["read", "store"]), None);
/// ```
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer words are not typed by hand, and comparing them is quadratic in their length.
    const LONGEST: usize = 100;
    if word.len() > LONGEST {
        return None;
    }
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// The message and the hint for a word that is not one of the known ones.
#[doc(hidden)]
#[must_use]
pub fn unknown_word(what: &str, word: &str, known: &[&str]) -> (String, String) {
    let hint = match closest(word, known.iter().copied()) {
        Some(close) => format!("did you mean `{close}`? It is one of: {}", known.join(", ")),
        None => format!("use one of: {}", known.join(", ")),
    };
    (format!("unknown {what} {}", shown(word)), hint)
}

/// Whether a character is visible and has no other effect: not a C0 or C1 control character, and not one that changes
/// the text direction, ends a line, or is invisible. Sources: [Trojan Source](https://trojansource.codes/trojan-source.pdf),
/// and `Default_Ignorable_Code_Point` in Unicode's
/// [DerivedCoreProperties](https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt).
///
/// ```
/// use driftless_model::is_printed;
///
/// assert!(is_printed('é') && is_printed(' '));
/// assert!(!is_printed('\u{1b}') && !is_printed('\u{202e}') && !is_printed('\n'));
/// ```
#[must_use]
pub fn is_printed(char: char) -> bool {
    // Fast path: nearly every character.
    if char.is_ascii() {
        return !char.is_ascii_control();
    }
    !char.is_control()
        && !matches!(
            char,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
                | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

/// The longest text that messages show in full.
const LONGEST: usize = 120;

/// A word of a spec as messages show it: in backticks, without control characters, and shortened to fit in a line.
///
/// ```
/// use driftless_model::shown;
///
/// assert_eq!(shown("Key"), "`Key`");
/// assert_eq!(shown("a\nb"), r"`a\nb`");
/// ```
#[must_use]
pub fn shown(word: &str) -> String {
    // Fast path: nearly every word is plain, and every entry of a spec is shown at least once, even without a problem.
    if word.len() <= LONGEST
        && word.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'"' | b'\''))
    {
        return ["`", word, "`"].concat();
    }
    format!("`{}`", shorten(&word.escape_debug().to_string()))
}

pub(super) fn shorten(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
