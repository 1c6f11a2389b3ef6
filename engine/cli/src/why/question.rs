//! What is asked: a role, an action and a resource, as a user writes them.

use std::collections::BTreeMap;

use driftless_model::{HandlerSpec, Role, closest};

use super::environment::{Environment, Wrong, is_deployed, role_name};
use super::resource::{Asked, resource};
use crate::aws::arn;
use crate::iam::{ON_A_SECRET, ON_NO_SECRET, OPENING_A_KEY};

/// A question about one environment of a spec.
#[derive(Clone, Debug)]
pub struct Question<'s> {
    /// The handler whose role it is; the first of them if the role has several.
    pub handler: &'s HandlerSpec,
    /// Whether the handler itself was named, and not only its role, so that its function makes the call.
    pub is_function: bool,
    /// The account of the role, if its ARN was given.
    pub account: Option<String>,
    /// The partition of the role, if its ARN was given.
    pub partition: Option<String>,
    /// The action, in AWS's spelling.
    pub action: String,
    /// The resource.
    pub resource: Asked<'s>,
}

impl<'s> Question<'s> {
    /// Reads a question: a role, an action and a resource. `variables` has the names of existing roles.
    ///
    /// # Errors
    ///
    /// If it cannot be answered.
    pub fn read(
        environment: &'s Environment<'_>,
        [role, action, on]: [&str; 3],
        variables: &BTreeMap<String, String>,
    ) -> Result<Self, Wrong> {
        let (handler, is_function) = handler(environment, role, variables)?;
        let is_arn = role.starts_with("arn:");
        let account = is_arn.then(|| arn::account(role).to_owned());
        let action = read_action(action)?;
        let resource = resource(environment, &action, on)?;
        let partition = role.split(':').nth(1).filter(|_| is_arn).map(str::to_owned);
        match (&partition, resource.partition()) {
            (Some(of_role), Some(own)) if of_role != own => {
                Err(Wrong::AcrossPartitions(of_role.clone(), own.to_owned()))
            }
            _ => Ok(Self { handler, is_function, account, partition, action, resource }),
        }
    }
}

fn handler<'s>(
    environment: &'s Environment<'_>,
    role: &str,
    variables: &BTreeMap<String, String>,
) -> Result<(&'s HandlerSpec, bool), Wrong> {
    let (Environment { whole, spec, .. }, name) = (environment, role_name(role));
    // Both specs have the same handlers, in the same order.
    let both = || spec.handlers.iter().zip(&whole.handlers);
    let is_existing = |handler: &HandlerSpec| match &handler.role {
        Role::Existing { variable } => variables.get(variable).is_some_and(|given| role_name(given) == name),
        Role::Created => false,
    };
    if name == role
        && let Some((handler, _)) = both().find(|(it, plain)| it.id == name || it.name == name || plain.name == name)
    {
        return Ok((handler, true));
    }
    let has_role = |it: &HandlerSpec| it.created_role() == Some(name);
    if let Some((handler, _)) = both().find(|(it, plain)| has_role(it) || has_role(plain) || is_existing(it)) {
        return Ok((handler, false));
    }
    let others = whole.prefixes.iter().flat_map(|prefixes| &prefixes.values);
    let elsewhere = others.into_iter().find(|prefix| whole.handlers.iter().any(|it| is_deployed(it, prefix, name)));
    if let Some(prefix) = elsewhere {
        return Err(Wrong::RoleElsewhere(name.to_owned(), prefix.clone()));
    }
    let names = both().flat_map(|(it, plain)| [&it.id, &it.name, &plain.name].map(String::as_str));
    let roles = spec.handlers.iter().filter_map(HandlerSpec::created_role);
    Err(Wrong::NoRole(role.to_owned(), closest(name, names.chain(roles)).map(str::to_owned)))
}

fn read_action(given: &str) -> Result<String, Wrong> {
    let Some((service, name)) = given.split_once(':') else { return Err(Wrong::NoAction(given.to_owned())) };
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) || given.len() > 100 {
        return Err(Wrong::NoAction(given.to_owned()));
    }
    let known = |all: &[&'static str]| all.iter().copied().find(|it| it.eq_ignore_ascii_case(given));
    match service.to_ascii_lowercase().as_str() {
        "secretsmanager" => known(&ON_A_SECRET).or_else(|| known(&ON_NO_SECRET)).map(str::to_owned).ok_or_else(|| {
            let close = closest(given, ON_A_SECRET.into_iter().chain(ON_NO_SECRET));
            let close = close.and_then(|close| ON_A_SECRET.into_iter().chain(ON_NO_SECRET).find(|it| *it == close));
            Wrong::UnknownAction(given.to_owned(), close)
        }),
        // KMS has many more actions than those that open a key; none of them is in the spec.
        "kms" => Ok(known(&OPENING_A_KEY).map_or_else(|| given.to_owned(), str::to_owned)),
        _ => Err(Wrong::OtherService(given.to_owned())),
    }
}
