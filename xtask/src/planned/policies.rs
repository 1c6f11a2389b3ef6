//! Which policies a principal outside the spec has before a plan and after it: by documents, attachments and groups.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::access::inline;
use super::configuration::{End, whole};
use super::given::Given;
use super::kinds::{By, Does, Who, does};
use super::{Plan, Planned};
use crate::adopt::{Address, Module as Path};
use crate::iam::evaluate::{Policies, Target};

/// Why a policy is not known.
const AFTER_APPLY: &str = "its policy is known after the apply only";
const ELSEWHERE: &str = "the policy is not in this plan";
const GROUP_ELSEWHERE: &str = "what the group may do is not in this plan";

/// Somebody who has policies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holder {
    /// By the name in lower case.
    Named(Who, String),
    /// A managed policy by itself, by its place in what is seen: somebody else may attach it.
    Policy(usize),
    /// Somebody whose name is known after the apply only, by the resource that says so.
    Unnamed(String),
}

impl Holder {
    /// A role, a user or a group by its name, in which large and small letters are one.
    ///
    /// Source: [names in IAM](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html), of roles, users and groups.
    pub(super) fn named(who: Who, name: &str) -> Self {
        Self::Named(who, name.to_ascii_lowercase())
    }
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gift {
    Document(String),
    Arn(String),
    /// Managed policies of this plan, by their places in what is seen. All instances of a resource with `count` share one list.
    Policies(Rc<[usize]>),
    Unknown(&'static str),
    /// A policy that somebody has already and may keep, by its name.
    Kept(String),
}

/// Who has what, before or after.
#[derive(Default)]
pub(super) struct Side {
    /// By the holder: the resource, and what it gives.
    gifts: BTreeMap<Holder, Vec<(usize, Gift)>>,
    /// The documents of managed policies that are resources or data, by their ARNs.
    documents: BTreeMap<String, String>,
    /// The groups of users, whose names are in lower case, with the resources that put them there.
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
        self.unknown.is_unknown(argument)
    }

    fn given(&self, is_after: bool) -> Option<&'a Given> {
        if is_after { self.after } else { self.before }
    }
}

/// Reads the one side of a plan.
pub(super) struct Reader<'a> {
    pub(super) plan: &'a Plan,
    pub(super) seen: &'a [Seen<'a>],
    /// The places of what is seen, by the address in its module.
    places: HashMap<String, Vec<usize>>,
    /// The data sources that are read during the apply, by the names of their module's calls and their address in it.
    pub(super) reads: HashMap<(Vec<String>, String), Vec<&'a Planned>>,
    /// The names of the policies whose texts are in the plan.
    written: BTreeSet<&'a str>,
    /// What references mean, by the module and the references: instances of one resource have the same.
    meant: RefCell<HashMap<References, Option<Rc<[usize]>>>>,
}

/// The module of an argument, and what the argument refers to.
type References = (String, BTreeSet<String>);

impl<'a> Reader<'a> {
    pub(super) fn new(plan: &'a Plan, seen: &'a [Seen<'a>]) -> Self {
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, seen) in seen.iter().enumerate() {
            places.entry(seen.address.in_module()).or_default().push(index);
        }
        let mut reads: HashMap<_, Vec<&Planned>> = HashMap::new();
        for planned in &plan.reads {
            reads.entry((planned.address.module().names(), planned.address.in_module())).or_default().push(planned);
        }
        let texts = seen.iter().filter(|it| matches!(it.does, Some(Does::Gives { by: By::Document(_), .. })));
        let written = texts.filter_map(|it| it.after?.word("name")).collect();
        Self { plan, seen, places, reads, written, meant: RefCell::default() }
    }

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
                    let holder = Holder::named(who, name);
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
        side.gifts.entry(Holder::Policy(index)).or_default().push((index, gift));
    }

    fn role(&self, index: usize, given: &Given, is_after: bool, side: &mut Side) {
        let seen = &self.seen[index];
        let holder = match given.word("name") {
            Some(name) => Holder::named(Who::Role, name),
            None => Holder::Unnamed(seen.address.to_string()),
        };
        side.boundaries.extend(given.word("permissions_boundary").map(|arn| (holder.clone(), arn.to_owned())));
        let gifts = side.gifts.entry(holder).or_default();
        gifts.extend(inline(given).map(|(_, text)| (index, Gift::Document(text.to_owned()))));
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
            // What another resource of the plan writes is looked at there.
            By::Names(argument) => {
                let kept = given.words(argument).filter(|name| !self.written.contains(name));
                kept.map(|name| Gift::Kept(name.to_owned())).collect()
            }
        };
        for (who, argument) in to {
            let mut names: Vec<Holder> = given
                .word(argument)
                .into_iter()
                .chain(given.words(argument))
                .map(|name| Holder::named(*who, name))
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
            Some(Holder::named(who, self.seen[found].after?.word("name")?))
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
        let places = self.places.get(&without_attribute(reference)).map(Vec::as_slice).unwrap_or_default();
        places.iter().copied().filter(move |index| {
            let path = self.seen[*index].address.module();
            let mut calls = path.calls().zip(from.calls());
            path.names() == module && calls.all(|(mine, theirs)| mine.0 != theirs.0 || mine.1 == theirs.1)
        })
    }

    fn text(&self, seen: &Seen<'_>, argument: &str, given: &Given, is_after: bool) -> Gift {
        if is_after && seen.is_unknown(argument) {
            let is_harmless = self.is_harmless_document(seen.address.module(), &seen.address.in_module(), argument);
            return if is_harmless { Gift::Document(EMPTY.to_owned()) } else { Gift::Unknown(AFTER_APPLY) };
        }
        Gift::Document(given.document(argument).map_or_else(|| EMPTY.to_owned(), Cow::into_owned))
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
                Some(policies) => all.push(Gift::Policies(policies)),
                None => all.push(Gift::Unknown("which policy it is is known after the apply only")),
            }
        }
        all
    }

    /// The policies of this plan that an argument refers to, where it refers to nothing else.
    fn new_policies(&self, seen: &Seen<'_>, argument: &str) -> Option<Rc<[usize]>> {
        let module = seen.address.module();
        let references = self.plan.configuration.references(module, &seen.address.in_module(), argument)?;
        let key = (module.to_string(), references.clone());
        if let Some(meant) = self.meant.borrow().get(&key) {
            return meant.clone();
        }
        let meant = self.policies_meant(module, references);
        self.meant.borrow_mut().insert(key, meant.clone());
        meant
    }

    fn policies_meant(&self, module: &Path, references: &BTreeSet<String>) -> Option<Rc<[usize]>> {
        let mut all = Vec::new();
        for reference in whole(references) {
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
        (!all.is_empty()).then(|| all.into())
    }
}

