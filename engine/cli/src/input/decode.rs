//! Decodes input to UTF-8 as a stream: UTF-8 with or without a byte order mark, and UTF-16 in either byte order, as
//! `PowerShell` writes it. Zero bytes and lines of the `setup-terraform` wrapper are errors.

use std::borrow::Cow;
use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, UTF_8, UTF_16BE, UTF_16LE};
use memchr::{memchr, memchr_iter};
use zeroize::Zeroizing;

use super::Content;
use super::form::{self, InputFault, WRAPPER_START};

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// Maximum number of bytes per read. The kind of a file is detected in the first chunk.
const CHUNK: usize = 64 * 1024;
/// Number of bytes of a chunk's last line that are needed to check the start of the line.
const AHEAD: usize = WRAPPER_START;

/// An input, decoded to UTF-8.
pub(super) struct Decoded<R> {
    input: R,
    content: Content,
    encoding: Option<Encoding>,
    /// Buffer for bytes as read.
    raw: Zeroizing<Vec<u8>>,
    /// Decoded text. The range from `at` to `checked` is returned next; text after that is not checked yet. Can
    /// contain secret values.
    text: Zeroizing<Vec<u8>>,
    at: usize,
    checked: usize,
    /// Number of bytes of text checked so far.
    passed: u64,
    /// Number of bytes decoded so far.
    read: u64,
    is_at_end: bool,
}

/// How the bytes are decoded.
enum Encoding {
    /// Not at all: the reader accepts any bytes.
    Any,
    Known(Box<Decoder>),
}

impl<R: Read> Decoded<R> {
    pub(super) fn new(input: R, content: Content) -> Self {
        let text = Zeroizing::new(Vec::with_capacity(2 * CHUNK));
        let raw = Zeroizing::new(vec![0; CHUNK]);
        Self { input, content, encoding: None, raw, text, at: 0, checked: 0, passed: 0, read: 0, is_at_end: false }
    }

    /// Reads and checks more text. At the end of the input, there is none.
    fn advance(&mut self) -> io::Result<()> {
        while self.at == self.checked && !(self.is_at_end && self.checked == self.text.len()) {
            self.text.drain(..self.checked);
            (self.at, self.checked) = (0, 0);
            let length = self.fill()?;
            let is_first = self.encoding.is_none();
            self.take(length)?;
            if is_first {
                let fault = match self.content {
                    Content::Json => form::of_text(&self.text),
                    Content::Toml => form::of_wrapped_toml(&self.text),
                    _ => None,
                };
                fault.map_or(Ok(()), |fault| Err(io::Error::other(fault)))?;
            }
            self.check()?;
        }
        Ok(())
    }

