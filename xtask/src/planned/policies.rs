//! Which policies somebody outside the spec has before a plan and after it: by documents, attachments and groups.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::access::inline;
use super::configuration::End;
use super::given::Given;
use super::kinds::{By, Does, Who, does};
use super::{Plan, Planned};
use crate::adopt::{Address, Module as Path};
use crate::iam::evaluate::Policies;
use crate::iam::meaning::Pattern;

/// Why a policy is not known.
const AFTER_APPLY: &str = "its policy is known after the apply only";
const ELSEWHERE: &str = "the policy is not in this plan";
const GROUP_ELSEWHERE: &str = "what the group may do is not in this plan";

/// The services whose actions can open a secret, a key or a role.
const OPENING: [&str; 4] = ["secretsmanager:*", "kms:*", "iam:*", "sts:*"];

/// Somebody who has policies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holder {
    Named(Who, String),
    /// A managed policy by itself: somebody else may attach it.
    Policy(String),
    /// Somebody whose name is known after the apply only, by the resource that says so.
    Unnamed(String),
}

/// One resource as it was and as it will be.
pub(super) struct Seen<'a> {
    pub(super) address: &'a Address,
    pub(super) kind: &'a str,
    pub(super) does: Option<Does>,
    pub(super) before: Option<&'a Given>,
    pub(super) after: Option<&'a Given>,
    pub(super) unknown: &'a Given,
    /// The apply changes it, or somebody has outside Terraform.
    pub(super) changes: bool,
    /// Only somebody outside Terraform has.
    pub(super) is_outside: bool,
}

/// What a resource gives.
#[derive(Clone, Debug)]
pub(super) enum Gift {
    Document(String),
    Arn(String),
    /// A managed policy of this plan, by its place in what is seen.
    Policy(usize),
    Unknown(&'static str),
}

/// Who has what, before or after.
#[derive(Default)]
pub(super) struct Side {
    /// By the holder: the resource, and what it gives.
    gifts: BTreeMap<Holder, Vec<(usize, Gift)>>,
    /// The documents of managed policies that are resources or data, by their ARNs.
    documents: BTreeMap<String, String>,
    /// The groups of users, with the resources that put them there.
    groups: BTreeMap<String, Vec<(usize, String)>>,
    boundaries: BTreeMap<Holder, String>,
}

impl Plan {
    /// Everything that is in the plan, and what somebody changed outside Terraform as it was before.
    pub(super) fn seen(&self) -> Vec<Seen<'_>> {
        let drift: BTreeMap<String, &Planned> = self.drift.iter().map(|it| (it.address.to_string(), it)).collect();
        let mut there = BTreeSet::new();
        let mut all = Vec::new();
        for planned in self.resources.iter().filter(|planned| !planned.is_deposed) {
            let outside = drift.get(&planned.address.to_string());
            let changes = planned.changes() || planned.has_action("delete");
            there.insert(planned.address.to_string());
            all.push(Seen {
                before: outside.map_or(planned.before.as_ref(), |outside| outside.before.as_ref()),
                changes: changes || outside.is_some(),
                is_outside: !changes && outside.is_some(),
                ..Seen::of(planned)
            });
        }
        for outside in self.drift.iter().filter(|outside| !there.contains(&outside.address.to_string())) {
            all.push(Seen { changes: true, is_outside: true, ..Seen::of(outside) });
        }
        all
    }
}

impl<'a> Seen<'a> {
    fn of(planned: &'a Planned) -> Self {
        Self {
            address: &planned.address,
            kind: &planned.kind,
            does: does(&planned.kind),
            before: planned.before.as_ref(),
            after: planned.after.as_ref(),
            unknown: &planned.unknown,
            changes: false,
            is_outside: false,
        }
    }

    pub(super) fn is_unknown(&self, argument: &str) -> bool {
        self.unknown.get(argument).and_then(Value::as_bool).unwrap_or_default()
    }

