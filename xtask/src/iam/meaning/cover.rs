//! Whether some patterns together cover another one: by reading both sides letter by letter, all ways at once.

use std::collections::HashSet;

use super::pattern::{BETWEEN, Pattern, Place};

/// So many places are looked at before a question is given up. Patterns as people write them need some thousands.
const MOST: usize = 100_000;

/// Whether every text of a pattern is one of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cover {
    /// Every text is.
    Whole,
    /// This text is not. Where a pattern has unknown texts, it may be only that this is not certain.
    Without(String),
    /// It would take too long to say.
    Undecided,
}

/// Where one can be in each of the covering patterns, and in the covered one: sorted.
type State = (Vec<(usize, usize)>, Vec<usize>);

/// A letter of a text, or an unknown text as a whole.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Letter {
    This(u8),
    Unknown(u64),
    /// One that nobody names at this point: all of those are alike.
    Other,
}

/// Whether `wide` together cover `narrow`. Exact where all of them is known.
#[must_use]
pub fn cover(wide: &[&Pattern], narrow: &Pattern) -> Cover {
    if narrow.is_unread() {
        return Cover::Undecided;
    }
    if wide.iter().any(|it| !it.is_unread() && (it.is_everything() || it.places() == narrow.places())) {
        return Cover::Whole;
    }
    // Most have nothing in common with it, and say so at once.
    let wide = wide.iter().filter(|it| !it.is_unread() && it.meets(narrow));
    let wide: Vec<&[Place]> = wide.map(|it| it.places()).collect();
    let start = (0..wide.len()).flat_map(|which| reached(wide[which], 0).map(move |at| (which, at)));
    Search { wide: &wide, narrow: narrow.places(), seen: HashSet::new(), steps: Vec::new(), work: 0 }
        .run((sorted(start), sorted(reached(narrow.places(), 0))))
}

struct Search<'a> {
    wide: &'a [&'a [Place]],
    narrow: &'a [Place],
    seen: HashSet<State>,
    /// How each state was reached: from which step, by which letter.
    steps: Vec<(State, usize, Letter)>,
    work: usize,
}

impl Search<'_> {
    fn run(mut self, start: State) -> Cover {
        self.steps.push((start.clone(), 0, Letter::Other));
        self.seen.insert(start);
        let mut next = 0;
        while let Some((state, ..)) = self.steps.get(next) {
            let (mine, theirs) = state.clone();
            if theirs.contains(&self.narrow.len()) && !mine.iter().any(|(which, at)| *at == self.wide[*which].len()) {
                return Cover::Without(self.text(next));
            }
            for letter in self.letters(&mine, &theirs) {
                self.work += mine.len() + theirs.len() + 1;
                if self.work > MOST {
                    return Cover::Undecided;
                }
                let theirs = sorted(theirs.iter().flat_map(|at| after(self.narrow, *at, letter)));
                let mine =
                    mine.iter().flat_map(|(which, at)| after(self.wide[*which], *at, letter).map(|to| (*which, to)));
                let mine = sorted(mine);
                if theirs.is_empty() || mine.iter().any(|(which, at)| takes_all(&self.wide[*which][*at..])) {
                    continue;
                }
                let state = (mine, theirs);
                if self.seen.insert(state.clone()) {
                    self.steps.push((state, next, letter));
                }
            }
            next += 1;
        }
        Cover::Whole
    }

    /// The letters that `narrow` can go on with, of which those that nobody names here are one.
    fn letters(&self, mine: &[(usize, usize)], theirs: &[usize]) -> Vec<Letter> {
        let named = |place: Option<&Place>| match place {
            Some(Place::This(byte)) => Some(Letter::This(*byte)),
            _ => None,
        };
        let mut letters = Vec::new();
        for at in theirs {
            match self.narrow.get(*at) {
                Some(Place::This(byte)) => letters.push(Letter::This(*byte)),
                Some(Place::Unknown(name)) => letters.push(Letter::Unknown(*name)),
                Some(Place::Any | Place::AnyOne) => {
                    letters.extend(theirs.iter().filter_map(|at| named(self.narrow.get(*at))));
                    letters.extend(mine.iter().filter_map(|(which, at)| named(self.wide[*which].get(*at))));
                    letters.push(Letter::Other);
                }
                None => {}
            }
        }
        sorted(letters.into_iter())
    }

    /// A text that leads to a step. The letters that nobody names are made up.
    fn text(&self, mut step: usize) -> String {
        let mut bytes = Vec::new();
        while step > 0 {
            let (_, from, letter) = &self.steps[step];
            let ((mine, theirs), ..) = &self.steps[*from];
            match letter {
                Letter::This(byte) => bytes.push(*byte),
                Letter::Unknown(_) => bytes.extend(b"}...{$"),
                Letter::Other => {
                    let named = self.letters(mine, theirs);
                    let free = (b'a'..=b'z').chain(b'0'..=b'9').chain(b'A'..=b'Z').chain(b'!'..=b'~');
                    let free = free.into_iter().find(|byte| !named.contains(&Letter::This(*byte)));
                    bytes.push(free.unwrap_or(b'~'));
                }
            }
            step = *from;
        }
        bytes.reverse();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// The places where one can be at a place: behind the stars that stand there, too.
fn reached(places: &[Place], at: usize) -> impl Iterator<Item = usize> {
    let stars = places[at..].iter().take_while(|place| **place == Place::Any).count();
    at..=at + stars
}

/// Where one can be behind a letter that is read at a place.
fn after(places: &[Place], at: usize, letter: Letter) -> impl Iterator<Item = usize> {
    let is_between = letter == Letter::This(BETWEEN);
    let to = match (places.get(at), letter) {
        (Some(Place::Any), _) if !is_between => Some(at),
        (Some(Place::AnyOne), Letter::This(_) | Letter::Other) if !is_between => Some(at + 1),
        (Some(Place::This(byte)), Letter::This(letter)) if *byte == letter => Some(at + 1),
        (Some(Place::Unknown(name)), Letter::Unknown(letter)) if *name == letter => Some(at + 1),
        _ => None,
    };
    to.into_iter().flat_map(|at| reached(places, at))
}

/// Whether what is left of a pattern takes every text, that of a pair's second half included.
fn takes_all(rest: &[Place]) -> bool {
    rest == [Place::Any]
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items.dedup();
    items
}
