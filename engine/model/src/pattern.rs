//! Regular expressions that mean the same to every engine, checked at compile time or when they are read.
//!
//! Three engines evaluate a pattern: that of the client, that of Terraform, and that of programs that validate JSON
//! against a schema. They differ in many ways; only the syntax that they have in common is accepted.

use std::borrow::Cow;
use std::fmt;

use regex_automata::Input;
use regex_automata::hybrid::dfa::{Config, DFA};
use regex_automata::util::syntax;

/// The maximum nesting depth of groups.
const MAX_DEPTH: usize = 16;

/// The maximum count of a repetition, multiplied for nested ones.
///
/// Source: [RE2 syntax](https://github.com/google/re2/wiki/Syntax), which has this limit.
const MAX_COUNT: u32 = 1000;

/// The maximum number of characters and classes in a pattern, each counted as often as it is repeated. It bounds the
/// cost of a match per character of the text.
const MAX_SIZE: u32 = 2000;

/// A fault of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PatternFault {
    /// A character that is not printable ASCII.
    Character,
    /// A backslash before a character that engines interpret differently, or a bracket or brace without a backslash.
    Escape,
    /// A class that engines interpret differently.
    Class,
    /// A group that is not closed or not opened, or is neither `(…)` nor `(?:…)`.
    Group,
    /// Groups more than 16 deep.
    Depth,
    /// A repetition of nothing or of another repetition.
    Repetition,
    /// A counted repetition without a count, or with a count above 1000.
    Count,
    /// More than 2000 characters and classes, each counted as often as it is repeated.
    Size,
}

impl PatternFault {
    /// The fault's message.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Character => "a pattern has a character that is not printable ASCII",
            Self::Escape => {
                "a pattern has a backslash before something else than `dDwW`, `tnr` or a sign, or a bracket or brace without one"
            }
            Self::Class => "a pattern has a class that engines read differently: escape each sign in it",
            Self::Group => "a pattern has a group that is not closed or not opened, or is neither `(…)` nor `(?:…)`",
            Self::Depth => "a pattern has groups more than 16 deep",
            Self::Repetition => "a pattern repeats nothing, or a repetition",
            Self::Count => "a pattern has a repetition without a count, or of more than 1000, nested ones multiplied",
            Self::Size => {
                "a pattern has more than 2000 characters and classes, each counted as often as it is repeated"
            }
        }
    }

    const fn at(self, at: usize) -> PatternError {
        PatternError { fault: self, at }
    }
}

/// An invalid pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PatternError {
    /// What is wrong with it.
    pub fault: PatternFault,
    /// The offset, in bytes from the start.
    pub at: usize,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, at byte {}", self.fault.message(), self.at)
    }
}

impl std::error::Error for PatternError {}

/// A regular expression. It matches anywhere in a text, unless it is anchored by `^` and `$`.
///
/// ```
/// use driftless_model::Pattern;
///
/// const KEY: Pattern = Pattern::new("^sk_(live|test)_[A-Za-z0-9]{24}$");
/// assert!(KEY.matches("sk_live_0123456789abcdef01234567"));
/// assert!(Pattern::parse("(?=ahead)").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Cow<'static, str>);

impl Pattern {
    /// A pattern from a literal, checked at compile time if used in a `const`.
    ///
    /// # Panics
    ///
    /// Panics with the fault's message; in a `const`, this is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn new(pattern: &'static str) -> Self {
        match find_fault(pattern.as_bytes()) {
            Ok(()) => Self(Cow::Borrowed(pattern)),
            Err(error) => panic!("{}", error.fault.message()),
        }
    }

    /// Checks a pattern that is read at run time.
    ///
    /// # Errors
    ///
    /// The first fault from the left.
    ///
    /// ```
    /// use driftless_model::Pattern;
    ///
    /// assert!(Pattern::parse("^[a-z]+$").is_ok());
    /// assert!(Pattern::parse("(").is_err());
    /// ```
    pub fn parse(pattern: &str) -> Result<Self, PatternError> {
        find_fault(pattern.as_bytes()).map(|()| Self(Cow::Owned(pattern.to_owned())))
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a text matches, in time linear in the length of the text. Each call also compiles the pattern, which
    /// takes some microseconds.
    ///
    /// # Panics
    ///
    /// Never: the engine accepts every pattern that passes the check.
    ///
    /// ```
    /// use driftless_model::Pattern;
    ///
    /// let pattern = Pattern::new("^sk_[0-9]+$");
    /// assert!(pattern.matches("sk_42"));
    /// assert!(!pattern.matches("pk_42"));
    /// ```
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        // A lazy DFA: a state is built when the text first reaches it, and cached from then on.
        let config = Config::new().skip_cache_capacity_check(true);
        let engine = DFA::builder().configure(config).syntax(syntax::Config::new()).build(&in_ascii(&self.0));
        let engine = engine.expect("the pattern was checked");
        let found = engine.try_search_fwd(&mut engine.create_cache(), &Input::new(text).earliest(true));
        found.expect("an engine that may forget states never gives up").is_some()
    }
}

