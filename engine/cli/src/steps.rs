//! Steps of a command: listed with `--verbose`, and shown on the status line of a terminal when the command has run
//! for a second. Commands only report the start and the result of a step; how it is displayed is decided here.

pub mod line;
mod text;

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::io::Write;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::neutral::{Neutral, one_line};

use line::Line;

/// Delay until the status line is shown.
const PATIENCE: Duration = Duration::from_secs(1);
/// Interval between updates of the status line.
const EVERY: Duration = Duration::from_millis(200);

/// How much a command prints in addition to results and errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// Nothing on success.
    Quiet,
    /// A summary.
    #[default]
    Normal,
    /// Also every step.
    Verbose,
}

/// The steps of one command. Clones share them.
#[derive(Clone)]
pub struct Steps {
    verbosity: Rc<Cell<Verbosity>>,
    told: Rc<RefCell<Box<dyn Write>>>,
    line: Option<Arc<Line>>,
    present: Arc<StepProgress>,
}

/// The steps in progress, the innermost last, and the progress of the innermost.
#[derive(Default)]
struct StepProgress {
    steps: Mutex<Vec<String>>,
    done: AtomicU64,
    /// The total; 0 if unknown.
    of: AtomicU64,
    is_bytes: AtomicBool,
    /// Whether the user is typing on the terminal, so that nothing may be drawn.
    is_typed_on: AtomicBool,
}

impl Default for Steps {
    /// Steps that are not reported.
    fn default() -> Self {
        Self::new(Box::new(std::io::sink()), None)
    }
}

impl Steps {
    /// Steps that are reported to a stream, and shown on the status line.
    #[must_use]
    pub fn new(told: Box<dyn Write>, line: Option<Arc<Line>>) -> Self {
        let told: Box<dyn Write> = Box::new(Neutral::new(told));
        Self { verbosity: Rc::default(), told: Rc::new(RefCell::new(told)), line, present: Arc::default() }
    }

    /// Whether the command prints nothing on success.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.verbosity.get() == Verbosity::Quiet
    }

    /// Starts the step of the whole command. `is_shown` is false if programs that the command runs use the terminal.
    pub(crate) fn command(&self, name: &str, verbosity: Verbosity, is_shown: bool) -> (Step<'_>, Option<Ticker>) {
        self.verbosity.set(verbosity);
        let line = self.line.as_ref().filter(|_| is_shown && verbosity != Verbosity::Quiet);
        (self.begin(name), line.map(|line| Ticker::start(Arc::clone(line), Arc::clone(&self.present))))
    }

    /// Starts a step, such as `rendering`. It ends when the returned value is dropped.
    pub fn begin(&self, what: impl Into<String>) -> Step<'_> {
        let what = what.into();
        self.present.change(|steps| steps.push(what.clone()));
        Step { steps: self, what, found: String::new(), began: Instant::now(), is_typed: false }
    }
}

impl StepProgress {
    fn change(&self, change: impl FnOnce(&mut Vec<String>)) {
        change(&mut self.steps.lock().unwrap_or_else(PoisonError::into_inner));
        self.at(0, 0, false);
    }

    /// The three values are not updated atomically: the status line can show a mixed state once.
    fn at(&self, done: u64, of: u64, is_bytes: bool) {
        self.is_bytes.store(is_bytes, Ordering::Relaxed);
        self.of.store(of, Ordering::Relaxed);
        self.done.store(done, Ordering::Relaxed);
    }

    fn text(&self, since: Instant) -> String {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner).join(": ");
        let far = match (self.done.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed)) {
            (0, _) => String::new(),
            (bytes, _) if self.is_bytes.load(Ordering::Relaxed) => text::size_of(bytes),
            (done, 0) => done.to_string(),
            (done, of) => format!("{done} of {of}"),
        };
        text::present(&steps, &far, since.elapsed())
    }
}

/// A step in progress.
pub struct Step<'a> {
    steps: &'a Steps,
    what: String,
    found: String,
    began: Instant,
    is_typed: bool,
}

impl Step<'_> {
    /// Reports progress: the numbers of finished items and of all items; 0 if unknown.
    pub fn at(&self, done: u64, of: u64) {
        self.steps.present.at(done, of, false);
    }

    /// Reports progress in bytes.
    pub fn at_byte(&self, bytes: u64) {
        self.steps.present.at(bytes, 0, true);
    }

    /// Reports that the step waits for user input on the terminal, so that nothing is drawn meanwhile.
    pub fn waits_for_typing(&mut self) {
        self.is_typed = true;
        self.steps.present.is_typed_on.store(true, Ordering::Relaxed);
    }

    /// Reports the result of the step, for `--verbose`.
    pub fn found(&mut self, found: impl Display) {
        if self.steps.verbosity.get() == Verbosity::Verbose {
            self.found = found.to_string();
        }
    }
}

impl Drop for Step<'_> {
    fn drop(&mut self) {
        self.steps.present.change(|steps| drop(steps.pop()));
        if self.is_typed {
            self.steps.present.is_typed_on.store(false, Ordering::Relaxed);
        }
        if self.steps.verbosity.get() == Verbosity::Verbose {
            // A write error is ignored: the work itself has already succeeded or failed.
            let _ = text::step(
                &mut *self.steps.told.borrow_mut(),
                &one_line(&self.what),
                &one_line(&self.found),
                self.began.elapsed(),
            );
        }
    }
}

/// Redraws the status line periodically until it is dropped.
pub(crate) struct Ticker {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    fn start(line: Arc<Line>, present: Arc<StepProgress>) -> Self {
        let (stop, stopped) = mpsc::channel();
        let since = Instant::now();
        let thread = thread::spawn(move || {
            let mut wait = PATIENCE;
            // A timeout means that the command is still running; dropping the sender ends the loop.
            while stopped.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
                if !present.is_typed_on.load(Ordering::Relaxed) {
                    line.draw(&present.text(since));
                }
                wait = EVERY;
            }
            line.erase();
        });
        Self { stop: Some(stop), thread: Some(thread) }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic while drawing is not a failure of the command.
            let _ = thread.join();
        }
    }
}
