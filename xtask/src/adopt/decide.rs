//! What has to be written down so that Terraform takes over what exists: what the spec's Terraform manages against what
//! is known of the account. Pure.

use std::collections::{BTreeSet, HashMap, HashSet};

use paypulse_runtime::model::{Delivery, Problem, Spec};

use super::address::{Address, Module};
use super::arn::{account, region};
use super::evidence::{Evidence, facts_of, implied, on_named_roles};
use super::left::{self, Left};
use super::listing::Found;
use super::problems;
use super::state::Held;
use crate::render::{Managed, Object};

/// How everything that exists comes to where the rendered Terraform has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adoption {
    /// One for each resource of the rendered Terraform, in its order.
    pub steps: Vec<Step>,
    /// What Terraform is to manage no longer, and to leave as it is; sorted.
    pub forgotten: Vec<Forgotten>,
    /// What another configuration has to forget, without keys; sorted.
    pub handed_over: BTreeSet<Address>,
    /// What has to be known before an apply.
    pub notes: Vec<Problem>,
    /// What cannot be decided from what was passed.
    pub undecided: Vec<Problem>,
    /// What has to be decided first.
    pub problems: Vec<Problem>,
    /// Whether everything is known that the first apply could change of a secret.
    pub knows_secrets: bool,
}

impl Adoption {
    /// Whether nothing is known that an apply changes: what the notes say stays so.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.undecided.is_empty() && self.notes.iter().all(|note| problems::LASTING.contains(&note.lint))
    }

    /// Whether the first apply changes nothing of the secrets that exist, as far as that is known.
    #[must_use]
    pub fn keeps_secrets(&self) -> bool {
        self.knows_secrets && !self.notes.iter().any(|note| problems::changes::OF_SECRETS.contains(&note.lint))
    }
}

/// One resource of the rendered Terraform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its address.
    pub address: Address,
    /// What happens to it.
    pub how: How,
}

/// How the object of a resource comes to its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    /// It is there already.
    Managed,
    /// The state has it at another address.
    Move {
        /// That address.
        from: Address,
    },
    /// It exists, and no state has it.
    Import {
        /// How the provider knows it.
        id: String,
    },
    /// It does not exist, as far as is known: the first apply creates it.
    Create,
}

/// A resource that is taken out of the state, with all its instances.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Forgotten {
    /// Its address, without keys.
    pub from: Address,
    /// What comes of its objects.
    pub fate: Fate,
}

/// What comes of something that leaves a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// A secret, or what belongs to one: it stays as it is.
    Stays,
    /// A policy on a role: the resource that says which policies the role has takes it off. Were it still in the state, two
    /// resources would take it off at once, and one of them fail.
    TakenOff,
}

/// Compares what a spec's Terraform manages, in `module`, with what is known of the account.
#[must_use]
pub fn decide(spec: &Spec, wanted: &[Managed], module: &Module, evidence: Evidence<'_>) -> Adoption {
    let facts = facts_of(evidence);
    let implied = implied(&facts);
    let wanted = &on_named_roles(spec, wanted, evidence);
    let known = Known::of(evidence, &implied);
    let mut adoption = Adoption::default();
    let mut used = HashSet::new();
    let mut taken = Vec::new();
    for it in wanted {
        let address = Address::rendered(module, &it.address);
        match known.how(&address, it, &mut used) {
            Ok(how) => {
                adoption.steps.push(Step { address, how });
                taken.push(it);
            }
            Err(problem) => adoption.problems.push(problem),
        }
    }
    adoption.problems.extend(known.several_places(wanted));
    let steps = taken.into_iter().zip(&adoption.steps).collect();
    let looked = left::look(Left::new(spec, steps, wanted, evidence, facts, &used), module);
    adoption.problems.extend(looked.problems);
    Adoption {
        forgotten: looked.forgotten,
        handed_over: looked.handed_over,
        notes: looked.notes,
        undecided: looked.undecided,
        knows_secrets: looked.knows_secrets,
        ..adoption
    }
}

/// The evidence by address and by object.
struct Known<'a> {
    at: HashMap<&'a Address, &'a Held>,
    held: HashMap<Object, Vec<&'a Held>>,
    found: HashMap<Object, Vec<&'a Found>>,
}

impl<'a> Known<'a> {
    fn of(evidence: Evidence<'a>, implied: &'a [Found]) -> Self {
        let held = evidence.state.map(|state| state.held.as_slice()).unwrap_or_default();
        let found = evidence.listing.iter().flat_map(|listing| &listing.found);
        let mut found = by_object(found.map(|found| (&found.object, found)));
        for role in implied {
            found.entry(role.object.clone()).or_insert_with(|| vec![role]);
        }
        Self {
            at: held.iter().map(|held| (&held.address, held)).collect(),
            held: by_object(held.iter().map(|held| (&held.object, held))),
            found,
        }
    }

