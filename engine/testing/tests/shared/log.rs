//! All that a suite logs, at TRACE and with what the SDK and its HTTP client log, searched at the moment when it is logged.
//!
//! A secret in it ends the whole suite: a test that looked would see neither what a background task logs after the test's
//! end, nor what the other tests do.

use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};
use std::io::{self, Write as _};
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::{self, format::FmtSpan};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use super::mark::{self, Mark};

/// What is kept: the lines of the crate under test, and which others logged. All else would fill the memory.
struct Log {
    ours: Vec<u8>,
    others: BTreeSet<String>,
}

/// No test looks for a line that so many bytes ago was the last.
const KEPT: usize = 64 * 1024 * 1024;

static LOG: Mutex<Log> = Mutex::new(Log { ours: Vec::new(), others: BTreeSet::new() });

fn locked() -> MutexGuard<'static, Log> {
    LOG.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Captures what all tests of this program log, from the first call on. One subscriber for all: which events are worth
/// asking for is remembered for the whole process.
pub fn capture() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // A span's end is a line too: only then is all known that it tells.
        let lines = fmt::layer().with_ansi(false).with_span_events(FmtSpan::CLOSE).with_writer(|| Captured);
        let lines = lines.with_filter(filter_fn(is_ours));
        tracing_subscriber::registry().with(Search).with(lines).init();
        watch_panics();
    });
}

/// The lines so far of the crate under test.
pub fn ours() -> String {
    String::from_utf8(locked().ours.clone()).expect("the log is text")
}

/// The last line of the log that holds all of these.
#[track_caller]
pub fn line_with(parts: &[&str]) -> String {
    let lines = ours();
    let line = lines.lines().rev().find(|line| parts.iter().all(|part| line.contains(part)));
    line.unwrap_or_else(|| panic!("no line holds {parts:?}")).to_owned()
}

/// Whether a crate has logged anything so far.
pub fn has_logged(name: &str) -> bool {
    locked().others.iter().any(|target| target.split("::").next() == Some(name))
}

fn is_ours(of: &Metadata<'_>) -> bool {
    matches!(of.target().split("::").next(), Some("driftless" | "paypulse_runtime"))
}

struct Captured;

impl io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let ours = &mut locked().ours;
        ours.extend_from_slice(bytes);
        if ours.len() > KEPT {
            let half =
                ours.iter().skip(KEPT / 2).position(|byte| *byte == b'\n').map_or(ours.len(), |end| KEPT / 2 + end + 1);
            ours.drain(..half);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Searches what each event says and what each span is given, whoever it is from.
struct Search;

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Search {
    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        look_at(span.metadata(), |fields| span.record(fields));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, spans: Context<'_, S>) {
        if let Some(metadata) = spans.metadata(id) {
            look_at(metadata, |fields| values.record(fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        look_at(event.metadata(), |fields| event.record(fields));
    }
}

fn look_at(from: &Metadata<'_>, record: impl FnOnce(&mut Fields)) {
    let mut fields = Fields(format!("{} {}:", from.level(), from.target()));
    record(&mut fields);
    search(&fields.0, &mark::SECRET);
    if is_ours(from) {
        // The SDK's own lines of a request hold the secret's name, and that the user's id.
        search(&fields.0, &mark::USER);
        return;
    }
    let others = &mut locked().others;
    if !others.contains(from.target()) {
        others.insert(from.target().to_owned());
    }
}

/// The SDK logs a list of its own parts with every call, of 20 KB and more than half of all that is logged. It is the same
/// for all calls of a client, so that only the first ones are looked at.
const PARTS_LOOKED_AT: usize = 100;
static PARTS_SEEN: AtomicUsize = AtomicUsize::new(0);

/// Fields as text.
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "runtime_components" && PARTS_SEEN.fetch_add(1, Ordering::Relaxed) >= PARTS_LOOKED_AT {
            return;
        }
        write!(self.0, " {field}={value:?}").expect("a text takes it");
    }
}

/// Ends the process where a text holds a mark. The test harness captures what a test prints, and not this.
fn search(text: &str, mark: &Mark) {
    if let Some(before) = mark::before(text, mark) {
        let _ = writeln!(io::stderr(), "\na secret or a user's id is logged after: {before}");
        std::process::abort();
    }
}

/// Searches the messages of all panics but those of the tests' own assertions.
fn watch_panics() {
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let is_of_a_test = panic.location().is_some_and(|place| place.file().contains("tests/"));
        if !is_of_a_test && let Some(message) = panic.payload_as_str() {
            search(message, &mark::SECRET);
        }
        print(panic);
    }));
}
