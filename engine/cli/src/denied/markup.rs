//! Decodes and removes what surrounds the words of a message in URLs, e-mails, web pages and chats.

use std::borrow::Cow;

/// The number of times that a URL is decoded.
const DEEPEST: usize = 3;

/// Decodes URLs, quoted-printable e-mails, and the `#012` that rsyslog writes for a line feed.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    let mut plain = Cow::Borrowed(text);
    if is_quoted_printable(&plain) {
        plain = Cow::Owned(bytes_of(&plain.replace("=\n", ""), '='));
    }
    if is_continued(&plain) {
        plain = Cow::Owned(plain.replace(" \\\n", "\n").replace("\\\n", "\n"));
    }
    if has(&plain, "%u00") {
        plain = Cow::Owned(plain.replace("%u00", "%").replace("%U00", "%"));
    }
    for _ in 0..DEEPEST {
        if !["%20", "%25", "%2f", "%3a", "%0a"].iter().any(|it| has(&plain, it)) {
            break;
        }
        plain = Cow::Owned(bytes_of(&plain, '%'));
    }
    if has(&plain, "not+authorized+to+perform") {
        plain = Cow::Owned(plain.replace('+', " "));
    }
    if plain.contains("#012") {
        plain = Cow::Owned(plain.replace("#012", "\n").replace("#011", " "));
    }
    plain
}

/// Whether a text contains some ASCII letters and digits, in any case.
fn has(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|bytes| bytes.eq_ignore_ascii_case(part.as_bytes()))
}

/// Whether most lines end in a backslash, as in a shell or in TOML: each goes on on the next one.
fn is_continued(text: &str) -> bool {
    let lines = text.split('\n').count();
    let continued = text.split('\n').filter(|line| line.ends_with('\\') && !line.ends_with("\\\\")).count();
    continued > 1 && continued * 5 >= lines * 3
}

/// Whether lines end in `=` at the width of e-mails, or signs of AWS names are encoded.
fn is_quoted_printable(text: &str) -> bool {
    text.contains("=3A") || text.split('\n').any(|line| line.ends_with('=') && (70..=76).contains(&line.len()))
}

