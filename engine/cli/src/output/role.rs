//! The whole policy of a role, for `access --policy`.

use std::io::{self, Write};

use driftless_model::shown;
use serde::Serialize;
use serde_json::Value;

use super::Mark;
use crate::access::{RoleDocument, RolePolicies};

const STRONG: Mark = Mark::Strong;

/// The ids of the handlers that use a role, and its policies.
pub type OfRole<'a> = (Vec<&'a str>, RolePolicies);

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

fn one(out: &mut dyn Write, handlers: &[&str], role: &RolePolicies) -> io::Result<()> {
    let from = match &role.address {
        Some(address) => shown(address),
        None => "which exists already".to_owned(),
    };
    writeln!(out, "{STRONG}role      {}{STRONG:#}, {from}", shown(&role.role))?;
    writeln!(out, "handlers  {}", handlers.join(", "))?;
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

/// A document, indented.
fn json_of(out: &mut dyn Write, document: &Value) -> io::Result<()> {
    serde_json::to_string_pretty(document)?.lines().try_for_each(|line| writeln!(out, "  {line}"))
}

#[derive(Serialize)]
struct Report<'a> {
    result: &'static str,
    roles: Vec<RoleReport<'a>>,
}

#[derive(Serialize)]
struct RoleReport<'a> {
    /// The name; `${var.NAME}` if a variable names it.
    role: &'a str,
    /// Whether the generated files create it.
    created: bool,
    handlers: &'a [&'a str],
    /// The expression for the permissions boundary.
    boundary: Option<&'a str>,
    /// The trust policy.
    trust: Option<&'a Value>,
    documents: Vec<DocumentReport<'a>>,
    /// The ARNs of other managed policies, then the variables that name further ones.
    attached: Vec<String>,
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
        handlers,
        boundary: role.boundary.as_deref(),
        trust: role.trust.as_ref(),
        documents: role.documents.iter().map(document).collect(),
        attached: role.attached.iter().cloned().chain(role.variables.iter().map(|it| format!("${{{it}}}"))).collect(),
    });
    serde_json::to_writer_pretty(&mut *out, &Report { result: "shown", roles: roles.collect() })?;
    writeln!(out)
}

fn document(of: &RoleDocument) -> DocumentReport<'_> {
    let kind = if of.is_managed { "managed" } else { "inline" };
    DocumentReport { kind, name: &of.name, address: &of.address, document: &of.document }
}
