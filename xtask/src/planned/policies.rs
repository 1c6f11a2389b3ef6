//! Collects the policies of principals outside the spec before and after a plan: from documents, attachments and
//! groups.

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

/// Why the content of a policy is not known.
const AFTER_APPLY: &str = "its policy is known only after the apply";
const ELSEWHERE: &str = "the policy is not in this plan";
const GROUP_ELSEWHERE: &str = "what the group may do is not in this plan";

/// An identity that has policies, or a policy by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holder {
    /// An identity by its name in lower case.
    Named(Who, String),
    /// A managed policy by its index in `seen`, because identities outside the plan may attach it.
    Policy(usize),
    /// An identity whose name is known only after the apply, by the address of the resource that names it.
    Unnamed(String),
}

impl Holder {
    /// A role, a user or a group by its name, ignoring case.
    ///
    /// Source: [names in IAM](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html), of roles, users and groups.
    pub(super) fn named(who: Who, name: &str) -> Self {
        Self::Named(who, name.to_ascii_lowercase())
    }
}

/// A resource before and after the apply.
pub(super) struct Seen<'a> {
    pub(super) address: &'a Address,
    pub(super) kind: &'a str,
    pub(super) does: Option<Does>,
    pub(super) before: Option<&'a Given>,
    pub(super) after: Option<&'a Given>,
    pub(super) unknown: &'a Given,
    /// Whether the apply changes it, or it was changed outside Terraform.
    pub(super) changes: bool,
    /// Whether it was only changed outside Terraform.
    pub(super) is_outside: bool,
}

/// A policy that a resource gives.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gift {
    Document(String),
    Arn(String),
    /// Managed policies of this plan, by their indices in `seen`. All instances of a resource with `count` share one
    /// list.
    Policies(Rc<[usize]>),
    /// Everything that a group has.
    Group(Holder),
    Unknown(&'static str),
    /// A policy that the identity already has and keeps, by its name.
    Kept(String),
}

/// The policies of all holders, before or after the apply.
#[derive(Default)]
pub(super) struct Side {
    /// By holder: the index of the resource, and what it gives.
    gifts: BTreeMap<Holder, Vec<(usize, Gift)>>,
    /// The documents of managed policies that are resources or data sources, by ARN.
    documents: BTreeMap<String, String>,
    /// The groups of each user, each with the resource that adds the user.
    groups: BTreeMap<Holder, Vec<(usize, Holder)>>,
    boundaries: BTreeMap<Holder, String>,
}

impl Plan {
    /// Every resource of the plan. Resources that were changed outside Terraform have the state before that change.
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
                is_outside: outside.is_some() && (!changes || self.shape.is_refresh_only),
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

/// Reads one side of a plan.
pub(super) struct Reader<'a> {
    pub(super) plan: &'a Plan,
    pub(super) seen: &'a [Seen<'a>],
    /// The indices in `seen`, by the address within the module.
    places: HashMap<String, Vec<usize>>,
    /// The data sources that are read during the apply, by the names of their module calls and their address in the
    /// module.
    pub(super) reads: HashMap<(Vec<String>, String), Vec<&'a Planned>>,
    /// The policies whose texts are in the plan: the identity and the name of the policy.
    written: BTreeSet<(Holder, &'a str)>,
    /// A cache by module and references, because instances of a resource share them.
    meant: RefCell<HashMap<References, Meant>>,
}

/// The resources that the references of an argument mean.
#[derive(Clone, Default)]
pub(super) struct Meant {
    /// Their indices in `seen`, sorted.
    pub(super) all: Rc<[usize]>,
    /// Whether they are managed policies, and the argument refers to nothing else.
    are_policies: bool,
}

