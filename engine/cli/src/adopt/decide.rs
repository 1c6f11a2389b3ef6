//! Decides how Terraform takes over existing objects: compares what the spec's Terraform manages with what is known
//! about the account. Pure.

use std::collections::{BTreeSet, HashMap, HashSet};

use driftless_model::{Delivery, Problem, Spec};

use super::adoption::{Adoption, AdoptionStep, How};
use super::evidence::{Evidence, facts_of, implied, on_named_roles};
use super::left::{self, Left};
use super::listing::Found;
use super::problems;
use super::state::Held;
use crate::aws::arn::{account, region};
use crate::render::{Managed, Object};
use crate::tf::{Address, ModulePath};

/// Compares what a spec's Terraform manages in `module` with what is known about the account.
#[must_use]
pub fn decide(spec: &Spec, wanted: &[Managed], module: &ModulePath, evidence: Evidence<'_>) -> Adoption {
    let facts = facts_of(evidence);
    let wanted = &on_named_roles(spec, wanted, evidence);
    let implied = implied(&facts, wanted, evidence);
    let known = KnownObjects::of(evidence, &implied);
    let mut adoption = Adoption::default();
    let mut used = HashSet::new();
    let mut taken = Vec::new();
    for it in wanted {
        let address = Address::rendered(module, &it.address);
        match known.how(&address, it, &mut used) {
            Ok(how) => {
                adoption.steps.push(AdoptionStep { address, how });
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
        shared_blocks: looked.shared_blocks,
        notes: looked.notes,
        undecided: looked.undecided,
        knows_secrets: looked.knows_secrets,
        ..adoption
    }
}

/// The evidence by address and by object.
struct KnownObjects<'a> {
    at: HashMap<&'a Address, &'a Held>,
    held: HashMap<Object, Vec<&'a Held>>,
    found: HashMap<Object, Vec<&'a Found>>,
}

impl<'a> KnownObjects<'a> {
    fn of(evidence: Evidence<'a>, implied: &'a [Found]) -> Self {
        let held = evidence.state.map(|state| state.held.as_slice()).unwrap_or_default();
        let found = evidence.listing.iter().flat_map(|listing| &listing.found);
        let mut found = by_object(found.map(|found| (&found.object, found)));
        let held_by = by_object(held.iter().map(|held| (&held.object, held)));
        // What is managed or listed is known better than what is only implied.
        let is_new = |it: &&Found| !held_by.contains_key(&it.object) && !found.contains_key(&it.object);
        let new: Vec<&Found> = implied.iter().filter(is_new).collect();
        for it in new {
            found.entry(it.object.clone()).or_default().push(it);
        }
        Self { at: held.iter().map(|held| (&held.address, held)).collect(), held: held_by, found }
    }

    /// Decides how an object gets to an address. Its address in the state is added to `used`.
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
        // The state already has the target address: it must hold this object, and must not be tainted.
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
            // A different version is current, so that one is imported.
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

    /// The listed objects for a resource, in its Region.
    fn found_for(&self, it: &Managed) -> impl Iterator<Item = &'a Found> {
        let found = self.found.get(&it.object).into_iter().flatten().copied();
        found.filter(|found| is_there(&found.id, it))
    }

    /// Whether the listing has a current version of the value that differs from the one in the state and can be
    /// imported.
    fn is_outdated(&self, held: &Held, it: &Managed) -> bool {
        let is_value = matches!((&it.object, &it.delivery), (Object::Value(_), Some(Delivery::InState { .. })));
        let version = |id: &str| id.rsplit_once('|').map(|(_, version)| version.to_owned());
        let held = held.import_id.as_deref().and_then(version);
        is_value && held.is_some() && self.found_for(it).any(|found| version(&found.id) != held)
    }

    fn import(&self, address: &Address, it: &Managed) -> Result<How, Problem> {
        let object = &it.object;
        if !matches!(it.delivery, None | Some(Delivery::InState { .. })) {
            // An import would store the value in the state, and the apply would still write a new one.
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

    /// Reports secrets in several places: a provider configuration manages one account, and one Region in addition to
    /// those that the spec names.
    fn several_places(&self, wanted: &[Managed]) -> Option<Problem> {
        let is_secret = |object: &&Object| matches!(object, Object::Secret(_));
        let secrets = wanted.iter().filter(|it| is_secret(&&it.object));
        let held = |object| self.held.get(object).into_iter().flatten().filter_map(|held| held.arn.as_deref());
        let found = |object| self.found.get(object).into_iter().flatten().map(|found| found.id.as_str());
        let arns = secrets.flat_map(|it| held(&it.object).chain(found(&it.object)).filter(|arn| !is_named(arn, it)));
        let places: BTreeSet<(&str, &str)> = arns.map(|arn| (account(arn), region(arn))).collect();
        (places.len() > 1).then(|| problems::several_places(&places))
    }

    /// The role whose policy list is imported. It can be imported even if the role has no policies, and the plan then
    /// shows what the apply will remove.
    fn role_with_lists<'o>(&self, object: &'o Object) -> Option<&'o str> {
        let (Object::InlinePoliciesOf(role) | Object::AttachmentsOf(role)) = object else { return None };
        let object = Object::Role(role.clone());
        (self.held.contains_key(&object) || self.found.contains_key(&object)).then_some(role)
    }
}

/// Whether the object with an id can be in the wanted Region. Some ids contain no Region.
fn is_there(id: &str, it: &Managed) -> bool {
    it.region.is_none() || region(id).is_empty() || is_named(id, it)
}

/// Whether an ARN is in the Region that the spec names.
fn is_named(arn: &str, it: &Managed) -> bool {
    it.region.as_deref() == Some(region(arn))
}

/// The import id of an object, with its Region if that is not the provider's.
///
/// Source: [enhanced region support][region].
///
/// [region]: https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/guides/enhanced-region-support.html.markdown#how-region-works
fn id_in_region(id: &str, region: Option<&str>) -> String {
    region.map_or_else(|| id.to_owned(), |region| format!("{id}@{region}"))
}

/// If a state has several versions of a secret and exactly one is current, only that one.
fn of_values_the_current<'a>(same: &[&'a Held]) -> Vec<&'a Held> {
    let current: Vec<_> = same.iter().copied().filter(|held| held.is_current == Some(true)).collect();
    if same.len() > 1 && current.len() == 1 { current } else { same.to_vec() }
}

/// The items by object. Items on a role are also indexed by the same object on an unknown role.
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
