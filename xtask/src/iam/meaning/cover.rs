//! Whether some patterns together cover another one, and whether there is a text in several patterns and in none of others:
//! by reading all of them letter by letter, all ways at once.

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

/// Where one can be in each of some patterns, sorted: the pattern and the place in it.
type Places = Vec<(usize, usize)>;

/// Where one can be in the patterns that a text must not be of, and in those that it must be of.
type State = (Places, Places);

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
    without(&[narrow], wide)
}

/// Whether every text that is in each of `all` is in one of `none`. Exact where all of them is known.
#[must_use]
pub fn without(all: &[&Pattern], none: &[&Pattern]) -> Cover {
    if all.iter().any(|it| it.is_unread()) {
        return Cover::Undecided;
    }
    let is_one_of_all = |it: &&Pattern| !it.is_unread() && all.iter().any(|other| other.places() == it.places());
    if none.iter().any(|it| it.is_everything() || is_one_of_all(it)) {
        return Cover::Whole;
    }
    // Most have nothing in common with it, and say so at once.
    let none = none.iter().filter(|it| !it.is_unread() && all.iter().all(|other| it.meets(other)));
    let none: Vec<&[Place]> = none.map(|it| it.places()).collect();
    let all: Vec<&[Place]> = all.iter().map(|it| it.places()).collect();
    let start = |patterns: &[&[Place]]| {
        sorted((0..patterns.len()).flat_map(|which| reached(patterns[which], 0).map(move |at| (which, at))))
    };
    let start = (start(&none), start(&all));
    Search { none: &none, all: &all, seen: HashSet::new(), steps: Vec::new(), work: 0 }.run(start)
}

struct Search<'a> {
    none: &'a [&'a [Place]],
    all: &'a [&'a [Place]],
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
            let (none, all) = state.clone();
            let is_whole = |which: usize| all.contains(&(which, self.all[which].len()));
            if (0..self.all.len()).all(is_whole) && !none.iter().any(|(which, at)| *at == self.none[*which].len()) {
                return Cover::Without(self.text(next));
            }
            for letter in self.letters(&none, &all) {
                self.work += none.len() + all.len() + 1;
                if self.work > MOST {
                    return Cover::Undecided;
                }
                let (none, all) = (behind(self.none, &none, letter), behind(self.all, &all, letter));
                let is_left = |which: usize| all.iter().any(|(left, _)| *left == which);
                if !(0..self.all.len()).all(is_left) || none.iter().any(|(it, at)| takes_all(&self.none[*it][*at..])) {
                    continue;
                }
                let state = (none, all);
                if self.seen.insert(state.clone()) {
                    self.steps.push((state, next, letter));
                }
            }
            next += 1;
        }
        Cover::Whole
    }

    /// The letters that a text can go on with, of which those that nobody names here are one.
    fn letters(&self, none: &Places, all: &Places) -> Vec<Letter> {
        let of_all = all.iter().filter_map(|(which, at)| self.all[*which].get(*at));
        let of_none = none.iter().filter_map(|(which, at)| self.none[*which].get(*at));
        let letters = of_all.chain(of_none).filter_map(|place| match place {
            Place::This(byte) => Some(Letter::This(*byte)),
            Place::Variable(name) | Place::Unknown(name) => Some(Letter::Unknown(*name)),
            // What may not be a colon must have one to differ by.
            Place::Part => Some(Letter::This(b':')),
            Place::Any | Place::AnyOne => None,
        });
        sorted(letters.chain([Letter::Other]))
    }

    /// A text that leads to a step. The letters that nobody names are made up.
    fn text(&self, mut step: usize) -> String {
        let mut bytes = Vec::new();
        while step > 0 {
            let (_, from, letter) = &self.steps[step];
            let ((none, all), ..) = &self.steps[*from];
            match letter {
                Letter::This(byte) => bytes.push(*byte),
                Letter::Unknown(_) => bytes.extend(b"}...{$"),
                Letter::Other => {
                    let named = self.letters(none, all);
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

/// Where one can be behind a letter.
fn behind(patterns: &[&[Place]], places: &Places, letter: Letter) -> Places {
    let to = |(which, at): &(usize, usize)| {
        let which = *which;
        after(patterns[which], *at, letter).map(move |to| (which, to))
    };
    sorted(places.iter().flat_map(to))
}

/// The places where one can be at a place: behind the stars that stand there, too.
fn reached(places: &[Place], at: usize) -> impl Iterator<Item = usize> {
    let stars = places[at..].iter().take_while(|place| matches!(place, Place::Any | Place::Part)).count();
    at..=at + stars
}

/// Where one can be behind a letter that is read at a place.
fn after(places: &[Place], at: usize, letter: Letter) -> impl Iterator<Item = usize> {
    let is_between = letter == Letter::This(BETWEEN);
    let to = match (places.get(at), letter) {
        (Some(Place::Any), _) if !is_between => Some(at),
        (Some(Place::Part), letter) if !is_between && !matches!(letter, Letter::This(b':') | Letter::Unknown(_)) => {
            Some(at)
        }
        (Some(Place::AnyOne), Letter::This(_) | Letter::Other) if !is_between => Some(at + 1),
        (Some(Place::This(byte)), Letter::This(letter)) if *byte == letter => Some(at + 1),
        (Some(Place::Variable(name) | Place::Unknown(name)), Letter::Unknown(letter)) if *name == letter => {
            Some(at + 1)
        }
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
