//! Collects the policies of principals outside the spec before and after a plan: from documents, attachments and
//! groups.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::access::inline;
use super::configuration::{End, Source, is_key, whole};
use super::given::Given;
use super::kinds::{By, Does, Who};
use super::seen::Seen;
use super::side::{Gift, Holder, PolicySide};
use super::{Plan, Planned};
use crate::tf::ModulePath as Path;

/// Why the content of a policy is not known.
const AFTER_APPLY: &str = "its policy is known only after the apply";

/// Reads one side of a plan.
pub(super) struct Reader<'a> {
    pub(super) plan: &'a Plan,
    pub(super) seen: &'a [Seen<'a>],
    /// Whether a function of the spec rotates secrets, so that who may call functions matters.
    pub(super) rotates: bool,
    /// The indices in `seen`, by the address within the module.
    places: HashMap<String, Vec<usize>>,
    /// The data sources that are read during the apply, by the names of their module calls and their address in the
    /// module.
    pub(super) reads: HashMap<(Vec<String>, String), Vec<&'a Planned>>,
    /// The policies whose texts are in the plan: the identity and the name of the policy.
    written: BTreeSet<(Holder, &'a str)>,
    /// A cache by module and references, because instances of a resource share them.
    meant: RefCell<HashMap<References, MeantPolicy>>,
}

/// The resources that the references of an argument mean.
#[derive(Clone, Default)]
pub(super) struct MeantPolicy {
    /// Their indices in `seen`, sorted.
    pub(super) all: Rc<[usize]>,
    /// Whether they are managed policies, and the argument refers to nothing else.
    are_policies: bool,
}

/// The module of an argument, and the references of the argument.
type References = (String, BTreeSet<String>);

