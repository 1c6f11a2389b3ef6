//! The roles of a spec, by name.

use std::collections::BTreeMap;

use driftless_model::{HandlerSpec, Role};
use serde_json::Value;

use crate::access::Known;

/// The roles of a spec, each with its handlers. Lookups ignore case.
///
/// Source: [`RoleName`](https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html): "Names are not distinguished
/// by case."
#[derive(Default)]
pub(super) struct Roles<'a> {
    /// By the name in lower case: the original name and the handlers.
    all: BTreeMap<String, (String, Vec<&'a HandlerSpec>)>,
}

impl<'a> Roles<'a> {
    /// The roles that the spec names, those that its variables name as far as they are known, and planned roles of the
    /// module.
    pub(super) fn of(handlers: &'a [HandlerSpec], planned: Vec<String>, known: &Known) -> Self {
        let mut roles = Self::default();
        for handler in handlers {
            let name = match &handler.role {
                Role::Created => handler.created_role(),
                Role::Existing { variable } => known.get(&format!("var.{variable}")).and_then(Value::as_str),
            };
            if let Some(name) = name {
                roles.entry(name).push(handler);
            }
        }
        for name in planned {
            roles.entry(&name);
        }
        roles
    }

    fn entry(&mut self, name: &str) -> &mut Vec<&'a HandlerSpec> {
        &mut self.all.entry(name.to_ascii_lowercase()).or_insert_with(|| (name.to_owned(), Vec::new())).1
    }

    /// The original names.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.all.values().map(|(name, _)| name.as_str())
    }

    /// The handlers of a role.
    pub(super) fn get(&self, name: &str) -> Option<&[&'a HandlerSpec]> {
        self.all.get(&name.to_ascii_lowercase()).map(|(_, handlers)| handlers.as_slice())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}
