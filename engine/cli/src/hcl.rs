//! HCL as text: quoting, and alignment as by `terraform fmt`. The content comes from the templates.

use std::fmt::Write as _;
use std::io;

use driftless_model::is_printed;

/// Quotes a string as an HCL literal without interpolation.
///
/// Source: [Terraform's string escapes](https://developer.hashicorp.com/terraform/language/expressions/strings).
///
/// ```
/// assert_eq!(driftless_cli::hcl::quote("a \"b\" ${c}"), r#""a \"b\" $${c}""#);
/// ```
#[must_use]
pub fn quote(text: &str) -> String {
    if is_plain(text) {
        return ["\"", text, "\""].concat();
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    let mut rest = text.chars().peekable();
    while let Some(char) = rest.next() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') => quoted.extend([char, char]),
            char if is_printed(char) => quoted.push(char),
            char if u32::from(char) > 0xffff => {
                write!(quoted, "\\U{:08x}", u32::from(char)).expect("a string takes any text");
            }
            char => write!(quoted, "\\u{:04x}", u32::from(char)).expect("a string takes any text"),
        }
    }
    quoted.push('"');
    quoted
}

/// Whether a text is the same inside a literal: printable ASCII without quotes, escapes and interpolations.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'$' | b'%'))
}

/// Quotes a string as an HCL literal that starts with the value of a reference.
///
/// ```
/// assert_eq!(driftless_cli::hcl::quote_behind("var.stage", "app ${c}"), r#""${var.stage}app $${c}""#);
/// ```
#[must_use]
pub fn quote_behind(reference: &str, text: &str) -> String {
    format!("\"${{{reference}}}{}", &quote(text)[1..])
}

/// The value of a literal at the start of a text, and the text after its closing quote. `None` if the literal does not
/// end, or contains an interpolation or an unknown escape. The inverse of [`quote`].
#[must_use]
pub fn unquote(literal: &str) -> Option<(String, &str)> {
    let mut plain = String::new();
    let mut rest = literal.strip_prefix('"')?;
    loop {
        let mut chars = rest.chars();
        let char = chars.next()?;
        rest = match char {
            '"' => return Some((plain, chars.as_str())),
            '\\' => {
                let (char, after) = escaped(chars.as_str())?;
                plain.push(char);
                after
            }
            '$' | '%' if chars.as_str().starts_with('{') => return None,
            '$' | '%' if chars.as_str().starts_with(&[char, '{'].iter().collect::<String>()) => {
                plain.extend([char, '{']);
                &chars.as_str()[2..]
            }
            char => {
                plain.push(char);
                chars.as_str()
            }
        };
    }
}

/// The character for the escape after a backslash, and the remaining text.
fn escaped(text: &str) -> Option<(char, &str)> {
    let mut chars = text.chars();
    let digits = match chars.next()? {
        'n' => return Some(('\n', chars.as_str())),
        'r' => return Some(('\r', chars.as_str())),
        't' => return Some(('\t', chars.as_str())),
        char @ ('"' | '\\') => return Some((char, chars.as_str())),
        'u' => 4,
        'U' => 8,
        _ => return None,
    };
    let (number, after) = chars.as_str().split_at_checked(digits)?;
    Some((char::from_u32(u32::from_str_radix(number, 16).ok()?)?, after))
}

