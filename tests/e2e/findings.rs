//! What a run of the chain found wrong, and what it did.

use std::time::{Duration, Instant};

use crate::Result;

/// Which promise is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file is not what the spec says.
    Stale,
    /// There is a role too many or too few.
    Roles,
    /// Somebody may become a handler who should not.
    Trust,
    /// A granted verb does not work.
    Granted,
    /// A call that no grant covers is allowed.
    Denied,
    /// A plan after the apply would change something.
    Drift,
    /// Something was destroyed that should not be, or is still there.
    Destroyed,
}

/// One thing that is wrong.
#[derive(Debug)]
pub struct Finding {
    pub kind: Kind,
    pub what: String,
}

/// What was done, what it took, and what it found.
#[derive(Debug, Default)]
pub struct Report {
    pub findings: Vec<Finding>,
    pub steps: Vec<(String, Duration)>,
    /// How many granted verbs worked.
    pub worked: usize,
    /// How many of the other calls were denied.
    pub denied: usize,
}

impl Report {
    pub fn find(&mut self, kind: Kind, what: impl Into<String>) {
        self.findings.push(Finding { kind, what: what.into() });
    }

    pub fn require(&mut self, holds: bool, kind: Kind, otherwise: &str) {
        if !holds {
            self.find(kind, otherwise);
        }
    }

    /// Does one step. `say` is told when it begins; what it did is in its answer.
    pub fn step<T>(&mut self, name: &str, say: &dyn Fn(&str), run: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        say(name);
        let started = Instant::now();
        let done = run(self).map_err(|error| format!("{name}: {error}"))?;
        self.steps.push((name.to_owned(), started.elapsed()));
        Ok(done)
    }

    /// Whether something of this kind was found whose text holds all these words.
    pub fn has(&self, kind: Kind, words: &[&str]) -> bool {
        self.findings.iter().any(|it| it.kind == kind && words.iter().all(|word| it.what.contains(word)))
    }

    /// All findings, a line each.
    pub fn lines(&self) -> String {
        let lines: Vec<_> = self.findings.iter().map(|it| format!("{:?}: {}", it.kind, it.what)).collect();
        lines.join("\n")
    }
}
