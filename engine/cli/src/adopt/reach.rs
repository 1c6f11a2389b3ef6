//! Finds identities outside the spec that can use its secrets, with the policy evaluator. Undecidable cases are
//! reported as well.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::{HandlerSpec, Problem, RoleHandlers, SecretSpec};

use super::adoption::How;
use super::changes::policies::{Actions, granted};
use super::evidence::without_number;
use super::facts::{ExistingPolicy, HolderKind, PolicyHolder, SecretFacts};
use super::left::Left;
use super::problems::{changes, reach as say};
use crate::aws::arn::{account, is_arn, partition, region, secret_name};
use crate::iam::aws;
use crate::iam::evaluate::{Decision, Policies, Reached, ResourcePolicy, Target, TargetPlace, Whom, secrets};
use crate::iam::meaning::{Document, Effect, Set};
use crate::iam::{resource_of, shares};
use crate::render::{Object, PolicyName};

/// The identities outside the spec that can use its secrets.
#[derive(Default)]
pub(super) struct Others {
    pub(super) notes: Vec<Problem>,
    /// The reasons why something is undecided, each with the identities or secrets concerned.
    open: BTreeMap<String, BTreeSet<String>>,
    /// Roles outside the spec that can use a secret of the spec, or may be able to.
    pub(super) roles: BTreeSet<String>,
}

impl Others {
    /// The undecided cases, one problem per reason.
    pub(super) fn undecided(&self) -> Vec<Problem> {
        self.open.iter().map(|(why, of)| say::undecided(of, why)).collect()
    }
}

