//! Implication and exclusion between the conditions of two statements.
//!
//! Source: [condition operators][operators].
//!
//! [operators]: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html

use super::cover::{Cover, cover_within};
use super::document::Conditions;
use super::pattern::Pattern;
use super::work::{Work, steps};

/// Maximum steps of a comparison of two sets of conditions.
const MOST: usize = 100_000;

/// How an operator compares, without its set operator and its `IfExists`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Test {
    /// Equal to one of the values.
    Equals,
    /// Matches one of the values as a pattern.
    Like,
    /// Matches one of the values as a pattern, with each of the six parts of an ARN separately.
    Arn,
    /// Differs from all values: more values are narrower.
    Not,
    /// Any other comparison: only equal values are certainly as narrow.
    Other,
}

impl Test {
    fn of(name: &str) -> Self {
        match name {
            "stringequals" | "bool" => Self::Equals,
            "stringlike" => Self::Like,
            "arnequals" | "arnlike" => Self::Arn,
            "stringnotequals" | "stringnotlike" | "arnnotequals" | "arnnotlike" => Self::Not,
            _ => Self::Other,
        }
    }
}

/// The parts of an operator's name.
struct Operator<'a> {
    /// `ForAnyValue` or `ForAllValues`, if there is one.
    set: Option<&'a str>,
    test: Test,
    name: &'a str,
    if_exists: bool,
}

impl<'a> Operator<'a> {
    fn of(operator: &'a str) -> Self {
        let (set, name) = operator.split_once(':').map_or((None, operator), |(set, name)| (Some(set), name));
        let (name, if_exists) = name.strip_suffix("ifexists").map_or((name, false), |name| (name, true));
        Self { set, test: Test::of(name), name, if_exists }
    }
}

/// Whether every request that meets `narrow` also meets `wide`. `false` if that is not certain.
pub fn implies(narrow: &Conditions, wide: &Conditions) -> bool {
    implies_within(narrow, wide, &Work::new(MOST))
}

/// The same question as one of several that share `work`.
pub fn implies_within(narrow: &Conditions, wide: &Conditions, work: &Work) -> bool {
    if !wide.is_empty() && !work.take(steps(narrow.len(), wide.len())) {
        return false;
    }
    wide.iter().all(|((operator, key), values)| {
        let mut same_key = narrow.iter().filter(|((_, narrow_key), _)| narrow_key == key);
        same_key.any(|((narrow_operator, _), narrow_values)| {
            narrow_operator == operator && narrow_values == values
                || is_narrower((&Operator::of(narrow_operator), narrow_values), (&Operator::of(operator), values), work)
        })
    })
}

/// Whether no request that meets `narrow` meets `wide`. `false` if that is not certain, also if not enough work is left.
pub fn exclude(narrow: &Conditions, wide: &Conditions, work: &Work) -> bool {
    if !work.take(steps(narrow.len(), wide.len())) {
        return false;
    }
    wide.iter().any(|((operator, key), values)| {
        let wide = Operator::of(operator);
        let same_key = narrow.iter().filter(|((_, narrow_key), _)| narrow_key == key);
        same_key.into_iter().any(|((operator, _), narrow_values)| {
            let narrow = Operator::of(operator);
            let are_plain = wide.set.is_none() && narrow.set.is_none() && !narrow.if_exists;
            if !are_plain || !work.take(steps(length(narrow_values), length(values))) {
                return false;
            }
            let pattern = |operator: &Operator<'_>, value: &String| match operator.test {
                Test::Equals if operator.name == "bool" => Some(Pattern::new(&value.to_ascii_lowercase())),
                Test::Equals => Some(Pattern::new(value).literally()),
                Test::Like | Test::Arn => Some(Pattern::new(value)),
                Test::Not | Test::Other => None,
            };
            let patterns = |operator: &Operator<'_>, values: &[String]| {
                values.iter().map(|value| pattern(operator, value)).collect::<Option<Vec<_>>>()
            };
            let (Some(mine), Some(theirs)) = (patterns(&narrow, narrow_values), patterns(&wide, values)) else {
                return false;
            };
            !mine.iter().any(|mine| theirs.iter().any(|theirs| mine.meets(theirs)))
        })
    })
}

/// The number of letters of values.
fn length(values: &[String]) -> usize {
    values.iter().map(|value| value.len() + 1).sum()
}

