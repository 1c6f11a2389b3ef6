//! Resource policies of secrets and keys: what they allow, and to which principals.
//!
//! Source: [principals](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html).

use std::collections::BTreeMap;
use std::fmt;

use crate::iam::meaning::{Document, Effect, Pattern, PolicyPrincipal, PolicyStatement, Principals, Set, Unread, Work};

use super::compare::may_allow_more;
use super::decision::Decision;
use super::region::Regions;
use super::statements::{Bounds, Implied, NamedStatement, Rules, may_concern, may_meet};
use super::target::Target;

/// Steps of work for all questions about one policy. Policies that people write need far fewer.
const MOST_WORK: usize = 5_000_000;

/// The name of the policy in decisions.
const NAME: &str = "the policy on it";

/// The condition keys that identify on whose behalf a service calls.
///
/// Source: [the confused deputy problem](https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html).
const ON_WHOSE_BEHALF: [&str; 4] = ["aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:sourceorgpaths"];

/// The policy of a resource.
#[derive(Clone, Debug)]
pub struct ResourcePolicy {
    document: Document,
    /// The work that is left for questions about it. What would take more is undecided.
    work: Work,
}

/// The principals that a statement applies to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// One principal; `*` is every principal.
    One(PolicyPrincipal),
    /// Every principal except these, under any of their names.
    AllBut(Vec<PolicyPrincipal>),
}

/// A principal to which a policy grants permissions.
#[derive(Clone, Debug)]
pub struct Grantee {
    /// The principal.
    pub whom: Whom,
    /// Every action that is not denied, with its decision.
    pub actions: BTreeMap<&'static str, Decision>,
    /// Whether it is a service, and no condition limits on whose behalf it calls.
    pub is_confused_deputy: bool,
}

impl fmt::Display for Whom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(principal) => f.write_str(&principal.name),
            Self::AllBut(principals) => {
                let names: Vec<&str> = principals.iter().map(|it| it.name.as_str()).collect();
                write!(f, "every principal except {}", names.join(", "))
            }
        }
    }
}

impl Whom {
    /// Whether it is every principal, or every principal except some.
    #[must_use]
    pub fn is_anybody(&self) -> bool {
        match self {
            Self::One(principal) => principal.is_anybody(),
            Self::AllBut(_) => true,
        }
    }

    /// The principal's account, if it has one: `123456789012`.
    #[must_use]
    pub fn account(&self) -> Option<String> {
        let Self::One(principal) = self else { return None };
        let short = principal.short();
        let account = short.split(':').next().unwrap_or_default();
        (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then(|| account.to_owned())
    }

    fn as_principals(&self) -> Principals {
        match self {
            Self::One(principal) => Principals::Of(vec![principal.clone()]),
            Self::AllBut(principals) => Principals::AllBut(principals.clone()),
        }
    }
}

impl ResourcePolicy {
    /// Reads a policy.
    ///
    /// # Errors
    ///
    /// If it cannot be read. What it allows is then unknown.
    pub fn read(text: &str) -> Result<Self, Unread> {
        Document::read(text).map(|document| Self { document, work: Work::new(MOST_WORK) })
    }

    /// A policy without statements.
    #[must_use]
    pub const fn empty() -> Self {
        Self { document: Document { statements: Vec::new() }, work: Work::new(MOST_WORK) }
    }

    /// Its statements.
    #[must_use]
    pub fn statements(&self) -> &[PolicyStatement] {
        &self.document.statements
    }

    /// Whether the policy certainly denies everything that another one denies.
    #[must_use]
    pub fn keeps_denials_of(&self, other: &Self) -> bool {
        self.keeps(other.denials().cloned())
    }

    /// The same for the denials that can concern one of the targets.
    #[must_use]
    pub fn keeps_denials_on(&self, other: &Self, targets: &[Target]) -> bool {
        let on_targets = other.denials().flat_map(|denial| {
            let concerned = targets.iter().filter(|target| may_concern(denial, target, &self.work));
            let arns = concerned.flat_map(Target::arns).filter(|arn| may_meet(&denial.resources, arn, &self.work));
            arns.map(|arn| {
                let is_whole = denial.resources.surely_covers_within(arn, &self.work);
                let resources = if is_whole { Set::Of(vec![arn.clone()]) } else { denial.resources.clone() };
                PolicyStatement { resources, ..denial.clone() }
            })
        });
        self.keeps(on_targets)
    }

    fn denials(&self) -> impl Iterator<Item = &PolicyStatement> {
        self.statements().iter().filter(|statement| statement.effect == Effect::Deny)
    }

