//! What runs in a span until it has an outcome: a verb, a request to Google. How often it was tried, and how long it took.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;
use tracing::Span;

/// What has begun. That its caller dropped it is an outcome too: else those that take longest would not show.
pub(crate) struct Run<C: Fn(&'static str, Duration)> {
    span: Span,
    started: Instant,
    attempts: Arc<AtomicU32>,
    outcome: &'static str,
    count: C,
}

impl<C: Fn(&'static str, Duration)> Run<C> {
    /// Begins in a span that has the fields `attempts` and `outcome`; `count` is told the outcome and the time at the end.
    pub(crate) fn begin(span: &Span, count: C) -> Self {
        Self { span: span.clone(), started: Instant::now(), attempts: Arc::default(), outcome: "dropped", count }
    }

    /// Where attempts are counted.
    pub(crate) fn attempts(&self) -> Arc<AtomicU32> {
        Arc::clone(&self.attempts)
    }

    pub(crate) fn end(mut self, outcome: &'static str) {
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