    fn given(&self, is_after: bool) -> Option<&'a Given> {
        if is_after { self.after } else { self.before }
    }
}

/// Reads the one side of a plan.
pub(super) struct Reader<'a> {
    pub(super) plan: &'a Plan,
    pub(super) seen: &'a [Seen<'a>],
}

impl Reader<'_> {
    pub(super) fn side(&self, is_after: bool) -> Side {
        let mut side = Side::default();
        for (address, given) in &self.plan.data {
            if address.in_module().starts_with("aws_iam_policy.")
                && let (Some(arn), Some(text)) = (given.word("arn"), given.word("policy"))
            {
                side.documents.insert(arn.to_owned(), text.to_owned());
            }
        }
        for (index, seen) in self.seen.iter().enumerate() {
            let Some(given) = seen.given(is_after) else { continue };
            match seen.does {
                Some(Does::Policy) => self.policy(index, given, is_after, &mut side),
                Some(Does::Gives { to, by }) => self.gives(index, to, by, is_after, &mut side),
                Some(Does::Role) => self.role(index, given, is_after, &mut side),
                Some(Does::Joins { users, groups }) => joins(index, given, (users, groups), &mut side),
                Some(Does::Is { boundary }) => {
                    let who = if boundary.is_some() { Who::User } else { Who::Group };
                    let Some(name) = given.word("name") else { continue };
                    let holder = Holder::Named(who, name.to_owned());
                    let bound = boundary.and_then(|argument| given.word(argument));
                    side.boundaries.extend(bound.map(|arn| (holder.clone(), arn.to_owned())));
                    side.gifts.entry(holder).or_default();
                }
                _ => {}
            }
        }
        side
    }

    fn policy(&self, index: usize, given: &Given, is_after: bool, side: &mut Side) {
        let seen = &self.seen[index];
        let gift = self.text(seen, "policy", given, is_after);
        if let (Some(arn), Gift::Document(text)) = (given.word("arn"), &gift) {
            side.documents.insert(arn.to_owned(), text.clone());
        }
        side.gifts.entry(Holder::Policy(seen.address.to_string())).or_default().push((index, gift));
    }

    fn role(&self, index: usize, given: &Given, is_after: bool, side: &mut Side) {
        let seen = &self.seen[index];
        let holder = match given.word("name") {
            Some(name) => Holder::Named(Who::Role, name.to_owned()),
            None => Holder::Unnamed(seen.address.to_string()),
        };
        side.boundaries.extend(given.word("permissions_boundary").map(|arn| (holder.clone(), arn.to_owned())));
        let gifts = side.gifts.entry(holder).or_default();
        gifts.extend(inline(given).map(|text| (index, Gift::Document(text.to_owned()))));
        gifts.extend(given.words("managed_policy_arns").map(|arn| (index, Gift::Arn(arn.to_owned()))));
        if !is_after {
            return;
        }
        for argument in ["inline_policy", "managed_policy_arns"] {
            let shown = self.plan.configuration.arguments(seen.address.module(), &seen.address.in_module());
            let is_configured = shown.is_some_and(|arguments| arguments.contains_key(argument));
            // What is `true` as a whole and given by nobody is what the provider reads afterwards.
            if seen.unknown.is_marked(argument) && (is_configured || !seen.is_unknown(argument)) {
                gifts.push((index, Gift::Unknown(AFTER_APPLY)));
            }
        }
    }

    fn gives(&self, index: usize, to: &[(Who, &'static str)], by: By, is_after: bool, side: &mut Side) {
        let seen = &self.seen[index];
        let Some(given) = seen.given(is_after) else { return };
        let gifts: Vec<Gift> = match by {
            By::Document(argument) => vec![self.text(seen, argument, given, is_after)],
            By::Arn(argument) => self.attached(seen, argument, given.word(argument).into_iter(), is_after),
            By::Arns(argument) => self.attached(seen, argument, given.words(argument), is_after),
            // They keep what somebody has, and give nothing.
            By::Names(_) => Vec::new(),
        };
        for (who, argument) in to {
            let mut names: Vec<Holder> = given
                .word(argument)
                .into_iter()
                .chain(given.words(argument))
                .map(|name| Holder::Named(*who, name.to_owned()))
                .collect();
            if is_after && seen.unknown.is_marked(argument) {
                names.push(self.unnamed(seen, *who, argument));
            }
            for holder in names {
                side.gifts.entry(holder).or_default().extend(gifts.iter().map(|gift| (index, gift.clone())));
            }
        }
    }

    /// Somebody whose name is known after the apply only; by what the argument refers to, they may have one already.
    fn unnamed(&self, seen: &Seen<'_>, who: Who, argument: &str) -> Holder {
        let named = || {
            let source = self.plan.configuration.one(seen.address.module(), &seen.address.in_module(), argument)?;
            let End::Reference(reference) = &source.end else { return None };
            let found = self.resources(seen.address.module(), &source.module, reference).next()?;
            Some(Holder::Named(who, self.seen[found].after?.word("name")?.to_owned()))
        };
        named().unwrap_or_else(|| Holder::Unnamed(seen.address.to_string()))
    }

    /// The resources that a reference of a module means: all instances, where it has several.
    pub(super) fn resources<'s>(
        &'s self,
        from: &'s Path,
        module: &'s [String],
        reference: &str,
    ) -> impl Iterator<Item = usize> + 's {
        let address = without_attribute(reference);
        self.seen.iter().enumerate().filter_map(move |(index, seen)| {
            let path = seen.address.module();
            let mut calls = path.calls().zip(from.calls());
            let is_there = path.names() == module && calls.all(|(mine, theirs)| mine.0 != theirs.0 || mine.1 == theirs.1);
            (is_there && seen.address.in_module() == address).then_some(index)
        })
    }

    fn text(&self, seen: &Seen<'_>, argument: &str, given: &Given, is_after: bool) -> Gift {
        if is_after && seen.is_unknown(argument) {
            let is_harmless = self.is_harmless_document(seen.address.module(), &seen.address.in_module(), argument);
            return if is_harmless { Gift::Document(EMPTY.to_owned()) } else { Gift::Unknown(AFTER_APPLY) };
        }
        Gift::Document(given.word(argument).unwrap_or(EMPTY).to_owned())
    }

    fn attached<'s>(
        &self,
        seen: &Seen<'_>,
        argument: &str,
        arns: impl Iterator<Item = &'s str>,
        is_after: bool,
    ) -> Vec<Gift> {
        let mut all: Vec<Gift> = arns.map(|arn| Gift::Arn(arn.to_owned())).collect();
        if is_after && seen.unknown.is_marked(argument) {
            match self.new_policies(seen, argument) {
                Some(policies) => all.extend(policies.into_iter().map(Gift::Policy)),
                None => all.push(Gift::Unknown("which policy it is is known after the apply only")),
            }
        }
        all
    }

    /// The policies of this plan that an argument refers to, where it refers to nothing else.
    fn new_policies(&self, seen: &Seen<'_>, argument: &str) -> Option<Vec<usize>> {
        let (module, address) = (seen.address.module(), seen.address.in_module());
        let references = self.plan.configuration.references(module, &address, argument)?;
        let mut all = Vec::new();
        for reference in super::configuration::whole(references) {
            if reference.starts_with("each.") || reference.starts_with("count.") {
                continue;
            }
            let source = self.plan.configuration.follow_reference(module, reference);
            let End::Reference(end) = &source.end else { return None };
            if !end.starts_with("aws_iam_policy.") {
                return None;
            }
            let before = all.len();
            all.extend(self.resources(module, &source.module, end));
            if all.len() == before {
                return None;
            }
        }
        (!all.is_empty()).then_some(all)
    }

    /// Whether a document that is not known yet is one of `aws_iam_policy_document`, whose planned reading shows its actions,
    /// and none of them can open a secret, a key or a role.
    fn is_harmless_document(&self, module: &Path, address: &str, argument: &str) -> bool {
        let Some(source) = self.plan.configuration.one(module, address, argument) else { return false };
        let End::Reference(reference) = &source.end else { return false };
        self.is_harmless(module, &source.module, reference, 0)
    }

    fn is_harmless(&self, from: &Path, module: &[String], reference: &str, depth: usize) -> bool {
        let Some(data) = reference.strip_prefix("data.").filter(|it| it.starts_with("aws_iam_policy_document.")) else {
            return false;
        };
        let address = without_attribute(data);
        let is_it = |it: &&Planned| it.address.module().names() == module && it.address.in_module() == address;
        let mut reads = self.plan.reads.iter().filter(is_it).peekable();
        depth < 16 && reads.peek().is_some() && reads.all(|planned| self.is_harmless_reading(planned, from, depth))
    }

    fn is_harmless_reading(&self, planned: &Planned, from: &Path, depth: usize) -> bool {
        let Some(after) = &planned.after else { return false };
        for argument in ["source_json", "override_json", "source_policy_documents", "override_policy_documents"] {
            let known = after.words(argument).chain(after.word(argument));
            if known.into_iter().any(|text| !is_harmless_text(text)) {
                return false;
            }
            if planned.unknown.is_marked(argument) {
                let (module, address) = (planned.address.module(), planned.address.in_module());
                let shown = self.plan.configuration.references(module, &format!("data.{address}"), argument);
                let all = shown.map(super::configuration::whole).unwrap_or_default();
                let is_harmless = |reference: &&str| {
                    let source = self.plan.configuration.follow_reference(module, reference);
                    matches!(&source.end, End::Reference(end) if self.is_harmless(from, &source.module, end, depth + 1))
                };
                if all.is_empty() || !all.iter().all(is_harmless) {
                    return false;
                }
            }
        }
        let unknown = planned.unknown.get("statement").and_then(Value::as_array);
        let statements = after.get("statement").and_then(Value::as_array);
        if planned.is_unknown("statement") {
            return false;
        }
        statements.into_iter().flatten().enumerate().all(|(index, statement)| {
            let unknown = unknown.and_then(|all| all.get(index)).unwrap_or(&Value::Null);
            is_harmless_statement(statement, unknown)
        })
    }
}

