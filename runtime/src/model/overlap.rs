//! Whether what a grant covers reaches secrets that it does not name.

use std::fmt;

use super::key::{MAX_KEY_LEN, is_key_byte};
use super::name::{Segment, Template};

/// The pattern that a grant on a secret covers, over stored names: in it `*` stands for any text and `?` for any one
/// character.
///
/// Secrets Manager stores a secret under its name, a hyphen and six random characters, and grants are decided on that
/// stored name. A pattern that ends in `*` covers them; any other gets `-??????` at its end.
/// Source: [ARN of a secret](https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html).
///
/// ```
/// use paypulse_runtime::model::{NamePattern, Template};
///
/// let family = Template::parse("gmail/user/{user_id}")?;
/// assert_eq!(NamePattern::of(&family).as_str(), "gmail/user/*");
/// let fixed = Template::parse("app/database")?;
/// assert_eq!(NamePattern::of(&fixed).as_str(), "app/database-??????");
/// # Ok::<(), paypulse_runtime::model::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NamePattern(String);

impl NamePattern {
    /// The pattern that covers every member of `template`, and as little else as a pattern can.
    #[must_use]
    pub fn of(template: &Template) -> Self {
        let mut pattern: String = template
            .segments()
            .map(|segment| match segment {
                Segment::Literal(text) => text,
                Segment::Placeholder(_) => "*",
            })
            .collect();
        if !pattern.ends_with('*') {
            pattern.push_str("-??????");
        }
        Self(pattern)
    }

    /// The pattern over the same names behind a prefix.
    #[must_use]
    pub fn under(&self, prefix: &str) -> Self {
        Self(format!("{prefix}{self}"))
    }

    /// The pattern's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether some secret named by `other` has a stored name that this pattern matches. Exact: it walks the pattern
    /// over every name that `other` can have, keys of each length included.
    #[must_use]
    pub fn reaches(&self, other: &Template) -> bool {
        self.ends_can_meet(other) && self.walk(other)
    }

    /// Whether this is the stored name of a secret that the pattern covers.
    ///
    /// ```
    /// # use paypulse_runtime::model::{NamePattern, Template};
    /// let pattern = NamePattern::of(&Template::parse("app/database")?);
    /// assert!(pattern.matches("app/database-AbCdEf") && !pattern.matches("app/database"));
    /// # Ok::<(), paypulse_runtime::model::NameError>(())
    /// ```
    #[must_use]
    pub fn matches(&self, stored: &str) -> bool {
        matches_pattern(&self.0, stored)
    }

    /// Whether every name that `other` matches is matched by this pattern too. Exact for the patterns that
    /// [`NamePattern::of`] gives, in which `*` and `?` never stand side by side.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        covers(self.0.as_bytes(), other.0.as_bytes())
    }

    /// The text before the first wildcard.
    #[must_use]
    pub fn literal_prefix(&self) -> &str {
        self.0.split(['*', '?']).next().unwrap_or_default()
    }

    /// A quick look at what stands after the last placeholder on both sides, which decides most pairs of a family's
    /// neighbours. `true` means that only the walk can tell.
    fn ends_can_meet(&self, other: &Template) -> bool {
        let pattern_end = self.0.rsplit('*').next().unwrap_or_default();
        let Some(pattern_end) = pattern_end.strip_suffix("-??????") else { return true };
        let other_end = other.literal_suffix();
        pattern_end.bytes().rev().zip(other_end.bytes().rev()).all(|(mine, theirs)| mine == theirs)
    }

    fn walk(&self, other: &Template) -> bool {
        let pattern = self.0.as_bytes();
        let mut places = vec![false; pattern.len() + 1];
        let mut next = places.clone();
        places[0] = true;
        skip_stars(pattern, &mut places);
        for step in stored_name(other) {
            advance(pattern, &places, step.may_be, &mut next);
            if step.optional {
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

/// The characters that may stand at one place of a stored name.
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

/// Every stored name that `template` can give, place by place.
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

/// A star of `mine` takes anything, a question mark of it any one character but a star, and all else only itself.
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

/// Puts into `next` the places in the pattern that can be reached by one more character of the name.
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

/// A star may stand for nothing: from a place before one, the place behind it is reached too.
fn skip_stars(pattern: &[u8], places: &mut [bool]) {
    for (place, &byte) in pattern.iter().enumerate() {
        if byte == b'*' && places[place] {
            places[place + 1] = true;
        }
    }
}

/// Whether a pattern matches the whole text: `*` is any text, also with slashes in it, and `?` is any one character.
#[must_use]
pub fn matches_pattern(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut place) = (0, 0);
    // Where the last star stands, and how much of the text it has taken so far.
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
