//! The policies of principals on one side of a plan, before or after it, and how they are handed to the evaluator.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::kinds::Who;
use crate::iam::evaluate::{Policies, Target};

const ELSEWHERE: &str = "the policy is not in this plan";
const GROUP_ELSEWHERE: &str = "what the group may do is not in this plan";

/// An identity that has policies, or a policy by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holder {
    /// An identity by its name in lower case.
    Named(Who, String),
    /// A managed policy by its index in `seen`, because identities outside the plan may attach it.
    Policy(usize),
    /// An identity whose name is known only after the apply, by the address of its resource, or of the one that names it.
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
pub(super) struct PolicySide {
    /// By holder: the index of the resource, and what it gives.
    pub(super) gifts: BTreeMap<Holder, Vec<(usize, Gift)>>,
    /// The documents of managed policies that are resources or data sources, by ARN.
    pub(super) documents: BTreeMap<String, String>,
    /// The groups of each user, each with the resource that adds the user.
    pub(super) groups: BTreeMap<Holder, Vec<(usize, Holder)>>,
    pub(super) boundaries: BTreeMap<Holder, String>,
}

impl PolicySide {
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

/// Whether a policy is managed by AWS.
fn is_of_aws(arn: &str) -> bool {
    arn.contains(":iam::aws:policy/")
}
