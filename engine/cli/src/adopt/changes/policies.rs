//! Finds the changes that the first apply makes to existing policies with the names of the spec's policies.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::{HandlerSpec, Problem};

use crate::adopt::facts::{Holder, Policy};
use crate::adopt::left::Left;
use crate::adopt::problems::roles as say;
use crate::iam::evaluate::{Kind, Policies, Target, secrets};
use crate::iam::{ON_A_SECRET, action};
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
        targets.push(Target::new(Kind::Secret, OTHERS, [other.as_str()]));
        let created = self.spec.handlers.iter().filter_map(|handler| Some((handler, handler.created_role()?)));
        created.filter_map(|(handler, role)| self.changed_policy(handler, role, &targets)).collect()
    }

    fn changed_policy(&self, handler: &HandlerSpec, role: &str, targets: &[Target]) -> Option<Problem> {
        let mut policies = Policies::new();
        let mut names = BTreeSet::new();
        for policy in self.facts.policies_of(&Holder::role(role)) {
            let (name, text) = self.adopted_document(role, policy)?;
            if let Some(text) = text {
                policies.add(name, text);
                names.insert(name);
            }
        }
        if names.is_empty() {
            return None;
        }
        let reached = policies.reach(targets);
        let is: Actions =
            reached.targets.iter().map(|reach| (reach.target.id.clone(), reach.allowed().collect())).collect();
        let wanted = granted([handler]);
        let (more, less) = (beyond(&is, &wanted), beyond(&wanted, &is));
        let is_unread = !reached.unread.is_empty();
        let is_other = is_unread || !more.is_empty() || !less.is_empty();
        is_other.then(|| say::policies(&handler.name, &names, &more, &less, is_unread))
    }

    /// The name of a policy on a role of the spec, and its document if the spec has a policy of this name, which is
    /// taken over. `None` if that document is not known.
    fn adopted_document<'s>(&'s self, role: &str, policy: &'s Policy) -> Option<(&'s str, Option<&'s str>)> {
        let role = Some(role.to_owned());
        let (name, object, text) = match policy {
            Policy::Inline(name, text) => (name, Object::InlinePolicy { role, name: name.clone() }, text.as_deref()),
            Policy::Managed(arn) => match PolicyName::of_arn(arn) {
                Some(policy @ PolicyName::Own(_)) => {
                    (arn, Object::Attachment { role, policy }, self.facts.documents.get(arn).map(String::as_str))
                }
                _ => return Some((arn, None)),
            },
        };
        if !self.wanted.contains(&object) {
            return Some((name, None));
        }
        text.map(|text| (name.as_str(), Some(text)))
    }
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