fn is_narrower(
    (narrow, narrow_values): (&Operator<'_>, &[String]),
    (wide, values): (&Operator<'_>, &[String]),
    work: &Work,
) -> bool {
    // A condition with `IfExists` is wider than the same condition without it.
    let steps = steps(length(narrow_values), length(values));
    if narrow.set != wide.set || (narrow.if_exists && !wide.if_exists) || !work.take(steps) {
        return false;
    }
    match (narrow.test, wide.test) {
        (Test::Equals, Test::Equals) if narrow.name == wide.name => narrow_values.iter().all(|it| values.contains(it)),
        // A text with a wildcard is compared literally by `Equals`, and matches itself as a pattern.
        (Test::Equals | Test::Like, Test::Like) if narrow.name != "bool" => {
            let patterns: Vec<Pattern> = values.iter().map(|value| Pattern::new(value)).collect();
            let patterns: Vec<&Pattern> = patterns.iter().collect();
            let is_covered = |it: &Pattern| {
                patterns.iter().any(|wide| wide.covers_within(it, work))
                    || patterns.len() > 1 && cover_within(work, &patterns, it) == Cover::Whole
            };
            narrow_values.iter().all(|it| is_covered(&Pattern::new(it)))
        }
        (Test::Arn, Test::Arn) => narrow_values.iter().all(|it| values.iter().any(|wide| arn_covers(wide, it, work))),
        (Test::Not, Test::Not) if narrow.name == wide.name => values.iter().all(|it| narrow_values.contains(it)),
        _ => false,
    }
}

/// Compares ARNs part by part, because the wildcards of these operators do not match colons.
fn arn_covers(wide: &str, narrow: &str, work: &Work) -> bool {
    let parts = |arn: &str| arn.splitn(6, ':').map(Pattern::new).collect::<Vec<_>>();
    let (wide, narrow) = (parts(wide), parts(narrow));
    wide.len() == 6
        && narrow.len() == 6
        && wide.iter().zip(&narrow).all(|(wide, narrow)| wide.covers_within(narrow, work))
}

/// Whether the values of a condition are alternatives, so that the statement equals one statement for each value.
pub fn has_alternatives(operator: &str) -> bool {
    let operator = Operator::of(operator);
    operator.set.is_none() && matches!(operator.test, Test::Equals | Test::Like | Test::Arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(narrow: &[(&str, &[&str])], wide: &[(&str, &[&str])], expected: bool) {
        let conditions = |all: &[(&str, &[&str])]| {
            let one = |(operator, values): &(&str, &[&str])| {
                (((*operator).to_owned(), "aws:key".to_owned()), values.iter().map(ToString::to_string).collect())
            };
            all.iter().map(one).collect::<Conditions>()
        };
        assert_eq!(implies(&conditions(narrow), &conditions(wide)), expected, "{narrow:?} in {wide:?}");
    }

    #[test]
    fn a_condition_more_or_a_value_less_is_narrower() {
        let one: &[(&str, &[&str])] = &[("stringequals", &["a"])];
        check(one, &[], true);
        check(&[], one, false);
        check(one, &[("stringequals", &["a", "b"])], true);
        check(&[("stringequals", &["a", "b"])], one, false);
        check(one, &[("stringlike", &["a*"])], true);
        check(&[("stringlike", &["a*"])], one, false);
        check(&[("stringlike", &["ab*"])], &[("stringlike", &["a*", "c"])], true);
        check(&[("stringequals", &["*"])], &[("stringlike", &["a"])], false);
        check(one, &[("stringequalsifexists", &["a"])], true);
        check(&[("stringequalsifexists", &["a"])], one, false);
        check(&[("foranyvalue:stringlike", &["a"])], &[("foranyvalue:stringlike", &["*"])], true);
        check(&[("foranyvalue:stringlike", &["a"])], &[("stringlike", &["*"])], false);
    }

    #[test]
    fn what_must_not_be_is_narrower_with_more_values() {
        check(&[("stringnotequals", &["a", "b"])], &[("stringnotequals", &["a"])], true);
        check(&[("stringnotequals", &["a"])], &[("stringnotequals", &["a", "b"])], false);
        check(&[("stringnotlike", &["a*"])], &[("stringnotequals", &["a"])], false);
    }

    #[test]
    fn arns_are_compared_part_by_part() {
        let arn: &[(&str, &[&str])] = &[("arnlike", &["arn:aws:sns:r:a:t"])];
        let all: &[(&str, &[&str])] = &[("arnequals", &["arn:aws:sns:*:*:*"])];
        check(arn, all, true);
        check(&[("arnlike", &["arn:aws:sns:r:a:t:u"])], all, true);
        check(all, arn, false);
        check(arn, &[("arnlike", &["arn:aws:sns:*"])], false);
        check(arn, &[("stringlike", &["arn:aws:sns:r:a:t"])], false);
        let function: &[(&str, &[&str])] = &[("arnequals", &["arn:aws:lambda:r:a:function:one"])];
        check(&[("arnlike", &["arn:aws:lambda:r:a:function:one"])], function, true);
        check(&[("arnequals", &["arn:aws:lambda:r:a:function:one*"])], function, false);
        check(&[("arnequalsifexists", &["arn:aws:lambda:r:a:function:one"])], function, false);
    }

    #[test]
    fn values_that_have_nothing_in_common_exclude_each_other() {
        for (narrow, wide, expected) in [
            (("stringequals", "a"), ("stringequals", "b"), true),
            (("stringequals", "a"), ("stringequals", "a"), false),
            (("stringlike", "a*"), ("stringlike", "*b"), false),
            (("stringlike", "a*"), ("stringlikeifexists", "b*"), true),
            (("stringlikeifexists", "a*"), ("stringlike", "b*"), false),
            (("stringequals", "*"), ("stringequals", "a"), true),
            (("stringequals", "${aws:username}"), ("stringequals", "a"), false),
            (("stringnotequals", "a"), ("stringequals", "a"), false),
            (("foranyvalue:stringequals", "a"), ("stringequals", "b"), false),
        ] {
            let one = |(operator, value): (&str, &str)| {
                Conditions::from([((operator.to_owned(), "aws:key".to_owned()), vec![value.to_owned()])])
            };
            assert_eq!(exclude(&one(narrow), &one(wide), &Work::new(MOST)), expected, "{narrow:?} {wide:?}");
        }
    }

    #[test]
    fn an_operator_that_is_not_known_is_only_like_itself() {
        check(&[("ipaddress", &["10.0.0.0/8"])], &[("ipaddress", &["10.0.0.0/8"])], true);
        check(&[("ipaddress", &["10.1.0.0/16"])], &[("ipaddress", &["10.0.0.0/8"])], false);
        check(&[("null", &["true"])], &[("null", &["false", "true"])], false);
    }
}