/// Replaces the character kinds by ASCII classes, which is what they mean to all engines.
fn in_ascii(pattern: &str) -> String {
    let mut plain = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        let escaped = if char == '\\' { chars.next() } else { None };
        match escaped {
            Some('d') => plain += "[0-9]",
            Some('D') => plain += "[^0-9]",
            Some('w') => plain += "[0-9A-Za-z_]",
            Some('W') => plain += "[^0-9A-Za-z_]",
            escaped => {
                plain.push(char);
                plain.extend(escaped);
            }
        }
    }
    plain
}

/// The first fault of a pattern. Loops with `while` over bytes, because it runs at compile time.
const fn find_fault(pattern: &[u8]) -> Result<(), PatternError> {
    // Per group depth: the largest product of nested repetition counts, and the size.
    let mut counted = [1_u32; MAX_DEPTH + 1];
    let mut size = [0_u32; MAX_DEPTH + 1];
    // The size of the preceding item.
    let mut last = 0;
    let mut depth = 0;
    // The repetition count of the preceding item; 0 if it cannot be repeated.
    let mut before = 0;
    let mut at = 0;
    while at < pattern.len() {
        match pattern[at] {
            b'(' => {
                let Some(end) = group_start(pattern, at) else { return Err(PatternFault::Group.at(at)) };
                if depth == MAX_DEPTH {
                    return Err(PatternFault::Depth.at(at));
                }
                depth += 1;
                (counted[depth], size[depth]) = (1, 0);
                before = 0;
                at = end;
            }
            b')' => {
                if depth == 0 {
                    return Err(PatternFault::Group.at(at));
                }
                // The closed group is now the preceding item of the enclosing group.
                (before, last) = (counted[depth], size[depth]);
                depth -= 1;
                counted[depth] = larger(counted[depth], before);
                size[depth] += last;
                at += 1;
            }
            b'[' => {
                match class_end(pattern, at) {
                    Ok(end) => at = end,
                    Err(place) => return Err(PatternFault::Class.at(place)),
                }
                (before, last) = (1, 1);
                size[depth] += 1;
            }
            b'\\' => {
                if !is_escape(pattern, at) {
                    return Err(PatternFault::Escape.at(at));
                }
                (before, last) = (1, 1);
                size[depth] += 1;
                at += 2;
            }
            b'*' | b'+' | b'?' | b'{' if before == 0 => return Err(PatternFault::Repetition.at(at)),
            b'*' | b'+' | b'?' | b'^' | b'$' | b'|' => {
                // None of these can be repeated in turn.
                before = 0;
                at += 1;
            }
            b'{' => {
                let Some((most, end)) = count(pattern, at) else { return Err(PatternFault::Count.at(at)) };
                let product = before * larger(most, 1);
                if product > MAX_COUNT {
                    return Err(PatternFault::Count.at(at));
                }
                counted[depth] = larger(counted[depth], product);
                // One repetition is already counted.
                size[depth] += last * (larger(most, 1) - 1);
                before = 0;
                at = end;
            }
            b'}' | b']' => return Err(PatternFault::Escape.at(at)),
            b' '..=b'~' => {
                (before, last) = (1, 1);
                size[depth] += 1;
                at += 1;
            }
            _ => return Err(PatternFault::Character.at(at)),
        }
        if size[depth] > MAX_SIZE {
            return Err(PatternFault::Size.at(at - 1));
        }
    }
    if depth == 0 { Ok(()) } else { Err(PatternFault::Group.at(at)) }
}

