//! Finds existing objects with names similar to those of the spec, next to which the first apply creates new ones.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::Problem;

use crate::adopt::adoption::How;
use crate::adopt::left::Left;
use crate::adopt::problems::roles as say;
use crate::render::Object;

/// The length of the suffix that the provider appends to a `name_prefix`.
///
/// Source: `PrefixedUniqueId` of [terraform-plugin-sdk][sdk].
///
/// [sdk]: https://github.com/hashicorp/terraform-plugin-sdk/blob/main/helper/id/id.go
const UNIQUE: usize = 26;

impl Left<'_> {
    /// Roles and secrets that the first apply creates although one with a similar name exists.
    pub(in crate::adopt) fn nearly_named(&self) -> Vec<Problem> {
        let roles: BTreeSet<&str> = self.names(|object| match object {
            Object::Role(name) => Some(name),
            _ => None,
        });
        let secrets: BTreeSet<&str> = self.names(|object| match object {
            Object::Secret(name) => Some(name),
            _ => None,
        });
        let lower = |names: &BTreeSet<&'_ str>| -> BTreeMap<String, String> {
            names.iter().map(|name| (name.to_ascii_lowercase(), (*name).to_owned())).collect()
        };
        let (lower_roles, lower_secrets) = (lower(&roles), lower(&secrets));
        let mut notes = Vec::new();
        for (it, step) in self.steps.iter().filter(|(_, step)| step.how == How::Create) {
            let (name, known) = match &it.object {
                Object::Role(name) => (name, &roles),
                Object::Secret(name) => (name, &secrets),
                _ => continue,
            };
            let is_role = matches!(it.object, Object::Role(_));
            let lower = if is_role { &lower_roles } else { &lower_secrets };
            if let Some(other) = lower.get(&name.to_ascii_lowercase()).filter(|other| *other != name) {
                notes.push(say::differs_in_case(&step.address, name, other, is_role));
            }
            let begin_so = known.range(name.as_str()..).take_while(|other| other.starts_with(name.as_str()));
            let by_prefix = begin_so.filter(|other| is_by_prefix(other, name));
            notes.extend(by_prefix.map(|other| say::named_by_prefix(&step.address, name, other)));
        }
        notes
    }

    /// The names of all known objects of one kind.
    fn names(&self, name: fn(&Object) -> Option<&String>) -> BTreeSet<&str> {
        let held = self.held().map(|held| &held.object).chain(self.found()).chain(self.facts.seen.keys());
        held.filter_map(name).map(String::as_str).collect()
    }
}

/// Whether a name is a prefix with a suffix from the provider.
fn is_by_prefix(name: &str, prefix: &str) -> bool {
    let end = name.strip_prefix(prefix).map(|end| end.strip_prefix('-').unwrap_or(end));
    end.is_some_and(|end| end.len() == UNIQUE && end.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::is_by_prefix;

    #[test]
    fn a_name_by_a_prefix_ends_in_what_the_provider_chose() {
        for name in ["fetch-20261130000359108100000009", "fetch20261130000359108100000009"] {
            assert!(is_by_prefix(name, "fetch"), "{name}");
        }
        for name in ["fetch", "fetch-invoices", "fetch-2026113000035910810000000", "fetch_20261130000359108100000009"] {
            assert!(!is_by_prefix(name, "fetch"), "{name}");
        }
    }
}
