//! Checks whether an ARN exists that is in some sets and not in others.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::iam::meaning::{Cover, Pattern, Reading, Set, Work, find_within};

/// Maximum patterns of one set that are tried before a question is given up. AWS accepts no document with more.
const MOST: usize = 1_000;

/// Number of patterns without an answer after which a question is given up.
const PATIENCE: usize = 4;

/// Number of answers that are remembered.
const REMEMBERED: usize = 64;

/// A text, the patterns of which it must match one per list, and the patterns that it must not match.
type RegionQuestion = (Pattern, Vec<Vec<Pattern>>, Vec<Pattern>);

/// The questions about one identity, which share the work that is left. Equal questions are answered once, because they
/// are asked again for other actions and with other readings.
pub(super) struct Regions<'w> {
    answers: RefCell<HashMap<RegionQuestion, Option<bool>>>,
    work: &'w Work,
}

impl<'w> Regions<'w> {
    pub(super) fn new(work: &'w Work) -> Self {
        Self { answers: RefCell::default(), work }
    }

    /// Whether some text of `base` is in every set of `inside` and in no set of `outside`, each with its reading. `None`
    /// if the answer would take too long.
    pub(super) fn has_text<'a>(
        &self,
        base: &Pattern,
        inside: impl IntoIterator<Item = (&'a Set, Reading)>,
        outside: impl IntoIterator<Item = (&'a Set, Reading)>,
    ) -> Option<bool> {
        // Reading the patterns takes long itself, if there are many statements.
        if self.work.is_spent() {
            return None;
        }
        let (mut choices, mut none) = (Vec::new(), Vec::new());
        for (set, reading) in inside {
            match set {
                Set::Of(patterns) => choices.push(self.read(base, patterns, reading)),
                Set::AllBut(patterns) => none.extend(self.read(base, patterns, reading.of_the_rest())),
            }
        }
        for (set, reading) in outside {
            match set {
                Set::Of(patterns) => none.extend(self.read(base, patterns, reading)),
                Set::AllBut(patterns) => choices.push(self.read(base, patterns, reading.of_the_rest())),
            }
        }
        if self.work.is_spent() {
            return None;
        }
        if choices.iter().any(Vec::is_empty) || none.iter().any(Pattern::is_everything) {
            return Some(false);
        }
        choices.retain(|choice| !choice.iter().any(Pattern::is_everything));
        if none.is_empty() && choices.len() < 2 {
            return Some(true);
        }
        // Trying one pattern after the other is cheaper than searching all of them at once.
        choices.sort_by_key(|choice| std::cmp::Reverse(choice.len()));
        self.answer((base.clone(), choices, none))
    }

    /// The patterns that overlap with `base`, in a reading.
    fn read(&self, base: &Pattern, patterns: &[Pattern], reading: Reading) -> Vec<Pattern> {
        let patterns = patterns.iter().filter_map(|pattern| pattern.read(reading));
        patterns.filter(|pattern| pattern.meets_within(base, self.work)).collect()
    }

    fn answer(&self, question: RegionQuestion) -> Option<bool> {
        if let Some(answer) = self.answers.borrow().get(&question) {
            return *answer;
        }
        let answer = self.search(&question);
        let mut answers = self.answers.borrow_mut();
        if answers.len() == REMEMBERED {
            answers.clear();
        }
        answers.insert(question, answer);
        answer
    }

    fn search(&self, (base, choices, none): &RegionQuestion) -> Option<bool> {
        let mut given_up = 0;
        for pattern in choices.first().map_or(&[Pattern::new("*")][..], Vec::as_slice).iter().take(MOST) {
            match has_text_of(self.work, &[base, pattern], choices.get(1..).unwrap_or_default(), none) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => given_up += 1,
            }
            if given_up == PATIENCE {
                return None;
            }
        }
        (given_up == 0 && choices.first().is_none_or(|choice| choice.len() <= MOST)).then_some(false)
    }
}

