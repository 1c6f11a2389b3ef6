//! The roles of a spec. A role that is created has one handler; one that exists already can have many, and then each of them
//! has the grants of all.

use std::collections::HashMap;

use super::spec::{HandlerSpec, Role, Spec};
use super::verb::Verb;

/// A role, by the handlers that have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleHandlers<'a> {
    /// At least one, in the order of the spec. The first gives the role's policy its name.
    pub handlers: Vec<&'a HandlerSpec>,
}

/// What a role grants on one secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleGrant<'a> {
    /// The secret's id.
    pub secret: &'a str,
    /// What may be done, each verb once.
    pub verbs: Vec<Verb>,
    /// The handler whose function alone can use it, where it is tied to one.
    pub function: Option<&'a HandlerSpec>,
}

impl Spec {
    /// Every role once, in the order of the handlers.
    #[must_use]
    pub fn roles(&self) -> Vec<RoleHandlers<'_>> {
        let mut roles: Vec<RoleHandlers<'_>> = Vec::with_capacity(self.handlers.len());
        let mut existing: HashMap<&str, usize> = HashMap::new();
        for handler in &self.handlers {
            let place = match &handler.role {
                Role::Created => roles.len(),
                Role::Existing { variable } => *existing.entry(variable).or_insert(roles.len()),
            };
            match roles.get_mut(place) {
                Some(role) => role.handlers.push(handler),
                None => roles.push(RoleHandlers { handlers: vec![handler] }),
            }
        }
        roles
    }

    /// The role that a handler of this spec has.
    #[must_use]
    pub fn role_of<'a>(&'a self, handler: &'a HandlerSpec) -> RoleHandlers<'a> {
        let has_it = |other: &&HandlerSpec| match &handler.role {
            Role::Created => std::ptr::eq(*other, handler),
            Role::Existing { .. } => other.role == handler.role,
        };
        RoleHandlers { handlers: self.handlers.iter().filter(has_it).collect() }
    }
}

impl<'a> RoleHandlers<'a> {
    /// The role of one handler alone.
    #[must_use]
    pub fn of_one(handler: &'a HandlerSpec) -> Self {
        Self { handlers: vec![handler] }
    }

    /// The handler after which the role's policy is named.
    ///
    /// # Panics
    ///
    /// Never, if it is of a spec: there is at least one.
    #[must_use]
    pub fn first(&self) -> &'a HandlerSpec {
        self.handlers[0]
    }

    /// What the function of one of its handlers, by its id, may do under it: the grants of all that are tied to no other.
    #[must_use]
    pub fn grants_of(&self, handler: &str) -> Vec<RoleGrant<'a>> {
        let mut grants = self.grants();
        grants.retain(|grant| grant.function.is_none_or(|function| function.id == handler));
        grants
    }

    /// Whether many handlers have it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.handlers.len() > 1
    }

    /// What its handlers may do together: each secret once, and once more for each function that a grant on it is tied to.
    #[must_use]
    pub fn grants(&self) -> Vec<RoleGrant<'a>> {
        let mut grants: Vec<RoleGrant<'a>> = Vec::new();
        let mut places: HashMap<(&str, Option<&str>), usize> = HashMap::new();
        for (handler, grant) in self.handlers.iter().flat_map(|it| it.grants.iter().map(move |grant| (it, grant))) {
            let function = handler.options.source_function.then_some(*handler);
            let id = function.map(|handler| handler.id.as_str());
            let place = *places.entry((&grant.secret, id)).or_insert(grants.len());
            if place == grants.len() {
                grants.push(RoleGrant { secret: &grant.secret, verbs: Vec::new(), function });
            }
            let verbs = &mut grants[place].verbs;
            for verb in &grant.verbs {
                if !verbs.contains(verb) {
                    verbs.push(*verb);
                }
            }
        }
        grants
    }
}
