//! Sets of texts, as in `Action` and `NotAction` or `Resource` and `NotResource`.

use super::pattern::Pattern;

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

    /// Whether every text of the pattern is in the set. `false` if that is not certain.
    #[must_use]
    pub fn surely_covers(&self, pattern: &Pattern) -> bool {
        match self {
            Self::Of(patterns) => patterns.iter().any(|mine| mine.covers(pattern)),
            Self::AllBut(patterns) => !patterns.iter().any(|mine| mine.meets(pattern)),
        }
    }

    /// Whether a text may be in both sets. `true` if that is not certain.
    #[must_use]
    pub fn may_meet_set(&self, other: &Self) -> bool {
        match (self, other) {
            (_, Self::Of(patterns)) => patterns.iter().any(|pattern| self.may_meet(pattern)),
            (Self::Of(patterns), _) => patterns.iter().any(|pattern| other.may_meet(pattern)),
            (Self::AllBut(_), Self::AllBut(_)) => true,
        }
    }

    /// Whether every text of `other` is in this set. `false` if that is not certain.
    #[must_use]
    pub fn surely_includes(&self, other: &Self) -> bool {
        let within =
            |wide: &[Pattern], narrow: &[Pattern]| narrow.iter().all(|it| wide.iter().any(|mine| mine.covers(it)));
        match (self, other) {
            (Self::Of(mine), Self::Of(theirs)) => within(mine, theirs),
            (Self::AllBut(mine), Self::AllBut(theirs)) => within(theirs, mine),
            (Self::Of(mine), Self::AllBut(_)) => mine.iter().any(Pattern::is_everything),
            (Self::AllBut(mine), Self::Of(theirs)) => !mine.iter().any(|it| theirs.iter().any(|other| it.meets(other))),
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
            assert_eq!(wide.surely_includes(&narrow), expected, "{narrow:?} in {wide:?}");
        }
    }
}
