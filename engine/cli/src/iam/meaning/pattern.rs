//! IAM patterns: `*` matches any text and `?` any single character, including the colons of an ARN.
//!
//! Source: [wildcards in ARNs][arns].
//!
//! [arns]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_elements_resource.html#reference_elements_resource_wildcards

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::work::{Work, steps};

/// Maximum length of a pattern, which is the longest ARN that AWS accepts.
const LONGEST: usize = 2048;

/// Separates the two halves of a pair. It is no character of an ARN or an action, and no wildcard matches it.
pub(super) const BETWEEN: u8 = 0x1f;

/// An IAM pattern.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern {
    /// The original text.
    pub(super) text: String,
    pub(super) places: Vec<PatternElement>,
    /// The pattern is too long to be parsed, so what it matches is not known.
    pub(super) is_unread: bool,
}

/// An element of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum PatternElement {
    This(u8),
    AnyOne,
    Any,
    /// Any text without a colon.
    Part,
    /// A policy variable, such as the caller's name, which IAM replaces for each request. Variables with the same name
    /// have the same value.
    Variable(u64),
    /// A fixed text that is not known here. Texts with the same name have the same value.
    Unknown(u64),
}

impl Pattern {
    /// Parses a pattern of a policy. An unknown text, which is a policy variable such as `${aws:username}` or a
    /// Terraform expression, may be any text, and certainly equals only itself.
    ///
    /// Source: [policy variables](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html).
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self::parse(text, |rest| rest.strip_prefix("${").and_then(|rest| rest.split_once('}')))
    }

    /// The same for a policy version without policy variables, in which `${` is plain text.
    ///
    /// Source: [`Version`](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html).
    #[must_use]
    pub fn without_variables(text: &str) -> Self {
        Self::parse(text, |_| None)
    }

    /// The same for names of several parts: `*` does not match the colon between parts.
    #[must_use]
    pub fn of_parts(text: &str) -> Self {
        let mut pattern = Self::new(text);
        for place in pattern.places.iter_mut().filter(|place| **place == PatternElement::Any) {
            *place = PatternElement::Part;
        }
        pattern
    }

    fn parse(text: &str, variable: impl Fn(&str) -> Option<(&str, &str)>) -> Self {
        let mut places = Vec::with_capacity(text.len().min(LONGEST));
        let mut rest = text;
        while let Some(byte) = rest.bytes().next() {
            let variable = variable(rest);
            let place = match (variable, byte) {
                // The three escapes for literal characters.
                (Some((literal @ ("*" | "?" | "$"), _)), _) => PatternElement::This(literal.as_bytes()[0]),
                (Some((name, _)), _) if is_of_iam(name) => PatternElement::Variable(hash(name)),
                (Some((name, _)), _) => PatternElement::Unknown(hash(name)),
                (None, b'*') => PatternElement::Any,
                (None, b'?') => PatternElement::AnyOne,
                (None, byte) => PatternElement::This(byte),
            };
            // Consecutive stars are equivalent to one.
            if !(place == PatternElement::Any && places.last() == Some(&PatternElement::Any)) {
                places.push(place);
            }
            if places.len() > LONGEST {
                return Self { text: text.to_owned(), places: vec![PatternElement::Any], is_unread: true };
            }
            rest = match variable {
                Some((_, rest)) => rest,
                None => rest.get(1..).unwrap_or_else(|| skip_char(rest, &mut places)),
            };
        }
        Self { text: text.to_owned(), places, is_unread: false }
    }

    /// The same for actions, which ignore case.
    #[must_use]
    pub fn of_action(text: &str) -> Self {
        Self { text: text.to_owned(), ..Self::new(&text.to_ascii_lowercase()) }
    }

    /// The pairs of a text of this pattern and a text of the other.
    pub(super) fn with(&self, other: &Self) -> Self {
        let places = self.places.iter().chain([&PatternElement::This(BETWEEN)]).chain(&other.places);
        Self {
            text: format!("{}{}{}", self.text, char::from(BETWEEN), other.text),
            places: places.copied().collect(),
            is_unread: self.is_unread || other.is_unread,
        }
    }

    pub(super) fn places(&self) -> &[PatternElement] {
        &self.places
    }

    /// Whether it is too long to be parsed.
    pub(super) fn is_unread(&self) -> bool {
        self.is_unread
    }

    /// The original text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it matches exactly one known text.
    #[must_use]
    pub fn is_literal(&self) -> bool {
        self.places.iter().all(|place| matches!(place, PatternElement::This(_)))
    }

    /// Whether a part of it is not known.
    #[must_use]
    pub fn has_unknown(&self) -> bool {
        self.places.iter().any(|place| matches!(place, PatternElement::Variable(_) | PatternElement::Unknown(_)))
    }

    /// Whether it matches every text.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.places == [PatternElement::Any] && !self.is_unread
    }

    /// Whether a text matches both patterns. Exact if no pattern has unknown parts; otherwise `true` if that is
    /// possible.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        if !self.ends_can_meet(other) {
            return false;
        }
        // Dynamic programming over `self`: `row[at]` is whether the elements so far share a text with the first `at`
        // elements of `other`.
        let width = other.places.len() + 1;
        let mut row = vec![false; width];
        row[0] = true;
        skip_stars(&other.places, &mut row);
        for mine in &self.places {
            let mut next = vec![false; width];
            for at in 0..width {
                if mine.may_be_any() {
                    // It matches the empty text, or one more element of `other`.
                    next[at] |= row[at] || (at > 0 && next[at - 1] && mine.takes(other.places[at - 1]));
                } else if row[at]
                    && let Some(theirs) = other.places.get(at)
                {
                    match (mine, theirs) {
                        (mine, theirs) if theirs.may_be_any() => next[at] |= theirs.takes(*mine),
                        (PatternElement::This(mine), PatternElement::This(theirs)) => next[at + 1] |= mine == theirs,
                        _ => next[at + 1] = true,
                    }
                }
            }
            skip_stars(&other.places, &mut next);
            row = next;
        }
        row[width - 1]
    }

    /// Whether a text matches both patterns, as one of several questions that share `work`. `true` if not enough is left.
    #[must_use]
    pub fn meets_within(&self, other: &Self, work: &Work) -> bool {
        if !self.ends_can_meet(other) {
            return !work.take(1);
        }
        !work.take(steps(self.places.len(), other.places.len())) || self.meets(other)
    }

    /// Whether the pattern matches the elements of another one as if these were letters, so that it covers the other.
    /// The reverse does not hold for every pattern: `*?` covers `?*`.
    pub(super) fn takes_elements_of(&self, other: &Self) -> bool {
        let mut reached = vec![false; self.places.len() + 1];
        reached[0] = true;
        skip_wildcards(&self.places, &mut reached);
        for theirs in &other.places {
            let mut next = vec![false; reached.len()];
            for (at, mine) in self.places.iter().enumerate().filter(|(at, _)| reached[*at]) {
                match mine {
                    PatternElement::Any => next[at] |= *theirs != PatternElement::This(BETWEEN),
                    PatternElement::Part => next[at] |= *theirs == PatternElement::Part || theirs.is_letter_of_a_part(),
                    PatternElement::AnyOne => next[at + 1] |= *theirs == PatternElement::AnyOne || theirs.is_letter(),
                    mine => next[at + 1] |= mine == theirs,
                }
            }
            skip_wildcards(&self.places, &mut next);
            reached = next;
        }
        reached[self.places.len()]
    }

    /// Two of its texts, as patterns without wildcards: one with an empty text for each star, one with a text of
    /// letters that no policy contains.
    pub(super) fn samples(&self) -> [Self; 2] {
        let free = [PatternElement::This(1), PatternElement::This(2)];
        [&free[..0], &free[..]].map(|star| {
            let places = self.places.iter().flat_map(|place| match place {
                PatternElement::Any | PatternElement::Part => star.to_vec(),
                PatternElement::AnyOne => vec![PatternElement::This(3)],
                place => vec![*place],
            });
            Self { text: String::new(), places: places.collect(), is_unread: false }
        })
    }

    /// A quick comparison of both patterns up to the first and from the last wildcard, which decides most pairs.
    pub(super) fn ends_can_meet(&self, other: &Self) -> bool {
        let (mine, theirs) = (self.places.iter(), other.places.iter());
        can_meet(mine.clone().zip(theirs.clone())) && can_meet(mine.rev().zip(theirs.rev()))
    }
}

