//! Decides whether patterns together cover another pattern, and whether a text matches some patterns and not others.
//! Reads all patterns in parallel, letter by letter, like a product of nondeterministic automata.

use std::collections::HashSet;

use super::pattern::{BETWEEN, Pattern, PatternElement};
use super::work::{Work, steps};

/// Maximum steps of one search. Patterns that people write need some thousands.
const MOST: usize = 100_000;

/// Whether every text of a pattern matches at least one of several other patterns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cover {
    /// Every text does.
    Whole,
    /// This text does not. If a pattern has unknown parts, the result may only mean that the cover is not certain.
    Without(String),
    /// The answer would take too long.
    Undecided,
}

/// The possible positions in several patterns, sorted: the pattern and the position in it.
type Places = Vec<(usize, usize)>;

/// The possible positions in the patterns to test, and in those that the text must match.
type CoverState = (Places, Places);

/// A letter of a text, or a whole unknown text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Letter {
    This(u8),
    Unknown(u64),
    /// Any letter that no pattern names at this position. All of them lead to the same state.
    Other,
}

/// Maximum steps of a comparison of two patterns.
const LONGEST_COMPARISON: usize = 200_000;

impl Pattern {
    /// Whether every text of `other` matches this pattern. Exact if no pattern has unknown parts, except that pairs
    /// that take too long count as not covered.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.covers_within(other, &Work::new(LONGEST_COMPARISON))
    }

    /// The same question as one of several that share `work`.
    pub(super) fn covers_within(&self, other: &Self, work: &Work) -> bool {
        let are_read = !self.is_unread && !other.is_unread;
        if !are_read || !work.take(1) || !self.ends_can_meet(other) {
            return false;
        }
        if !work.take(steps(self.places.len(), other.places.len())) {
            return false;
        }
        if self.takes_elements_of(other) {
            return true;
        }
        let is_known = !self.has_unknown() && !other.has_unknown();
        if is_known && (other.is_literal() || !other.samples().iter().all(|sample| self.meets(sample))) {
            return false;
        }
        cover_within(work, &[self], other) == Cover::Whole
    }
}

/// Whether the patterns `wide` together cover `narrow`. Exact if no pattern has unknown parts.
#[must_use]
pub fn cover(wide: &[&Pattern], narrow: &Pattern) -> Cover {
    cover_within(&Work::new(MOST), wide, narrow)
}

/// The same question as one of several that share `work`.
pub(super) fn cover_within(work: &Work, wide: &[&Pattern], narrow: &Pattern) -> Cover {
    without(work, &[narrow], wide)
}

/// Whether every text that matches all of `all` matches at least one of `none`. Exact if no pattern has unknown parts.
fn without(work: &Work, all: &[&Pattern], none: &[&Pattern]) -> Cover {
    let is_one_of_all = |it: &&Pattern| !it.is_unread() && all.iter().any(|other| other.places() == it.places());
    if !all.iter().any(|it| it.is_unread()) && none.iter().any(|it| it.is_everything() || is_one_of_all(it)) {
        return Cover::Whole;
    }
    find_within(work, all, none, |is_in| !is_in.contains(&true), |is_in| is_in.contains(&true))
}

/// Searches a text that matches each of `all` and a subset of `others` that `accepts`. `is_hopeless` receives the
/// patterns of `others` that every continuation will match, and returns whether no continuation can be accepted. The
/// search is one of several that share `work`.
pub(crate) fn find_within(
    work: &Work,
    all: &[&Pattern],
    others: &[&Pattern],
    accepts: impl Fn(&[bool]) -> bool,
    is_hopeless: impl Fn(&[bool]) -> bool,
) -> Cover {
    if all.iter().any(|it| it.is_unread()) {
        return Cover::Undecided;
    }
    // Patterns that do not overlap with `all` are dropped, which is most of them.
    let is_near = |it: &&&Pattern| !it.is_unread() && all.iter().all(|other| it.meets_within(other, work));
    let near: Vec<bool> = others.iter().map(|it| is_near(&it)).collect();
    if work.is_spent() {
        return Cover::Undecided;
    }
    let all: Vec<&[PatternElement]> = all.iter().map(|it| it.places()).collect();
    let others: Vec<&[PatternElement]> = others.iter().map(|it| it.places()).collect();
    let start = |patterns: &[&[PatternElement]], counts: &dyn Fn(usize) -> bool| {
        let patterns = patterns.iter().enumerate().filter(|(which, _)| counts(*which));
        sorted(patterns.flat_map(|(which, places)| reached(places, 0).map(move |at| (which, at))))
    };
    let start = (start(&others, &|which| near[which]), start(&all, &|_| true));
    let most = work.left().min(MOST);
    let (seen, steps) = (HashSet::new(), Vec::new());
    let mut search = Search { others: &others, all: &all, accepts, is_hopeless, seen, steps, work: 0, most };
    let found = search.run(start);
    work.take(search.work);
    found
}

struct Search<'a, A, H> {
    others: &'a [&'a [PatternElement]],
    all: &'a [&'a [PatternElement]],
    accepts: A,
    is_hopeless: H,
    seen: HashSet<CoverState>,
    /// How each state was reached: the preceding step and the letter. It is also the queue of the search.
    steps: Vec<(CoverState, usize, Letter)>,
    work: usize,
    /// The work after which the search is given up.
    most: usize,
}

