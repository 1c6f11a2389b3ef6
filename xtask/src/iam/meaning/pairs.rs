//! Pairs of an action and a resource: whether there is one that some statements speak of and others do not.

use super::cover::{Cover, find};
use super::pattern::Pattern;
use super::reading::Reading;
use super::set::Set;

/// The pairs of an action of one set and a resource of another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pairs<'a> {
    pub(super) actions: &'a Set,
    pub(super) resources: &'a Set,
}

/// What a pair must be, by the numbers of patterns: one of some, or none of them.
struct Demand {
    patterns: std::ops::Range<usize>,
    is_of: bool,
}

/// All patterns that it takes, and what is demanded of them.
#[derive(Default)]
struct Question {
    patterns: Vec<Pattern>,
    /// All of these must hold.
    inside: Vec<Demand>,
    /// Of each pair one must not hold.
    outside: Vec<[Demand; 2]>,
}

impl Pairs<'_> {
    /// Whether something of it is a text that is not known.
    pub(super) fn have_unknown(&self) -> bool {
        [self.actions, self.resources].iter().any(|set| patterns(set).iter().any(Pattern::has_unknown))
    }
}

fn patterns(set: &Set) -> &[Pattern] {
    let (Set::Of(patterns) | Set::AllBut(patterns)) = set;
    patterns
}

impl Question {
    /// The demand that an action or a resource is in a set. What is not known of patterns is taken for anything if `is_wide`.
    fn demand(&mut self, set: &Set, is_wide: bool, pair: impl Fn(&Pattern) -> Pattern) -> Demand {
        let start = self.patterns.len();
        let read = |pattern: &Pattern| if is_wide { pattern.read(Reading::Most) } else { Some(pattern.clone()) };
        self.patterns.extend(patterns(set).iter().filter_map(read).map(|pattern| pair(&pattern)));
        Demand { patterns: start..self.patterns.len(), is_of: matches!(set, Set::Of(_)) }
    }

    fn demands(&mut self, pairs: Pairs<'_>, is_wide: impl Fn(&Set) -> bool) -> [Demand; 2] {
        [
            self.demand(pairs.actions, is_wide(pairs.actions), |action| action.with(&Pattern::new("*"))),
            self.demand(pairs.resources, is_wide(pairs.resources), |resource| Pattern::new("*").with(resource)),
        ]
    }

    fn find(&self, all: &[&Pattern]) -> Cover {
        let holds = |demand: &Demand, is_in: &[bool]| is_in[demand.patterns.clone()].contains(&true) == demand.is_of;
        let accepts = |is_in: &[bool]| {
            self.inside.iter().all(|demand| holds(demand, is_in))
                && self.outside.iter().all(|both| !both.iter().all(|demand| holds(demand, is_in)))
        };
        // What is in a pattern now will stay there.
        let stays = |demand: &Demand, is_in: &[bool]| demand.is_of && is_in[demand.patterns.clone()].contains(&true);
        let is_lost = |demand: &Demand, is_in: &[bool]| !demand.is_of && is_in[demand.patterns.clone()].contains(&true);
        let is_hopeless = |is_in: &[bool]| {
            self.inside.iter().any(|demand| is_lost(demand, is_in))
                || self.outside.iter().any(|both| both.iter().all(|demand| stays(demand, is_in)))
        };
        find(all, &self.patterns.iter().collect::<Vec<_>>(), accepts, is_hopeless)
    }
}

/// Whether every pair that `first` and `within` have is one of `others`, with a pair that is not. Exact where all is known;
/// where it is not, `first` and `others` have what they surely have, and `within` what it may have.
pub(super) fn pairs_without<'a>(
    first: Pairs<'a>,
    within: Option<Pairs<'a>>,
    others: impl IntoIterator<Item = Pairs<'a>>,
) -> Cover {
    let mut question = Question::default();
    let mut all = Pattern::new("*").with(&Pattern::new("*"));
    match (first.actions, first.resources) {
        (Set::Of(actions), Set::Of(resources)) if actions.len() == 1 && resources.len() == 1 => {
            all = actions[0].with(&resources[0]);
        }
        _ => {
            let demands = question.demands(first, |_| false);
            question.inside.extend(demands);
        }
    }
    if let Some(within) = within {
        let demands = question.demands(within, |set| matches!(set, Set::Of(_)));
        question.inside.extend(demands);
    }
    for other in others {
        let demands = question.demands(other, |set| matches!(set, Set::AllBut(_)));
        question.outside.push(demands);
    }
    question.find(&[&all])
}