const EMPTY: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

fn is_harmless_text(text: &str) -> bool {
    serde_json::from_str::<Value>(text).is_ok_and(|document| {
        let statements = &document["Statement"];
        let one = std::slice::from_ref(statements);
        statements.as_array().map_or(one, Vec::as_slice).iter().all(|statement| {
            let actions = &statement["Action"];
            let one = std::slice::from_ref(actions);
            let actions = actions.as_array().map_or(one, Vec::as_slice);
            statement["Effect"] == "Deny"
                || statement.get("NotAction").is_none() && actions.iter().all(|action| action.as_str().is_some_and(opens_nothing))
        })
    })
}

fn is_harmless_statement(statement: &Value, unknown: &Value) -> bool {
    let is_known = |argument: &str| match &unknown[argument] {
        Value::Array(marks) => marks.iter().all(|mark| mark == &Value::Bool(false)),
        Value::Bool(mark) => !mark,
        _ => true,
    };
    let actions = statement["actions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let is_denial = statement["effect"] == "Deny" && is_known("effect");
    let has_others = statement["not_actions"].as_array().is_some_and(|all| !all.is_empty()) || !is_known("not_actions");
    let are_harmless = actions.iter().all(|action| action.as_str().is_some_and(opens_nothing));
    is_denial || is_known("actions") && is_known("effect") && !has_others && are_harmless
}

/// Whether an action, or a pattern of actions, is of no service that can open something.
fn opens_nothing(action: &str) -> bool {
    let action = Pattern::of_action(action);
    !action.has_unknown() && !OPENING.iter().any(|service| Pattern::of_action(service).meets(&action))
}

/// `aws_iam_policy.x` of `aws_iam_policy.x[0].arn`.
fn without_attribute(reference: &str) -> String {
    let words: Vec<&str> = reference.split('.').take(2).collect();
    let address = words.join(".");
    address.split('[').next().unwrap_or_default().to_owned()
}

fn joins(index: usize, given: &Given, (users, groups): (&str, &str), side: &mut Side) {
    let all = |argument: &str| -> Vec<String> {
        given.word(argument).into_iter().chain(given.words(argument)).map(str::to_owned).collect()
    };
    for user in all(users) {
        for group in all(groups) {
            side.groups.entry(user.clone()).or_default().push((index, group));
        }
    }
}

impl Side {
    /// Everybody who has something.
    pub(super) fn holders(&self) -> BTreeSet<Holder> {
        let users = self.groups.keys().map(|user| Holder::Named(Who::User, user.clone()));
        self.gifts.keys().cloned().chain(users).collect()
    }

    pub(super) fn boundary(&self, holder: &Holder) -> Option<&str> {
        self.boundaries.get(holder).map(String::as_str)
    }

    /// What somebody has: each with the resource that gives it.
    pub(super) fn gifts(&self, holder: &Holder) -> Vec<(usize, Gift)> {
        let mut all = self.gifts.get(holder).cloned().unwrap_or_default();
        if let Holder::Named(Who::User, user) = holder {
            for (index, group) in self.groups.get(user).into_iter().flatten() {
                match self.gifts.get(&Holder::Named(Who::Group, group.clone())) {
                    Some(gifts) => all.extend(gifts.iter().map(|(_, gift)| (*index, gift.clone()))),
                    None => all.push((*index, Gift::Unknown(GROUP_ELSEWHERE))),
                }
            }
        }
        all
    }

    /// Whether somebody is known at all.
    pub(super) fn knows(&self, holder: &Holder) -> bool {
        self.gifts.contains_key(holder)
    }

    /// What is given, as policies to ask. Each is called by the resource that gives it.
    pub(super) fn policies<'p>(&self, gifts: &[(usize, Gift)], boundary: Option<&str>) -> Policies<'p> {
        let mut policies = Policies::new();
        for (index, gift) in gifts {
            self.add(*index, gift, &mut policies);
        }
        match boundary {
            // Only AWS's own are known.
            Some(arn) if arn.contains(":iam::aws:policy/") => policies.bound_by(arn),
            _ => {}
        }
        policies
    }

    fn add(&self, index: usize, gift: &Gift, policies: &mut Policies<'_>) {
        let name = index.to_string();
        match gift {
            Gift::Document(text) => policies.add(&name, text),
            Gift::Unknown(why) => policies.add_unread(&name, why),
            Gift::Arn(arn) if arn.contains(":iam::aws:policy/") => policies.attach(arn),
            Gift::Arn(arn) => match self.documents.get(arn) {
                Some(text) => policies.add(&name, text),
                None => policies.add_unread(&name, ELSEWHERE),
            },
            Gift::Policy(policy) => {
                let is_it = |(_, gifts): &(&Holder, &Vec<(usize, Gift)>)| {
                    gifts.iter().any(|(index, _)| index == policy)
                };
                let policies_only = self.gifts.iter().filter(|(holder, _)| matches!(holder, Holder::Policy(_)));
                let gifts = policies_only.into_iter().find(is_it).map(|(_, gifts)| gifts.clone()).unwrap_or_default();
                for (_, gift) in &gifts {
                    // One that is not known yet is said of the policy itself.
                    if let Gift::Document(text) = gift {
                        policies.add(&name, text);
                    }
                }
            }
        }
    }
}
