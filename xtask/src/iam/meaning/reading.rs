//! Which texts a pattern has where that depends on who asks, or on what is not known here.

use super::pattern::{Pattern, Place};

/// How a pattern is read where it does not say for certain which texts it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Only the texts that it surely has, for every caller.
    Least,
    /// Also those that it has for somebody.
    ForSomebody,
    /// Also those that it has by what is not known here, and only for everybody.
    ByTheUnknown,
    /// Every text that it may have.
    Most,
}

impl Reading {
    /// The reading for what is taken away, so that the remainder has this one.
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
    /// The texts of a reading, as a pattern without anything unknown. `None` where it has none.
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
                Place::Variable(_) if somebody => Place::Any,
                Place::Unknown(_) if unknown => Place::Any,
                Place::Variable(_) | Place::Unknown(_) => return None,
                // A star reaches over a colon only where it ends a part of an ARN.
                Place::Any if reading == Reading::Least => match self.places.get(at + 1) {
                    None | Some(Place::This(b':')) => Place::Any,
                    Some(_) => Place::Part,
                },
                place => *place,
            });
        }
        Some(Self { text: self.text.clone(), places, is_unread: false })
    }

    /// The one text that has the wildcards as plain characters.
    #[must_use]
    pub fn literally(mut self) -> Self {
        for place in &mut self.places {
            *place = match *place {
                Place::Any | Place::Part => Place::This(b'*'),
                Place::AnyOne => Place::This(b'?'),
                place => place,
            };
        }
        self
    }
}