/// Whether some text matches every pattern of `all`, at least one pattern of each choice, and no pattern of `none`.
fn has_text_of(work: &Work, all: &[&Pattern], choices: &[Vec<Pattern>], none: &[Pattern]) -> Option<bool> {
    let mut patterns: Vec<&Pattern> = none.iter().collect();
    let mut ranges = Vec::new();
    for choice in choices {
        ranges.push(patterns.len()..patterns.len() + choice.len());
        patterns.extend(choice);
    }
    let is_out = |is_in: &[bool]| is_in[..none.len()].contains(&true);
    let is_chosen = |is_in: &[bool]| ranges.iter().all(|range| is_in[range.clone()].contains(&true));
    match find_within(work, all, &patterns, |is_in| !is_out(is_in) && is_chosen(is_in), is_out) {
        Cover::Whole => Some(false),
        Cover::Without(_) => Some(true),
        Cover::Undecided => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 2_000_000;

    fn of(texts: &[&str]) -> Set {
        Set::Of(texts.iter().map(|text| Pattern::new(text)).collect())
    }

    fn but(texts: &[&str]) -> Set {
        Set::AllBut(texts.iter().map(|text| Pattern::new(text)).collect())
    }

    #[track_caller]
    fn check(inside: &[(&Set, Reading)], outside: &[(&Set, Reading)], expected: Option<bool>) {
        let base = Pattern::of_parts("a/*");
        assert_eq!(
            Regions::new(&Work::new(MOST)).has_text(&base, inside.iter().copied(), outside.iter().copied()),
            expected,
            "{inside:?} {outside:?}"
        );
    }

    #[test]
    fn what_is_taken_away_counts_only_where_it_is_all() {
        let least = Reading::Least;
        check(&[(&of(&["*"]), least)], &[], Some(true));
        check(&[(&of(&["b*"]), least)], &[], Some(false));
        check(&[(&of(&["a/b*", "a/c"]), least)], &[(&of(&["a/b*"]), least)], Some(true));
        check(&[(&of(&["a/b*", "a/c"]), least)], &[(&of(&["a/b*"]), least), (&of(&["*c"]), least)], Some(false));
        check(&[(&but(&["a/b*"]), least)], &[(&but(&["a/b*"]), least)], Some(false));
        check(&[(&but(&["a/b*"]), least)], &[(&but(&["a/b*", "a/c"]), least)], Some(true));
        check(&[(&of(&["a/b*"]), least), (&of(&["*c"]), least)], &[], Some(true));
        check(&[(&of(&["a/b"]), least), (&of(&["*c"]), least)], &[], Some(false));
    }

    #[test]
    fn a_variable_is_read_as_asked() {
        let variable = of(&["a/${aws:username}"]);
        for (reading, expected) in [
            (Reading::Least, false),
            (Reading::ForSomebody, true),
            (Reading::ByTheUnknown, false),
            (Reading::Most, true),
        ] {
            check(&[(&variable, reading)], &[], Some(expected));
            check(&[(&of(&["*"]), reading)], &[(&variable, reading)], Some(!expected));
        }
        let unknown = of(&["a/${var.x}"]);
        check(&[(&unknown, Reading::ForSomebody)], &[], Some(false));
        check(&[(&unknown, Reading::ByTheUnknown)], &[], Some(true));
    }

    #[test]
    fn a_star_within_a_part_surely_reaches_over_no_colon() {
        let base = Pattern::of_parts("p:x/*:q");
        let work = Work::new(MOST);
        let has = |pattern: &str, reading| Regions::new(&work).has_text(&base, [(&of(&[pattern]), reading)], []);
        assert_eq!((has("p*q", Reading::Least), has("p*q", Reading::Most)), (Some(false), Some(true)));
        assert_eq!((has("p:*:q", Reading::Least), has("*", Reading::Least)), (Some(true), Some(true)));
    }

    #[test]
    fn many_patterns_are_decided_and_what_takes_too_long_is_not_said() {
        let many: Vec<String> = (0..200).map(|number| format!("a/*{number}*b*c*d*{number}*")).collect();
        let many = of(&many.iter().map(String::as_str).collect::<Vec<_>>());
        check(&[(&many, Reading::Least)], &[(&of(&["a/*b*a", "a/*c"]), Reading::Least)], Some(true));
        check(&[(&many, Reading::Least)], &[(&of(&["a/*b*"]), Reading::Least)], Some(false));
        let backwards: Vec<String> =
            (1..10).flat_map(|one| (0..one).map(move |other| format!("a/*{one}*{other}*"))).collect();
        let backwards = of(&backwards.iter().map(String::as_str).collect::<Vec<_>>());
        check(&[(&of(&["a/*0*1*2*3*4*5*6*7*8*9*"]), Reading::Least)], &[(&backwards, Reading::Least)], None);
    }

    #[test]
    fn equal_questions_cost_nothing_and_the_work_for_all_is_bounded() {
        let (base, own) = (Pattern::of_parts("a/*"), of(&["a/*x*"]));
        let work = Work::new(MOST);
        let regions = Regions::new(&work);
        let ask = |denied: &str| regions.has_text(&base, [(&own, Reading::Least)], [(&of(&[denied]), Reading::Least)]);
        assert_eq!(ask("a/*y*"), Some(true));
        let first = MOST - work.left();
        assert!(first > 0);
        assert_eq!(ask("a/*y*"), Some(true));
        // Only the patterns are read again.
        assert!(MOST - work.left() < 2 * first);
        work.take(MOST);
        assert_eq!((ask("a/*y*"), ask("a/*z*")), (None, None));
    }
}
