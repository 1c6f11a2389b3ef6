//! Detects grants whose pattern also matches other secrets.

use std::fmt;

use super::key::{MAX_KEY_LEN, is_key_byte};
use super::name::{Segment, Template};

/// The pattern for the end of a stored name.
const SUFFIX: &str = "-??????";

/// The pattern over stored names that a grant on a secret covers: `*` matches any text and `?` any one character.
///
/// Secrets Manager stores a secret under its name, a hyphen and six random characters, and policies are evaluated on
/// that stored name. A pattern that ends in `*` covers the suffix; every other pattern gets `-??????` at its end.
/// Source: [ARN of a secret](https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html).
///
/// ```
/// use driftless_model::{NamePattern, Template};
///
/// let family = Template::parse("gmail/user/{user_id}")?;
/// assert_eq!(NamePattern::of(&family).as_str(), "gmail/user/*");
/// let fixed = Template::parse("app/database")?;
/// assert_eq!(NamePattern::of(&fixed).as_str(), "app/database-??????");
/// # Ok::<(), driftless_model::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamePattern(String);

impl NamePattern {
    /// The narrowest pattern that covers every member of `template`.
    ///
    /// ```
    /// use driftless_model::{NamePattern, Template};
    ///
    /// assert_eq!(NamePattern::of(&Template::new("shop/{shop_id}/login")).as_str(), "shop/*/login-??????");
    /// ```
    #[must_use]
    pub fn of(template: &Template) -> Self {
        let mut pattern = String::with_capacity(template.as_str().len() + SUFFIX.len());
        for segment in template.segments() {
            pattern.push_str(match segment {
                Segment::Literal(text) => text,
                Segment::Placeholder(_) => "*",
            });
        }
        if !pattern.ends_with('*') {
            pattern.push_str(SUFFIX);
        }
        Self(pattern)
    }

    /// The pattern for the same names after a prefix.
    #[must_use]
    pub fn under(&self, prefix: &str) -> Self {
        Self(format!("{prefix}{self}"))
    }

    /// The pattern as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this pattern matches the stored name of some secret that `other` names. The answer is exact: the pattern
    /// is walked over every name that `other` can have, with keys of every length.
    #[must_use]
    pub fn reaches(&self, other: &Template) -> bool {
        self.ends_can_meet(other) && self.walk(other)
    }

    /// Whether this is the stored name of a secret that the pattern covers.
    ///
    /// ```
    /// # use driftless_model::{NamePattern, Template};
    /// let pattern = NamePattern::of(&Template::parse("app/database")?);
    /// assert!(pattern.matches("app/database-AbCdEf") && !pattern.matches("app/database"));
    /// # Ok::<(), driftless_model::NameError>(())
    /// ```
    #[must_use]
    pub fn matches(&self, stored: &str) -> bool {
        matches_pattern(&self.0, stored)
    }

