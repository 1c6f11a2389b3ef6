//! Sets of texts, as in `Action` and `NotAction` or `Resource` and `NotResource`.

use super::pattern::Pattern;
use super::work::Work;

/// The texts that match some patterns, or all other texts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Set {
    /// The texts that match at least one of the patterns.
    Of(Vec<Pattern>),
    /// The texts that match none of the patterns.
    AllBut(Vec<Pattern>),
}

impl Set {
    /// Whether a text of the pattern may be in the set. `true` if that is not certain.
    #[must_use]
    pub fn may_meet(&self, pattern: &Pattern) -> bool {
        match self {
            Self::Of(patterns) => patterns.iter().any(|mine| mine.meets(pattern)),
            Self::AllBut(patterns) => !patterns.iter().any(|mine| mine.covers(pattern)),
        }
    }

    /// The same as one of several questions that share `work`. `true` also if not enough is left.
    #[must_use]
    pub fn may_meet_within(&self, pattern: &Pattern, work: &Work) -> bool {
        match self {
            Self::Of(patterns) => patterns.iter().any(|mine| mine.meets_within(pattern, work)),
            Self::AllBut(patterns) => !patterns.iter().any(|mine| mine.covers_within(pattern, work)),
        }
    }

    /// Whether every text of the pattern is in the set. `false` if that is not certain.
    #[must_use]
    pub fn surely_covers(&self, pattern: &Pattern) -> bool {
        match self {
            Self::Of(patterns) => patterns.iter().any(|mine| mine.covers(pattern)),
            Self::AllBut(patterns) => !patterns.iter().any(|mine| mine.meets(pattern)),
        }
    }

    /// The same as one of several questions that share `work`. `false` also if not enough is left.
    #[must_use]
    pub fn surely_covers_within(&self, pattern: &Pattern, work: &Work) -> bool {
        match self {
            Self::Of(patterns) => patterns.iter().any(|mine| mine.covers_within(pattern, work)),
            Self::AllBut(patterns) => !patterns.iter().any(|mine| mine.meets_within(pattern, work)),
        }
    }

    /// The number of elements of all its patterns.
    pub(super) fn length(&self) -> usize {
        let (Self::Of(patterns) | Self::AllBut(patterns)) = self;
        patterns.iter().map(|pattern| pattern.places().len() + 1).sum()
    }

    /// Whether a text may be in both sets. `true` if that is not certain, also if not enough work is left.
    pub(super) fn may_meet_set(&self, other: &Self, work: &Work) -> bool {
        match (self, other) {
            (_, Self::Of(patterns)) => patterns.iter().any(|pattern| self.may_meet_within(pattern, work)),
            (Self::Of(patterns), _) => patterns.iter().any(|pattern| other.may_meet_within(pattern, work)),
            (Self::AllBut(_), Self::AllBut(_)) => true,
        }
    }

    /// Whether every text of `other` is in this set. `false` if that is not certain, also if not enough work is left.
    pub(super) fn surely_includes(&self, other: &Self, work: &Work) -> bool {
        let within = |wide: &[Pattern], narrow: &[Pattern]| {
            narrow.iter().all(|it| wide.iter().any(|mine| mine.covers_within(it, work)))
        };
        match (self, other) {
            (Self::Of(mine), Self::Of(theirs)) => within(mine, theirs),
            (Self::AllBut(mine), Self::AllBut(theirs)) => within(theirs, mine),
            (Self::Of(mine), Self::AllBut(_)) => mine.iter().any(Pattern::is_everything),
            (Self::AllBut(mine), Self::Of(theirs)) => {
                !mine.iter().any(|it| theirs.iter().any(|other| it.meets_within(other, work)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_includes_another() {
        let of = |texts: &[&str]| Set::Of(texts.iter().map(|text| Pattern::new(text)).collect());
        let but = |texts: &[&str]| Set::AllBut(texts.iter().map(|text| Pattern::new(text)).collect());
        for (wide, narrow, expected) in [
            (of(&["a*", "b"]), of(&["ab", "b"]), true),
            (of(&["a*"]), of(&["ab", "b"]), false),
            (but(&["a"]), but(&["a*"]), true),
            (but(&["a*"]), but(&["a"]), false),
            (of(&["*"]), but(&["a"]), true),
            (of(&["b*"]), but(&["a"]), false),
            (but(&["a*"]), of(&["b", "c*"]), true),
            (but(&["a*"]), of(&["b", "?b"]), false),
        ] {
            assert_eq!(wide.surely_includes(&narrow, &Work::new(1_000)), expected, "{narrow:?} in {wide:?}");
        }
    }
}