    /// Reads the bytes that are available. The first call reads a whole chunk, however slowly it arrives, to detect
    /// the encoding.
    fn fill(&mut self) -> io::Result<usize> {
        let mut length = 0;
        while length < CHUNK && !self.is_at_end {
            match self.input.read(&mut self.raw[length..]) {
                Ok(0) => self.is_at_end = true,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if self.encoding.is_some() {
                break;
            }
        }
        Ok(length)
    }

    /// Decodes the first `length` bytes of the buffer.
    fn take(&mut self, length: usize) -> io::Result<()> {
        let (encoding, mark) = match self.encoding.take() {
            Some(encoding) => (encoding, 0),
            None => begun_by(&self.raw[..length], self.content).map_err(io::Error::other)?,
        };
        let raw = &self.raw[mark..length];
        match self.encoding.insert(encoding) {
            Encoding::Any => self.text.extend_from_slice(raw),
            Encoding::Known(decoder) => {
                let done = decode(decoder, raw, self.is_at_end, &mut self.text);
                done.map_err(|at| {
                    io::Error::other(malformed(decoder, (self.read + mark as u64).saturating_add_signed(at)))
                })?;
            }
        }
        self.read += length as u64;
        Ok(())
    }

    /// Checks new text, except a last line of which too little has arrived.
    fn check(&mut self) -> io::Result<()> {
        self.checked = self.text.len();
        if self.content == Content::Text {
            return Ok(());
        }
        if let Some(at) = memchr(0, &self.text) {
            return Err(io::Error::other(InputFault::Zero { at: self.passed + at as u64 + 1 }));
        }
        if self.content == Content::Json {
            let mut marks = Vec::new();
            for newline in memchr_iter(b'\n', &self.text) {
                let line = &self.text[newline + 1..];
                if line.len() < AHEAD && !self.is_at_end {
                    self.checked = newline;
                    break;
                }
                if form::is_of_wrapper(line) {
                    return Err(io::Error::other(InputFault::Wrapper));
                }
                // A byte order mark of a file that was appended to another. It is removed, because it cannot be part
                // of JSON there.
                if line.starts_with(BYTE_ORDER_MARK) {
                    marks.push(newline + 1);
                }
            }
            for mark in marks.into_iter().rev() {
                self.text.drain(mark..mark + BYTE_ORDER_MARK.len());
                self.checked -= BYTE_ORDER_MARK.len();
            }
        }
        self.passed += self.checked as u64;
        Ok(())
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.advance()?;
        let length = buffer.len().min(self.checked - self.at);
        buffer[..length].copy_from_slice(&self.text[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

/// Detects the encoding from the first bytes. Also returns the length of the byte order mark.
fn begun_by(start: &[u8], content: Content) -> Result<(Encoding, usize), InputFault> {
    if matches!(content, Content::Json | Content::Toml)
        && let Some(fault) = form::of_bytes(start)
    {
        return Err(fault);
    }
    let (encoding, mark) = match start {
        [0xff, 0xfe, ..] => (UTF_16LE, 2),
        [0xfe, 0xff, ..] => (UTF_16BE, 2),
        // Text contains no zero byte, and JSON starts with an ASCII character.
        [1..=127, 0, ..] => (UTF_16LE, 0),
        [0, 1..=127, ..] => (UTF_16BE, 0),
        _ => (UTF_8, if start.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 }),
    };
    match content {
        Content::Values if encoding != UTF_8 => Err(InputFault::Utf16Values),
        Content::Text if encoding == UTF_8 => Ok((Encoding::Any, mark)),
        _ => Ok((Encoding::Known(Box::new(encoding.new_decoder_without_bom_handling())), mark)),
    }
}

/// Decodes bytes and appends the text. An incomplete character stays in the decoder. `Err` is the position of invalid
/// bytes.
fn decode(decoder: &mut Decoder, raw: &[u8], is_last: bool, text: &mut Vec<u8>) -> Result<(), i64> {
    let before = text.len();
    let most = decoder.max_utf8_buffer_length_without_replacement(raw.len()).unwrap_or(usize::MAX);
    text.resize(before.saturating_add(most), 0);
    let (result, read, written) = decoder.decode_to_utf8_without_replacement(raw, &mut text[before..], is_last);
    text.truncate(before + written);
    match result {
        DecoderResult::InputEmpty | DecoderResult::OutputFull => Ok(()),
        // The invalid sequence may have started in earlier bytes.
        DecoderResult::Malformed(bad, after) => {
            Err(i64::try_from(read).unwrap_or(i64::MAX) - i64::from(bad) - i64::from(after) + 1)
        }
    }
}

fn malformed(decoder: &Decoder, at: u64) -> InputFault {
    if decoder.encoding() == UTF_8 { InputFault::NotUtf8 { at } } else { InputFault::BrokenUtf16 }
}

/// Decodes a file that Terraform also reads: UTF-8, without its byte order mark.
///
/// # Errors
///
/// If it is UTF-16, which Terraform rejects, or is not text.
pub fn as_utf8(bytes: &[u8]) -> Result<Cow<'_, str>, InputFault> {
    let (_, mark) = begun_by(bytes, Content::Values)?;
    Ok(String::from_utf8_lossy(&bytes[mark..]))
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read};

    use super::{CHUNK, Decoded};
    use crate::input::{Content, InputFault};

    /// Returns at most this number of bytes per read.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = self.1.min(buffer.len()).min(self.0.len());
            buffer[..length].copy_from_slice(&self.0[..length]);
            self.0 = &self.0[length..];
            Ok(length)
        }
    }

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    /// The decoded text of these bytes, which must not depend on how they are split.
    #[track_caller]
    fn read(bytes: &[u8], content: Content) -> Result<String, InputFault> {
        // A long text would take too many reads of one byte.
        let few = if bytes.len() < CHUNK { 1 } else { 1021 };
        let read = |at_once| {
            let mut text = Vec::new();
            let read = Decoded::new(Slow(bytes, at_once), content).read_to_end(&mut text);
            let fault = |error: io::Error| error.downcast::<InputFault>().expect("each error says what is wrong");
            read.map(|_| String::from_utf8(text).expect("it is UTF-8")).map_err(fault)
        };
        let whole = read(usize::MAX);
        for at_once in [few, 2 * few, 3 * few, 7 * few, CHUNK - 1] {
            assert_eq!(read(at_once), whole, "{at_once} at once");
        }
        whole
    }

