//! The permissions of one identity: all its policies together, limited by its permissions boundary.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::iam::aws;
use crate::iam::meaning::{Document, Effect, Pattern, PolicyStatement, Set, Work};

use super::compare::may_allow_more;
use super::decision::Decision;
use super::region::Regions;
use super::statements::{Bounds, Implied, NamedStatement, Rules, may_concern};
use super::target::Target;
use crate::iam::kind::TargetKind;

/// Steps of work for all questions about one identity. Policies that people write need far fewer.
const MOST_WORK: usize = 3_000_000;

/// Steps of work for each target in addition.
const FOR_A_TARGET: usize = 30_000;

/// Some or all policies of one identity.
#[derive(Clone, Debug)]
pub struct Policies<'p> {
    documents: Vec<(String, Cow<'p, Document>)>,
    /// Policies with unknown content, each with the reason.
    unread: Vec<(String, String)>,
    boundary: Option<Boundary<'p>>,
    /// The work that is left for questions about these policies. What would take more is undecided.
    work: Work,
}

impl Default for Policies<'_> {
    fn default() -> Self {
        Self { documents: Vec::new(), unread: Vec::new(), boundary: None, work: Work::new(MOST_WORK) }
    }
}

#[derive(Clone, Debug)]
enum Boundary<'p> {
    Known(String, Cow<'p, Document>),
    Unknown,
}

/// A policy with unknown content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnreadPolicy<'p> {
    /// Its name.
    pub policy: &'p str,
    /// Why its content is not known.
    pub why: &'p str,
}

/// The permissions of an identity on targets, as far as its policies are known, and the policies that are not.
#[derive(Clone, Debug)]
pub struct Reached<'p, 't> {
    /// The targets on which an action is allowed, or may be.
    pub targets: Vec<Reach<'t>>,
    /// The policies that are not known and could allow anything in addition.
    pub unread: Vec<UnreadPolicy<'p>>,
}

/// The permissions on one target.
#[derive(Clone, Debug)]
pub struct Reach<'t> {
    /// The target.
    pub target: &'t Target,
    /// Every action that is not denied, with its decision.
    pub actions: BTreeMap<&'static str, Decision>,
}

impl Reach<'_> {
    /// The actions that are allowed, with or without a condition.
    pub fn allowed(&self) -> impl Iterator<Item = &'static str> {
        self.actions.iter().filter(|(_, decision)| decision.is_allowed()).map(|(action, _)| *action)
    }

    /// Whether every allowed action is only allowed under a condition.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        let is_certain = |it: &Decision| matches!(it, Decision::Allowed { is_conditional: false, .. });
        !self.actions.values().any(is_certain)
    }

    /// The reason for the first undecided action, if there is one.
    #[must_use]
    pub fn why_undecided(&self) -> Option<&str> {
        self.actions.values().find_map(|decision| match decision {
            Decision::Undecided { why, .. } => Some(why.as_str()),
            _ => None,
        })
    }

    /// `everything`, or the list of allowed actions.
    #[must_use]
    pub fn in_words(&self) -> String {
        let allowed: Vec<&str> = self.allowed().collect();
        if allowed.len() == self.target.kind.actions().len() { "everything".to_owned() } else { allowed.join(", ") }
    }
}

impl<'p> Policies<'p> {
    /// No policies.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Parses and adds a document. One that cannot be read could allow anything.
    pub fn add(&mut self, policy: &str, text: &str) {
        match Document::read(text) {
            Ok(document) => self.documents.push((policy.to_owned(), Cow::Owned(document))),
            Err(unread) => self.add_unread(policy, &unread.to_string()),
        }
    }

    /// Adds a parsed document.
    pub fn add_document(&mut self, policy: &str, document: &'p Document) {
        self.documents.push((policy.to_owned(), Cow::Borrowed(document)));
    }

    /// Adds a policy with unknown content.
    pub fn add_unread(&mut self, policy: &str, why: &str) {
        self.unread.push((policy.to_owned(), why.to_owned()));
    }

