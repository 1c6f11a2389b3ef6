//! What AWS holds policies and roles to, whatever they allow.
//!
//! Source: [IAM and STS quotas](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html).

use paypulse_runtime::model::ServicePrincipal;
use serde_json::{Value, json};

use super::module::World;
use super::roles::{Document, Role};

const INLINE: usize = 10_240;
const MANAGED: usize = 6_144;
const ATTACHED: usize = 10;

/// What AWS would refuse about a role, and what is wrong with its trust policy. `principal` is that of its handler.
pub fn findings(name: &str, role: &Role, principal: &ServicePrincipal, world: &World) -> Vec<String> {
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
    // Compared with one exact form: any other would have to be reasoned about.
    if let Some(trust) = role.trust.as_ref().filter(|trust| **trust != trusts(principal, world)) {
        findings.push(format!("role {name}: it does not trust only what runs its handler: {trust}"));
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

/// The only trust policy that the role of a handler may have.
///
/// Sources: [ECS](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html),
/// [EKS](https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html).
fn trusts(principal: &ServicePrincipal, world: &World) -> Value {
    let World { partition, region, account, .. } = world;
    let statement = match principal {
        ServicePrincipal::Lambda => json!({
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "lambda.amazonaws.com" },
        }),
        ServicePrincipal::Ecs => json!({
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            "Principal": { "Service": "ecs-tasks.amazonaws.com" },
            "Condition": {
                "ArnLike": { "aws:SourceArn": format!("arn:{partition}:ecs:{region}:{account}:*") },
                "StringEquals": { "aws:SourceAccount": account },
            },
        }),
        ServicePrincipal::Eks { cluster, namespace, service_account } => json!({
            "Effect": "Allow",
            "Action": ["sts:AssumeRole", "sts:TagSession"],
            "Principal": { "Service": "pods.eks.amazonaws.com" },
            "Condition": { "StringEquals": {
                "aws:RequestTag/eks-cluster-arn": world.variable(cluster),
                "aws:RequestTag/kubernetes-namespace": namespace,
                "aws:RequestTag/kubernetes-service-account": service_account,
            } },
        }),
    };
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}
