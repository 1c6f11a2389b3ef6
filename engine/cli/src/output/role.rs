//! The whole policy of a role, for `access --policy`.

use std::collections::BTreeMap;
use std::io::{self, Write};

use driftless_model::{HandlerSpec, Verb, shown};
use serde::Serialize;
use serde_json::Value;

use super::{Mark, one_line};
use crate::access::{RoleDocument, RolePolicies};

const STRONG: Mark = Mark::Strong;

/// The handlers that use a role, and its policies.
pub type OfRole<'a> = (Vec<&'a HandlerSpec>, RolePolicies);

/// Prints each role as text: what decides about it, each document as JSON.
pub fn text(out: &mut dyn Write, roles: &[OfRole<'_>]) -> io::Result<()> {
    for (place, (handlers, role)) in roles.iter().enumerate() {
        if place > 0 {
            writeln!(out)?;
        }
        one(out, handlers, role)?;
    }
    Ok(())
}

fn one(out: &mut dyn Write, handlers: &[&HandlerSpec], role: &RolePolicies) -> io::Result<()> {
    let from = match &role.address {
        Some(address) => shown(address),
        None => "which exists already".to_owned(),
    };
    writeln!(out, "{STRONG}role      {}{STRONG:#}, {from}", shown(&role.role))?;
    writeln!(out, "handlers  {}", ids(handlers).join(", "))?;
    for handler in handlers.iter().filter(|handler| !handler.description.is_empty()) {
        writeln!(out, "purpose   {}: {}", handler.id, one_line(&handler.description))?;
    }
    for RoleGrantReport { handler, secret, verbs, reason } in reasons(handlers) {
        let verbs: Vec<&str> = verbs.iter().map(|verb| verb.name()).collect();
        writeln!(out, "reason    {handler}, `{secret}: {}`: {}", verbs.join(", "), one_line(reason))?;
    }
    match &role.boundary {
        Some(boundary) => writeln!(out, "boundary  {}, if it is set", shown(boundary))?,
        None => writeln!(out, "boundary  not in these files")?,
    }
    for arn in &role.attached {
        writeln!(out, "attached  {}", shown(arn))?;
    }
    for variable in &role.variables {
        writeln!(out, "attached  those that {} names", shown(&format!("${{{variable}}}")))?;
    }
    for RoleDocument { address, name, is_managed, document } in &role.documents {
        let kind = if *is_managed { "managed " } else { "inline  " };
        writeln!(out, "{kind}  {}, {}", shown(name), shown(address))?;
        json_of(out, document)?;
    }
    if role.documents.is_empty() {
        writeln!(out, "inline    none: nothing is granted")?;
    }
    match &role.trust {
        Some(trust) => {
            writeln!(out, "trust     who may become the role")?;
            json_of(out, trust)
        }
        None => writeln!(out, "trust     not in these files"),
    }
}

fn purposes<'a>(handlers: &[&'a HandlerSpec]) -> BTreeMap<&'a str, &'a str> {
    let described = handlers.iter().filter(|handler| !handler.description.is_empty());
    described.map(|handler| (handler.id.as_str(), handler.description.as_str())).collect()
}

fn ids<'a>(handlers: &[&'a HandlerSpec]) -> Vec<&'a str> {
    handlers.iter().map(|handler| handler.id.as_str()).collect()
}

/// The grants of handlers that have a reason.
fn reasons<'a>(handlers: &[&'a HandlerSpec]) -> Vec<RoleGrantReport<'a>> {
    let grants = handlers.iter().flat_map(|handler| handler.grants.iter().map(move |grant| (*handler, grant)));
    let with_reason = grants.filter(|(_, grant)| !grant.reason.is_empty());
    let report = with_reason.map(|(handler, grant)| RoleGrantReport {
        handler: &handler.id,
        secret: &grant.secret,
        verbs: &grant.verbs,
        reason: &grant.reason,
    });
    report.collect()
}

/// A document, indented.
fn json_of(out: &mut dyn Write, document: &Value) -> io::Result<()> {
    serde_json::to_string_pretty(document)?.lines().try_for_each(|line| writeln!(out, "  {line}"))
}

#[derive(Serialize)]
struct RolesReport<'a> {
    result: &'static str,
    roles: Vec<RoleReport<'a>>,
}

#[derive(Serialize)]
struct RoleReport<'a> {
    /// The name; `${var.NAME}` if a variable names it.
    role: &'a str,
    /// Whether the generated files create it.
    created: bool,
    handlers: Vec<&'a str>,
    /// The purposes of these handlers, by their ids.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    purposes: BTreeMap<&'a str, &'a str>,
    /// The grants that have a reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<RoleGrantReport<'a>>,
    /// The expression for the permissions boundary.
    boundary: Option<&'a str>,
    /// The trust policy.
    trust: Option<&'a Value>,
    documents: Vec<DocumentReport<'a>>,
    /// The ARNs of other managed policies, then the variables that name further ones.
    attached: Vec<String>,
}

#[derive(Serialize)]
struct RoleGrantReport<'a> {
    /// The id of the handler.
    handler: &'a str,
    /// The id of the secret.
    secret: &'a str,
    verbs: &'a [Verb],
    reason: &'a str,
}

#[derive(Serialize)]
struct DocumentReport<'a> {
    /// `inline` or `managed`.
    kind: &'static str,
    name: &'a str,
    address: &'a str,
    document: &'a Value,
}

/// Prints the roles as one JSON document.
pub fn json(out: &mut dyn Write, roles: &[OfRole<'_>]) -> io::Result<()> {
    let roles = roles.iter().map(|(handlers, role)| RoleReport {
        role: &role.role,
        created: role.address.is_some(),
        handlers: ids(handlers),
        purposes: purposes(handlers),
        reasons: reasons(handlers),
        boundary: role.boundary.as_deref(),
        trust: role.trust.as_ref(),
        documents: role.documents.iter().map(document).collect(),
        attached: role.attached.iter().cloned().chain(role.variables.iter().map(|it| format!("${{{it}}}"))).collect(),
    });
    serde_json::to_writer_pretty(&mut *out, &RolesReport { result: "shown", roles: roles.collect() })?;
    writeln!(out)
}

fn document(of: &RoleDocument) -> DocumentReport<'_> {
    let kind = if of.is_managed { "managed" } else { "inline" };
    DocumentReport { kind, name: &of.name, address: &of.address, document: &of.document }
}