const EMPTY: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

/// `aws_iam_policy.x` of `aws_iam_policy.x[0].arn`.
pub(super) fn without_attribute(reference: &str) -> String {
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
            side.groups.entry(user.to_ascii_lowercase()).or_default().push((index, group));
        }
    }
}

impl Side {
    /// Everybody who has something.
    pub(super) fn holders(&self) -> BTreeSet<Holder> {
        let users = self.groups.keys().map(|user| Holder::named(Who::User, user));
        self.gifts.keys().cloned().chain(users).collect()
    }

    /// Shortens the lists of policies to those that may say something of targets.
    pub(super) fn leave_out_what_concerns_no(&mut self, targets: &[Target]) {
        let concerns = |gifts: &[(usize, Gift)]| self.policies(gifts, None).may_concern(targets);
        let of_policies = self.gifts.iter().filter_map(|(holder, gifts)| match holder {
            Holder::Policy(index) if concerns(gifts) => Some(*index),
            _ => None,
        });
        let kept: BTreeSet<usize> = of_policies.collect();
        let mut short: HashMap<Rc<[usize]>, Rc<[usize]>> = HashMap::new();
        for (_, gift) in self.gifts.values_mut().flatten() {
            if let Gift::Policies(all) = gift {
                let list = || all.iter().copied().filter(|policy| kept.contains(policy)).collect();
                *all = short.entry(Rc::clone(all)).or_insert_with(list).clone();
            }
        }
    }

    pub(super) fn boundary(&self, holder: &Holder) -> Option<&str> {
        self.boundaries.get(holder).map(String::as_str)
    }

    /// What somebody has: each with the resource that gives it.
    pub(super) fn gifts(&self, holder: &Holder) -> Vec<(usize, Gift)> {
        let mut all = self.gifts.get(holder).cloned().unwrap_or_default();
        if let Holder::Named(Who::User, user) = holder {
            for (index, group) in self.groups.get(user).into_iter().flatten() {
                match self.gifts.get(&Holder::named(Who::Group, group)) {
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
        // What several resources give is one policy, by the first of them.
        let mut given = BTreeSet::new();
        for (index, gift) in gifts.iter().filter(|(_, gift)| given.insert(gift)) {
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
            Gift::Kept(policy) => {
                policies.add_unread(&name, &format!("it keeps the policy `{policy}`, whose text is not in this plan"));
            }
            Gift::Arn(arn) if arn.contains(":iam::aws:policy/") => policies.attach(arn),
            Gift::Arn(arn) => match self.documents.get(arn) {
                Some(text) => policies.add(&name, text),
                None => policies.add_unread(&name, ELSEWHERE),
            },
            Gift::Policies(all) => {
                let gifts = all.iter().filter_map(|policy| self.gifts.get(&Holder::Policy(*policy))).flatten();
                // One that is not known yet is said of the policy itself.
                let texts =
                    gifts.filter_map(|(_, gift)| if let Gift::Document(text) = gift { Some(text) } else { None });
                for text in texts.collect::<BTreeSet<_>>() {
                    policies.add(&name, text);
                }
            }
        }
    }
}
