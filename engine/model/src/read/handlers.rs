//! Reads the handlers of a spec.

use std::borrow::Cow;

use serde::Deserialize;

use super::service_principal::RawServicePrincipal;
use super::{RawText, Reader, Word};
use crate::handler_options::{HandlerOptions, ManagedPolicies};
use crate::problem::shown;
use crate::spec::{Grant, HandlerSpec, Role};

#[derive(Deserialize)]
pub(super) struct RawHandler<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow)]
    role: Option<RawRole<'a>>,
    #[serde(borrow)]
    options: Option<RawHandlerOptions<'a>>,
    #[serde(borrow)]
    grants: Option<Vec<RawGrant<'a>>>,
}

/// A role: a kind and, for some kinds, a variable.
#[derive(Deserialize)]
struct RawRole<'a> {
    #[serde(borrow)]
    kind: Word<'a>,
    #[serde(borrow)]
    variable: Word<'a>,
}

#[derive(Deserialize)]
struct RawHandlerOptions<'a> {
    #[serde(borrow)]
    role_name: Word<'a>,
    #[serde(borrow)]
    also: Option<Vec<RawPolicies<'a>>>,
    source_function: Option<bool>,
    #[serde(borrow)]
    principal: Option<RawServicePrincipal<'a>>,
}

#[derive(Deserialize)]
struct RawPolicies<'a> {
    #[serde(borrow)]
    kind: Word<'a>,
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    variable: Word<'a>,
}

#[derive(Deserialize)]
struct RawGrant<'a> {
    #[serde(borrow)]
    secret: Word<'a>,
    #[serde(borrow)]
    verbs: Option<Vec<RawText<'a>>>,
    #[serde(borrow)]
    reason: Word<'a>,
}

impl Reader {
    pub(super) fn handler(&mut self, index: usize, raw: RawHandler<'_>) -> Option<HandlerSpec> {
        let id = self.required(raw.id, &format!("`handlers[{index}]`"), "id")?;
        let place = format!("handler {}", shown(&id));
        let name = self.required(raw.name, &place, "name");
        let role = self.present(raw.role, &place, "role");
        let role = role.and_then(|role| self.role(&place, role));
        let options = raw.options.map(|options| self.handler_options(&place, options)).unwrap_or_default();
        let grants = raw.grants.unwrap_or_else(|| self.missing(&place, "grants"));
        let grants = grants.into_iter().filter_map(|grant| self.grant(&place, grant)).collect();
        // The grants of a handler without a valid name or role are checked too; the problem is already recorded.
        let (name, role) = (name.unwrap_or_else(|| id.clone()), role.unwrap_or(Role::Created));
        let description = raw.description.unwrap_or_default().into_owned();
        Some(HandlerSpec { id, name, description, role, options, grants })
    }

    fn role(&mut self, place: &str, raw: RawRole<'_>) -> Option<Role> {
        let kind = self.required(raw.kind, place, "role.kind")?;
        match kind.as_str() {
            "created" => Some(self.without_variable(place, "role", &raw.variable, Role::Created)),
            "existing" => {
                let variable = self.required(raw.variable, place, "role.variable")?;
                Some(Role::Existing { variable })
            }
            _ => {
                self.unknown_word("unknown-role", place, "role", &kind, &Role::WORDS);
                None
            }
        }
    }

    fn handler_options(&mut self, place: &str, raw: RawHandlerOptions<'_>) -> HandlerOptions {
        let also = raw.also.unwrap_or_default();
        HandlerOptions {
            role_name: raw.role_name.map(Cow::into_owned),
            also: also.into_iter().filter_map(|policies| self.policies(place, policies)).collect(),
            source_function: raw.source_function.unwrap_or_default(),
            principal: raw.principal.and_then(|principal| self.service_principal(place, principal)).unwrap_or_default(),
        }
    }

    fn policies(&mut self, place: &str, raw: RawPolicies<'_>) -> Option<ManagedPolicies> {
        let kind = self.required(raw.kind, place, "also.kind")?;
        match (kind.as_str(), raw.name, raw.variable) {
            ("aws_policy", name, None) => {
                Some(ManagedPolicies::AwsPolicy { name: self.required(name, place, "also.name")? })
            }
            ("variable", None, variable) => {
                Some(ManagedPolicies::Variable { variable: self.required(variable, place, "also.variable")? })
            }
            ("map", None, variable) => {
                Some(ManagedPolicies::Map { variable: self.required(variable, place, "also.variable")? })
            }
            ("aws_policy" | "variable" | "map", ..) => {
                let message = format!("`also` has a field that its kind `{kind}` does not take");
                self.problem("unknown-field", place, message, "give `name` or `variable`, as the kind says");
                None
            }
            _ => {
                self.unknown_word("unknown-policies", place, "kind of policies", &kind, &ManagedPolicies::WORDS);
                None
            }
        }
    }

    fn grant(&mut self, place: &str, raw: RawGrant<'_>) -> Option<Grant> {
        let secret = self.required(raw.secret, place, "secret of a grant")?;
        let words = raw.verbs.unwrap_or_else(|| self.missing(place, "verbs of a grant"));
        let reason = raw.reason.unwrap_or_default().into_owned();
        Some(Grant { secret, verbs: self.verbs(place, &words)?, reason })
    }
}
