//! Deserializes a resource of a state in either format, with its address.

use serde::Deserialize;

use super::attributes::{KINDS, StateAttributes};
use super::copies::Copies;
use super::{Deposed, Held, State};
use crate::tf::lenient::{Few, Text};
use crate::tf::{Address, Key, ModulePath};

/// A resource in a state file, or an instance in `terraform show -json`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct RawResource {
    mode: Text,
    #[serde(rename = "type")]
    kind: Text,
    /// Only in a state file.
    module: Text,
    name: Text,
    instances: Few<RawInstance>,
    /// Only in `terraform show -json`.
    address: Text,
    values: Option<StateAttributes>,
    tainted: Text,
    deposed_key: Text,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawInstance {
    index_key: Option<Key>,
    attributes: Option<StateAttributes>,
    status: Text,
    /// Set for a deposed object, which Terraform has not deleted yet.
    deposed: Text,
}

/// A name that Terraform cannot have written.
pub(super) struct BadName;

impl RawResource {
    /// Adds the resource to the state.
    pub(super) fn add_to(self, state: &mut State, copies: &mut Copies) -> Result<(), BadName> {
        let kind = self.kind.as_str();
        if self.mode.as_str() == "data" {
            let instances = self.instances.0.into_iter().filter_map(|instance| instance.attributes);
            instances.chain(self.values).for_each(|attributes| attributes.add_looked_up(kind, &mut state.facts));
            return Ok(());
        }
        if self.mode.as_str() != "managed" {
            return Ok(());
        }
        let is_known = KINDS.contains(&kind);
        let mut add = |address: Result<Address, BadName>, attributes: StateAttributes, tainted, deposed: &Text| {
            match address {
                Ok(address) if deposed.word().is_some() => state.deposed.push(Deposed {
                    object: attributes.object(kind).filter(|_| is_known),
                    arn: attributes.arn(),
                    address,
                }),
                Ok(address) if is_known => add(state, kind, address, &attributes, tainted),
                Ok(address) => {
                    state.shared_attachments.extend(attributes.shared_attachment(kind, &address));
                    *state.others.entry(address).or_default() += 1;
                }
                Err(bad) if is_known => return Err(bad),
                // Resources of types that no spec has are only counted.
                Err(BadName) => state.unnamed += 1,
            }
            if deposed.word().is_none() {
                attributes.add_facts(kind, &mut state.facts, copies);
            }
            Ok(())
        };
        if let Some(address) = self.address.word() {
            let address = address.parse().map_err(|_| BadName);
            return add(address, self.values.unwrap_or_default(), self.tainted.as_str() == "true", &self.deposed_key);
        }
        let module = self.module.as_str().parse::<ModulePath>();
        for instance in self.instances.0 {
            let address = module
                .clone()
                .map_err(|_| BadName)
                .and_then(|module| Address::new(module, kind, self.name.as_str(), instance.index_key).ok_or(BadName));
            let tainted = instance.status.as_str() == "tainted";
            add(address, instance.attributes.unwrap_or_default(), tainted, &instance.deposed)?;
        }
        // A resource without instances must also have a valid module path.
        if is_known && module.is_err() { Err(BadName) } else { Ok(()) }
    }
}

fn add(state: &mut State, kind: &str, address: Address, attributes: &StateAttributes, tainted: bool) {
    match attributes.object(kind) {
        Some(object) => state.held.push(Held {
            address,
            object,
            arn: attributes.arn(),
            import_id: attributes.import_id(kind),
            tainted,
            is_current: attributes.is_current(),
            is_by_another_id: attributes.is_by_another_id(),
            is_binary: attributes.is_binary(),
            write_only_version: attributes.write_only_version(),
        }),
        None => state.unclear.push(address),
    }
}