    /// Adds a managed policy by its ARN, with its document from the table of AWS managed policies. One that is not in
    /// the table could allow anything.
    pub fn attach(&mut self, arn: &str) {
        match aws::document(arn) {
            Ok(document) => self.documents.push((arn.to_owned(), Cow::Owned(document))),
            Err(unknown) => self.add_unread(arn, &unknown.to_string()),
        }
    }

    /// Sets a parsed document as the permissions boundary.
    pub fn bound(&mut self, policy: &str, document: &'p Document) {
        self.boundary = Some(Boundary::Known(policy.to_owned(), Cow::Borrowed(document)));
    }

    /// Sets an AWS managed policy as the permissions boundary, with its document from the table. With a policy that is
    /// not in the table, what the boundary allows is undecided.
    pub fn bound_by(&mut self, arn: &str) {
        self.boundary = Some(match aws::document(arn) {
            Ok(document) => Boundary::Known(arn.to_owned(), Cow::Owned(document)),
            Err(_) => Boundary::Unknown,
        });
    }

    /// Sets a document as the permissions boundary. With one that cannot be read, what the boundary allows is undecided.
    pub fn bound_by_text(&mut self, policy: &str, text: &str) {
        self.boundary = Some(match Document::read(text) {
            Ok(document) => Boundary::Known(policy.to_owned(), Cow::Owned(document)),
            Err(_) => Boundary::Unknown,
        });
    }

    /// Sets an unknown policy as the permissions boundary: what it allows is undecided.
    pub fn bound_by_unknown(&mut self, policy: &str, why: &str) {
        self.boundary = Some(Boundary::Unknown);
        self.add_unread(policy, why);
    }

