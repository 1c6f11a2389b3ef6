//! Neutralizes everything that goes to a terminal, a pipe or a report, so that external text cannot control the
//! terminal, hide anything, or change the direction of other text.
//!
//! Only this program's marks become colours. Every other unprintable character, including the escape character, is
//! written as in JSON, `\u001b`, so that JSON documents keep their meaning. Texts that must stay on one line, such as
//! errors that contain a path, also pass through [`one_line`] first.

use std::borrow::Cow;
use std::fmt::{self, Display, Write as _};
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use driftless_model::is_printed;

/// A colour. [`Neutral`] translates it into escape sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// None.
    Plain,
    /// Bold.
    Strong,
    /// Green.
    Green,
    /// Red.
    Red,
    /// Bold and red.
    RedStrong,
    /// Yellow.
    Yellow,
    /// Bold and yellow.
    YellowStrong,
    /// Cyan.
    Cyan,
}

/// Noncharacters, which Unicode never assigns: one for each mark, and one for the end of a mark.
const FIRST: u32 = 0xfdd0;
const LAST: u32 = 0xfdef;

const MARKS: [Mark; 8] =
    [Mark::Plain, Mark::Strong, Mark::Green, Mark::Red, Mark::RedStrong, Mark::Yellow, Mark::YellowStrong, Mark::Cyan];

impl Mark {
    const fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Green => AnsiColor::Green.on_default(),
            Self::Red => AnsiColor::Red.on_default(),
            Self::RedStrong => AnsiColor::Red.on_default().bold(),
            Self::Yellow => AnsiColor::Yellow.on_default(),
            Self::YellowStrong => AnsiColor::Yellow.on_default().bold(),
            Self::Cyan => AnsiColor::Cyan.on_default(),
        }
    }
}

/// `{}` starts the colour, `{:#}` ends it.
impl Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if f.alternate() { LAST } else { FIRST + *self as u32 };
        match self {
            Self::Plain => Ok(()),
            _ => f.write_char(char::from_u32(end).unwrap_or_default()),
        }
    }
}

/// The escape sequence of a mark; `None` for any other character.
fn colour(char: char) -> Option<String> {
    let code = u32::from(char);
    let mark = code.checked_sub(FIRST).and_then(|place| MARKS.get(usize::try_from(place).ok()?));
    match mark {
        Some(mark) => Some(mark.style().to_string()),
        None if code == LAST => Some(format!("{:#}", AnsiColor::Red.on_default())),
        None => None,
    }
}

/// Escapes line breaks and every unprintable character.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_printed) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            _ => push(&mut line, char),
        }
    }
    Cow::Owned(line)
}

/// Appends the character, escaped as in JSON if it is unprintable.
fn push(text: &mut String, char: char) {
    if is_printed(char) {
        text.push(char);
        return;
    }
    for unit in char.encode_utf16(&mut [0; 2]) {
        write!(text, "\\u{unit:04x}").expect("a string takes any text");
    }
}

/// A stream that writes external text without any effect on the terminal.
pub struct Neutral<W: Write> {
    stream: W,
    /// An incomplete character, or a `\r` that may be part of a line end.
    held: Vec<u8>,
}

impl<W: Write> Neutral<W> {
    /// Wraps another stream, which decides whether colours are shown.
    pub const fn new(stream: W) -> Self {
        Self { stream, held: Vec::new() }
    }

    fn send(&mut self, text: &str) -> io::Result<()> {
        let mut plain = String::with_capacity(text.len());
        let mut chars = text.chars().peekable();
        while let Some(char) = chars.next() {
            match char {
                '\n' | '\t' => plain.push(char),
                '\r' if chars.peek() == Some(&'\n') => plain.push('\r'),
                _ => match colour(char) {
                    Some(colour) => plain.push_str(&colour),
                    None => push(&mut plain, char),
                },
            }
        }
        self.stream.write_all(plain.as_bytes())
    }
}

impl<W: Write> Write for Neutral<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Fast path for printable ASCII.
        let is_plain = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n' | b'\t');
        if self.held.is_empty() && bytes.iter().all(is_plain) {
            self.stream.write_all(bytes)?;
            return Ok(bytes.len());
        }
        self.held.extend_from_slice(bytes);
        // An incomplete character at the end is held back, and so is a final `\r`, which may start a line end.
        let whole = match std::str::from_utf8(&self.held) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => self.held.len(),
        };
        let whole = whole - usize::from(self.held[..whole].ends_with(b"\r"));
        let rest = self.held.split_off(whole);
        let sent = std::mem::replace(&mut self.held, rest);
        self.send(&String::from_utf8_lossy(&sent))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        self.send(&String::from_utf8_lossy(&held))?;
        self.stream.flush()
    }
}

/// Sends the rest of the buffer.
impl<W: Write> Drop for Neutral<W> {
    fn drop(&mut self) {
        // A write error was already reported by an earlier write.
        let _ = self.flush();
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::{Mark, Neutral, one_line};

    fn sent(parts: &[&[u8]]) -> String {
        let mut stream = Vec::new();
        let mut neutral = Neutral::new(&mut stream);
        for part in parts {
            neutral.write_all(part).expect("it takes everything");
        }
        drop(neutral);
        String::from_utf8(stream).expect("it is text")
    }

    #[test]
    fn only_marks_become_colours() {
        let text = format!("{0}error:{0:#} \u{1b}[31mred\u{1b}[0m \u{9b}2J", Mark::RedStrong);
        let red = Mark::RedStrong.style();
        let expected = format!("{red}error:{red:#} \\u001b[31mred\\u001b[0m \\u009b2J");
        assert_eq!(sent(&[text.as_bytes()]), expected);
        assert_eq!(sent(&[format!("{0}a{0:#}", Mark::Plain).as_bytes()]), "a");
    }

    #[test]
    fn what_is_not_printed_is_written_as_json_writes_it() {
        for (text, expected) in [
            ("a\tb\nc\r\nd", "a\tb\nc\r\nd"),
            ("a\rb", "a\\u000db"),
            ("\u{0}\u{7}\u{8}\u{7f}", "\\u0000\\u0007\\u0008\\u007f"),
            ("\u{85}\u{202e}x\u{2066}", "\\u0085\\u202ex\\u2066"),
            ("\u{e0041}", "\\udb40\\udc41"),
            ("a\u{ad}\u{34f}\u{3164}\u{fe0f}\u{e0100}", "a\\u00ad\\u034f\\u3164\\ufe0f\\udb40\\udd00"),
            ("Zoë 中文 … │ 🙂", "Zoë 中文 … │ 🙂"),
        ] {
            assert_eq!(sent(&[text.as_bytes()]), expected);
            let json = serde_json::to_string(text).expect("a text is JSON");
            let back: String = serde_json::from_str(&sent(&[json.as_bytes()])).expect("it stays JSON");
            assert_eq!(back, text);
        }
        assert_eq!(one_line("a\n\u{1b}\tb"), "a\\n\\u001b\\tb");
    }

    #[test]
    fn a_character_can_come_in_parts_and_need_not_be_one() {
        for text in ["Zoë\u{202e}🙂\r\n", "\r", "é"] {
            let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            assert_eq!(sent(&bytes), sent(&[text.as_bytes()]));
        }
        assert_eq!(sent(&[b"a\xff", b"b\xe2\x80"]), "a\u{fffd}b\u{fffd}");
    }
}
