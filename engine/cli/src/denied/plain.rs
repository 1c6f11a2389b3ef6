//! Normalizes text that contains an AWS message: terminal output, logs, nested JSON, source code, e-mails.
//!
//! Words in the result are separated by these characters; it contains no other unprintable characters.
//!
//! | character | means |
//! |---|---|
//! | space | the end of a word |
//! | [`BREAK`] | the end of a line: either the end of a word, or the middle of a wrapped word |
//! | [`FULL`] | the same, for a line of the maximum width: probably the middle of a word |
//!
//! During processing, `FULL` marks the `BREAK` of such a line, and `GONE` marks where characters were removed: a line
//! that contains it does not count as blank.

use std::collections::HashMap;
use std::iter::Peekable;
use std::str::Chars;

use super::escape::unescaped;
use super::margin::without_common_margins;
use super::marks::{BREAK, FULL, GONE, separates};
use super::markup::{decoded, unmarked};
use super::masks::as_words;

/// Maximum length of an escape sequence that is skipped as a whole.
const LONGEST_SEQUENCE: usize = 64;

/// The normalized text.
#[must_use]
pub fn plain(text: &str) -> String {
    let lines = unix_lines(&text.replace([FULL, GONE], ""));
    let lines = without_common_margins(&decoded(&lines));
    let lines = without_margins(&printed(&marked(&lines), false), false);
    // Removing escapes can produce line breaks, quotation marks of replies, and colour codes, so these steps run
    // again.
    let lines = without_margins(&marked(&printed(&unmarked(&unescaped(&lines)), true)), true);
    as_words(&spaced(&joined(&lines)))
}

/// The text with `\n` as the end of every line, also where a program wrote `\r\r\n`, or `cat -A` shows the end, or PowerShell
/// or cmd continues the line.
fn unix_lines(text: &str) -> String {
    let end = |line| {
        let line = str::trim_end_matches(line, '\r');
        line.strip_suffix("^M$").unwrap_or(line)
    };
    let lines: Vec<&str> = text.split(BREAK).map(end).collect();
    let sign = continuation(&lines);
    lines.into_iter().map(|line| line.strip_suffix(sign).unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

/// The sign by which PowerShell or cmd continues a line, if all lines but the last have it; otherwise an empty text.
fn continuation(lines: &[&str]) -> &'static str {
    let used = lines.iter().rposition(|line| !line.is_empty()).unwrap_or_default();
    let continued = &lines[..used];
    let is_sign = |sign: &&str| {
        // Where the others do not form pairs, the one at the end of a line belongs to a pair: the text was wrapped there.
        let marks = lines.iter().map(|line| line.matches(sign.trim_start()).count()).sum::<usize>();
        !continued.is_empty() && continued.iter().all(|line| line.ends_with(*sign)) && (marks - used).is_multiple_of(2)
    };
    [" `", " ^"].into_iter().find(is_sign).unwrap_or_default()
}

/// Marks every line whose length is at least the most frequent length: that is the width at which the text was
/// wrapped.
fn marked(text: &str) -> String {
    let length = |line: &str| line.chars().filter(|char| !matches!(char, &FULL | &GONE | '\r')).count();
    let mut lengths: HashMap<usize, usize> = HashMap::new();
    for line in text.split(BREAK) {
        *lengths.entry(length(line)).or_default() += 1;
    }
    // The most frequent length; of several, the largest.
    let common =
        lengths.into_iter().filter(|(length, _)| *length > 0).max_by_key(|(length, number)| (*number, *length));
    let Some((width, 2..)) = common else { return text.to_owned() };
    let mut marked = String::with_capacity(text.len());
    for line in text.split_inclusive(BREAK) {
        let whole = line.trim_end_matches(BREAK);
        marked.push_str(whole);
        if length(whole) >= width {
            marked.push(FULL);
        }
        marked.push_str(&line[whole.len()..]);
    }
    marked
}

/// Removes terminal escape sequences, and replaces typographical characters with plain ones. With `is_bare`, also
/// removes colour codes whose escape character was lost.
fn printed(text: &str, is_bare: bool) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\u{1b}' | '\u{9b}' => sequence(char, &mut chars, &mut plain),
            // An escape character as shown by `cat -v`.
            '^' if follows(&chars, "[[") => {
                chars.next();
                sequence('\u{1b}', &mut chars, &mut plain);
            }
            '[' if is_bare && is_colour(chars.clone()) => sequence('\u{9b}', &mut chars, &mut plain),
            '\r' => {
                chars.next_if_eq(&'\n');
                plain.push(BREAK);
            }
            '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' => plain.push(BREAK),
            '\t' | '\u{b}' | '\u{c}' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => {
                plain.push(' ');
            }
            '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' => plain.push('"'),
            '\u{2018}'..='\u{201b}' => plain.push('\''),
            '\u{2010}'..='\u{2013}' | '\u{2212}' => plain.push('-'),
            // Full-width forms of ASCII.
            '\u{ff01}'..='\u{ff5e}' => plain.extend(char::from_u32(u32::from(char) - 0xfee0)),
            FULL | GONE => plain.push(char),
            _ if char.is_control() || is_invisible(char) => {}
            _ => plain.push(char),
        }
    }
    plain
}

/// Whether a character has no width or changes the direction of text.
fn is_invisible(char: char) -> bool {
    matches!(char, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fffd}')
}

fn follows(chars: &Peekable<Chars<'_>>, text: &str) -> bool {
    chars.clone().zip(text.chars()).filter(|(found, wanted)| found == wanted).count() == text.chars().count()
}