/// The module of an argument, and the references of the argument.
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
        let mut reader = Self { plan, seen, places, reads, written: BTreeSet::new(), meant: RefCell::default() };
        reader.written = seen.iter().flat_map(|seen| reader.written_by(seen)).collect();
        reader
    }

    /// The inline policies whose text a resource has.
    fn written_by(&self, seen: &'a Seen<'a>) -> Vec<(Holder, &'a str)> {
        let (Some(Does::Gives { to, by: By::Document(_) }), Some(given)) = (seen.does, seen.after) else {
            return Vec::new();
        };
        let Some(name) = given.word("name") else { return Vec::new() };
        let holders = to.iter().flat_map(|(who, argument)| self.identities(seen, *who, argument, given, true));
        holders.map(|holder| (holder, name)).collect()
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
                Some(Does::Joins { users, groups }) => self.joins(index, (users, groups), is_after, &mut side),
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
            // If the whole argument is unknown and not configured, the provider only reads it back.
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
            By::Names(argument) => given.words(argument).map(|name| Gift::Kept(name.to_owned())).collect(),
        };
        for (who, argument) in to {
            for holder in self.identities(seen, *who, argument, given, is_after) {
                // Policies that another resource of the plan defines are checked there.
                let is_written =
                    |gift: &Gift| matches!(gift, Gift::Kept(name) if self.written.contains(&(holder.clone(), name)));
                let gifts: Vec<_> =
                    gifts.iter().filter(|gift| !is_written(gift)).map(|it| (index, it.clone())).collect();
                side.gifts.entry(holder).or_default().extend(gifts);
            }
        }
    }

    fn joins(&self, index: usize, (users, groups): (&str, &str), is_after: bool, side: &mut Side) {
        let seen = &self.seen[index];
        let Some(given) = seen.given(is_after) else { return };
        let groups = self.identities(seen, Who::Group, groups, given, is_after);
        for user in self.identities(seen, Who::User, users, given, is_after) {
            side.groups.entry(user).or_default().extend(groups.iter().map(|group| (index, group.clone())));
        }
    }

    /// The identities that an argument names, including those whose names are known only after the apply.
    fn identities(&self, seen: &Seen<'_>, who: Who, argument: &str, given: &Given, is_after: bool) -> Vec<Holder> {
        let names = given.word(argument).into_iter().chain(given.words(argument));
        let mut all: Vec<Holder> = names.map(|name| Holder::named(who, name)).collect();
        if is_after && seen.unknown.is_marked(argument) {
            all.push(self.unnamed(seen, who, argument));
        }
        all
    }

    /// An identity whose name is known only after the apply. If the argument refers to a resource with a known name,
    /// that name is used.
    fn unnamed(&self, seen: &Seen<'_>, who: Who, argument: &str) -> Holder {
        let named = || {
            let source = self.plan.configuration.one(seen.address.module(), &seen.address.in_module(), argument)?;
            let End::Reference(reference) = &source.end else { return None };
            let found = self.resources(seen.address.module(), &source.module, reference).next()?;
            Some(Holder::named(who, self.seen[found].after?.word("name")?))
        };
        named().unwrap_or_else(|| Holder::Unnamed(seen.address.to_string()))
    }

    /// The indices of the resources that a reference in a module refers to, with all instances.
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
                None => all.push(Gift::Unknown("which policy it is is known only after the apply")),
            }
        }
        all
    }

    /// The policies of this plan that an argument refers to; `None` if it also refers to anything else.
    fn new_policies(&self, seen: &Seen<'_>, argument: &str) -> Option<Rc<[usize]>> {
        let meant = self.meant(seen, argument);
        meant.are_policies.then_some(meant.all)
    }

    /// The resources of this plan that an argument refers to.
    pub(super) fn meant(&self, seen: &Seen<'_>, argument: &str) -> Meant {
        let module = seen.address.module();
        let references = self.plan.configuration.references(module, &seen.address.in_module(), argument);
        let Some(references) = references else { return Meant::default() };
        let key = (module.to_string(), references.clone());
        if let Some(meant) = self.meant.borrow().get(&key) {
            return meant.clone();
        }
        let meant = self.meant_by(module, references);
        self.meant.borrow_mut().insert(key, meant.clone());
        meant
    }

    fn meant_by(&self, module: &Path, references: &BTreeSet<String>) -> Meant {
        let is_key = |reference: &&str| reference.starts_with("each.") || reference.starts_with("count.");
        let (mut all, mut are_policies) = (BTreeSet::new(), true);
        for reference in whole(references).into_iter().filter(|reference| !is_key(reference)) {
            let source = self.plan.configuration.follow_reference(module, reference);
            let found: Vec<usize> = match &source.end {
                End::Reference(end) => self.resources(module, &source.module, end).collect(),
                _ => Vec::new(),
            };
            let is_policy = |index: &usize| self.seen[*index].does == Some(Does::Policy);
            are_policies &= !found.is_empty() && found.iter().all(is_policy);
            all.extend(found);
        }
        Meant { are_policies: are_policies && !all.is_empty(), all: all.into_iter().collect() }
    }
}

