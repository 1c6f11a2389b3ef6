//! Compares the Terraform of an older spec with that of the spec: objects that move to another address, are forgotten,
//! replaced or destroyed. Pure.

use std::collections::{HashMap, HashSet};

use driftless_model::{Delivery, Problem, Spec};

use super::adoption::{Adoption, AdoptionStep, Fate, How};
use super::evidence::Evidence;
use super::facts::Facts;
use super::left::Left;
use super::problems::{self, renamed as say};
use super::state::{Held, State};
use crate::render::{Managed, Object};
use crate::tf::{Address, ModulePath};

/// The moves from the addresses in the Terraform of an older spec to those in the Terraform of `spec`, both in
/// `module`. Secrets that the older spec managed and `spec` leaves to others are forgotten.
#[must_use]
pub fn renames(
    (spec, wanted): (&Spec, &[Managed]),
    (old_spec, old): (&Spec, &[Managed]),
    module: &ModulePath,
) -> Adoption {
    if spec.prefixes.is_some() != old_spec.prefixes.is_some() {
        let problems = vec![say::prefixes(spec.prefixes.is_some())];
        return Adoption { problems, ..Adoption::default() };
    }
    let state = State { held: old.iter().map(|it| held(module, it)).collect(), ..State::default() };
    let before: HashMap<&Object, &Address> = state.held.iter().map(|held| (&held.object, &held.address)).collect();
    let addresses: Vec<Address> = wanted.iter().map(|it| Address::rendered(module, &it.address)).collect();
    let declared: HashSet<&Address> = addresses.iter().collect();
    let mut adoption = Adoption::default();
    let mut taken = Vec::new();
    for (it, address) in wanted.iter().zip(&addresses) {
        let how = match before.get(&it.object) {
            None => How::Create,
            Some(from) if *from == address => How::Managed,
            Some(from) if declared.contains(from) => {
                adoption.problems.push(problems::label_taken(from, &it.object));
                continue;
            }
            Some(from) => How::Move { from: (*from).clone() },
        };
        adoption.steps.push(AdoptionStep { address: address.clone(), how });
        taken.push(it);
    }
    let objects: HashSet<&Object> = wanted.iter().map(|it| &it.object).collect();
    let used = state.held.iter().filter(|held| objects.contains(&held.object)).map(|held| &held.address).collect();
    let evidence = Evidence { state: Some(&state), ..Evidence::default() };
    let steps = taken.into_iter().zip(&adoption.steps).collect();
    let left = Left::new(spec, steps, wanted, evidence, Facts::default(), &used);
    let (forgotten, mut notes) = left.forgotten(Fate::Stays);
    let mut in_the_way = Vec::new();
    let by_object: HashMap<&Object, &Managed> = old.iter().map(|it| (&it.object, it)).collect();
    for (it, step) in &left.steps {
        if let Some(old) = by_object.get(&it.object) {
            in_the_way.extend(replaced(old, it, &step.address));
            let (stop, note) = value(old, it, &step.address);
            in_the_way.extend(stop);
            notes.extend(note);
        }
    }
    for held in state.held.iter().filter(|held| !objects.contains(&held.object)) {
        match &held.object {
            Object::Secret(name) if left.secret(name).is_none() => {
                let next = wanted.iter().zip(&addresses).find(|(_, address)| **address == held.address);
                in_the_way.push(say::secret_destroyed(&held.address, name, next.map(|(it, _)| &it.object)));
            }
            Object::Role(name) => notes.push(say::role_destroyed(&held.address, name)),
            _ => {}
        }
    }
    adoption.problems.extend(in_the_way);
    // A rename alone changes nothing on secrets.
    Adoption { forgotten, notes, knows_secrets: true, ..adoption }
}

/// A secret in another Region than before: Terraform deletes it there, and creates another one.
fn replaced(old: &Managed, it: &Managed, address: &Address) -> Option<Problem> {
    let Object::Secret(name) = &it.object else { return None };
    let (from, to) = (old.region.as_deref(), it.region.as_deref());
    (from != to).then(|| say::region(address, name, from, to))
}

/// What the first apply does to a value that is delivered in another way than before: a problem, or a note.
fn value(old: &Managed, it: &Managed, address: &Address) -> (Option<Problem>, Option<Problem>) {
    let (Object::Value(name), Some(from), Some(to)) = (&it.object, &old.delivery, &it.delivery) else {
        return (None, None);
    };
    match (from, to) {
        (Delivery::Generated { generated: from }, Delivery::Generated { generated: to }) => {
            let is_new = from.version != to.version;
            (None, is_new.then(|| problems::value_generated(address, name, to.version)))
        }
        (_, Delivery::Generated { .. }) => (Some(problems::overwritten(address, name)), None),
        (Delivery::InState { .. }, Delivery::InState { .. }) => (None, None),
        (Delivery::WriteOnly { write_only: from, .. }, Delivery::WriteOnly { write_only: to, variable }) => {
            (None, (from != to).then(|| problems::value_written(address, name, variable)))
        }
        _ => (None, Some(problems::value_delivered_otherwise(address, name))),
    }
}

fn held(module: &ModulePath, it: &Managed) -> Held {
    let address = Address::rendered(module, &it.address);
    let object = it.object.clone();
    Held {
        address,
        object,
        arn: None,
        import_id: None,
        tainted: false,
        is_current: Some(true),
        is_by_another_id: false,
        is_binary: false,
        write_only_version: None,
    }
}