    /// Whether each action of the denials is denied by one of this policy.
    fn keeps(&self, mut denials: impl Iterator<Item = PolicyStatement>) -> bool {
        denials.all(|denial| {
            let one = |pattern: &Pattern| PolicyStatement { actions: Set::Of(vec![pattern.clone()]), ..denial.clone() };
            let pieces: Vec<PolicyStatement> = match &denial.actions {
                Set::Of(patterns) => patterns.iter().map(one).collect(),
                Set::AllBut(_) => vec![denial.clone()],
            };
            pieces.iter().all(|piece| self.denials().any(|mine| mine.surely_includes(piece, &self.work)))
        })
    }

    /// The principals that the policy grants an action on the target, or may grant one.
    #[must_use]
    pub fn grantees(&self, target: &Target) -> Vec<Grantee> {
        let mut all: Vec<Whom> = Vec::new();
        for statement in self.document.statements.iter().filter(|it| it.effect == Effect::Allow) {
            for whom in whom(statement) {
                if !all.contains(&whom) {
                    all.push(whom);
                }
            }
        }
        all.into_iter().filter_map(|whom| self.grantee(whom, target)).collect()
    }

    /// Whether the policy may allow a principal a request for an action on the target that another policy does not allow,
    /// although both allow the principal the action under a condition. `true` if that is not certain.
    #[must_use]
    pub fn may_allow_more_than(&self, other: &Self, whom: &Whom, action: &str, target: &Target) -> bool {
        let them = whom.as_principals();
        let of = |policy: &Self| -> Vec<PolicyStatement> {
            let named = policy.document.statements.iter().filter_map(|statement| named(statement, &them));
            // An allow statement counts for this principal alone.
            let of_them = named.map(|named| match named.statement.effect {
                Effect::Allow => PolicyStatement { principals: Some(them.clone()), ..named.statement.clone() },
                Effect::Deny => named.statement.clone(),
            });
            of_them.collect()
        };
        let (after, before) = (of(self), of(other));
        may_allow_more(
            &after.iter().collect::<Vec<_>>(),
            &before.iter().collect::<Vec<_>>(),
            action,
            target,
            &self.work,
        )
    }

    /// What the policy grants one principal, also by statements for others that include it.
    #[must_use]
    pub fn grantee(&self, whom: Whom, target: &Target) -> Option<Grantee> {
        let them = whom.as_principals();
        let of_them = self.document.statements.iter().filter_map(|statement| named(statement, &them));
        let rules = Rules {
            own: of_them.collect(),
            bounds: Bounds::Nowhere,
            regions: Regions::new(&self.work),
            work: &self.work,
            implied: Implied::default(),
        };
        let decided = target
            .kind
            .actions()
            .iter()
            .map(|action| (*action, rules.decide(&Pattern::of_action(action), target).decision(&[])));
        let actions: BTreeMap<&'static str, Decision> = decided.filter(|(_, it)| !it.is_denied()).collect();
        let is_deputy = |named: &NamedStatement<'_>| {
            let mut keys = named.statement.conditions.keys();
            named.statement.effect == Effect::Allow && !keys.any(|(_, key)| ON_WHOSE_BEHALF.contains(&key.as_str()))
        };
        let is_service = matches!(&whom, Whom::One(principal) if principal.kind == "Service");
        let is_confused_deputy = is_service && rules.own.iter().any(is_deputy);
        (!actions.is_empty()).then_some(Grantee { whom, actions, is_confused_deputy })
    }
}

/// The principals of a statement, one by one. A statement without principals applies to every principal.
fn whom(statement: &PolicyStatement) -> Vec<Whom> {
    match &statement.principals {
        Some(Principals::Of(principals)) => principals.iter().cloned().map(Whom::One).collect(),
        Some(Principals::AllBut(principals)) => vec![Whom::AllBut(principals.clone())],
        None => vec![Whom::One(PolicyPrincipal { kind: "AWS".into(), name: "*".into() })],
    }
}

/// A statement as it applies to a grantee: an allow counts if it certainly applies to them, a deny if it may.
fn named<'s>(statement: &'s PolicyStatement, them: &Principals) -> Option<NamedStatement<'s>> {
    if let (Some(Principals::AllBut(but)), Principals::Of(them)) = (&statement.principals, them)
        && them.iter().all(|one| but.contains(one))
    {
        return None;
    }
    let is_of_them = statement.principals.as_ref().is_none_or(|principals| principals.surely_include(them));
    let counts = match statement.effect {
        Effect::Allow => is_of_them || statement.principals.as_ref() == Some(them),
        Effect::Deny => true,
    };
    let is_of_them = is_of_them || statement.effect == Effect::Allow;
    counts.then_some(NamedStatement { policy: NAME, statement, is_of_them })
}
