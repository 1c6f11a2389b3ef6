//! Maps the principal of a denial to a handler of the spec.

use driftless_model::{HandlerSpec, Role, Spec, closest};

use super::principal::Principal;

/// The caller of a denied call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller<'a> {
    /// A handler with its own role.
    Handler {
        /// The handler.
        handler: &'a HandlerSpec,
        /// Its role.
        role: String,
    },
    /// A handler with a role that is not its own.
    Misplaced {
        /// The handler.
        handler: &'a HandlerSpec,
        /// The role that it has.
        role: String,
    },
    /// A role that belongs to no handler of the spec.
    OtherRole {
        /// The role.
        role: String,
        /// A handler with a similar name.
        close: Option<&'a HandlerSpec>,
    },
    /// A handler whose role is unknown.
    Function(&'a HandlerSpec),
    /// A principal that is not a role.
    Other(String),
    /// The name is masked.
    Masked {
        /// The handler named like the session: Lambda names the session after the function.
        likely: Option<&'a HandlerSpec>,
    },
    /// The message does not name the caller.
    Unsaid,
}

impl<'a> Caller<'a> {
    /// The role, if the message names one.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        match self {
            Self::Handler { role, .. } | Self::Misplaced { role, .. } | Self::OtherRole { role, .. } => Some(role),
            Self::Function(_) | Self::Other(_) | Self::Masked { .. } | Self::Unsaid => None,
        }
    }

    /// The handler, if the caller is one of the spec.
    #[must_use]
    pub fn handler(&self) -> Option<&'a HandlerSpec> {
        match self {
            Self::Handler { handler, .. } | Self::Misplaced { handler, .. } | Self::Function(handler) => Some(handler),
            Self::OtherRole { .. } | Self::Other(_) | Self::Masked { .. } | Self::Unsaid => None,
        }
    }
}

/// Finds the caller that a message names. `known` is the handler if the user has named it.
pub(super) fn caller<'a>(spec: &'a Spec, principal: &Principal, known: Option<&'a HandlerSpec>) -> Caller<'a> {
    let called = |name: &str| spec.handlers.iter().find(|handler| handler.name == name);
    let (role, session) = match principal {
        Principal::Session { role, session } => (role, Some(session)),
        Principal::Role(role) => (role, None),
        Principal::Other(who) => return Caller::Other(who.clone()),
        Principal::Handler(name) => {
            let other = || Caller::OtherRole { role: name.clone(), close: None };
            return known.or_else(|| called(name)).map_or_else(other, Caller::Function);
        }
        Principal::Masked(session) => {
            let likely = session.as_deref().and_then(called);
            return known.map_or(Caller::Masked { likely }, Caller::Function);
        }
        Principal::Unsaid => return known.map_or(Caller::Unsaid, Caller::Function),
    };
    let of_role = spec.handlers.iter().find(|handler| handler.created_role() == Some(role));
    // Lambda names the session after the function. Tasks and pods are recognized by their roles.
    let Some(handler) = known.or_else(|| session.and_then(|session| called(session))).or(of_role) else {
        let own = |handler: &'a HandlerSpec| handler.created_role().unwrap_or(&handler.name);
        let close = closest(role, spec.handlers.iter().map(own));
        let close = close.and_then(|close| spec.handlers.iter().find(|handler| own(handler) == close));
        return Caller::OtherRole { role: role.clone(), close };
    };
    let role = role.clone();
    // The spec does not contain the name of an existing role.
    let is_own = matches!(handler.role, Role::Existing { .. }) && of_role.is_none()
        || handler.created_role().unwrap_or(&handler.name) == role;
    if is_own { Caller::Handler { handler, role } } else { Caller::Misplaced { handler, role } }
}
