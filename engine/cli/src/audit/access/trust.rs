//! Audits the trust policy of a handler's role: only Lambda may assume it.

use driftless_model::{HandlerSpec, shown};

use super::super::finding::{Finding, Place, Rule};
use super::super::inventory::Identity;
use super::some;
use crate::iam::meaning::{Document, Effect, Pattern, Principals, Set, Statement};
use crate::program;

/// The service principal that the Terraform trusts.
const SERVICE: &str = "lambda.amazonaws.com";

pub(super) fn judge(handler: &HandlerSpec, role: &Identity) -> Vec<Finding> {
    let place = || Place::Handler { id: handler.id.clone() };
    let document = match Document::read(role.trust.as_deref().unwrap_or_default()) {
        Ok(document) => document,
        Err(error) => {
            let message = format!("who may assume its role is not known: {error}");
            return vec![Finding::new(Rule::UndecidedPolicy, place(), message, way_out())];
        }
    };
    let (mut others, mut is_trusted) = (Vec::new(), false);
    for statement in document.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
        match &statement.principals {
            Some(Principals::Of(principals)) => {
                for principal in principals {
                    let is_service =
                        principal.kind == "Service" && principal.name == SERVICE && only_assumes(statement);
                    is_trusted |= is_service && statement.is_unconditional();
                    if !is_service {
                        others.push(principal.name.as_str());
                    }
                }
            }
            Some(Principals::AllBut(_)) | None => others.push("*"),
        }
    }
    let is_denied = document.statements.iter().any(|statement| statement.effect == Effect::Deny);
    let mut findings = Vec::new();
    if !others.is_empty() {
        let message = format!("{} may assume its role {}, or more than that", some(others), shown(&role.name));
        findings.push(Finding::new(Rule::TrustWider, place(), message, way_out()));
    }
    if !is_trusted || is_denied {
        let message = format!("`{SERVICE}` may not always become its role {}", shown(&role.name));
        findings.push(Finding::new(Rule::PolicyNarrower, place(), message, way_out()));
    }
    findings
}

/// Whether a statement allows only `sts:AssumeRole`.
fn only_assumes(statement: &Statement) -> bool {
    let assume = Pattern::of_action("sts:AssumeRole");
    matches!(&statement.actions, Set::Of(actions) if actions.iter().all(|action| assume.covers(action)))
}

fn way_out() -> String {
    format!("run `{} gen-infra` and apply the Terraform; then see who changed the role's trust policy", program::name())
}
