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
    text: String,
    /// The current, incomplete line.
    line: String,
    /// Keys and values of lines that are aligned together.
    run: Vec<(String, String)>,
}

impl Aligned {
    /// Adds a piece of text.
    pub fn push(&mut self, piece: &str) {
        for part in piece.split_inclusive('\n') {
            self.line.push_str(part);
            if part.ends_with('\n') {
                self.line.pop();
                self.end_line();
            }
        }
    }

    /// Returns the aligned text.
    #[must_use]
    pub fn finish(mut self) -> String {
        if !self.line.is_empty() {
            self.end_line();
        }
        self.end_run();
        self.text
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        if let Some((key, value)) = attribute(&line) {
            self.run.push((key.to_owned(), value.to_owned()));
        } else {
            // Any other line ends the run of aligned attributes.
            self.end_run();
            if line.trim_start().starts_with('}') && self.text.ends_with("\n\n") {
                self.text.pop();
            }
            self.text.push_str(&line);
            self.text.push('\n');
        }
    }

    fn end_run(&mut self) {
        let columns = |key: &str| key.chars().count();
        let width = self.run.iter().map(|(key, _)| columns(key)).max().unwrap_or_default();
        for (key, value) in self.run.drain(..) {
            self.text.push_str(&key);
            self.text.extend(std::iter::repeat_n(' ', width - columns(&key)));
            self.text.push_str(" = ");
            self.text.push_str(&value);
            self.text.push('\n');
        }
    }
}

/// Accepts the output of a template, which is text.
impl io::Write for Aligned {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(str::from_utf8(bytes).map_err(io::Error::other)?);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The key (with indentation) and value of a line, if the line is a complete attribute.
fn attribute(line: &str) -> Option<(&str, &str)> {
    let word = line.trim_start();
    let key = match word.strip_prefix('"') {
        Some(quoted) => &word[..quoted_end(quoted)? + 2],
        None => word.split(' ').next()?,
    };
    let (key, value) = line.split_at(line.len() - word.len() + key.len());
    let value = value.strip_prefix(" = ")?;
    (!key.trim_start().is_empty() && !key.contains('#') && closes_what_it_opens(value)).then_some((key, value))
}

/// The position of the closing quote, in the text after the opening one.
fn quoted_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

fn closes_what_it_opens(value: &str) -> bool {
    let mut depth = 0_i32;
    let mut quoted = false;
    let mut escaped = false;
    for byte in value.bytes() {
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
        for char in text.chars() {
            write!(aligned, "{char}").expect("it takes any text");
        }
        assert_eq!(aligned.finish(), align(text));
        assert_eq!(align(text), "a {\n  b      = 1\n  größer = \"ö\"\n}\n# the end\n");
        Aligned::default().write_all(b"\xff").expect_err("it takes nothing else");
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
