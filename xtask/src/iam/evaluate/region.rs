//! Whether there is an ARN that some sets have and others have not.

use crate::iam::meaning::{Cover, Pattern, Reading, Set, without};

/// So many combinations of patterns are tried before a question is given up.
const MOST: usize = 256;

/// Whether some text of `base` is in all of some sets and in none of others, each as it is read. `None` where that would take
/// too long to say.
pub(super) fn has_text<'a>(
    base: &Pattern,
    inside: impl IntoIterator<Item = (&'a Set, Reading)>,
    outside: impl IntoIterator<Item = (&'a Set, Reading)>,
) -> Option<bool> {
    let (mut choices, mut none) = (Vec::new(), Vec::new());
    for (set, reading) in inside {
        match set {
            Set::Of(patterns) => choices.push(read(base, patterns, reading)),
            Set::AllBut(patterns) => none.extend(read(base, patterns, reading.of_the_rest())),
        }
    }
    for (set, reading) in outside {
        match set {
            Set::Of(patterns) => none.extend(read(base, patterns, reading)),
            Set::AllBut(patterns) => choices.push(read(base, patterns, reading.of_the_rest())),
        }
    }
    if choices.iter().any(Vec::is_empty) || none.iter().any(Pattern::is_everything) {
        return Some(false);
    }
    choices.retain(|choice| !choice.iter().any(Pattern::is_everything));
    if none.is_empty() && choices.len() < 2 {
        return Some(true);
    }
    let branches = choices.iter().try_fold(1_usize, |all, choice| all.checked_mul(choice.len()));
    if branches.is_none_or(|branches| branches > MOST) {
        return None;
    }
    some_branch(&mut vec![base], &choices, &none.iter().collect::<Vec<_>>())
}

/// The patterns that have something in common with `base`.
fn read(base: &Pattern, patterns: &[Pattern], reading: Reading) -> Vec<Pattern> {
    let patterns = patterns.iter().filter_map(|pattern| pattern.read(reading));
    patterns.filter(|pattern| pattern.meets(base)).collect()
}

fn some_branch<'p>(all: &mut Vec<&'p Pattern>, choices: &'p [Vec<Pattern>], none: &[&Pattern]) -> Option<bool> {
    let Some((choice, rest)) = choices.split_first() else {
        return match without(all, none) {
            Cover::Whole => Some(false),
            Cover::Without(_) => Some(true),
            Cover::Undecided => None,
        };
    };
    let mut is_certain = true;
    for pattern in choice {
        all.push(pattern);
        let found = some_branch(all, rest, none);
        all.pop();
        match found {
            Some(true) => return Some(true),
            Some(false) => {}
            None => is_certain = false,
        }
    }
    is_certain.then_some(false)
}

#[cfg(test)]
mod tests {
    use super::*;

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
            has_text(&base, inside.iter().copied(), outside.iter().copied()),
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
        let has = |pattern: &str, reading| has_text(&base, [(&of(&[pattern]), reading)], []);
        assert_eq!((has("p*q", Reading::Least), has("p*q", Reading::Most)), (Some(false), Some(true)));
        assert_eq!((has("p:*:q", Reading::Least), has("*", Reading::Least)), (Some(true), Some(true)));
    }

    #[test]
    fn what_would_take_too_long_is_not_said() {
        let many: Vec<String> = (0..40).map(|number| format!("a/*{number}*")).collect();
        let many = of(&many.iter().map(String::as_str).collect::<Vec<_>>());
        check(&[(&many, Reading::Least), (&many, Reading::Least)], &[], None);
    }
}
