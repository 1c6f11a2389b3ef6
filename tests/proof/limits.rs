//! What AWS holds policies and roles to, whatever they allow.
//!
//! Source: [IAM and STS quotas](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).

use serde_json::{Value, json};

use super::roles::{Document, Role};

const INLINE: usize = 10_240;
const MANAGED: usize = 6_144;
const ATTACHED: usize = 10;

/// What AWS would refuse about a role, and what is wrong with its trust policy.
pub fn findings(name: &str, role: &Role) -> Vec<String> {
    let mut findings = Vec::new();
    let inline: usize = role.inline.values().map(size).sum();
    if inline > INLINE {
        findings.push(format!("role {name}: its inline policies have {inline} characters, AWS takes {INLINE}"));
    }
    for document in role.managed.values().filter(|document| size(document) > MANAGED) {
        let size = size(document);
        findings.push(format!("role {name}: {} has {size} characters, AWS takes {MANAGED}", document.address));
    }
    if role.attached() > ATTACHED {
        findings.push(format!("role {name}: {} managed policies, AWS takes {ATTACHED}", role.attached()));
    }
    if let Some(trust) = role.trust.as_ref().filter(|trust| !trusts_lambda_alone(trust)) {
        findings.push(format!("role {name}: it does not trust Lambda alone: {trust}"));
    }
    findings
}

fn size(document: &Document) -> usize {
    counted(&document.text)
}

/// White space is not counted.
pub fn counted(policy: &str) -> usize {
    policy.chars().filter(|char| !char.is_whitespace()).count()
}

/// Held to one exact form: any other would have to be reasoned about.
fn trusts_lambda_alone(trust: &Value) -> bool {
    let principal = json!({ "Service": "lambda.amazonaws.com" });
    let statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal });
    *trust == json!({ "Version": "2012-10-17", "Statement": [statement] })
}