    /// Whether this pattern matches every name that `other` matches. The answer is exact for the patterns that
    /// [`NamePattern::of`] returns, in which `*` and `?` are never adjacent.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        covers(self.0.as_bytes(), other.0.as_bytes())
    }

    /// The text before the first wildcard.
    #[must_use]
    pub fn literal_prefix(&self) -> &str {
        self.0.split(['*', '?']).next().unwrap_or_default()
    }

    /// Fast check of the text after the last placeholder on both sides, which decides most pairs of families with
    /// similar names. `true` means that only the walk can tell.
    fn ends_can_meet(&self, other: &Template) -> bool {
        let pattern_end = self.0.rsplit('*').next().unwrap_or_default();
        let Some(pattern_end) = pattern_end.strip_suffix(SUFFIX) else { return true };
        let other_end = other.literal_suffix();
        pattern_end.bytes().rev().zip(other_end.bytes().rev()).all(|(mine, theirs)| mine == theirs)
    }

    fn walk(&self, other: &Template) -> bool {
        // Simulates the pattern as an NFA: `places` are the pattern offsets that a name can have reached so far.
        let pattern = self.0.as_bytes();
        let mut places = vec![false; pattern.len() + 1];
        let mut next = places.clone();
        places[0] = true;
        skip_stars(pattern, &mut places);
        for step in stored_name(other) {
            advance(pattern, &places, step.may_be, &mut next);
            if step.optional {
                // The character can be absent: the offsets before it remain reachable.
                next.iter_mut().zip(&places).for_each(|(next, before)| *next |= before);
            }
            if !next.contains(&true) {
                return false;
            }
            std::mem::swap(&mut places, &mut next);
        }
        places[pattern.len()]
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The characters that can occur at one position of a stored name.
#[derive(Clone, Copy)]
enum MayBe {
    This(u8),
    KeyByte,
    SuffixByte,
}

impl MayBe {
    const fn contains(self, byte: u8) -> bool {
        match self {
            Self::This(this) => this == byte,
            Self::KeyByte => is_key_byte(byte),
            Self::SuffixByte => byte.is_ascii_alphanumeric(),
        }
    }
}

#[derive(Clone, Copy)]
struct Step {
    may_be: MayBe,
    optional: bool,
}

/// Every stored name of `template`, position by position.
fn stored_name(template: &Template) -> Vec<Step> {
    let must = |may_be| Step { may_be, optional: false };
    let mut steps = Vec::new();
    for segment in template.segments() {
        match segment {
            Segment::Literal(text) => steps.extend(text.bytes().map(|byte| must(MayBe::This(byte)))),
            Segment::Placeholder(_) => {
                steps.push(must(MayBe::KeyByte));
                steps.extend([Step { may_be: MayBe::KeyByte, optional: true }; MAX_KEY_LEN - 1]);
            }
        }
    }
    steps.push(must(MayBe::This(b'-')));
    steps.extend([must(MayBe::SuffixByte); 6]);
    steps
}

/// A `*` in `mine` matches anything, a `?` matches any one character except `*`, and any other character only itself.
fn covers(mine: &[u8], other: &[u8]) -> bool {
    match (mine.split_first(), other.split_first()) {
        (None, rest) => rest.is_none(),
        (Some((b'*', rest)), _) => {
            covers(rest, other) || other.split_first().is_some_and(|(_, other)| covers(mine, other))
        }
        (Some(_), None) => false,
        (Some((b'?', rest)), Some((found, other))) => *found != b'*' && covers(rest, other),
        (Some((wanted, rest)), Some((found, other))) => wanted == found && covers(rest, other),
    }
}

/// Sets `next` to the pattern offsets that are reachable with one more character of the name.
fn advance(pattern: &[u8], places: &[bool], may_be: MayBe, next: &mut [bool]) {
    next.fill(false);
    for (place, &byte) in pattern.iter().enumerate().filter(|(place, _)| places[*place]) {
        match byte {
            b'*' => next[place] = true,
            b'?' => next[place + 1] = true,
            _ => next[place + 1] |= may_be.contains(byte),
        }
    }
    skip_stars(pattern, next);
}

/// A `*` can match the empty text, so the offset after it is reachable from the offset before it.
fn skip_stars(pattern: &[u8], places: &mut [bool]) {
    for (place, &byte) in pattern.iter().enumerate() {
        if byte == b'*' && places[place] {
            places[place + 1] = true;
        }
    }
}

/// Whether a pattern matches the whole text: `*` matches any text, including slashes, and `?` any one character.
///
/// ```
/// use driftless_model::matches_pattern;
///
/// assert!(matches_pattern("shop/*/login", "shop/berlin/login"));
/// assert!(!matches_pattern("shop/*/login", "shop/berlin"));
/// ```
#[must_use]
pub fn matches_pattern(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut place) = (0, 0);
    // The offset of the last `*`, and how much of the text is assigned to it so far.
    let mut star = None;
    while at < text.len() {
        match pattern.get(place) {
            Some(b'*') => {
                star = Some((place, at));
                place += 1;
            }
            Some(&byte) if byte == b'?' || byte == text[at] => {
                (at, place) = (at + 1, place + 1);
            }
            _ => {
                // Backtrack: assign one more character to the last `*`, and continue after it.
                let Some((back, taken)) = star else { return false };
                star = Some((back, taken + 1));
                (at, place) = (taken + 1, back + 1);
            }
        }
    }
    pattern[place..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::matches_pattern;

    #[test]
    fn a_pattern_matches_as_access_policies_do() {
        let check =
            |pattern, text, expected| assert_eq!(matches_pattern(pattern, text), expected, "{pattern} on {text}");
        check("shop/user/*", "shop/user/7-AbCdEf", true);
        check("shop/user/*", "shop/user/7/deeper-AbCdEf", true);
        check("shop/user/*", "shop/team/7-AbCdEf", false);
        check("app-??????", "app-AbCdEf", true);
        check("app-??????", "app-AbCdE", false);
        check("app-??????", "app-prod-AbCdEf", false);
        check("shop/*/key-??????", "shop/a/key/key-AbCdEf", true);
        check("shop/*/key-??????", "shop/a/keys-AbCdEf", false);
        check("*a*b", "aab-ab", true);
        check("*a*b", "aab-a", false);
        check("a", "", false);
    }
}