impl Left<'_> {
    /// Examines every identity with policies, and the resource policies of the spec's secrets.
    pub(super) fn others(&self) -> Others {
        let targets = secrets(self.spec, &self.place());
        let mut others = Others::default();
        for holder in self.facts.on.keys().filter(|holder| !self.is_of_spec(holder)) {
            self.look_at(holder, &targets, &mut others);
        }
        for (id, policy) in self.facts.secrets.iter().filter_map(|(id, is)| Some((id, is.policy.as_deref()?))) {
            self.look_at_policy_on(id, policy, &targets, &mut others);
        }
        others
    }

    /// Whether it is a role that the generated files create and whose policies they list.
    fn is_of_spec(&self, holder: &PolicyHolder) -> bool {
        holder.kind == HolderKind::Role && self.wanted.contains(&Object::Role(holder.name.clone()))
    }

    fn look_at(&self, holder: &PolicyHolder, targets: &[Target], others: &mut Others) {
        let mut policies = Policies::new();
        for policy in self.facts.policies_of(holder) {
            self.add(policy, &mut policies);
        }
        let boundary = self.facts.boundary(holder);
        let document = boundary.and_then(|arn| Document::read(self.facts.documents.get(arn)?).ok());
        match (boundary, &document) {
            (Some(arn), Some(document)) => policies.bound(arn, document),
            (Some(arn), None) => policies.bound_by(arn),
            (None, _) => {}
        }
        let reached = policies.reach(targets);
        let handlers = self.handlers_of(holder);
        let (can, may) = in_words(&reached, &granted(handlers.iter().copied()));
        if !can.is_empty() {
            let is_destroyed = self.is_destroyed(holder);
            let handlers: Vec<&str> = handlers.iter().map(|handler| handler.name.as_str()).collect();
            others.notes.push(say::others_reach(holder, &by(&reached), &can, &handlers, is_destroyed));
        }
        for why in may {
            others.open.entry(why).or_default().insert(holder.to_string());
        }
        let is_undecided = !reached.unread.is_empty() || reached.targets.iter().any(|it| it.why_undecided().is_some());
        if holder.kind == HolderKind::Role && (is_undecided || !can.is_empty()) {
            others.roles.insert(holder.name.clone());
        }
    }

    fn add(&self, policy: &ExistingPolicy, policies: &mut Policies<'_>) {
        match policy {
            ExistingPolicy::Inline(name, Some(text)) => policies.add(name, text),
            ExistingPolicy::Inline(name, None) => policies.add_unread(name, "its document is in no input"),
            ExistingPolicy::Managed(arn) => match self.facts.documents.get(arn) {
                Some(text) if aws::document(arn).is_err() => policies.add(arn, text),
                _ => policies.attach(arn),
            },
        }
    }

    /// The handlers that run as a role which the spec does not create: by `--role`, or by the spec's policies on it.
    fn handlers_of(&self, holder: &PolicyHolder) -> Vec<&HandlerSpec> {
        let is_said = |handler: &HandlerSpec| {
            self.evidence.roles.and_then(|roles| roles.get(&handler.name)).is_some_and(|role| *role == holder.name)
        };
        if holder.kind != HolderKind::Role {
            return Vec::new();
        }
        let by_policy = self.facts.policies_of(holder).filter_map(|policy| match policy {
            ExistingPolicy::Inline(name, _) => self.role_of_policy(name),
            ExistingPolicy::Managed(arn) => match PolicyName::of_arn(arn)? {
                PolicyName::Own(name) => self.role_of_policy(&name),
                PolicyName::Aws(_) => None,
            },
        });
        let said = self.evidence.roles.is_some_and(|roles| roles.values().any(|role| *role == holder.name));
        let said = self.spec.handlers.iter().filter(|handler| said && is_said(handler));
        let all: BTreeMap<&str, &HandlerSpec> = said
            .chain(by_policy.flat_map(|role| role.handlers.iter().copied()))
            .map(|it| (it.name.as_str(), it))
            .collect();
        all.into_values().collect()
    }

    /// The role that the spec does not create and whose policy has this name.
    fn role_of_policy(&self, name: &str) -> Option<&RoleHandlers<'_>> {
        self.by_policy.get(name).or_else(|| self.by_policy.get(without_number(name)?))
    }

    /// The roles that handlers run as and that the spec does not create.
    pub(super) fn roles_of_handlers(&self) -> BTreeSet<&str> {
        let said = self.evidence.roles.into_iter().flatten().map(|(_, role)| role.as_str());
        let others = self.facts.on.keys().filter(|holder| !self.handlers_of(holder).is_empty());
        said.chain(others.map(|holder| holder.name.as_str())).collect()
    }

    /// Whether a plan of the generated files destroys the policies that the state has for an identity.
    fn is_destroyed(&self, holder: &PolicyHolder) -> bool {
        let is_held = self.evidence.state.is_some_and(|state| state.facts.on.contains_key(holder));
        is_held && self.destroys
    }

    /// Reports what the resource policy of a secret of the spec allows other principals.
    fn look_at_policy_on(&self, id: &str, policy: &str, targets: &[Target], others: &mut Others) {
        let name = secret_name(id);
        let Some(secret) = self.secret(name).filter(|_| !matches!(policy.trim(), "" | "{}" | "null")) else { return };
        let object = Object::SecretPolicy(name.to_owned());
        let is_created = self.is_created(&object);
        if is_created.is_none() && self.unused().any(|held| held.object == object) {
            // This policy is reported by another note.
            return;
        }
        let place = format!("secret {}", driftless_model::shown(&secret.id));
        let Some(target) = targets.iter().find(|target| target.id == secret.id) else { return };
        match ResourcePolicy::read(policy) {
            Err(unread) => _ = others.open.entry(format!("the policy on it: {unread}")).or_default().insert(place),
            Ok(read) => {
                let grantees = read.grantees(target);
                let shared = secret.options.shared_with.iter().map(|share| &share.principal);
                let shared: BTreeSet<String> =
                    shared.map(|it| format!("{}:{}", it.account(), resource_of(it))).collect();
                let is_same = grantees.iter().map(|it| short(&it.whom)).collect::<BTreeSet<_>>() == shared;
                if is_created == Some(false) && is_same && is_as_shared(policy, secret) {
                    return;
                }
                let whom: BTreeSet<String> = grantees.iter().map(|it| it.whom.to_string()).collect();
                others.notes.push(changes::secret_policy(&place, name, &whom, is_created.is_some()));
            }
        }
    }

    /// Secrets that exist, and that the first apply shares with others.
    pub(super) fn shared_secrets(&self) -> Vec<Problem> {
        let created = self.steps.iter().filter(|(_, step)| step.how == How::Create);
        let shared = created.filter_map(|(it, step)| {
            let Object::SecretPolicy(name) = &it.object else { return None };
            let secret = self.by_name.get(name.as_str())?;
            let of_it = |(id, _): &(&String, &SecretFacts)| secret_name(id) == name.as_str();
            let policy = self.facts.secrets.iter().find(of_it).and_then(|(_, is)| is.policy.as_deref());
            // A policy that is there is reported by another note.
            let is_none = policy.is_none_or(|policy| matches!(policy.trim(), "" | "{}" | "null"));
            let exists = self.adopted.contains(&Object::Secret(name.clone()));
            let principals = secret.options.shared_with.iter().map(|share| &share.principal);
            let whom = principals.map(|it| format!("{}:{}", it.account(), resource_of(it))).collect();
            (exists && is_none).then(|| changes::shared(&step.address, name, &whom, policy.is_some()))
        });
        shared.collect()
    }

    /// The location of the spec's secrets, as far as the inputs show it.
    pub(super) fn place(&self) -> TargetPlace<'_> {
        let arns = self.facts.secrets.keys().map(String::as_str).filter(|id| is_arn(id));
        let mut ours = arns.filter(|arn| self.secret(secret_name(arn)).is_some_and(|secret| secret.region.is_none()));
        // A data source can also read a secret of that name elsewhere.
        let taken_over =
            self.steps.iter().filter(|(it, _)| it.region.is_none() && matches!(it.object, Object::Secret(_)));
        let mut taken_over = taken_over.filter_map(|(_, step)| self.adopted_arn(step)).filter(|arn| is_arn(arn));
        match taken_over.next().or_else(|| ours.next()) {
            None => TargetPlace::default(),
            Some(arn) => {
                TargetPlace { partition: Some(partition(arn)), region: Some(region(arn)), account: Some(account(arn)) }
            }
        }
    }
}