/// Whether elements of two patterns can be the same up to the first wildcard.
fn can_meet<'p>(pairs: impl Iterator<Item = (&'p PatternElement, &'p PatternElement)>) -> bool {
    for pair in pairs {
        match pair {
            (PatternElement::This(mine), PatternElement::This(theirs)) if mine != theirs => return false,
            (mine, theirs) if mine.may_be_any() || theirs.may_be_any() => return true,
            _ => {}
        }
    }
    true
}

impl PatternElement {
    /// Whether it can be a text of any length.
    const fn may_be_any(self) -> bool {
        matches!(self, Self::Any | Self::Part | Self::Variable(_) | Self::Unknown(_))
    }

    /// Whether it is one known letter.
    fn is_letter(self) -> bool {
        matches!(self, Self::This(byte) if byte != BETWEEN)
    }

    /// Whether it is one known letter that a part of an ARN can contain.
    fn is_letter_of_a_part(self) -> bool {
        self.is_letter() && self != Self::This(b':')
    }

    /// Whether an element that can be any text can be the other element.
    fn takes(self, other: Self) -> bool {
        self != Self::Part || other != Self::This(b':')
    }
}

/// Whether the name in `${…}` is an IAM variable such as `aws:username`, and not a Terraform expression.
fn is_of_iam(name: &str) -> bool {
    let is_word =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    name.split_once(':').is_some_and(|(service, _)| is_word(service))
}

fn hash(name: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hasher.finish()
}

/// Adds the bytes of a character after the first one, and returns the text after it.
fn skip_char<'a>(rest: &'a str, places: &mut Vec<PatternElement>) -> &'a str {
    let length = rest.chars().next().map_or(1, char::len_utf8);
    places.extend(rest.as_bytes()[1..length].iter().map(|byte| PatternElement::This(*byte)));
    &rest[length..]
}

