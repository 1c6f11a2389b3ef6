//! Remarks on the access of a spec that its grants do not show: roles shared by several handlers, additional managed
//! policies of a role, and temporary grants for a migration.

use driftless_model::{HandlerSpec, ManagedPolicies, Role, RoleHandlers, ServicePrincipal, Spec, Verb};

use super::code::code;

/// Maximum number of names in a sentence.
const NAMED: usize = 8;

/// The remarks of the reports, one sentence each.
#[must_use]
pub fn remarks(spec: &Spec) -> Vec<String> {
    spec.handlers.iter().filter_map(program).chain(notes(spec)).collect()
}

/// The remarks that other commands print too: access that the grants do not show.
#[must_use]
pub fn notes(spec: &Spec) -> Vec<String> {
    let roles = spec.roles();
    let shared = roles.iter().filter_map(shared);
    shared.chain(roles.iter().filter_map(also)).chain(temporary(spec)).collect()
}

/// Number of temporary grants, which exist only for the time of a migration.
#[must_use]
pub fn temporary_grants(spec: &Spec) -> usize {
    spec.handlers.iter().flat_map(|handler| &handler.grants).filter(|grant| is_temporary(&grant.verbs)).count()
}

fn is_temporary(verbs: &[Verb]) -> bool {
    verbs.iter().any(|verb| verb.is_temporary())
}

fn shared(role: &RoleHandlers<'_>) -> Option<String> {
    let Role::Existing { variable } = &role.first().role else { return None };
    let names: Vec<String> = role.handlers.iter().map(|handler| code(&handler.name)).collect();
    let tied = role.handlers.iter().any(|handler| handler.options.source_function);
    let but = if tied { ", except those that are tied to one function" } else { "" };
    let programs = if role.first().options.principal.is_lambda() { "functions" } else { "programs" };
    role.is_shared().then(|| {
        format!(
            "{} run under one role, {}: each of these {programs} has the grants of all of them{but}.",
            some(&names),
            code(&format!("var.{variable}"))
        )
    })
}

/// What runs a handler that is not a Lambda function.
fn program(handler: &HandlerSpec) -> Option<String> {
    let name = code(&handler.name);
    match &handler.options.principal {
        ServicePrincipal::Lambda => None,
        ServicePrincipal::Ecs => Some(format!("{name} is a task of Amazon ECS, and not a function.")),
        ServicePrincipal::Eks { cluster, namespace, service_account } => Some(format!(
            "{name} is a pod of Amazon EKS, and not a function: its service account is {}, in the cluster {}.",
            code(&format!("{namespace}/{service_account}")),
            code(&format!("var.{cluster}"))
        )),
    }
}

fn also(role: &RoleHandlers<'_>) -> Option<String> {
    let handler = role.first();
    let names: Vec<String> = handler
        .options
        .also
        .iter()
        .map(|policies| match policies {
            ManagedPolicies::AwsPolicy { name } => code(name),
            ManagedPolicies::Variable { variable } => format!("those in {}", code(&format!("var.{variable}"))),
            ManagedPolicies::Map { variable } => {
                format!("those of this handler in {}", code(&format!("var.{variable}")))
            }
        })
        .collect();
    let sentence = || format!("the role of {} also has these managed policies: {}.", code(&handler.name), some(&names));
    (!names.is_empty()).then(sentence)
}

fn temporary(spec: &Spec) -> Option<String> {
    let grants = spec.handlers.iter().flat_map(|handler| handler.grants.iter().map(move |grant| (handler, grant)));
    let temporary = grants.filter(|(_, grant)| is_temporary(&grant.verbs));
    let names: Vec<String> =
        temporary.map(|(handler, grant)| format!("{} on {}", code(&handler.name), code(&grant.secret))).collect();
    let (are, them) = if names.len() == 1 { ("grant is", "it") } else { ("grants are", "each") };
    (!names.is_empty()).then(|| {
        format!(
            "{} {are} temporary, by `{}`: {}; remove {them} once the function uses a client of this spec, which makes no `UpdateSecret`.",
            names.len(),
            Verb::LegacyUpdate,
            some(&names)
        )
    })
}

fn some(names: &[String]) -> String {
    let first = names.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}
