//! Sets of texts, as `Action` and `NotAction` or `Resource` and `NotResource` give them.

use super::pattern::Pattern;

/// The texts of some patterns, or all others: `Action` and `NotAction`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Set {
    /// What one of the patterns stands for.
    Of(Vec<Pattern>),
    /// What none of them stands for.
    AllBut(Vec<Pattern>),
}

impl Set {
    /// Whether some text of the pattern may be in the set. `true` where that is not certain.
    #[must_use]
    pub fn may_meet(&self, pattern: &Pattern) -> bool {
        match self {
            Self::Of(patterns) => patterns.iter().any(|mine| mine.meets(pattern)),
            Self::AllBut(patterns) => !patterns.iter().any(|mine| mine.covers(pattern)),
        }
    }

    /// Whether every text of the pattern is in the set. `false` where that is not certain.
    #[must_use]
    pub fn surely_covers(&self, pattern: &Pattern) -> bool {
        match self {
            Self::Of(patterns) => patterns.iter().any(|mine| mine.covers(pattern)),
            Self::AllBut(patterns) => !patterns.iter().any(|mine| mine.meets(pattern)),
        }
    }

    /// Whether every text of `other` is in this set. `false` where that is not certain.
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