    #[test]
    fn each_encoding_gives_the_same_text() {
        let long = format!("{{\"\u{e9}\u{1f600}\": \"{}\u{1f600}\"}}\r\n", "\u{20ac}x".repeat(CHUNK / 2));
        for text in ["{\"a\": \"\u{e9}\u{1f600}\"}\r\n", &long] {
            let mark = format!("\u{feff}{text}");
            for bytes in [
                text.as_bytes().to_vec(),
                mark.as_bytes().to_vec(),
                utf16(&mark, u16::to_le_bytes),
                utf16(&mark, u16::to_be_bytes),
                utf16(text, u16::to_le_bytes),
                utf16(text, u16::to_be_bytes),
            ] {
                assert_eq!(read(&bytes, Content::Json).as_deref(), Ok(text));
                assert_eq!(read(&bytes, Content::Text).as_deref(), Ok(text));
            }
            assert_eq!(read(mark.as_bytes(), Content::Values).as_deref(), Ok(text));
            for bytes in [utf16(&mark, u16::to_le_bytes), utf16(text, u16::to_be_bytes)] {
                assert_eq!(read(&bytes, Content::Values), Err(InputFault::Utf16Values));
            }
        }
    }

    #[test]
    fn a_file_behind_another_may_have_a_mark_too() {
        let text = "{}\n\u{feff}{}\n\u{feff}\n{\"a\": \"\u{feff}\"}\n\u{feff}";
        assert_eq!(read(text.as_bytes(), Content::Json).as_deref(), Ok("{}\n{}\n\n{\"a\": \"\u{feff}\"}\n"));
    }

    #[test]
    fn err_half_a_character_is_not_lost() {
        let whole = utf16("\u{feff}{\"a\": \"\u{1f600}\"}", u16::to_le_bytes);
        for cut in [whole.len() - 1, whole.len() - 6, whole.len() - 7] {
            assert_eq!(read(&whole[..cut], Content::Json), Err(InputFault::BrokenUtf16), "{cut}");
        }
    }

    #[test]
    fn err_what_is_not_utf8_says_where_it_begins_not_to_be() {
        let late = [&b"{"[..], &b" ".repeat(3 * CHUNK), b"\xe9}"].concat();
        for (bytes, at) in
            [(&b"{\"a\": \"\xe9\"}"[..], 8), (b"\"\xe2\x82", 2), (b"\xff", 1), (&late, 3 * CHUNK as u64 + 2)]
        {
            assert_eq!(read(bytes, Content::Json), Err(InputFault::NotUtf8 { at }));
            assert_eq!(read(bytes, Content::Values), Err(InputFault::NotUtf8 { at }));
        }
        let mut text = Vec::new();
        Decoded::new(&b"log \xe9"[..], Content::Text).read_to_end(&mut text).expect("a log can hold anything");
        assert_eq!(text, b"log \xe9");
    }

    #[test]
    fn err_a_zero_byte_says_where() {
        let long = format!("{}\0", " ".repeat(3 * CHUNK));
        for (text, at) in [("{\"a\": \"\0\"}", 8), ("\0\0\0\0\0", 1), (&long, 3 * CHUNK as u64 + 1)] {
            assert_eq!(read(text.as_bytes(), Content::Json), Err(InputFault::Zero { at }));
            assert_eq!(read(text.as_bytes(), Content::Values), Err(InputFault::Zero { at }));
            assert_eq!(read(text.as_bytes(), Content::Text).as_deref(), Ok(text));
        }
    }

    #[test]
    fn err_lines_of_a_wrapper_are_found_wherever_they_are() {
        for padding in [0, 1, CHUNK - 12, CHUNK - 3, CHUNK - 1, 2 * CHUNK] {
            for line in ["::debug::Terraform exited with code 0.", "[command]/x", "::", "##[debug]"] {
                let text = format!("{{{}}}\n{line}\n", " ".repeat(padding));
                assert_eq!(read(text.as_bytes(), Content::Json), Err(InputFault::Wrapper), "{padding} {line}");
                assert_eq!(read(text.as_bytes(), Content::Text), Ok(text));
            }
        }
        let text = "{\"a\":\n\n\"::debug::\"}\n:";
        assert_eq!(read(text.as_bytes(), Content::Json).as_deref(), Ok(text));
    }
}
