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
    if let Some((char, length)) = octal(chars.clone()) {
        plain.push(char);
        chars.nth(length - 1);
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

/// The character of `072`, of `72` before another character, or of `0072` as `echo -e` writes it, and the number of digits.
fn octal(chars: Peekable<Chars<'_>>) -> Option<(char, usize)> {
    let digits: String = chars.take(4).take_while(|char| matches!(char, '0'..='7')).collect();
    let is_printed = |code: u8| matches!(code, b'\n' | b'\r' | b'\t' | 0x1b | 0x20..);
    let code = |length: usize| u8::from_str_radix(digits.get(..length)?, 8).ok().filter(|code| is_printed(*code));
    let (code, length) = match digits.len() {
        4 => code(3).map(|code| (code, 3)).or_else(|| code(4).map(|code| (code, 4)))?,
        length @ 2..=3 => (code(length)?, length),
        _ => return None,
    };
    Some((if code == b'\n' { BREAK } else { char::from(code) }, length))
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
        // A number also ends before any other character, as in a browser.
        let is_digit =
            |char: char| if name.starts_with("#x") { char.is_ascii_hexdigit() } else { char.is_ascii_digit() };
        let is_begun = name.starts_with('#') && name.ends_with(is_digit);
        if is_begun && !is_digit(char) && !matches!(char, ';' | BREAK | FULL | GONE) {
            break;
        }
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
    let char = named(&name).or_else(|| number.and_then(char::from_u32))?;
    Some((char, length))
}

/// The character of a named HTML entity.
///
/// Source: [named character references](https://html.spec.whatwg.org/multipage/named-characters.html).
fn named(name: &str) -> Option<char> {
    Some(match name {
        "quot" | "ldquo" | "rdquo" => '"',
        "apos" | "lsquo" | "rsquo" => '\'',
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "nbsp" | "ensp" | "emsp" | "thinsp" | "Tab" => ' ',
        "NewLine" => BREAK,
        "hyphen" | "dash" | "ndash" => '-',
        "colon" => ':',
        "semi" => ';',
        "sol" => '/',
        "period" => '.',
        "comma" => ',',
        "lowbar" => '_',
        "plus" => '+',
        "equals" => '=',
        "commat" => '@',
        "num" => '#',
        "ast" => '*',
        "quest" => '?',
        "excl" => '!',
        "lpar" => '(',
        "rpar" => ')',
        "lsqb" | "lbrack" => '[',
        "rsqb" | "rbrack" => ']',
        "bull" => '\u{2022}',
        "hellip" => '\u{2026}',
        // Without a width, so that the next step removes it.
        "shy" | "ZeroWidthSpace" | "zwj" | "zwnj" => '\u{200b}',
        _ => return None,
    })
}
