//! Finds objects that an older spec had under another name: they move to another address, or are forgotten. Pure.

use std::collections::{HashMap, HashSet};

use driftless_model::Spec;

use super::address::{Address, Module};
use super::decide::{Adoption, Fate, How, Step};
use super::evidence::Evidence;
use super::facts::Facts;
use super::left::Left;
use super::problems;
use super::state::{Held, State};
use crate::render::{Managed, Object};

/// The moves from the addresses in the Terraform of an older spec to those in the Terraform of `spec`, both in
/// `module`. Secrets that the older spec managed and `spec` leaves to others are forgotten.
#[must_use]
pub fn renames(spec: &Spec, wanted: &[Managed], old: &[Managed], module: &Module) -> Adoption {
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
        adoption.steps.push(Step { address: address.clone(), how });
        taken.push(it);
    }
    let objects: HashSet<&Object> = wanted.iter().map(|it| &it.object).collect();
    let used = state.held.iter().filter(|held| objects.contains(&held.object)).map(|held| &held.address).collect();
    let evidence = Evidence { state: Some(&state), ..Evidence::default() };
    let steps = taken.into_iter().zip(&adoption.steps).collect();
    let (forgotten, notes) = Left::new(spec, steps, wanted, evidence, Facts::default(), &used).forgotten(Fate::Stays);
    // A rename alone changes nothing on secrets.
    Adoption { forgotten, notes, knows_secrets: true, ..adoption }
}

fn held(module: &Module, it: &Managed) -> Held {
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
        write_only_version: None,
    }
}
