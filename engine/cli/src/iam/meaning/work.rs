//! Limits the work of a comparison, so that no document keeps a check from ending.

use std::cell::Cell;

/// The work that is left for a comparison, in steps. What would take more is undecided.
#[derive(Clone, Debug)]
pub struct Work {
    left: Cell<usize>,
}

impl Work {
    /// A number of steps.
    #[must_use]
    pub const fn new(steps: usize) -> Self {
        Self { left: Cell::new(steps) }
    }

    /// Takes a number of steps. `false` if fewer are left; then none are left afterwards.
    pub fn take(&self, steps: usize) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(steps));
        steps <= left
    }

    /// Adds steps, for more questions.
    pub fn add(&self, steps: usize) {
        self.left.set(self.left().saturating_add(steps));
    }

    /// The number of steps that are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left.get()
    }

    /// Whether no steps are left.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.left() == 0
    }
}

/// The steps of comparing two patterns or lists of patterns with these numbers of elements.
pub(super) const fn steps(mine: usize, theirs: usize) -> usize {
    1 + mine.saturating_mul(theirs) / 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_more_than_is_left_takes_the_rest() {
        let work = Work::new(10);
        assert!(work.take(4) && work.take(6) && work.is_spent());
        assert!(work.take(0) && !work.take(1));
        let work = Work::new(10);
        assert!(!work.take(11) && work.is_spent());
    }
}
