//! Audits the trust policy of a handler's role: only the service that runs its program may assume it.

use driftless_model::{HandlerSpec, shown};

use super::super::finding::{AuditFinding, Place, Rule};
use super::super::inventory::Identity;
use super::super::site::Site;
use super::some;
use crate::iam::meaning::Document;
use crate::iam::trust::{TrustPlace, difference, service};
use crate::program;

/// Compares the trust policy of a role with the rendered one. `cluster` is the ARN of the handler's cluster, if it is known.
pub(super) fn judge(handler: &HandlerSpec, role: &Identity, site: &Site, cluster: Option<&str>) -> Vec<AuditFinding> {
    let place = || Place::Handler { id: handler.id.clone() };
    let document = match Document::read(role.trust.as_deref().unwrap_or_default()) {
        Ok(document) => document,
        Err(error) => {
            let message = format!("who may assume its role is not known: {error}");
            return vec![AuditFinding::new(Rule::UndecidedPolicy, place(), message, way_out())];
        }
    };
    let principal = &handler.options.principal;
    let trusted = TrustPlace {
        partition: Some(site.partition()),
        region: Some(&site.region),
        account: Some(&site.account),
        cluster,
    };
    let found = difference(&document, principal, &trusted);
    let (service, name) = (service(principal), shown(&role.name));
    let mut findings = Vec::new();
    if !found.others.is_empty() {
        let message = format!("{} may assume its role {name}, or more than that", some(found.others));
        findings.push(AuditFinding::new(Rule::TrustWider, place(), message, way_out()));
    }
    if !found.unlimited.is_empty() {
        let message = format!(
            "`{service}` may assume its role {name} without the condition of the Terraform on {}",
            some(found.unlimited)
        );
        findings.push(AuditFinding::new(Rule::TrustWider, place(), message, way_out()));
    }
    if !found.is_trusted {
        let message = format!("`{service}` may not always become its role {name}");
        findings.push(AuditFinding::new(Rule::PolicyNarrower, place(), message, way_out()));
    }
    findings
}

fn way_out() -> String {
    format!("run `{} gen-infra` and apply the Terraform; then see who changed the role's trust policy", program::name())
}
