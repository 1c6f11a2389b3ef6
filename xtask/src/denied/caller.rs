//! Who made a denied call, as the spec knows them.

use paypulse_runtime::model::{HandlerSpec, Role, Spec, closest};

use super::principal::Principal;

/// Who made a denied call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller<'a> {
    /// A handler under its own role.
    Handler {
        /// The handler.
        handler: &'a HandlerSpec,
        /// Its role.
        role: String,
    },
    /// A handler under another role than its own.
    Misplaced {
        /// The handler.
        handler: &'a HandlerSpec,
        /// That role.
        role: String,
    },
    /// A role of no handler in the spec.
    OtherRole {
        /// The role.
        role: String,
        /// A handler with a name like it.
        close: Option<&'a HandlerSpec>,
    },
    /// A handler, of which it is not known under which role it called.
    Function(&'a HandlerSpec),
    /// No role.
    Other(String),
    /// Somebody has written over the name.
    Masked {
        /// The handler that has the session's name, which Lambda gives to a function's.
        likely: Option<&'a HandlerSpec>,
    },
    /// The message does not say.
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

    /// The handler, if the spec knows the caller as one.
    #[must_use]
    pub fn handler(&self) -> Option<&'a HandlerSpec> {
        match self {
            Self::Handler { handler, .. } | Self::Misplaced { handler, .. } | Self::Function(handler) => Some(handler),
            Self::OtherRole { .. } | Self::Other(_) | Self::Masked { .. } | Self::Unsaid => None,
        }
    }
}

/// Whom a message names; `known` is who it was, where that is known better.
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
    // Lambda calls the session after the function.
    let Some(handler) = known.or_else(|| session.and_then(|session| called(session))).or(of_role) else {
        let own = |handler: &'a HandlerSpec| handler.created_role().unwrap_or(&handler.name);
        let close = closest(role, spec.handlers.iter().map(own));
        let close = close.and_then(|close| spec.handlers.iter().find(|handler| own(handler) == close));
        return Caller::OtherRole { role: role.clone(), close };
    };
    let role = role.clone();
    // Of a role that exists already the spec does not know the name.
    let is_own = matches!(handler.role, Role::Existing { .. }) && of_role.is_none()
        || handler.created_role().unwrap_or(&handler.name) == role;
    if is_own { Caller::Handler { handler, role } } else { Caller::Misplaced { handler, role } }
}