impl<A: Fn(&[bool]) -> bool, H: Fn(&[bool]) -> bool> Search<'_, A, H> {
    fn run(&mut self, start: CoverState) -> Cover {
        self.steps.push((start.clone(), 0, Letter::Other));
        self.seen.insert(start);
        let mut next = 0;
        // Breadth-first search; `next` is the front of the queue.
        while let Some((state, ..)) = self.steps.get(next) {
            let (others, all) = state.clone();
            // The text so far matches each of `all` completely.
            let is_whole = |which: usize| all.contains(&(which, self.all[which].len()));
            if (0..self.all.len()).all(is_whole) && (self.accepts)(&self.which(&others, <[PatternElement]>::is_empty)) {
                return Cover::Without(self.text(next));
            }
            for letter in self.letters(&others, &all) {
                self.work += others.len() + all.len() + 1 + self.others.len() / 8;
                if self.work > self.most {
                    return Cover::Undecided;
                }
                let (others, all) = (behind(self.others, &others, letter), behind(self.all, &all, letter));
                // Prune if one of `all` can no longer match, or if the caller rejects every continuation.
                let is_left = |which: usize| all.iter().any(|(left, _)| *left == which);
                if !(0..self.all.len()).all(is_left) || (self.is_hopeless)(&self.which(&others, takes_all)) {
                    continue;
                }
                let state = (others, all);
                if self.seen.insert(state.clone()) {
                    self.steps.push((state, next, letter));
                }
            }
            next += 1;
        }
        Cover::Whole
    }

    /// For each of the others, whether the rest of the pattern at some position satisfies `is_so`.
    fn which(&self, others: &Places, is_so: impl Fn(&[PatternElement]) -> bool) -> Vec<bool> {
        let mut which = vec![false; self.others.len()];
        for (it, at) in others {
            which[*it] |= is_so(&self.others[*it][*at..]);
        }
        which
    }

    /// The letters that a text can continue with. `Letter::Other` represents all letters that no pattern names here.
    fn letters(&self, others: &Places, all: &Places) -> Vec<Letter> {
        let of_all = all.iter().filter_map(|(which, at)| self.all[*which].get(*at));
        let of_others = others.iter().filter_map(|(which, at)| self.others[*which].get(*at));
        let letters = of_all.chain(of_others).filter_map(|place| match place {
            PatternElement::This(byte) => Some(Letter::This(*byte)),
            PatternElement::Variable(name) | PatternElement::Unknown(name) => Some(Letter::Unknown(*name)),
            // A part cannot contain a colon, so a colon must be tried.
            PatternElement::Part => Some(Letter::This(b':')),
            PatternElement::Any | PatternElement::AnyOne => None,
        });
        sorted(letters.chain([Letter::Other]))
    }

    /// A text that leads to a step, with an arbitrary free letter for each `Letter::Other`.
    fn text(&self, mut step: usize) -> String {
        let mut bytes = Vec::new();
        while step > 0 {
            let (_, from, letter) = &self.steps[step];
            let ((others, all), ..) = &self.steps[*from];
            match letter {
                Letter::This(byte) => bytes.push(*byte),
                Letter::Unknown(_) => bytes.extend(b"}...{$"),
                Letter::Other => {
                    let named = self.letters(others, all);
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

/// The positions after a letter.
fn behind(patterns: &[&[PatternElement]], places: &Places, letter: Letter) -> Places {
    let to = |(which, at): &(usize, usize)| {
        let which = *which;
        after(patterns[which], *at, letter).map(move |to| (which, to))
    };
    sorted(places.iter().flat_map(to))
}

/// The positions reachable from a position without reading a letter, by skipping stars.
fn reached(places: &[PatternElement], at: usize) -> impl Iterator<Item = usize> {
    let stars =
        places[at..].iter().take_while(|place| matches!(place, PatternElement::Any | PatternElement::Part)).count();
    at..=at + stars
}

/// The positions after a letter that is read at a position.
fn after(places: &[PatternElement], at: usize, letter: Letter) -> impl Iterator<Item = usize> {
    let is_between = letter == Letter::This(BETWEEN);
    let to = match (places.get(at), letter) {
        (Some(PatternElement::Any), _) if !is_between => Some(at),
        (Some(PatternElement::Part), letter)
            if !is_between && !matches!(letter, Letter::This(b':') | Letter::Unknown(_)) =>
        {
            Some(at)
        }
        (Some(PatternElement::AnyOne), Letter::This(_) | Letter::Other) if !is_between => Some(at + 1),
        (Some(PatternElement::This(byte)), Letter::This(letter)) if *byte == letter => Some(at + 1),
        (Some(PatternElement::Variable(name) | PatternElement::Unknown(name)), Letter::Unknown(letter))
            if *name == letter =>
        {
            Some(at + 1)
        }
        _ => None,
    };
    to.into_iter().flat_map(|at| reached(places, at))
}

/// Whether the rest of a pattern matches every continuation. In a pair, this is only possible in the second half.
fn takes_all(rest: &[PatternElement]) -> bool {
    rest == [PatternElement::Any]
}

fn sorted<T: Ord>(items: impl Iterator<Item = T>) -> Vec<T> {
    let mut items: Vec<T> = items.collect();
    items.sort_unstable();
    items.dedup();
    items
}
