//! Measures an operation that runs in a span, such as a verb or a request to Google: its outcome, its attempts and its
//! duration. Public for crates of this workspace that call other services than AWS.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;
use tracing::Span;

/// An operation in progress. If its caller drops it, this is recorded as an outcome; otherwise the slowest operations
/// would be missing.
pub struct Run<C: Fn(&'static str, Duration)> {
    span: Span,
    started: Instant,
    attempts: Arc<AtomicU32>,
    outcome: &'static str,
    count: C,
}

impl<C: Fn(&'static str, Duration)> Run<C> {
    /// Begins in a span that has the fields `attempts` and `outcome`; `count` receives the outcome and the duration at
    /// the end.
    pub fn begin(span: &Span, count: C) -> Self {
        Self { span: span.clone(), started: Instant::now(), attempts: Arc::default(), outcome: "dropped", count }
    }

    /// The counter of attempts.
    pub fn attempts(&self) -> Arc<AtomicU32> {
        Arc::clone(&self.attempts)
    }

    /// Records the outcome.
    pub fn end(mut self, outcome: &'static str) {
        self.outcome = outcome;
    }
}

impl<C: Fn(&'static str, Duration)> Drop for Run<C> {
    fn drop(&mut self) {
        self.span.record("attempts", self.attempts.load(Relaxed));
        self.span.record("outcome", self.outcome);
        (self.count)(self.outcome, self.started.elapsed());
    }
}