    /// The policies with unknown content.
    #[must_use]
    pub fn unread(&self) -> Vec<UnreadPolicy<'_>> {
        self.unread.iter().map(|(policy, why)| UnreadPolicy { policy, why }).collect()
    }

    /// The allow statements, each with the name of its policy.
    pub fn allowing(&self) -> impl Iterator<Item = (&str, &PolicyStatement)> {
        let all = self.documents.iter();
        let all = all.flat_map(|(name, document)| document.statements.iter().map(move |it| (name.as_str(), it)));
        all.filter(|(_, statement)| statement.effect == Effect::Allow)
    }

    /// The policies with known content, by name, without the boundary.
    pub fn documents(&self) -> impl Iterator<Item = (&str, &Document)> {
        self.documents.iter().map(|(name, document)| (name.as_str(), document.as_ref()))
    }

    /// The deny statements, including those of the boundary.
    pub fn denying(&self) -> impl Iterator<Item = &PolicyStatement> {
        let boundary = match &self.boundary {
            Some(Boundary::Known(_, document)) => document.statements.as_slice(),
            Some(Boundary::Unknown) | None => &[],
        };
        let own = self.documents.iter().flat_map(|(_, document)| &document.statements);
        own.chain(boundary).filter(|statement| statement.effect == Effect::Deny)
    }

    /// Whether no action of a pattern is allowed on any resource of a pattern: no statement allows it, or a denial or
    /// the boundary certainly excludes all of it.
    #[must_use]
    pub fn keep_out(&self, action: &Pattern, resource: &Pattern) -> bool {
        self.rules().decide(action, &Target::of_pattern(resource.clone())).decision(&[]).is_denied()
    }

    /// Whether a deny statement may apply to some action and some resource of the patterns.
    #[must_use]
    pub fn may_deny(&self, action: &Pattern, resource: &Pattern) -> bool {
        self.denying().any(|statement| statement.may_speak_of(action, resource))
    }

    /// Decides whether an action on a target is allowed.
    #[must_use]
    pub fn decide(&self, action: &str, target: &Target) -> Decision {
        self.rules().decide(&Pattern::of_action(action), target).decision(&self.unread)
    }

    /// Everything on the targets that is not denied, as far as the policies are known.
    #[must_use]
    pub fn reach<'t>(&self, targets: impl IntoIterator<Item = &'t Target>) -> Reached<'_, 't> {
        let rules = self.rules();
        let mut groups: BTreeMap<TargetKind, Vec<Vec<&'static str>>> = BTreeMap::new();
        let mut reached = Vec::new();
        for target in targets {
            self.work.add(FOR_A_TARGET);
            let groups = groups.entry(target.kind).or_insert_with(|| rules.alike(target.kind.actions()));
            let mut actions = BTreeMap::new();
            for alike in groups {
                let decision = rules.decide(&Pattern::of_action(alike[0]), target).decision(&[]);
                if !decision.is_denied() {
                    actions.extend(alike.iter().map(|action| (*action, decision.clone())));
                }
            }
            if !actions.is_empty() {
                reached.push(Reach { target, actions });
            }
        }
        Reached { targets: reached, unread: self.unread() }
    }

    /// Whether a statement may apply to an action on one of the targets, or a policy is not known. If not, these
    /// policies change no decision on the targets.
    #[must_use]
    pub fn may_concern(&self, targets: &[Target]) -> bool {
        let mut all = self.documents.iter().flat_map(|(_, document)| &document.statements);
        !self.unread.is_empty()
            || all.any(|statement| targets.iter().any(|target| may_concern(statement, target, &self.work)))
    }

    /// Whether these policies may allow a request for an action on a target that others do not allow, although both allow
    /// the action under a condition. `true` if that is not certain.
    #[must_use]
    pub fn may_allow_more_than(&self, others: &Policies<'_>, action: &str, target: &Target) -> bool {
        let more = |after: &[&PolicyStatement], before: &[&PolicyStatement]| {
            may_allow_more(after, before, action, target, &self.work)
        };
        let is_bound_less = match (&self.boundary, &others.boundary) {
            (_, None) | (Some(Boundary::Unknown), Some(Boundary::Unknown)) => false,
            (Some(Boundary::Known(_, after)), Some(Boundary::Known(_, before))) => {
                let [after, before] = [after, before].map(|document| document.statements.iter().collect::<Vec<_>>());
                more(&after, &before)
            }
            _ => true,
        };
        is_bound_less || more(&self.statements(), &others.statements())
    }

    /// Whether all documents and the boundary are the same.
    #[must_use]
    pub fn says_the_same_as(&self, others: &Policies<'_>) -> bool {
        let bound = |policies: &Policies<'_>| match &policies.boundary {
            Some(Boundary::Known(_, document)) => Some(document.statements.clone()),
            Some(Boundary::Unknown) | None => None,
        };
        self.statements() == others.statements()
            && self.boundary.is_some() == others.boundary.is_some()
            && bound(self) == bound(others)
    }

    fn statements(&self) -> Vec<&PolicyStatement> {
        self.documents.iter().flat_map(|(_, document)| &document.statements).collect()
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            own: self.documents.iter().flat_map(|(policy, document)| named(policy, document)).collect(),
            bounds: match &self.boundary {
                None => Bounds::Nowhere,
                Some(Boundary::Known(policy, document)) => Bounds::Of(named(policy, document).collect()),
                Some(Boundary::Unknown) => Bounds::Unknown,
            },
            regions: Regions::new(&self.work),
            work: &self.work,
            implied: Implied::default(),
        }
    }
}

fn named<'s>(policy: &'s str, document: &'s Document) -> impl Iterator<Item = NamedStatement<'s>> {
    document.statements.iter().map(move |statement| NamedStatement { policy, statement, is_of_them: true })
}

impl Rules<'_> {
    /// Groups the actions that no statement distinguishes, so that one decision serves the whole group.
    fn alike(&self, actions: &[&'static str]) -> Vec<Vec<&'static str>> {
        let bounds: &[NamedStatement<'_>] = if let Bounds::Of(bounds) = &self.bounds { bounds } else { &[] };
        let sets: Vec<&Set> = self.own.iter().chain(bounds).map(|named| &named.statement.actions).collect();
        let mut groups: BTreeMap<Vec<(bool, bool)>, Vec<&'static str>> = BTreeMap::new();
        for action in actions {
            let pattern = Pattern::of_action(action);
            let said = sets
                .iter()
                .map(|set| (set.may_meet_within(&pattern, self.work), set.surely_covers_within(&pattern, self.work)));
            let said = said.collect();
            groups.entry(said).or_default().push(action);
        }
        groups.into_values().collect()
    }
}
