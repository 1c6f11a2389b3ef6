//! Removes the escapes of JSON, Python, Rust, Go and HTML from text. A line can be wrapped in the middle of an escape.

use std::borrow::Cow;
use std::iter::Peekable;
use std::str::Chars;

use super::marks::{BREAK, FULL, GONE};

/// Maximum number of quotation levels that are unescaped.
const DEEPEST: usize = 8;

/// Removes all levels of escapes. AWS messages themselves contain no backslash.
pub fn unescaped(text: &str) -> Cow<'_, str> {
    let mut plain = Cow::Borrowed(text);
    for _ in 0..DEEPEST {
        if !plain.contains(['\\', '&']) {
            break;
        }
        plain = Cow::Owned(unescaped_once(&plain));
    }
    plain
}

/// Removes one level of escapes.
fn unescaped_once(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' => backslash(&mut chars, &mut plain),
            '&' => match entity(chars.clone()) {
                Some((char, length)) => {
                    plain.push(char);
                    chars.nth(length - 1);
                }
                None => plain.push('&'),
            },
            _ => plain.push(char),
        }
    }
    plain
}

/// Handles the character after a backslash. A line break can separate the two.
fn backslash(chars: &mut Peekable<Chars<'_>>, plain: &mut String) {
    plain.push(GONE);
    while let Some(char) = chars.next_if(|char| matches!(char, &BREAK | &FULL | &GONE)) {
        plain.push(char);
    }
    if let Some(char) = octal(chars.clone()) {
        plain.push(char);
        chars.nth(2);
        return;
    }
    match chars.peek() {
        Some('n' | 'r') => {
            chars.next();
            plain.extend([GONE, BREAK, GONE]);
        }
        Some('t' | 'f' | 'v') => {
            chars.next();
            plain.push(' ');
        }
        Some('u') => hexadecimal(chars, plain, 4),
        Some('U') => hexadecimal(chars, plain, 8),
        Some('x') => hexadecimal(chars, plain, 2),
        // A quote, a slash, or another backslash that starts an escape of the next level.
        Some(_) => plain.extend(chars.next()),
        None => {}
    }
}

/// The character of `072`.
fn octal(chars: Peekable<Chars<'_>>) -> Option<char> {
    let digits: String = chars.take(3).collect();
    let code = u8::from_str_radix(&digits, 8).ok().filter(|_| digits.len() == 3)?;
    Some(if code == b'\n' { BREAK } else { char::from(code) })
}

/// Decodes `u001b`, `u{1b}` or `x1b`; anything else is kept.
fn hexadecimal(chars: &mut Peekable<Chars<'_>>, plain: &mut String, most: usize) {
    let mut ahead = chars.clone();
    let (mut digits, mut used, mut is_braced) = (String::new(), 1, false);
    ahead.next();
    for char in ahead {
        used += 1;
        match char {
            BREAK | FULL | GONE => plain.extend([GONE, char]),
            '{' if digits.is_empty() => is_braced = true,
            '}' if is_braced => break,
            _ if char.is_ascii_hexdigit() => digits.push(char),
            _ => {
                digits.clear();
                break;
            }
        }
        if !is_braced && digits.len() == most || digits.len() > 8 {
            break;
        }
    }
    if let Some(char) = u32::from_str_radix(&digits, 16).ok().and_then(char::from_u32) {
        plain.push(char);
        chars.nth(used - 1);
    }
}

/// The character of an HTML entity, and its number of characters after the `&`. A line can be wrapped inside it.
fn entity(chars: Peekable<Chars<'_>>) -> Option<(char, usize)> {
    const LONGEST: usize = 24;
    let (mut name, mut length) = (String::new(), 0);
    for char in chars.take(LONGEST) {
        length += 1;
        match char {
            ';' => break,
            BREAK | FULL | GONE => {}
            _ => name.push(char),
        }
    }
    let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16).ok(),
        None => number.parse().ok(),
    });
    let char = match name.as_str() {
        "quot" => '"',
        "apos" => '\'',
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "nbsp" => ' ',
        "hyphen" | "dash" => '-',
        "colon" => ':',
        "sol" => '/',
        _ => char::from_u32(number?)?,
    };
    Some((char, length))
}