/// Whether a policy on a secret allows just the actions that the spec shares, without denials and conditions. To whom it
/// allows them is compared elsewhere.
fn is_as_shared(policy: &str, secret: &SecretSpec) -> bool {
    let (Ok(document), Ok(wanted)) = (Document::read(policy), shares(secret, 0)) else { return false };
    let actions = |set: &Set| match set {
        Set::Of(all) => Some(all.iter().map(|it| it.as_str().to_ascii_lowercase()).collect::<BTreeSet<_>>()),
        Set::AllBut(_) => None,
    };
    let wanted: BTreeSet<BTreeSet<String>> =
        wanted.iter().map(|it| it.actions.iter().map(|action| action.to_ascii_lowercase()).collect()).collect();
    let has: Option<BTreeSet<BTreeSet<String>>> = document.statements.iter().map(|it| actions(&it.actions)).collect();
    let is_plain = document.statements.iter().all(|it| it.effect == Effect::Allow && it.is_unconditional());
    is_plain && has == Some(wanted)
}

/// The account with the name in it, or a description if it is not a single principal.
fn short(whom: &Whom) -> String {
    match whom {
        Whom::One(principal) => principal.short(),
        Whom::AllBut(_) => whom.to_string(),
    }
}

/// What an identity can do, and the reasons why more is not known.
fn in_words(reached: &Reached<'_, '_>, granted: &Actions) -> (Vec<String>, BTreeSet<String>) {
    let mut alike: BTreeMap<(String, bool), Vec<&str>> = BTreeMap::new();
    let mut may = BTreeSet::new();
    for reach in &reached.targets {
        let is_granted = |action: &&str| granted.get(&reach.target.id).is_some_and(|granted| granted.contains(*action));
        if !reach.allowed().all(|action| is_granted(&action)) {
            let is_conditional = reach.is_conditional();
            alike.entry((reach.in_words(), is_conditional)).or_default().push(&reach.target.id);
        }
        may.extend(reach.why_undecided().map(str::to_owned));
    }
    may.extend(reached.unread.iter().map(|unread| say::unread(unread.policy, unread.why)));
    let can =
        alike.into_iter().map(|((actions, is_conditional), secrets)| say::can(&actions, &secrets, is_conditional));
    (can.collect(), may)
}

/// The names of the policies that allow it.
fn by(reached: &Reached<'_, '_>) -> BTreeSet<String> {
    let decisions = reached.targets.iter().flat_map(|reach| reach.actions.values());
    let by = decisions.filter_map(|decision| match decision {
        Decision::Allowed { by, .. } => Some(by),
        Decision::Denied { .. } | Decision::Undecided { .. } => None,
    });
    by.flatten().map(|name| name.rsplit(":policy/").next().unwrap_or(name).to_owned()).collect()
}