/// The text with each `%3A`, or `=3A`, as the byte that it stands for.
fn bytes_of(text: &str, sign: char) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(sign) {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        let code = rest.get(at + 1..at + 3).filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let byte = code.and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(byte.unwrap_or(sign as u8));
        rest = &rest[at + if byte.is_some() { 3 } else { 1 }..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Tags that stand inside a line, and those that end one.
const INLINE: [&str; 14] =
    ["a", "b", "code", "em", "font", "i", "kbd", "mark", "s", "samp", "span", "strong", "tt", "wbr"];
const BLOCK: [&str; 8] = ["br", "div", "li", "p", "pre", "td", "th", "tr"];

/// What the names of AWS in a message begin with.
const NAMES: [&str; 3] = ["arn:", "secretsmanager:", "kms:"];

/// Removes the tags of HTML, the links and the marks of Markdown.
pub(super) fn unmarked(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    let mut is_bold = false;
    while let Some(at) = rest.find(['<', '[', '`', '*']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        // Stars within a word are a mask, unless they end bold text.
        let is_in_word =
            plain.ends_with(|char: char| char.is_alphanumeric() || matches!(char, '/' | ':' | '_' | '-' | '*'));
        let (shown, length) = mark(rest, is_in_word && !is_bold || plain.ends_with('*'));
        is_bold ^= rest.starts_with("**") && shown.is_empty();
        plain.push_str(&shown);
        rest = &rest[length..];
    }
    plain + rest
}

/// What is shown in the place of a mark at the start of a text, and the length of the mark.
fn mark(text: &str, is_mask: bool) -> (Cow<'_, str>, usize) {
    /// No ARN or link in a message is longer.
    const LONGEST: usize = 2048;
    let near =
        (0..=LONGEST.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).map_or("", |end| &text[..end]);
    // Most such signs are no marks: only those before a tag or a name of AWS are looked at further.
    let is_letter = |byte: &u8| byte.is_ascii_alphabetic() || *byte == b'/';
    let begins = |starts: &[&str]| {
        text.as_bytes().get(1).is_some_and(is_letter) && starts.iter().any(|start| text[1..].starts_with(start))
    };
    let shown = match text.as_bytes()[0] {
        b'<' if begins(&[""]) => tag(near).or_else(|| link(near)),
        b'[' if begins(&["arn:"]) => inline_link(near),
        b'`' if begins(&NAMES) => quoted(near),
        // `**` around a word; more of them are a mask.
        _ if text.starts_with("**") && !text.starts_with("***") && !is_mask => Some((Cow::Borrowed(""), 2)),
        _ => None,
    };
    let (first, stars) = (&text[..1], text.len() - text.trim_start_matches('*').len());
    shown.unwrap_or(if stars > 1 { (Cow::Borrowed(&text[..stars]), stars) } else { (Cow::Borrowed(first), 1) })
}

/// `<b>`, `</b>` or `<span style="…">`.
fn tag(text: &str) -> Option<(Cow<'_, str>, usize)> {
    const LONGEST: usize = 200;
    let end = text.bytes().take(LONGEST).position(|byte| byte == b'>')?;
    let inside = text[1..end].trim_matches('/');
    let name = inside.split([' ', '\n']).next()?.to_ascii_lowercase();
    let shown = match name.as_str() {
        name if INLINE.contains(&name) => "",
        // A word can be wrapped there, and it can end there.
        "br" => "\n",
        name if BLOCK.contains(&name) => " ",
        _ => return None,
    };
    Some((Cow::Borrowed(shown), end + 1))
}

/// `<arn:…>` or `<http://arn:aws|arn:aws>`.
fn link(text: &str) -> Option<(Cow<'_, str>, usize)> {
    let end = text.find(['>', ' ', '\n']).filter(|end| text[*end..].starts_with('>'))?;
    let inside = &text[1..end];
    let shown = match inside.split_once('|') {
        Some((url, shown)) if url.starts_with("http") => shown,
        _ => inside.starts_with("arn:").then_some(inside)?,
    };
    Some((Cow::Borrowed(shown), end + 1))
}

/// `[arn:…](…)`.
fn inline_link(text: &str) -> Option<(Cow<'_, str>, usize)> {
    let end = text.find("](").filter(|end| text[1..*end].starts_with("arn:") && !text[..*end].contains(' '))?;
    let length = text[end..].find(')')? + end + 1;
    Some((Cow::Borrowed(&text[1..end]), length))
}

/// A name of AWS between code marks.
fn quoted(text: &str) -> Option<(Cow<'_, str>, usize)> {
    let inside = &text[1..=text[1..].find(['`', ' ', '\n', '"', '\''])?];
    let is_closed = text[1 + inside.len()..].starts_with('`');
    is_closed.then(|| (Cow::Borrowed(inside), inside.len() + 2))
}

#[cfg(test)]
mod tests {
    use super::{decoded, unmarked};

    #[test]
    fn urls_and_e_mails_are_decoded() {
        let text = "User: a/b is not authorized to perform: x";
        for encoded in [
            "User%u003A a%u002Fb is not authorized to perform%u003a x",
            "User%3A%20a%2Fb%20is%20not%20authorized%20to%20perform%3A%20x",
            "User%3A+a%2fb+is+not+authorized+to+perform%3A+x",
            "User%253A%2520a%252Fb%2520is%2520not%2520authorized%2520to%2520perform%253A%2520x",
            "User=3A a/b is not authorized to perf=\norm: x",
            "User: a/b is not\\\n authorized to perf\\\norm: x",
        ] {
            assert_eq!(decoded(encoded).replace('\n', ""), text, "{encoded}");
        }
        for text in ["100% of a=b", "a+b", "eyJ=\n", "%zz"] {
            assert_eq!(decoded(text), text);
        }
    }

    #[test]
    fn marks_between_words_are_removed_and_masks_stay() {
        for (marked, text) in [
            ("<span style=\"x\">arn:a</span> <b>is</b>", "arn:a is"),
            ("secret:<wbr>shop", "secret:shop"),
            ("`arn:a:b` on `kms:Decrypt`", "arn:a:b on kms:Decrypt"),
            ("[arn:a](arn:a) [x]", "arn:a [x]"),
            ("<arn:a:b> <http://arn:aws|arn:aws>:x", "arn:a:b arn:aws:x"),
            ("**role/fe** role/fe**/x secret:**/api sh**/api", "role/fe role/fe**/x secret:**/api sh**/api"),
            ("**Error** ***REDACTED*** a*b", "Error ***REDACTED*** a*b"),
            ("`fetch` cannot <account>", "`fetch` cannot <account>"),
        ] {
            assert_eq!(unmarked(marked), text);
        }
    }
}