const fn larger(one: u32, other: u32) -> u32 {
    if one > other { one } else { other }
}

/// The offset after the start of a group, or `None` for an unsupported kind of group.
const fn group_start(pattern: &[u8], at: usize) -> Option<usize> {
    if at + 1 >= pattern.len() || pattern[at + 1] != b'?' {
        return Some(at + 1);
    }
    if at + 2 < pattern.len() && pattern[at + 2] == b':' { Some(at + 3) } else { None }
}

/// Whether all engines agree on the meaning of the escape sequence.
const fn is_escape(pattern: &[u8], at: usize) -> bool {
    at + 1 < pattern.len()
        && matches!(
            pattern[at + 1],
            b'd' | b'D'
                | b'w'
                | b'W'
                | b't'
                | b'n'
                | b'r'
                | b'\\'
                | b'^'
                | b'$'
                | b'.'
                | b'*'
                | b'+'
                | b'?'
                | b'('
                | b')'
                | b'['
                | b']'
                | b'{'
                | b'}'
                | b'|'
                | b'/'
                | b'-'
        )
}

/// The larger number of a repetition such as `{2}`, `{2,}` or `{2,3}`, and the offset after it.
const fn count(pattern: &[u8], open: usize) -> Option<(u32, usize)> {
    let Some((least, mut at)) = number(pattern, open + 1) else { return None };
    let mut most = least;
    if at < pattern.len() && pattern[at] == b',' {
        at += 1;
        if at < pattern.len() && pattern[at] != b'}' {
            let Some((found, end)) = number(pattern, at) else { return None };
            if found < least {
                return None;
            }
            most = found;
            at = end;
        }
    }
    if at < pattern.len() && pattern[at] == b'}' { Some((most, at + 1)) } else { None }
}

/// A number of at most four digits, and the offset after it.
const fn number(pattern: &[u8], start: usize) -> Option<(u32, usize)> {
    let (mut value, mut at) = (0, start);
    while at < pattern.len() && pattern[at].is_ascii_digit() && at < start + 4 {
        value = value * 10 + (pattern[at] - b'0') as u32;
        at += 1;
    }
    if at == start || value > MAX_COUNT { None } else { Some((value, at)) }
}

/// The offset after the `]` that closes the class at `open`, or the offset of a fault in the class.
const fn class_end(pattern: &[u8], open: usize) -> Result<usize, usize> {
    let mut at = open + 1;
    if at < pattern.len() && pattern[at] == b'^' {
        at += 1;
    }
    let first = at;
    while at < pattern.len() {
        if pattern[at] == b']' && at > first {
            return Ok(at + 1);
        }
        let is_last = at + 1 < pattern.len() && pattern[at + 1] == b']';
        if pattern[at] == b'-' && (at == first || is_last) {
            at += 1;
            continue;
        }
        let Some((low, end)) = class_item(pattern, at) else { return Err(at) };
        let is_range = end + 1 < pattern.len() && pattern[end] == b'-' && pattern[end + 1] != b']';
        if is_range {
            let Some((high, range_end)) = class_item(pattern, end + 1) else { return Err(end) };
            // A character kind, such as `\d`, cannot be the end of a range.
            if low == 0 || high == 0 || low > high {
                return Err(at);
            }
            at = range_end;
        } else {
            at = end;
        }
    }
    Err(open)
}

/// An item of a class: its character, or 0 for a character kind such as `\d`, and the offset after it. Characters with
/// a special meaning in some engine must be escaped.
const fn class_item(pattern: &[u8], at: usize) -> Option<(u8, usize)> {
    match pattern[at] {
        b'\\' if is_escape(pattern, at) => Some(match pattern[at + 1] {
            b'd' | b'D' | b'w' | b'W' => (0, at + 2),
            b't' => (b'\t', at + 2),
            b'n' => (b'\n', at + 2),
            b'r' => (b'\r', at + 2),
            escaped => (escaped, at + 2),
        }),
        b'\\' | b'[' | b']' | b'^' | b'-' => None,
        // Doubled, these are set operators in some engines.
        byte @ (b'&' | b'~') if at + 1 < pattern.len() && pattern[at + 1] == byte => None,
        byte @ b' '..=b'~' => Some((byte, at + 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
