//! What a principal gains: one notion for policies, denials, boundaries, trust policies and credentials, on every kind of
//! target, and the words for it.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::Kind;
use crate::iam::evaluate::{Decision, Target, TargetKind as Thing};
use crate::iam::meaning::{Pattern, PolicyStatement, Set};
use crate::iam::only_looks;

/// Maximum names that one finding lists.
const MOST_NAMED: usize = 5;

/// The permissions gained: the index of a target and the action, with the certainty.
pub(super) type Gained = BTreeMap<(usize, &'static str), GainKind>;

/// An allow statement, with the name of its policy.
pub(super) type AllowingPolicy<'s> = (&'s str, &'s PolicyStatement);

/// How certainly something is allowed that was not allowed before.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum GainKind {
    Always,
    UnderACondition,
    /// It was allowed before under a condition that is not certainly as wide.
    UnderAnother,
    /// It was allowed before, on a part of the target that is not certainly as large.
    OnMore,
    /// For this reason; empty if it is said elsewhere.
    Perhaps(&'static str),
}

impl GainKind {
    /// How the second decision allows more than the first one; `None` if it does not. `may_be_more` says whether the
    /// policies may allow more requests, where both decisions depend on the request or are undecided.
    pub(super) fn gained(
        before: Option<&Decision>,
        after: &Decision,
        may_be_more: impl FnOnce() -> bool,
    ) -> Option<Self> {
        use Decision::{Allowed, Denied, Undecided};
        match (before, after) {
            (_, Denied { .. }) => None,
            (Some(Allowed { is_conditional: false, .. }), _) => may_be_more().then_some(Self::OnMore),
            (Some(Allowed { .. }), Allowed { is_conditional: true, .. } | Undecided { .. }) => {
                may_be_more().then_some(Self::UnderAnother)
            }
            (Some(Undecided { .. }), Undecided { .. }) => may_be_more().then_some(Self::Perhaps(after.doubt())),
            (_, Allowed { is_conditional: false, .. }) => Some(Self::Always),
            (_, Allowed { is_conditional: true, .. }) => Some(Self::UnderACondition),
            (_, Undecided { .. }) => Some(Self::Perhaps(after.doubt())),
        }
    }

    /// The kind of finding for actions on a target.
    pub(super) fn kind(self, actions: &[&str], target: &Target) -> Kind {
        let looks = || target.kind == Thing::Secret && actions.iter().all(|action| only_looks(action));
        match self {
            Self::Always | Self::UnderACondition if looks() => Kind::Look,
            Self::Always | Self::UnderACondition => Kind::Foreign,
            Self::UnderAnother | Self::OnMore | Self::Perhaps(_) => Kind::Undecided,
        }
    }

    /// What follows the target in a sentence.
    pub(super) fn words(self) -> String {
        match self {
            Self::Always | Self::Perhaps("") => String::new(),
            Self::Perhaps(why) => format!(", or perhaps not: {why}"),
            Self::UnderACondition => " under a condition".to_owned(),
            Self::OnMore => " where it was denied or not allowed before, or perhaps was".to_owned(),
            Self::UnderAnother => {
                " under another condition than before, and whether that allows more cannot be decided here".to_owned()
            }
        }
    }
}

/// The gained permissions in words. Keys, roles and functions are only reported as indirect if no statement names them:
/// neither the resource nor the service of the action.
pub(super) fn in_words(gained: &Gained, targets: &[Target], allowing: &[AllowingPolicy<'_>]) -> Vec<(Kind, String)> {
    let is_role = |at: &usize| targets[*at].kind == Thing::Role;
    let changed: BTreeSet<&str> = gained.keys().filter_map(|(at, _)| changed_function(&targets[*at])).collect();
    let on_roles: BTreeSet<&str> = gained.keys().filter(|(at, _)| is_role(at)).map(|(_, action)| *action).collect();
    let mut by_target: BTreeMap<(usize, GainKind), Vec<&'static str>> = BTreeMap::new();
    for ((at, action), how) in gained {
        let is_said = match targets[*at].kind {
            // What is gained on a role of the spec is not said again of all roles.
            Thing::Identities => on_roles.contains(action),
            // Who can change a function does not need to call it.
            Thing::Call | Thing::RotationCall => changed.contains(targets[*at].id.as_str()),
            _ => false,
        };
        if !is_said {
            by_target.entry((*at, *how)).or_default().push(action);
        }
    }
    let mut by_words: BTreeMap<(Kind, GainKind, String), Vec<String>> = BTreeMap::new();
    for ((at, how), actions) in by_target {
        let target = &targets[at];
        let is_named = actions.iter().any(|action| names(allowing, action, target));
        let kind = if is_named { how.kind(&actions, target) } else { Kind::Indirect };
        by_words.entry((kind, how, words(&actions, target))).or_default().push(called(target));
    }
    let one = |((kind, how, words), targets): ((Kind, GainKind, String), Vec<String>)| {
        (kind, format!("{words} on {}{}", listed(&targets), how.words()))
    };
    by_words.into_iter().map(one).collect()
}

/// The actions on a target: `everything`, or a list.
pub(super) fn words(actions: &[&'static str], target: &Target) -> String {
    let is_call = matches!(target.kind, Thing::Call | Thing::RotationCall);
    if !is_call && actions.len() == target.kind.actions().len() { "everything".to_owned() } else { actions.join(", ") }
}

/// The function that a target is, if it is about changes of the function.
fn changed_function(target: &Target) -> Option<&str> {
    (target.kind == Thing::Function).then_some(target.id.as_str())
}

fn called(target: &Target) -> String {
    match target.kind {
        Thing::Secret => target.id.clone(),
        Thing::Key => format!("the key {}", target.id),
        Thing::Role => format!("the role `{}`", target.id),
        Thing::Function => format!("the function `{}`", target.id),
        Thing::Call => format!("the function `{}`, which can use secrets", target.id),
        Thing::RotationCall => format!("the function `{}`, which rotates secrets", target.id),
        Thing::Identities => "other roles, users, groups or managed policies".to_owned(),
    }
}

/// Whether a statement that allows an action on a target names the target or the service of the action. A statement of
/// AWS's own policies that holds only under a condition does not count by its action.
fn names(allowing: &[AllowingPolicy<'_>], action: &str, target: &Target) -> bool {
    let pattern = Pattern::of_action(action);
    let service = action.split(':').next().unwrap_or(action).to_ascii_lowercase();
    let is_service = |it: &Pattern| {
        let text = it.as_str().to_ascii_lowercase();
        text.split_once(':').is_some_and(|(named, _)| named == service) && it.meets(&pattern)
    };
    let by_service = |(policy, statement): &AllowingPolicy<'_>| {
        let is_common = policy.contains(":iam::aws:policy/") && !statement.is_unconditional() && service != "kms";
        !is_common && matches!(&statement.actions, Set::Of(patterns) if patterns.iter().any(is_service))
    };
    match target.kind {
        Thing::Secret => true,
        Thing::Identities | Thing::Call => false,
        _ => allowing.iter().any(|allowing| {
            by_service(allowing) || allowing.1.actions.may_meet(&pattern) && singles_out(&allowing.1.resources, target)
        }),
    }
}

/// Whether resources are described by a pattern that matches the target and not every resource of its kind.
fn singles_out(resources: &Set, target: &Target) -> bool {
    let other = Pattern::of_parts(match target.kind {
        Thing::Key => "arn:*:kms:*:*:key/-",
        Thing::Function | Thing::Call | Thing::RotationCall => "arn:*:lambda:*:*:function:-",
        _ => "arn:*:iam::*:role/-",
    });
    let is_it = |pattern: &Pattern| target.arns().any(|arn| pattern.meets(arn)) && !pattern.meets(&other);
    matches!(resources, Set::Of(patterns) if patterns.iter().any(is_it))
}

/// The first names, and the number of the others.
pub(super) fn listed(names: &[String]) -> String {
    let shown = names.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(MOST_NAMED) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