const EMPTY: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

/// `aws_iam_policy.x` for `aws_iam_policy.x[0].arn`.
pub(super) fn without_attribute(reference: &str) -> String {
    let words: Vec<&str> = reference.split('.').take(2).collect();
    let address = words.join(".");
    address.split('[').next().unwrap_or_default().to_owned()
}

/// Whether a policy is managed by AWS.
fn is_of_aws(arn: &str) -> bool {
    arn.contains(":iam::aws:policy/")
}

impl Side {
    /// All holders of policies.
    pub(super) fn holders(&self) -> BTreeSet<Holder> {
        self.gifts.keys().chain(self.groups.keys()).cloned().collect()
    }

    /// Reduces the lists of policies to those that may apply to the targets.
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

    /// The gifts of a holder, each with the index of the resource that gives it.
    pub(super) fn gifts(&self, holder: &Holder) -> Vec<(usize, Gift)> {
        let mut all = self.gifts.get(holder).cloned().unwrap_or_default();
        let groups = self.groups.get(holder).into_iter().flatten();
        all.extend(groups.map(|(index, group)| (*index, Gift::Group(group.clone()))));
        all
    }

    /// Whether the plan contains the holder.
    pub(super) fn knows(&self, holder: &Holder) -> bool {
        self.gifts.contains_key(holder)
    }

    /// The gifts as policies to evaluate. Each is named by the index of the resource that gives it.
    pub(super) fn policies<'p>(&self, gifts: &[(usize, Gift)], boundary: Option<&str>) -> Policies<'p> {
        let mut policies = Policies::new();
        // Identical gifts of several resources are added once, under the first resource.
        let mut given = BTreeSet::new();
        for (index, gift) in gifts.iter().filter(|(_, gift)| given.insert(gift)) {
            self.add(*index, gift, &mut policies);
        }
        match boundary.map(|arn| (arn, self.documents.get(arn))) {
            Some((arn, Some(text))) => policies.bound_by_text(arn, text),
            Some((arn, None)) if is_of_aws(arn) => policies.bound_by(arn),
            // An unknown boundary excludes nothing for certain.
            _ => {}
        }
        policies
    }

    /// Whether the content of a boundary is known.
    pub(super) fn knows_boundary(&self, arn: &str) -> bool {
        is_of_aws(arn) || self.documents.contains_key(arn)
    }

    /// The text of a policy of the plan.
    pub(super) fn document(&self, arn: &str) -> Option<&str> {
        self.documents.get(arn).map(String::as_str)
    }

    fn add(&self, index: usize, gift: &Gift, policies: &mut Policies<'_>) {
        let name = index.to_string();
        match gift {
            Gift::Document(text) => policies.add(&name, text),
            Gift::Unknown(why) => policies.add_unread(&name, why),
            Gift::Kept(policy) => {
                policies.add_unread(&name, &format!("it keeps the policy `{policy}`, whose text is not in this plan"));
            }
            Gift::Arn(arn) if is_of_aws(arn) => policies.attach(arn),
            Gift::Arn(arn) => match self.documents.get(arn) {
                Some(text) => policies.add(&name, text),
                None => policies.add_unread(&name, ELSEWHERE),
            },
            Gift::Group(group) => match self.gifts.get(group) {
                Some(gifts) => gifts.iter().for_each(|(_, gift)| self.add(index, gift, policies)),
                None => policies.add_unread(&name, GROUP_ELSEWHERE),
            },
            Gift::Policies(all) => {
                let gifts = all.iter().filter_map(|policy| self.gifts.get(&Holder::Policy(*policy))).flatten();
                // Unknown policies are reported for the policy itself.
                let texts =
                    gifts.filter_map(|(_, gift)| if let Gift::Document(text) = gift { Some(text) } else { None });
                for text in texts.collect::<BTreeSet<_>>() {
                    policies.add(&name, text);
                }
            }
        }
    }
}