/// Whether `31m` or `0;1m` follows a bracket.
fn is_colour(chars: Peekable<Chars<'_>>) -> bool {
    let is_number = |char: &char| char.is_ascii_digit() || matches!(char, ';' | &BREAK | &FULL | &GONE);
    let mut rest = chars.take(12).skip_while(is_number);
    rest.next() == Some('m')
}

/// Skips the rest of an escape sequence. Line breaks inside it come from wrapping, and are kept.
fn sequence(start: char, chars: &mut Peekable<Chars<'_>>, plain: &mut String) {
    let mut skip = |chars: &mut Peekable<Chars<'_>>| loop {
        match chars.next() {
            Some(char @ (BREAK | FULL | GONE)) => plain.push(char),
            other => return other,
        }
    };
    let kind = if start == '\u{9b}' { Some('[') } else { skip(chars) };
    let is_last = |char: char| match kind {
        Some('[') => ('\u{40}'..='\u{7e}').contains(&char) && char != '[',
        _ => matches!(char, '\u{7}' | '\u{9c}' | '\\'),
    };
    if matches!(kind, Some('[' | ']' | 'P' | '_' | '^')) {
        for _ in 0..LONGEST_SEQUENCE {
            if skip(chars).is_none_or(is_last) {
                return;
            }
        }
    }
}

/// Removes the margin of every line: blanks, the frame that Terraform draws, `>` of a quotation, timestamps of a log.
/// A blank line ends a word, so a space is kept for it.
fn without_margins(text: &str, is_last: bool) -> String {
    let mut plain = String::with_capacity(text.len());
    for (number, line) in text.split(BREAK).enumerate() {
        let (line, mark) = line.strip_suffix(FULL).map_or((line, false), |line| (line, true));
        let begun = line.trim_start_matches(is_blank);
        let rest = without_margin(begun);
        // Blanks after an escaped line end are indentation of wrapped text, so that the line is not blank.
        let is_blank_line = begun.is_empty() && (!line.contains(GONE) || line.contains(' ') && line.ends_with(GONE));
        // A line that contains only a margin is not a blank line of the text.
        if number > 0 && (begun.is_empty() || !rest.is_empty()) {
            plain.push_str(if is_blank_line { "\n " } else { "\n" });
        }
        // In the first pass, a frame in the middle of a line can follow an escaped line end, so that it is kept. Blocks
        // and lines inside a word, `████`, mask a part of it.
        let mut is_after_blank = true;
        plain.extend(rest.chars().map(|char| {
            let is_mask =
                matches!(char, '\u{2580}'..='\u{259f}' | '\u{2500}' | '\u{2501}' | '\u{2550}') && !is_after_blank;
            let shown = if is_last && is_frame(char) && char != '>' && !is_mask { ' ' } else { char };
            is_after_blank = is_blank(shown);
            shown
        }));
        if mark {
            plain.push(FULL);
        }
    }
    plain
}

fn without_margin(line: &str) -> &str {
    let mut rest = line;
    loop {
        let begun = rest.trim_start_matches(|char| is_frame(char) || is_blank(char));
        let begun =
            ["# ", "// ", "REM ", "rem "].iter().find_map(|comment| begun.strip_prefix(comment)).unwrap_or(begun);
        let begun = without_time(begun).trim_start_matches(is_blank);
        if begun.len() == rest.len() {
            return rest;
        }
        rest = begun;
    }
}

const fn is_blank(char: char) -> bool {
    matches!(char, ' ' | GONE)
}

/// Whether a character belongs to a frame, or is the mark of a quotation.
fn is_frame(char: char) -> bool {
    matches!(char, '|' | '>' | '\u{2500}'..='\u{259f}')
}

/// Removes the timestamp of a log line, `2026-01-02T03:04:05.678Z `.
fn without_time(line: &str) -> &str {
    let Some((time, rest)) = line.split_once(' ') else { return line };
    let is_time = time.len() >= "2026-01-02T03:04:05".len()
        && time.as_bytes()[4] == b'-'
        && time.as_bytes()[10] == b'T'
        && time.bytes().all(|byte| byte.is_ascii_digit() || b"-T:.Z+,".contains(&byte));
    if is_time { rest } else { line }
}

/// Joins string literals that source code or Python's `pprint` splits over lines: `'…'` at the end of one line and
/// `'…'` on the next, with or without a `+` between them.
fn joined(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\'', '`']) {
        let quote = &rest[at..=at];
        let behind = &rest[at + 1..];
        let gap = behind.len() - behind.trim_start_matches(|char| separates(char) || matches!(char, GONE | '+')).len();
        // A string prefix of Python, such as in `b'…'`.
        let next = behind[gap..].trim_start_matches(['b', 'f', 'r', 'u']);
        plain.push_str(&rest[..at]);
        let is_cut = behind[..gap].contains([BREAK, '+']) && next.starts_with(quote);
        if is_cut {
            plain.push(BREAK);
            rest = &next[1..];
        } else {
            plain.push_str(quote);
            rest = behind;
        }
    }
    plain + rest
}

/// Reduces the separators between two words to one.
fn spaced(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut gap = String::new();
    for char in text.chars().filter(|char| *char != GONE) {
        if separates(char) {
            gap.push(char);
            continue;
        }
        if !gap.is_empty() {
            // A blank at the end of a line is part of the text. A line starts with one only if it is a blank line.
            let is_between = gap.starts_with(' ') || gap.contains("\n ");
            plain.push(match (is_between, gap.contains(FULL)) {
                (true, _) => ' ',
                (false, true) => FULL,
                (false, false) => BREAK,
            });
            gap.clear();
        }
        plain.push(char);
    }
    plain
}
