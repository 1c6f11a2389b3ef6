//! The roles of a spec. A created role has one handler; an existing role can be shared by several, and then each of
//! them has the grants of all.

use foldhash::{HashMap, HashMapExt as _};

use super::spec::{HandlerSpec, Role, Spec};
use super::verb::Verb;

/// A role, represented by the handlers that use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleHandlers<'a> {
    /// At least one, in the order of the spec. The role's policy is named after the first.
    pub handlers: Vec<&'a HandlerSpec>,
}

/// The verbs that a role grants on one secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleGrant<'a> {
    /// The secret's id.
    pub secret: &'a str,
    /// The granted verbs, without duplicates.
    pub verbs: Vec<Verb>,
    /// The handler whose function is the only one that can use the grant, if the grant is tied to a function.
    pub function: Option<&'a HandlerSpec>,
}

impl Spec {
    /// Every role once, in the order of the handlers.
    ///
    /// ```
    /// # fn main() {
    /// let spec = spec();
    /// // Two handlers with one existing role.
    /// let roles = spec.roles();
    /// assert_eq!(roles.len(), 1);
    /// assert!(roles[0].is_shared());
    /// // Each of them has the grants of both.
    /// assert_eq!(roles[0].grants_of("Refund")[0].secret, "PaymentKey");
    /// # }
    /// # driftless_macros::declare! {
    /// #     source: "src/spec.rs";
    /// #     secrets {
    /// #         /// Key of the payment provider.
    /// #         PaymentKey: driftless_model::Text = "payment-key", owner: external;
    /// #     }
    /// #     handlers {
    /// #         /// Charges a customer.
    /// #         Charge = "charge", role: existing(workers) { PaymentKey: read; }
    /// #         /// Pays money back.
    /// #         Refund = "refund", role: existing(workers) {}
    /// #     }
    /// # }
    /// ```
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

    /// The role of a handler of this spec.
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
    /// A role with a single handler.
    #[must_use]
    pub fn of_one(handler: &'a HandlerSpec) -> Self {
        Self { handlers: vec![handler] }
    }

    /// The handler after which the role's policy is named.
    ///
    /// # Panics
    ///
    /// Never for a role of a spec, which has at least one handler.
    #[must_use]
    pub fn first(&self) -> &'a HandlerSpec {
        self.handlers[0]
    }

    /// The grants that apply to the function of one of its handlers, given by id: all except those tied to another
    /// handler's function.
    #[must_use]
    pub fn grants_of(&self, handler: &str) -> Vec<RoleGrant<'a>> {
        let mut grants = self.grants();
        grants.retain(|grant| grant.function.is_none_or(|function| function.id == handler));
        grants
    }

    /// Whether several handlers share it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.handlers.len() > 1
    }

    /// The grants of all its handlers together: one per secret, plus one for each function to which a grant on the
    /// secret is tied.
    #[must_use]
    pub fn grants(&self) -> Vec<RoleGrant<'a>> {
        let mut grants: Vec<RoleGrant<'a>> = Vec::new();
        let mut places: HashMap<(&str, Option<&str>), usize> = HashMap::new();
        for (handler, grant) in self.handlers.iter().flat_map(|it| it.grants.iter().map(move |grant| (it, grant))) {
            let function = handler.options.source_function.then_some(*handler);
            let id = function.map(|handler| handler.id.as_str());
            let place = *places.entry((&grant.secret, id)).or_insert(grants.len());
            if place == grants.len() {
                let verbs = Vec::with_capacity(grant.verbs.len().min(Verb::ALL.len()));
                grants.push(RoleGrant { secret: &grant.secret, verbs, function });
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
