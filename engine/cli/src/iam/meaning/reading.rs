//! Resolves the parts of a pattern that depend on the caller or are not known here.

use super::pattern::{Pattern, PatternElement};

/// How a pattern is resolved if it is not certain which texts it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Only the texts that it certainly matches, for every caller.
    Least,
    /// Also those that it matches for some caller.
    ForSomebody,
    /// Also those that it may match because of a value that is not known here, but only if they match for every caller.
    ByTheUnknown,
    /// Every text that it may match.
    Most,
}

impl Reading {
    /// The reading of a set that is subtracted, such that the remainder has this reading.
    #[must_use]
    pub const fn of_the_rest(self) -> Self {
        match self {
            Self::Least => Self::Most,
            Self::ForSomebody => Self::ByTheUnknown,
            Self::ByTheUnknown => Self::ForSomebody,
            Self::Most => Self::Least,
        }
    }
}

impl Pattern {
    /// The texts of a reading, as a pattern without unknown parts. `None` if it has no texts.
    #[must_use]
    pub fn read(&self, reading: Reading) -> Option<Self> {
        let [somebody, unknown] = match reading {
            Reading::Least => [false, false],
            Reading::ForSomebody => [true, false],
            Reading::ByTheUnknown => [false, true],
            Reading::Most => [true, true],
        };
        if self.is_unread {
            return unknown.then(|| Self::new("*"));
        }
        let mut places = Vec::with_capacity(self.places.len());
        for (at, place) in self.places.iter().enumerate() {
            places.push(match place {
                PatternElement::Variable(_) if somebody => PatternElement::Any,
                PatternElement::Unknown(_) if unknown => PatternElement::Any,
                PatternElement::Variable(_) | PatternElement::Unknown(_) => return None,
                // A star certainly matches a colon only at the end of a part of an ARN.
                PatternElement::Any if reading == Reading::Least => match self.places.get(at + 1) {
                    None | Some(PatternElement::This(b':')) => PatternElement::Any,
                    Some(_) => PatternElement::Part,
                },
                place => *place,
            });
        }
        Some(Self { text: self.text.clone(), places, is_unread: false })
    }

    /// The pattern with its wildcards as literal characters.
    #[must_use]
    pub fn literally(mut self) -> Self {
        for place in &mut self.places {
            *place = match *place {
                PatternElement::Any | PatternElement::Part => PatternElement::This(b'*'),
                PatternElement::AnyOne => PatternElement::This(b'?'),
                place => place,
            };
        }
        self
    }
}