impl<'a> Reader<'a> {
    pub(super) fn new(plan: &'a Plan, seen: &'a [Seen<'a>], rotates: bool) -> Self {
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (index, seen) in seen.iter().enumerate() {
            places.entry(seen.address.in_module()).or_default().push(index);
        }
        let mut reads: HashMap<_, Vec<&Planned>> = HashMap::new();
        for planned in &plan.reads {
            reads.entry((planned.address.module().names(), planned.address.in_module())).or_default().push(planned);
        }
        let mut reader =
            Self { plan, seen, rotates, places, reads, written: BTreeSet::new(), meant: RefCell::default() };
        reader.written = seen.iter().flat_map(|seen| reader.written_by(seen)).collect();
        reader
    }

    /// The inline policies whose text a resource has or had.
    fn written_by(&self, seen: &'a Seen<'a>) -> Vec<(Holder, &'a str)> {
        let Some(Does::Gives { to, by: By::Document(_) }) = seen.does else { return Vec::new() };
        let sides = [(seen.before, false), (seen.after, true)];
        let sides = sides.into_iter().filter_map(|(given, is_after)| Some((given?, given?.word("name")?, is_after)));
        let all = sides.flat_map(|(given, name, is_after)| {
            let holders = to.iter().flat_map(move |(who, it)| self.identities(seen, *who, it, given, is_after));
            holders.map(move |holder| (holder, name))
        });
        all.collect()
    }

    pub(super) fn side(&self, is_after: bool) -> PolicySide {
        let mut side = PolicySide::default();
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

    fn policy(&self, index: usize, given: &Given, is_after: bool, side: &mut PolicySide) {
        let seen = &self.seen[index];
        let gift = self.text(seen, "policy", given, is_after);
        if let (Some(arn), Gift::Document(text)) = (given.word("arn"), &gift) {
            side.documents.insert(arn.to_owned(), text.clone());
        }
        side.gifts.entry(Holder::Policy(index)).or_default().push((index, gift));
    }

    fn role(&self, index: usize, given: &Given, is_after: bool, side: &mut PolicySide) {
        let seen = &self.seen[index];
        let holder = match given.word("name") {
            Some(name) => Holder::named(Who::Role, name),
            None => Holder::Unnamed(seen.address.to_string()),
        };
        side.boundaries.extend(given.word("permissions_boundary").map(|arn| (holder.clone(), arn.to_owned())));
        let gifts = side.gifts.entry(holder.clone()).or_default();
        let shown = self.plan.configuration.arguments(seen.address.module(), &seen.address.in_module());
        // A role that the configuration does not show can have the argument.
        let is_configured = |argument: &str| shown.is_none_or(|arguments| arguments.contains_key(argument));
        // Without `inline_policy` in the configuration, the role only shows what other resources write.
        let is_read_back =
            |name: &str| !is_configured("inline_policy") && self.written.contains(&(holder.clone(), name));
        let own = inline(given).filter(|(name, _)| !is_read_back(name));
        let own: Vec<_> = own.map(|(_, text)| (index, Gift::Document(text.to_owned()))).collect();
        gifts.extend(own);
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

    fn gives(&self, index: usize, to: &[(Who, &'static str)], by: By, is_after: bool, side: &mut PolicySide) {
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

    fn joins(&self, index: usize, (users, groups): (&str, &str), is_after: bool, side: &mut PolicySide) {
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
            all.extend(self.unnamed(seen, who, argument));
        }
        all
    }

    /// The identities whose names are known only after the apply. If the argument refers to a resource with a known name,
    /// that name is used, and of several instances those of all.
    fn unnamed(&self, seen: &Seen<'_>, who: Who, argument: &str) -> Vec<Holder> {
        let source = self.plan.configuration.one(seen.address.module(), &seen.address.in_module(), argument);
        let found = source.iter().flat_map(|source| self.resources(seen.address.module(), source));
        let holder = |index: usize| {
            let found = &self.seen[index];
            match found.after?.word("name") {
                Some(name) => Some(Holder::named(who, name)),
                None => Some(Holder::Unnamed(found.address.to_string())),
            }
        };
        let all: BTreeSet<Holder> = found.filter_map(holder).collect();
        if all.is_empty() { vec![Holder::Unnamed(seen.address.to_string())] } else { all.into_iter().collect() }
    }

    /// The indices of the resources at the end of an expression in the module `from`: all instances, unless it names one.
    pub(super) fn resources<'s>(&'s self, from: &'s Path, source: &'s Source) -> impl Iterator<Item = usize> + 's {
        let address = match &source.end {
            End::Reference(reference) => without_attribute(reference),
            _ => String::new(),
        };
        let places = self.places.get(&address).map(Vec::as_slice).unwrap_or_default();
        places.iter().copied().filter(move |index| {
            let address = self.seen[*index].address;
            source.is_called_from(from, address.module()) && source.is_instance(address)
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
    pub(super) fn meant(&self, seen: &Seen<'_>, argument: &str) -> MeantPolicy {
        let module = seen.address.module();
        let references = self.plan.configuration.references(module, &seen.address.in_module(), argument);
        let Some(references) = references else { return MeantPolicy::default() };
        let key = (module.to_string(), references.clone());
        if let Some(meant) = self.meant.borrow().get(&key) {
            return meant.clone();
        }
        let meant = self.meant_by(module, references);
        self.meant.borrow_mut().insert(key, meant.clone());
        meant
    }

    fn meant_by(&self, module: &Path, references: &BTreeSet<String>) -> MeantPolicy {
        let (mut all, mut are_policies) = (BTreeSet::new(), true);
        for reference in whole(references).into_iter().filter(|reference| !is_key(reference)) {
            let source = self.plan.configuration.follow_reference(module, reference);
            let found: Vec<usize> = self.resources(module, &source).collect();
            let is_policy = |index: &usize| self.seen[*index].does == Some(Does::Policy);
            are_policies &= !found.is_empty() && found.iter().all(is_policy);
            all.extend(found);
        }
        MeantPolicy { are_policies: are_policies && !all.is_empty(), all: all.into_iter().collect() }
    }
}

const EMPTY: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

/// `aws_iam_policy.x` for `aws_iam_policy.x[0].arn`.
pub(super) fn without_attribute(reference: &str) -> String {
    let words: Vec<&str> = reference.split('.').take(2).collect();
    let address = words.join(".");
    address.split('[').next().unwrap_or_default().to_owned()
}
