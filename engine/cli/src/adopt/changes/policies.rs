//! Finds the changes that the first apply makes to existing policies with the names of the spec's policies.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::{HandlerSpec, NamePattern, Problem, Spec, shown};

use crate::adopt::facts::{ExistingPolicy, PolicyHolder};
use crate::adopt::left::Left;
use crate::adopt::problems::roles as say;
use crate::iam::evaluate::{Policies, Target, TargetKind, secrets};
use crate::iam::meaning::{Document, Effect, Pattern, Set};
use crate::iam::{ON_A_SECRET, action, key_actions};
use crate::render::{Object, PolicyName};

/// The actions on secrets, by the id of the secret.
pub(in crate::adopt) type Actions = BTreeMap<String, BTreeSet<&'static str>>;

/// The name for secrets that are not in the spec.
const OTHERS: &str = "other secrets";

impl Left<'_> {
    /// Policies that the first apply takes over and that allow more or less than the spec grants.
    pub(in crate::adopt) fn changed_policies(&self) -> Vec<Problem> {
        let place = self.place();
        let mut targets = secrets(self.spec, &place);
        let part = |part: Option<&str>| part.unwrap_or("*").to_owned();
        let (partition, region, account) = (part(place.partition), part(place.region), part(place.account));
        // No policy names this secret, so it can only be reached by wildcards.
        let other = format!("arn:{partition}:secretsmanager:{region}:{account}:secret:~-??????");
        targets.push(Target::new(TargetKind::Secret, OTHERS, [other.as_str()]));
        let created = self.spec.handlers.iter().filter_map(|handler| Some((vec![handler], handler.created_role()?)));
        let roles = self.evidence.roles;
        let existing = self.spec.roles().into_iter().filter_map(|shared| {
            let role = shared.handlers.iter().find_map(|handler| roles?.get(&handler.name))?;
            Some((shared.handlers, role.as_str()))
        });
        created.chain(existing).filter_map(|(handlers, role)| self.changed_policy(&handlers, role, &targets)).collect()
    }

    fn changed_policy(&self, handlers: &[&HandlerSpec], role: &str, targets: &[Target]) -> Option<Problem> {
        let mut policies = Policies::new();
        let mut names = BTreeSet::new();
        let mut besides = Besides::default();
        let calls: BTreeSet<String> = handlers.iter().flat_map(|handler| calls(handler)).collect();
        for policy in self.facts.policies_of(&PolicyHolder::role(role)) {
            let Some((name, text)) = self.adopted_document(role, policy) else { continue };
            names.insert(name);
            match text {
                Some(text) => {
                    policies.add(name, text);
                    besides.add(text, &calls, self.spec);
                }
                None => policies.add_unread(name, "its document is in no input"),
            }
        }
        if names.is_empty() {
            return None;
        }
        let reached = policies.reach(targets);
        let is: Actions =
            reached.targets.iter().map(|reach| (reach.target.id.clone(), reach.allowed().collect())).collect();
        let wanted = granted(handlers.iter().copied());
        let (mut more, less) = (beyond(&is, &wanted), beyond(&wanted, &is));
        more.extend(besides.allowed);
        let is_unread = !reached.unread.is_empty();
        let limits: Vec<String> = besides.limits.into_iter().collect();
        let is_other = is_unread || [&more, &less, &limits].into_iter().any(|it| !it.is_empty());
        is_other.then(|| say::policies(role, &names, [&more, &limits, &less], is_unread))
    }

    /// The name of a policy on a role, and its document if that is known; `None` if the spec has no policy of this name,
    /// so that it is not taken over.
    fn adopted_document<'s>(&'s self, role: &str, policy: &'s ExistingPolicy) -> Option<(&'s str, Option<&'s str>)> {
        let role = Some(role.to_owned());
        let (name, object, text) = match policy {
            ExistingPolicy::Inline(name, text) => {
                (name, Object::InlinePolicy { role, name: name.clone() }, text.as_deref())
            }
            ExistingPolicy::Managed(arn) => match PolicyName::of_arn(arn) {
                Some(policy @ PolicyName::Own(_)) => {
                    (arn, Object::Attachment { role, policy }, self.facts.documents.get(arn).map(String::as_str))
                }
                _ => return None,
            },
        };
        self.wanted.contains(&object).then_some((name.as_str(), text))
    }
}