/// A star can match the empty text, so the position after it is also reached.
fn skip_stars(places: &[PatternElement], reached: &mut [bool]) {
    for (at, place) in places.iter().enumerate() {
        if place.may_be_any() && reached[at] {
            reached[at + 1] = true;
        }
    }
}

/// The same for wildcards only, and not for unknown texts.
fn skip_wildcards(places: &[PatternElement], reached: &mut [bool]) {
    for (at, place) in places.iter().enumerate() {
        if matches!(place, PatternElement::Any | PatternElement::Part) && reached[at] {
            reached[at + 1] = true;
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All texts of up to six of these letters. The third one represents the letters that no pattern names.
    fn texts() -> Vec<String> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..6 {
            last = last.iter().flat_map(|text| ["a", "b", "x"].map(|letter| format!("{text}{letter}"))).collect();
            all.extend(last.iter().cloned());
        }
        all
    }

    /// All patterns of up to three of these elements.
    fn patterns() -> Vec<Pattern> {
        let mut all = vec![String::new()];
        let mut last = all.clone();
        for _ in 0..3 {
            last = last.iter().flat_map(|text| ["a", "b", "?", "*"].map(|place| format!("{text}{place}"))).collect();
            all.extend(last.iter().cloned());
        }
        all.iter().map(|text| Pattern::new(text)).collect()
    }

    /// A simple reference implementation.
    fn matches(pattern: &str, text: &str) -> bool {
        match (pattern.chars().next(), text.chars().next()) {
            (None, found) => found.is_none(),
            (Some('*'), None) => matches(&pattern[1..], text),
            (Some('*'), Some(_)) => matches(&pattern[1..], text) || matches(pattern, &text[1..]),
            (Some(_), None) => false,
            (Some(wanted), Some(found)) => (wanted == '?' || wanted == found) && matches(&pattern[1..], &text[1..]),
        }
    }

    /// By exhaustion: a shared text of two patterns with three elements needs at most six letters.
    #[test]
    fn meeting_and_covering_are_exact() {
        let (texts, patterns) = (texts(), patterns());
        let matched: Vec<Vec<bool>> =
            patterns.iter().map(|it| texts.iter().map(|text| matches(&it.text, text)).collect()).collect();
        for (mine, my_texts) in patterns.iter().zip(&matched) {
            for (theirs, their_texts) in patterns.iter().zip(&matched) {
                let both = my_texts.iter().zip(their_texts).any(|(mine, theirs)| *mine && *theirs);
                let all = my_texts.iter().zip(their_texts).all(|(mine, theirs)| *mine || !*theirs);
                assert_eq!(mine.meets(theirs), both, "{mine} meets {theirs}");
                assert_eq!(mine.covers(theirs), all, "{mine} covers {theirs}");
            }
        }
    }

    #[test]
    fn an_unknown_text_may_be_any_and_is_surely_itself_alone() {
        let pattern = |text| Pattern::new(text);
        let (unknown, same) = (pattern("a/${aws:username}"), pattern("a/${aws:username}"));
        assert!(unknown.meets(&pattern("a/somebody")) && unknown.meets(&pattern("a/${var.stage}")));
        assert!(unknown.covers(&same) && pattern("a/*").covers(&unknown) && pattern("${x}*").covers(&pattern("${x}b")));
        for narrow in ["a/somebody", "a/${var.stage}", "a/*", "a/?"] {
            assert!(!unknown.covers(&pattern(narrow)), "{narrow}");
        }
        for wide in ["a/?", "a/????????????????????????????", "a/${var.stage}", "a/$*"] {
            assert!(!pattern(wide).covers(&unknown), "{wide}");
        }
    }

    #[test]
    fn escapes_stand_for_themselves_and_letters_for_their_bytes() {
        let pattern = |text| Pattern::new(text);
        assert!(!pattern("a/${*}").meets(&pattern("a/somebody")) && pattern("a/${*}").meets(&pattern("a/?")));
        assert!(pattern("a/${$}").meets(&pattern("a/$")) && pattern("a/${b").meets(&pattern("a/${b")));
        assert!(pattern("ä/*").covers(&pattern("ä/b")) && !pattern("ä").meets(&pattern("ö")));
        assert!(Pattern::of_action("Some:GET*").covers(&Pattern::of_action("some:GetThing")));
    }

    #[test]
    fn what_takes_too_long_is_not_said_to_be_covered() {
        let hostile = "a*".repeat(500);
        let (mine, theirs) = (Pattern::new(&format!("{hostile}b?*c")), Pattern::new(&format!("*{hostile}?b")));
        assert!(!mine.covers(&theirs));
        assert!(mine.meets(&Pattern::new("*")));
        let too_long = Pattern::new(&"a*".repeat(100_000));
        assert!(too_long.meets(&mine) && !too_long.is_everything());
        assert!(!too_long.covers(&mine) && !too_long.covers(&too_long));
    }
}
