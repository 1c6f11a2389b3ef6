//! Finds outdated versions in a state, and values that the first apply writes.

use std::collections::HashSet;

use driftless_model::{Delivery, Problem};

use crate::adopt::adoption::{AdoptionStep, How};
use crate::adopt::left::Left;
use crate::adopt::problems::{self, changes as say};
use crate::adopt::state::Held;
use crate::render::{Managed, Object};
use crate::tf::Address;

impl<'a> Left<'a> {
    /// Versions that the state has as values although other versions are current.
    pub(in crate::adopt) fn stale_values(&self) -> Vec<Problem> {
        let stale = self.steps.iter().filter_map(|(it, step)| self.stale(it, step));
        stale.collect()
    }

    fn stale(&self, it: &Managed, step: &AdoptionStep) -> Option<Problem> {
        let (Object::Value(name), Some(delivery)) = (&it.object, &it.delivery) else { return None };
        if matches!(delivery, Delivery::Generated { .. }) {
            // This version keeps a label of its own; newer versions may have been written since.
            return None;
        }
        let listed = self.listed_version(name);
        let held = match &step.how {
            How::Managed => self.at(&step.address)?,
            How::Move { from } => self.at(from)?,
            // The current version is imported, and the one in the state is dropped.
            How::Import { .. } => self.held().find(|held| held.object == it.object && is_stale(held, listed))?,
            How::Create => return None,
        };
        is_stale(held, listed).then(|| {
            let is_left = matches!(step.how, How::Import { .. });
            say::stale_value(&held.address, name, version(held), listed, is_left)
        })
    }

    /// Values that the first apply writes although the secret may already have one.
    pub(in crate::adopt) fn values(&self) -> Vec<Problem> {
        let written = self.written_values().filter_map(|(delivery, step, name)| match delivery {
            Delivery::InState { .. } | Delivery::WriteOnly { .. } if self.is_by_another_id(step) => {
                Some(problems::value_replaced(&step.address, name))
            }
            Delivery::InState { .. } | Delivery::WriteOnly { .. } if self.is_binary(step) => {
                Some(problems::value_binary(&step.address, name))
            }
            Delivery::Generated { generated } if self.is_new_number(step) => {
                Some(problems::value_generated(&step.address, name, generated.version))
            }
            Delivery::InState { .. } if self.written_at(step).is_some() => {
                Some(problems::value_delivered_otherwise(&step.address, name))
            }
            Delivery::InState { .. } => Some(problems::value_unknown(&step.address, name)),
            Delivery::WriteOnly { variable, .. } => Some(problems::value_written(&step.address, name, variable)),
            Delivery::Generated { .. } => None,
        });
        written.collect()
    }

    /// Values that the first apply replaces with generated ones.
    pub(in crate::adopt) fn overwritten(&self) -> Vec<Problem> {
        let written = self.written_values();
        let generated = written
            .filter(|(delivery, step, _)| matches!(delivery, Delivery::Generated { .. }) && !self.is_new_number(step));
        generated.map(|(_, step, name)| problems::overwritten(&step.address, name)).collect()
    }

    /// The values that the first apply writes into existing secrets that may already have a value.
    fn written_values(&self) -> impl Iterator<Item = (&'a Delivery, &'a AdoptionStep, &'a str)> {
        let listed: HashSet<&Object> = self.found().collect();
        let lists_versions = |name: &str| self.evidence.listing.is_some_and(|it| it.with_versions.contains(name));
        self.steps.iter().filter_map(move |(it, step)| {
            let (Object::Value(name), Some(delivery)) = (&it.object, &it.delivery) else { return None };
            let secret = Object::Secret(name.clone());
            // A secret may have a value, unless the listing tells its versions and shows none.
            let may_have_one = || !lists_versions(name) || listed.contains(&it.object);
            let writes = match &step.how {
                How::Create => self.adopted.contains(&secret) && may_have_one(),
                How::Move { from } => self.is_replaced_at(step) || self.is_written_after_a_move(delivery, from),
                How::Managed => self.is_replaced_at(step) || self.is_written_after_a_move(delivery, &step.address),
                How::Import { .. } => false,
            };
            writes.then_some((delivery, *step, name.as_str()))
        })
    }

    /// Whether the first apply replaces a version of the state, and so writes its value again.
    fn is_replaced_at(&self, step: &AdoptionStep) -> bool {
        self.is_by_another_id(step) || self.is_binary(step)
    }

    fn is_by_another_id(&self, step: &AdoptionStep) -> bool {
        self.held_by(step).is_some_and(|held| held.is_by_another_id)
    }

    fn is_binary(&self, step: &AdoptionStep) -> bool {
        self.held_by(step).is_some_and(|held| held.is_binary)
    }

    /// Whether the state has another version number of a generated value at its address: somebody counted it up.
    fn is_new_number(&self, step: &AdoptionStep) -> bool {
        step.how == How::Managed && !self.is_replaced_at(step) && self.written_at(step).is_some()
    }

    /// The version number of a write-only or generated value that the state has for a step.
    fn written_at(&self, step: &AdoptionStep) -> Option<u32> {
        self.held_by(step)?.write_only_version
    }

    /// The resource of the state that a step takes over.
    fn held_by(&self, step: &AdoptionStep) -> Option<&'a Held> {
        self.at(if let How::Move { from } = &step.how { from } else { &step.address })
    }

    /// A changed version number of a write-only value triggers a write, and so does the first number.
    fn is_written_after_a_move(&self, delivery: &Delivery, from: &Address) -> bool {
        let held = self.at(from).and_then(|held| held.write_only_version);
        match delivery {
            Delivery::InState { .. } => held.is_some(),
            Delivery::WriteOnly { write_only, .. } => write_only.version.map_or(held.is_none(), |it| held != Some(it)),
            Delivery::Generated { generated } => held != Some(generated.version),
        }
    }

    /// The current version of a secret in the listing.
    fn listed_version(&self, name: &str) -> Option<&str> {
        let mut found = self.evidence.listing.into_iter().flat_map(|listing| &listing.found);
        let value = found.find(|found| matches!(&found.object, Object::Value(it) if it == name))?;
        value.id.rsplit_once('|').map(|(_, version)| version)
    }
}

/// Whether a version in the state is not the current one.
fn is_stale(held: &Held, listed: Option<&str>) -> bool {
    let is_another = listed.zip(version(held)).is_some_and(|(listed, held)| listed != held);
    held.is_current == Some(false) || is_another
}

fn version(held: &Held) -> Option<&str> {
    held.import_id.as_deref().and_then(|id| id.rsplit_once('|')).map(|(_, version)| version)
}