/// Whether a word is valid as the unquoted name of a block, variable or attribute.
#[must_use]
pub fn is_identifier(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Aligns the `=` of attributes on consecutive lines, as `terraform fmt` does. An attribute whose value continues on
/// the next line is not aligned, and ends the run. An empty line before a closing brace, which the last iteration of a
/// template loop leaves, is removed.
#[must_use]
pub fn align(text: &str) -> String {
    let mut aligned = Aligned::default();
    aligned.push(text);
    aligned.finish()
}

/// Streaming form of [`align`], which does not hold the unaligned text as a whole.
#[derive(Debug, Default)]
pub struct Aligned {
    /// The aligned text, the run that is not aligned yet, and the current, incomplete line: as bytes, because a piece can end inside
    /// a character.
    text: Vec<u8>,
    /// The offset of the current line.
    line: usize,
    /// The lines of the run, which are aligned together.
    run: Vec<Attribute>,
}

/// A line of a run.
#[derive(Clone, Copy, Debug)]
struct Attribute {
    /// The offset of the line.
    start: usize,
    /// The offset of the end of its key.
    key_end: usize,
}

impl Aligned {
    /// An empty text with room for this number of bytes, so that a large one is not copied while it grows.
    #[must_use]
    pub fn with_capacity(bytes: usize) -> Self {
        Self { text: Vec::with_capacity(bytes), ..Self::default() }
    }

    /// Adds a piece of text.
    pub fn push(&mut self, piece: &str) {
        self.push_bytes(piece.as_bytes());
    }

    fn push_bytes(&mut self, piece: &[u8]) {
        let mut rest = piece;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            self.text.extend_from_slice(&rest[..end]);
            self.end_line();
            rest = &rest[end + 1..];
        }
        self.text.extend_from_slice(rest);
    }

    /// Returns the aligned text.
    #[must_use]
    pub fn finish(mut self) -> String {
        if self.line < self.text.len() {
            self.end_line();
        }
        self.end_run();
        String::from_utf8(self.text).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    fn end_line(&mut self) {
        let word = self.text[self.line..].trim_ascii_start();
        if let Some(key) = key_len(word) {
            let key_end = self.text.len() - word.len() + key;
            self.run.push(Attribute { start: self.line, key_end });
        } else {
            let closes = word.first() == Some(&b'}');
            // Any other line ends the run of aligned attributes.
            self.end_run();
            if closes && self.text[..self.line].ends_with(b"\n\n") {
                self.text.remove(self.line - 1);
            }
        }
        self.text.push(b'\n');
        self.line = self.text.len();
    }

    /// Aligns the run, which ends where the current line begins.
    fn end_run(&mut self) {
        // A run of one line is aligned already.
        if let [first, _, ..] = self.run[..] {
            let widths: Vec<usize> = self.run.iter().map(|it| columns(&self.text[it.start..it.key_end])).collect();
            let widest = widths.iter().copied().max().unwrap_or_default();
            let lines = self.text.split_off(first.start);
            let mut copied = 0;
            for (it, width) in self.run.iter().zip(widths) {
                let key_end = it.key_end - first.start;
                self.text.extend_from_slice(&lines[copied..key_end]);
                self.text.extend(std::iter::repeat_n(b' ', widest - width));
                copied = key_end;
            }
            self.line = self.text.len() + (self.line - first.start - copied);
            self.text.extend_from_slice(&lines[copied..]);
        }
        self.run.clear();
    }
}

/// Accepts the output of a template, which is text.
impl io::Write for Aligned {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push_bytes(bytes);
        Ok(bytes.len())
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.push_bytes(bytes);
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The number of characters.
fn columns(text: &[u8]) -> usize {
    text.iter().filter(|byte| !matches!(byte, 0x80..=0xbf)).count()
}

/// The length of the key of a line without its indentation, if the line is a complete attribute.
fn key_len(line: &[u8]) -> Option<usize> {
    let key = match line {
        [b'"', quoted @ ..] => &line[..quoted_end(quoted)? + 2],
        _ => &line[..memchr::memchr(b' ', line)?],
    };
    let value = line[key.len()..].strip_prefix(b" = ")?;
    let is_attribute = !key.is_empty() && !key.contains(&b'#') && closes_what_it_opens(value);
    is_attribute.then_some(key.len())
}

/// The position of the closing quote, in the text after the opening one.
fn quoted_end(text: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let found = at + memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[found] == b'"' {
            return Some(found);
        }
        // The next character is escaped.
        at = found + 2;
    }
}

fn closes_what_it_opens(value: &[u8]) -> bool {
    let mut depth = 0_i32;
    let mut quoted = false;
    let mut escaped = false;
    for &byte in value {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' | b'(' if !quoted => depth += 1,
            b'}' | b']' | b')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::{Aligned, align, is_identifier, quote, unquote};

    #[test]
    fn quoting_leaves_nothing_to_interpolate_or_escape() {
        for (text, quoted) in [
            ("", r#""""#),
            ("plain", r#""plain""#),
            ("a\"b\\c", r#""a\"b\\c""#),
            ("line\nfeed\ttab\rreturn", r#""line\nfeed\ttab\rreturn""#),
            ("${var.secret} %{ if true }", r#""$${var.secret} %%{ if true }""#),
            ("$${x}", r#""$$${x}""#),
            ("100% $5", r#""100% $5""#),
            ("\u{8}\u{7f}\u{0}", r#""\u0008\u007f\u0000""#),
            ("Grüße", r#""Grüße""#),
        ] {
            assert_eq!(quote(text), quoted, "{text:?}");
            assert_eq!(unquote(&format!("{quoted}]")), Some((text.to_owned(), "]")), "{quoted}");
        }
    }

    #[test]
    fn err_what_is_no_literal_is_not_unquoted() {
        for text in ["", "a", "\"", "\"a", r#""\"#, r#""\x""#, r#""${a}""#, r#""%{a}""#, r#""\u00""#, r#""\ud800""#] {
            assert_eq!(unquote(text), None, "{text}");
        }
    }

    #[test]
    fn attributes_of_one_run_are_aligned_and_a_longer_value_ends_it() {
        let text = "a {\n  b = 1\n  long = \"{\"\n  c = f({\n    x = 1\n    yy = 2\n  })\n\n  d = 3\n}\n";
        let want = "a {\n  b    = 1\n  long = \"{\"\n  c = f({\n    x  = 1\n    yy = 2\n  })\n\n  d = 3\n}\n";
        assert_eq!(align(text), want);
    }

    #[test]
    fn pieces_give_the_same_as_the_whole() {
        let text = "a {\n  b = 1\n  größer = \"ö\"\n\n}\n# the end";
        let mut aligned = Aligned::default();
        for byte in text.bytes() {
            aligned.write_all(&[byte]).expect("it takes any text");
        }
        assert_eq!(aligned.finish(), align(text));
        assert_eq!(align(text), "a {\n  b      = 1\n  größer = \"ö\"\n}\n# the end\n");
    }

    #[test]
    fn comments_and_quoted_keys() {
        assert_eq!(align("# a = b\n\"x-y\" = 1\nz = 2\n"), "# a = b\n\"x-y\" = 1\nz     = 2\n");
        let text = "\"cost center\" = 1\n\"a = \\\"b\" = 2\n\"Größe\" = 3\n";
        assert_eq!(align(text), "\"cost center\" = 1\n\"a = \\\"b\"     = 2\n\"Größe\"       = 3\n");
    }

    #[test]
    fn identifiers() {
        assert!(["a", "_x", "a-b", "A1"].into_iter().all(is_identifier));
        assert!(!["", "1a", "-a", "a b", "ä", "a.b"].into_iter().any(is_identifier));
    }
}
