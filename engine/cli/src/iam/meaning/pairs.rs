//! Searches a pair of an action and a resource that some statements apply to and others do not.

use super::cover::{Cover, find_within};
use super::pattern::Pattern;
use super::reading::Reading;
use super::set::Set;
use super::work::Work;

/// The pairs of an action from one set and a resource from another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pairs<'a> {
    pub(super) actions: &'a Set,
    pub(super) resources: &'a Set,
}

/// What a pair must match, by the indices of patterns: at least one of them if `is_of`, otherwise none.
struct Demand {
    patterns: std::ops::Range<usize>,
    is_of: bool,
}

/// The patterns of a search, with the demands on the pair.
#[derive(Default)]
struct PairQuestion {
    patterns: Vec<Pattern>,
    /// All of these must hold.
    inside: Vec<Demand>,
    /// At least one demand of each pair must not hold.
    outside: Vec<[Demand; 2]>,
}

impl Pairs<'_> {
    /// The number of elements of all its patterns.
    pub(super) fn length(&self) -> usize {
        self.actions.length() + self.resources.length()
    }

    /// Whether a pattern in it has an unknown part.
    pub(super) fn have_unknown(&self) -> bool {
        [self.actions, self.resources].iter().any(|set| patterns(set).iter().any(Pattern::has_unknown))
    }
}

fn patterns(set: &Set) -> &[Pattern] {
    let (Set::Of(patterns) | Set::AllBut(patterns)) = set;
    patterns
}

impl PairQuestion {
    /// The demand that an action or a resource is in a set. If `is_wide`, unknown parts of patterns match anything.
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

    fn find(&self, all: &[&Pattern], work: &Work) -> Cover {
        let holds = |demand: &Demand, is_in: &[bool]| is_in[demand.patterns.clone()].contains(&true) == demand.is_of;
        let accepts = |is_in: &[bool]| {
            self.inside.iter().all(|demand| holds(demand, is_in))
                && self.outside.iter().all(|both| !both.iter().all(|demand| holds(demand, is_in)))
        };
        // A pattern that matches every continuation stays matched.
        let stays = |demand: &Demand, is_in: &[bool]| demand.is_of && is_in[demand.patterns.clone()].contains(&true);
        let is_lost = |demand: &Demand, is_in: &[bool]| !demand.is_of && is_in[demand.patterns.clone()].contains(&true);
        let is_hopeless = |is_in: &[bool]| {
            self.inside.iter().any(|demand| is_lost(demand, is_in))
                || self.outside.iter().any(|both| both.iter().all(|demand| stays(demand, is_in)))
        };
        find_within(work, all, &self.patterns.iter().collect::<Vec<_>>(), accepts, is_hopeless)
    }
}

/// Whether every pair that `first` and `within` have in common is in one of `others`; if not, returns such a pair.
/// Exact if all patterns are known. Otherwise, `first` and `others` count with what they certainly contain, and
/// `within` with what it may contain.
pub(super) fn pairs_without<'a>(
    first: Pairs<'a>,
    within: Option<Pairs<'a>>,
    others: impl IntoIterator<Item = Pairs<'a>>,
    work: &Work,
) -> Cover {
    let mut question = PairQuestion::default();
    // A single action and resource restrict the search directly; sets become demands.
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
        if !work.take(other.length()) {
            return Cover::Undecided;
        }
        let demands = question.demands(other, |set| matches!(set, Set::AllBut(_)));
        question.outside.push(demands);
    }
    question.find(&[&all], work)
}