    /// How an object comes to an address. What the state has of it is noted as used.
    fn how(&self, address: &Address, it: &Managed, used: &mut HashSet<&'a Address>) -> Result<How, Problem> {
        let object = &it.object;
        let everywhere = self.held.get(object).map(Vec::as_slice).unwrap_or_default();
        let is_here = |held: &&&Held| held.arn.as_deref().is_none_or(|arn| is_there(arn, it));
        let same: Vec<&Held> = everywhere.iter().filter(is_here).copied().collect();
        if let ([], [elsewhere, ..], Some(region)) = (same.as_slice(), everywhere, &it.region) {
            return Err(problems::in_another_region(elsewhere, region));
        }
        if !same.is_empty() && self.found_for(it).any(|found| found.is_pending_deletion) {
            return Err(problems::pending_deletion(address, object));
        }
        if let Some(there) = self.at.get(address) {
            used.insert(&there.address);
            let is_it = same.iter().any(|held| held.address == there.address);
            return match (is_it, there.tainted) {
                (false, _) => Err(problems::address_taken(there, object)),
                (true, true) => Err(problems::tainted(there)),
                (true, false) => Ok(How::Managed),
            };
        }
        let current = of_values_the_current(&same);
        if !current.is_empty() && current.iter().all(|held| self.is_outdated(held, it)) {
            // Another version is the value now, and that one is imported.
            return self.import(address, it);
        }
        match current.as_slice() {
            [held] if held.tainted => Err(problems::tainted(held)),
            [held] => {
                used.insert(&held.address);
                Ok(How::Move { from: held.address.clone() })
            }
            [] => self.import(address, it),
            several => Err(problems::held_twice(address, several)),
        }
    }

    /// What is listed of an object, where it is wanted.
    fn found_for(&self, it: &Managed) -> impl Iterator<Item = &'a Found> {
        let found = self.found.get(&it.object).into_iter().flatten().copied();
        found.filter(|found| is_there(&found.id, it))
    }

    /// Whether a version is listed as the value that is not the one in the state, and can be imported.
    fn is_outdated(&self, held: &Held, it: &Managed) -> bool {
        let is_value = matches!((&it.object, &it.delivery), (Object::Value(_), Some(Delivery::InState { .. })));
        let version = |id: &str| id.rsplit_once('|').map(|(_, version)| version.to_owned());
        let held = held.import_id.as_deref().and_then(version);
        is_value && held.is_some() && self.found_for(it).any(|found| version(&found.id) != held)
    }

    fn import(&self, address: &Address, it: &Managed) -> Result<How, Problem> {
        let object = &it.object;
        if !matches!(it.delivery, None | Some(Delivery::InState { .. })) {
            // An import would put the value into the state, and the apply write another one all the same.
            return Ok(How::Create);
        }
        let found: Vec<&Found> = self.found_for(it).collect();
        match found.as_slice() {
            [found] if found.is_pending_deletion => Err(problems::pending_deletion(address, object)),
            [found] => Ok(How::Import { id: id_in_region(&found.id, it.region.as_deref()) }),
            [] => Ok(match self.role_with_lists(object) {
                Some(role) => How::Import { id: role.to_owned() },
                None => How::Create,
            }),
            several => Err(problems::listed_twice(address, several)),
        }
    }

    /// One configuration of a provider reaches one account, and one Region besides those that the spec names.
    fn several_places(&self, wanted: &[Managed]) -> Option<Problem> {
        let is_secret = |object: &&Object| matches!(object, Object::Secret(_));
        let secrets = wanted.iter().filter(|it| is_secret(&&it.object));
        let held = |object| self.held.get(object).into_iter().flatten().filter_map(|held| held.arn.as_deref());
        let found = |object| self.found.get(object).into_iter().flatten().map(|found| found.id.as_str());
        let arns = secrets.flat_map(|it| held(&it.object).chain(found(&it.object)).filter(|arn| !is_named(arn, it)));
        let places: BTreeSet<(&str, &str)> = arns.map(|arn| (account(arn), region(arn))).collect();
        (places.len() > 1).then(|| problems::several_places(&places))
    }

    /// Whatever a role has or has not, it can be imported: then the plan shows what the apply will take off.
    fn role_with_lists<'o>(&self, object: &'o Object) -> Option<&'o str> {
        let (Object::InlinePoliciesOf(role) | Object::AttachmentsOf(role)) = object else { return None };
        let object = Object::Role(role.clone());
        (self.held.contains_key(&object) || self.found.contains_key(&object)).then_some(role)
    }
}

/// Whether what an id stands for can be in the Region in which it is wanted. Some ids name none.
fn is_there(id: &str, it: &Managed) -> bool {
    it.region.is_none() || region(id).is_empty() || is_named(id, it)
}

/// Whether an ARN is of the Region that the spec names.
fn is_named(arn: &str, it: &Managed) -> bool {
    it.region.as_deref() == Some(region(arn))
}

/// How the provider takes the id of what is in another Region than its own.
///
/// Source: [enhanced region support][region].
///
/// [region]: https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/guides/enhanced-region-support.html.markdown#how-region-works
fn id_in_region(id: &str, region: Option<&str>) -> String {
    region.map_or_else(|| id.to_owned(), |region| format!("{id}@{region}"))
}

/// Several versions of a secret can be in a state, of which one is its value.
fn of_values_the_current<'a>(same: &[&'a Held]) -> Vec<&'a Held> {
    let current: Vec<_> = same.iter().copied().filter(|held| held.is_current).collect();
    if same.len() > 1 && current.len() == 1 { current } else { same.to_vec() }
}

/// Everything by its object; what is on a role also by what it is on an unknown one.
fn by_object<'a, T>(all: impl Iterator<Item = (&'a Object, &'a T)>) -> HashMap<Object, Vec<&'a T>> {
    let mut map: HashMap<Object, Vec<&T>> = HashMap::new();
    for (object, it) in all {
        if let Some(unknown) = object.on_an_unknown_role() {
            map.entry(unknown).or_default().push(it);
        }
        map.entry(object.clone()).or_default().push(it);
    }
    map
}