/// What a document says that concerns no secret of the spec, so that the evaluator does not show it.
#[derive(Default)]
struct Besides {
    /// What it allows.
    allowed: BTreeSet<String>,
    /// Its denials and conditions.
    limits: BTreeSet<String>,
}

impl Besides {
    /// Adds what a document says. `calls` are the actions that the spec's own policies allow.
    fn add(&mut self, text: &str, calls: &BTreeSet<String>, spec: &Spec) {
        let Ok(document) = Document::read(text) else { return };
        for statement in &document.statements {
            if statement.effect == Effect::Deny {
                self.limits.insert("its denials".to_owned());
                continue;
            }
            let foreign = statement.conditions.keys().map(|(_, key)| key).filter(|key| !is_of_spec(key));
            self.limits.extend(foreign.map(|key| format!("the condition on {}", shown(key))));
            let Set::Of(actions) = &statement.actions else {
                self.allowed.insert("what its `NotAction` allows".to_owned());
                continue;
            };
            let is_known = |action: &Pattern| calls.contains(&action.as_str().to_ascii_lowercase());
            // The evaluator tells actions on secrets.
            let is_on_a_secret = |action: &Pattern| {
                let is_of_service = action.as_str().to_ascii_lowercase().starts_with("secretsmanager:");
                is_of_service && ON_A_SECRET.iter().any(|it| action.meets(&Pattern::of_action(it)))
            };
            let others = actions.iter().filter(|action| !is_known(action) && !is_on_a_secret(action));
            self.allowed.extend(others.map(|action| shown(action.as_str())));
            match &statement.resources {
                Set::Of(all) if actions.iter().any(is_on_a_secret) => {
                    let foreign = all.iter().map(Pattern::as_str).filter(|resource| !is_named(resource, spec));
                    self.allowed.extend(foreign.map(|resource| format!("what {} reaches besides", shown(resource))));
                }
                Set::Of(_) => {}
                Set::AllBut(_) => _ = self.allowed.insert("what its `NotResource` reaches".to_owned()),
            }
        }
    }
}

/// Whether the spec's own policies have conditions on this key.
fn is_of_spec(key: &str) -> bool {
    const KEYS: [&str; 4] =
        ["kms:viaservice", "lambda:sourcefunctionarn", "secretsmanager:versionid", "secretsmanager:versionstage"];
    let key = key.to_ascii_lowercase();
    KEYS.contains(&key.as_str()) || key.starts_with("kms:encryptioncontext:")
}

/// Whether a resource of a statement is that of a secret of the spec, as the spec's policies name it. The evaluator tells
/// what `*` reaches.
fn is_named(resource: &str, spec: &Spec) -> bool {
    let Some((_, stored)) = resource.split_once(":secret:") else { return resource.chars().all(|char| char == '*') };
    let is_it =
        |pattern: NamePattern| pattern.as_str() == stored || !stored.contains(['*', '?']) && pattern.matches(stored);
    spec.secrets.iter().any(|secret| is_it(NamePattern::of(&secret.name)))
}

/// The actions that the spec's policies allow a handler, in lower case.
fn calls(handler: &HandlerSpec) -> impl Iterator<Item = String> {
    let verbs = handler.grants.iter().flat_map(|grant| &grant.verbs);
    let calls = verbs.flat_map(|verb| verb.api_calls()).copied();
    calls
        .flat_map(|call| [action(call)].into_iter().chain(key_actions(call).iter().copied()))
        .map(str::to_ascii_lowercase)
}

/// The actions on secrets that the spec grants to the handlers.
pub(in crate::adopt) fn granted<'a>(handlers: impl IntoIterator<Item = &'a HandlerSpec>) -> Actions {
    let mut granted = Actions::new();
    for grant in handlers.into_iter().flat_map(|handler| &handler.grants) {
        let calls = grant.verbs.iter().flat_map(|verb| verb.api_calls()).map(|call| action(*call));
        let on_it = calls.filter(|action| ON_A_SECRET.contains(action));
        granted.entry(grant.secret.clone()).or_default().extend(on_it);
    }
    granted
}

/// The actions in `one` and not in `other`, as a list for a sentence.
fn beyond(one: &Actions, other: &Actions) -> Vec<String> {
    let none = BTreeSet::new();
    let more = one.iter().filter_map(|(secret, actions)| {
        let more: Vec<&str> = actions.difference(other.get(secret).unwrap_or(&none)).copied().collect();
        (!more.is_empty()).then(|| say::on_secret(secret, &more, actions.len() == ON_A_SECRET.len()))
    });
    more.collect()
}
