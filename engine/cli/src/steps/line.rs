//! The status line of a terminal: redrawn while a command runs, and erased before anything else is printed.

use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use driftless_model::is_printed;

/// Moves to the first column and erases to the end of the line.
/// Source: [ECMA-48](https://ecma-international.org/publications-and-standards/standards/ecma-48/), CR and EL.
const ERASE: &[u8] = b"\r\x1b[K";

/// The smallest common width of a terminal. A longer text would wrap, and two lines would have to be erased.
const WIDTH: usize = 79;

/// The status line that all streams of a terminal share.
pub struct Line(Mutex<LineState>);

struct LineState {
    terminal: Box<dyn Write + Send>,
    is_drawn: bool,
    /// Whether the last output ended with a line feed. In the middle of a line, nothing is drawn.
    is_between: bool,
}

impl Line {
    /// A status line on standard error, if that is a terminal that can erase, and not the log of a CI system.
    #[must_use]
    pub fn on_terminal() -> Option<Arc<Self>> {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let is_log = std::env::var_os("CI").is_some_and(|ci| !ci.is_empty() && ci != "false");
        let stderr = io::stderr();
        (stderr.is_terminal() && !is_dumb && !is_log).then(|| Arc::new(Self::on(Box::new(stderr))))
    }

    fn on(terminal: Box<dyn Write + Send>) -> Self {
        Self(Mutex::new(LineState { terminal, is_drawn: false, is_between: true }))
    }

    /// Replaces the text of the line. Errors are ignored: the line is only a convenience.
    pub fn draw(&self, text: &str) {
        let mut shown = self.lock();
        if shown.is_between {
            let plain = |char: char| if is_printed(char) { char } else { '?' };
            let text: String = text.chars().map(plain).take(WIDTH).collect();
            let drawn = [ERASE, text.as_bytes()].concat();
            shown.is_drawn = true;
            let _ = shown.terminal.write_all(&drawn).and_then(|()| shown.terminal.flush());
        }
    }

    /// Erases the line.
    pub fn erase(&self) {
        self.lock().erase();
    }

    fn lock(&self) -> MutexGuard<'_, LineState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LineState {
    fn erase(&mut self) {
        if self.is_drawn {
            self.is_drawn = false;
            let _ = self.terminal.write_all(ERASE).and_then(|()| self.terminal.flush());
        }
    }
}

/// A stream to the same terminal, which erases the line before it prints.
pub struct Beside<W> {
    stream: W,
    line: Option<Arc<Line>>,
}

impl<W: Write> Beside<W> {
    /// Wraps a stream; `line` is the status line of its terminal, if it is one.
    pub const fn new(stream: W, line: Option<Arc<Line>>) -> Self {
        Self { stream, line }
    }
}

impl<W: Write> Write for Beside<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(line) = &self.line else { return self.stream.write(bytes) };
        let mut shown = line.lock();
        shown.erase();
        let written = self.stream.write(bytes)?;
        if let Some(last) = bytes[..written].last() {
            shown.is_between = *last == b'\n';
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::{Arc, Mutex};

    use super::{Beside, Line};

    /// A terminal that records what was written to it.
    #[derive(Clone, Default)]
    struct Terminal(Arc<Mutex<Vec<u8>>>);

    impl Write for Terminal {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no test panics with it").write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_printed_stands_where_the_line_was_and_is_never_cut_in_two() {
        let terminal = Terminal::default();
        let line = Arc::new(Line::on(Box::new(terminal.clone())));
        let mut stream = Beside::new(terminal.clone(), Some(Arc::clone(&line)));
        line.draw("one");
        line.draw("two\x1b[2J");
        write!(stream, "half of").expect("it takes everything");
        line.draw("not in the middle");
        writeln!(stream, " a sentence").expect("it takes everything");
        line.draw(&"x".repeat(500));
        line.erase();
        line.erase();
        let sent = String::from_utf8(terminal.0.lock().expect("no test panics with it").clone()).expect("it is text");
        let long = "x".repeat(79);
        let expected = format!("\r\x1b[Kone\r\x1b[Ktwo?[2J\r\x1b[Khalf of a sentence\n\r\x1b[K{long}\r\x1b[K");
        assert_eq!(sent, expected);
    }
}
