//! The steps of a command: told one by one under `--verbose`, and the present one shown on a terminal once the command has
//! taken a second. A command only says where a step begins and what it came to; whether, when and where that shows is
//! decided here.

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::io::Write;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::output::line::Line;
use crate::output::{self, Neutral, one_line};

/// Who waits for longer is shown for what.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the line is drawn again.
const EVERY: Duration = Duration::from_millis(200);

/// How much a command says beside its results and its errors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verbosity {
    /// Nothing, where it succeeds.
    Quiet,
    /// What came of it.
    #[default]
    Normal,
    /// Each step too.
    Verbose,
}

/// The steps of one command. Clones are of the same steps.
#[derive(Clone)]
pub struct Steps {
    verbosity: Rc<Cell<Verbosity>>,
    told: Rc<RefCell<Box<dyn Write>>>,
    line: Option<Arc<Line>>,
    present: Arc<Present>,
}

/// The steps that have begun and not ended, the innermost last, and how far that one is.
#[derive(Default)]
struct Present {
    steps: Mutex<Vec<String>>,
    done: AtomicU64,
    /// Nothing, where it is not known.
    of: AtomicU64,
    is_bytes: AtomicBool,
    /// Whether the user types at the moment, over which nothing may be drawn.
    is_typed_on: AtomicBool,
}

impl Default for Steps {
    /// Told to nobody.
    fn default() -> Self {
        Self::new(Box::new(std::io::sink()), None)
    }
}

impl Steps {
    /// Steps that are told on a stream, and shown on a terminal's line.
    #[must_use]
    pub fn new(told: Box<dyn Write>, line: Option<Arc<Line>>) -> Self {
        let told: Box<dyn Write> = Box::new(Neutral::new(told));
        Self { verbosity: Rc::default(), told: Rc::new(RefCell::new(told)), line, present: Arc::default() }
    }

    /// Whether the command succeeds without a word.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.verbosity.get() == Verbosity::Quiet
    }

    /// The whole command begins. `is_shown` says whether its line may be drawn: programs that it runs may want the terminal.
    pub(crate) fn command(&self, name: &str, verbosity: Verbosity, is_shown: bool) -> (Step<'_>, Option<Ticker>) {
        self.verbosity.set(verbosity);
        let line = self.line.as_ref().filter(|_| is_shown && verbosity != Verbosity::Quiet);
        (self.begin(name), line.map(|line| Ticker::start(Arc::clone(line), Arc::clone(&self.present))))
    }

    /// A step begins, such as `rendering`; it ends where what this returns is dropped.
    pub fn begin(&self, what: impl Into<String>) -> Step<'_> {
        let what = what.into();
        self.present.change(|steps| steps.push(what.clone()));
        Step { steps: self, what, found: String::new(), began: Instant::now(), is_typed: false }
    }
}

impl Present {
    fn change(&self, change: impl FnOnce(&mut Vec<String>)) {
        change(&mut self.steps.lock().unwrap_or_else(PoisonError::into_inner));
        self.at(0, 0, false);
    }

    /// Whoever draws the line meanwhile may see a part of this, and sees all of it the next time.
    fn at(&self, done: u64, of: u64, is_bytes: bool) {
        self.is_bytes.store(is_bytes, Ordering::Relaxed);
        self.of.store(of, Ordering::Relaxed);
        self.done.store(done, Ordering::Relaxed);
    }

    fn text(&self, since: Instant) -> String {
        let steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner).join(": ");
        let far = match (self.done.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed)) {
            (0, _) => String::new(),
            (bytes, _) if self.is_bytes.load(Ordering::Relaxed) => output::size_of(bytes),
            (done, 0) => done.to_string(),
            (done, of) => format!("{done} of {of}"),
        };
        output::present(&steps, &far, since.elapsed())
    }
}

/// A step that has begun.
pub struct Step<'a> {
    steps: &'a Steps,
    what: String,
    found: String,
    began: Instant,
    is_typed: bool,
}

impl Step<'_> {
    /// How far it is: the number of things that are done, and of all of them; 0 where that is not known.
    pub fn at(&self, done: u64, of: u64) {
        self.steps.present.at(done, of, false);
    }

    /// How far it is, in bytes.
    pub fn at_byte(&self, bytes: u64) {
        self.steps.present.at(bytes, 0, true);
    }

    /// It waits for what the user types on the terminal: nothing is drawn there while it lasts.
    pub fn waits_for_typing(&mut self) {
        self.is_typed = true;
        self.steps.present.is_typed_on.store(true, Ordering::Relaxed);
    }

    /// What it came to, as `--verbose` tells it.
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
            // The work itself has succeeded or failed by now, whether or not that can be told.
            let _ = output::step(
                &mut *self.steps.told.borrow_mut(),
                &one_line(&self.what),
                &one_line(&self.found),
                self.began.elapsed(),
            );
        }
    }
}

/// Draws the line again and again, until it is dropped.
pub(crate) struct Ticker {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    fn start(line: Arc<Line>, present: Arc<Present>) -> Self {
        let (stop, stopped) = mpsc::channel();
        let since = Instant::now();
        let thread = thread::spawn(move || {
            let mut wait = PATIENCE;
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
            // A line that could not be drawn is no failure of the command.
            let _ = thread.join();
        }
    }
}
