//! The trust policies of the roles of handlers: the service that may assume the role of each, and under which conditions.
//!
//! Sources: [the role of an ECS task][ecs], which says that a source ARN cannot name a cluster; [the role of EKS Pod
//! Identity][eks] and [its session tags][tags].
//!
//! [ecs]: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-iam-roles.html
//! [eks]: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-role.html
//! [tags]: https://docs.aws.amazon.com/eks/latest/userguide/pod-id-abac.html

use std::collections::BTreeSet;

use driftless_model::ServicePrincipal;

use super::meaning::{Conditions, Document, Effect, Pattern, PolicyStatement, Principals, Set};

const ASSUME: &str = "sts:AssumeRole";
/// Pod Identity passes the cluster, the namespace and the service account as session tags, which needs this permission.
const TAG: &str = "sts:TagSession";

/// The condition keys of trust policies.
pub(crate) const SOURCE_ARN: &str = "aws:SourceArn";
pub(crate) const SOURCE_ACCOUNT: &str = "aws:SourceAccount";
pub(crate) const CLUSTER_TAG: &str = "aws:RequestTag/eks-cluster-arn";
pub(crate) const NAMESPACE_TAG: &str = "aws:RequestTag/kubernetes-namespace";
pub(crate) const SERVICE_ACCOUNT_TAG: &str = "aws:RequestTag/kubernetes-service-account";

/// The name of the service that assumes a role. It is the same in every partition.
#[must_use]
pub const fn service(principal: &ServicePrincipal) -> &'static str {
    match principal {
        ServicePrincipal::Lambda => "lambda.amazonaws.com",
        ServicePrincipal::Ecs => "ecs-tasks.amazonaws.com",
        ServicePrincipal::Eks { .. } => "pods.eks.amazonaws.com",
    }
}

/// The actions that a trust policy allows the service.
#[must_use]
pub const fn actions(principal: &ServicePrincipal) -> &'static [&'static str] {
    match principal {
        ServicePrincipal::Lambda | ServicePrincipal::Ecs => &[ASSUME],
        ServicePrincipal::Eks { .. } => &[ASSUME, TAG],
    }
}

/// The place in which a role is assumed, as far as it is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct TrustPlace<'a> {
    /// The partition.
    pub partition: Option<&'a str>,
    /// The Region of the provider, in which tasks run.
    pub region: Option<&'a str>,
    /// The account.
    pub account: Option<&'a str>,
    /// The ARN of the cluster of a pod.
    pub cluster: Option<&'a str>,
}

/// What a trust policy allows in addition to the rendered one, and whether it allows all that the rendered one does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TrustDifference<'d> {
    /// Principals that the rendered policy does not trust, or to which it does not allow as much.
    pub others: BTreeSet<&'d str>,
    /// Condition keys without which, or with other values of which, the service may assume the role.
    pub unlimited: BTreeSet<&'static str>,
    /// Whether the service can assume the role whenever the rendered policy lets it.
    pub is_trusted: bool,
}

impl TrustDifference<'_> {
    /// Whether the policy trusts what the rendered one does, and nothing else.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.others.is_empty() && self.unlimited.is_empty() && self.is_trusted
    }
}

/// A condition of a rendered trust policy.
struct Limit<'a> {
    key: &'static str,
    is_value: Box<dyn Fn(&str) -> bool + 'a>,
    /// Whether the value is an ARN pattern.
    is_arn: bool,
}

/// Compares a trust policy with the rendered one.
#[must_use]
pub fn difference<'d>(
    document: &'d Document,
    principal: &ServicePrincipal,
    place: &TrustPlace<'_>,
) -> TrustDifference<'d> {
    let limits = limits(principal, place);
    let wanted = actions(principal);
    let mut difference = TrustDifference::default();
    let mut allowed: BTreeSet<&str> = BTreeSet::new();
    for statement in document.statements.iter().filter(|statement| statement.effect == Effect::Allow) {
        let Some(Principals::Of(principals)) = &statement.principals else {
            difference.others.insert("*");
            continue;
        };
        let is_only = is_only(statement, wanted);
        for other in principals {
            if other.kind != "Service" || other.name != service(principal) || !is_only {
                difference.others.insert(&other.name);
                continue;
            }
            let missing: Vec<&'static str> = limits
                .iter()
                .filter(|limit| !is_limited(&statement.conditions, limit))
                .map(|limit| limit.key)
                .collect();
            if missing.is_empty() && statement.conditions.len() == limits.len() {
                allowed.extend(
                    wanted.iter().filter(|action| statement.actions.surely_covers(&Pattern::of_action(action))),
                );
            }
            difference.unlimited.extend(missing);
        }
    }
    let is_denied = document.statements.iter().any(|statement| statement.effect == Effect::Deny);
    difference.is_trusted = !is_denied && wanted.iter().all(|action| allowed.contains(action));
    difference
}

/// Whether a statement allows no other actions.
fn is_only(statement: &PolicyStatement, actions: &[&str]) -> bool {
    let is_one = |action: &Pattern| actions.iter().any(|wanted| Pattern::of_action(wanted).covers(action));
    matches!(&statement.actions, Set::Of(all) if all.iter().all(is_one))
}

fn is_limited(conditions: &Conditions, limit: &Limit<'_>) -> bool {
    let operators: &[&str] = if limit.is_arn { &["arnlike", "arnequals"] } else { &["stringequals"] };
    operators.iter().any(|operator| {
        let values = conditions.get(&((*operator).to_owned(), limit.key.to_ascii_lowercase()));
        values.is_some_and(|values| !values.is_empty() && values.iter().all(|value| (limit.is_value)(value)))
    })
}

fn limits<'a>(principal: &'a ServicePrincipal, place: &TrustPlace<'a>) -> Vec<Limit<'a>> {
    let TrustPlace { partition, region, account, cluster } = *place;
    let is_part = |known: Option<&str>, part: &str| match known {
        Some(known) => part == known,
        None => !part.is_empty() && !part.contains(['*', '?', '$']),
    };
    let text = |key, wanted: &'a str| Limit { key, is_arn: false, is_value: Box::new(move |value| value == wanted) };
    match principal {
        ServicePrincipal::Lambda => Vec::new(),
        ServicePrincipal::Ecs => vec![
            Limit {
                key: SOURCE_ARN,
                is_arn: true,
                is_value: Box::new(move |value| match value.split(':').collect::<Vec<_>>()[..] {
                    ["arn", in_partition, "ecs", in_region, of, "*"] => {
                        is_part(partition, in_partition) && is_part(region, in_region) && is_part(account, of)
                    }
                    _ => false,
                }),
            },
            Limit { key: SOURCE_ACCOUNT, is_arn: false, is_value: Box::new(move |value| is_part(account, value)) },
        ],
        ServicePrincipal::Eks { namespace, service_account, .. } => vec![
            Limit {
                key: CLUSTER_TAG,
                is_arn: false,
                is_value: Box::new(move |value| match (cluster, &value.split(':').collect::<Vec<_>>()[..]) {
                    (Some(cluster), _) => value == cluster,
                    (None, ["arn", in_partition, "eks", in_region, of, name]) => {
                        is_part(partition, in_partition)
                            && is_part(None, in_region)
                            && is_part(account, of)
                            && name.strip_prefix("cluster/").is_some_and(|name| is_part(None, name))
                    }
                    _ => false,
                }),
            },
            text(NAMESPACE_TAG, namespace),
            text(SERVICE_ACCOUNT_TAG, service_account),
        ],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const PLACE: TrustPlace<'_> = TrustPlace {
        partition: Some("aws"),
        region: Some("eu-west-1"),
        account: Some("123456789012"),
        cluster: Some("arn:aws:eks:eu-west-1:123456789012:cluster/shop"),
    };

    fn pod() -> ServicePrincipal {
        ServicePrincipal::Eks { cluster: "c".into(), namespace: "shop".into(), service_account: "worker".into() }
    }

    fn of(principal: &ServicePrincipal) -> Value {
        let conditions = match principal {
            ServicePrincipal::Lambda => json!({}),
            ServicePrincipal::Ecs => json!({
                "ArnLike": { SOURCE_ARN: "arn:aws:ecs:eu-west-1:123456789012:*" },
                "StringEquals": { SOURCE_ACCOUNT: "123456789012" },
            }),
            ServicePrincipal::Eks { .. } => json!({ "StringEquals": {
                CLUSTER_TAG: "arn:aws:eks:eu-west-1:123456789012:cluster/shop",
                NAMESPACE_TAG: "shop",
                SERVICE_ACCOUNT_TAG: "worker",
            } }),
        };
        let mut statement = json!({
            "Effect": "Allow", "Action": actions(principal), "Principal": { "Service": service(principal) },
        });
        if conditions != json!({}) {
            statement["Condition"] = conditions;
        }
        json!({ "Version": "2012-10-17", "Statement": [statement] })
    }

    /// The others, the missing condition keys, and whether the service is still trusted.
    fn found(
        principal: &ServicePrincipal,
        change: impl Fn(&mut Value),
        place: &TrustPlace<'_>,
    ) -> (Vec<String>, Vec<&'static str>, bool) {
        let mut document = of(principal);
        change(&mut document["Statement"][0]);
        let document = Document::of(&document).expect("it is a policy");
        let found = difference(&document, principal, place);
        let others = found.others.iter().map(|it| (*it).to_owned()).collect();
        (others, found.unlimited.into_iter().collect(), found.is_trusted)
    }

    #[test]
    fn the_rendered_policy_has_no_difference() {
        for principal in [ServicePrincipal::Lambda, ServicePrincipal::Ecs, pod()] {
            for place in [PLACE, TrustPlace::default()] {
                assert_eq!(found(&principal, |_| {}, &place), (vec![], vec![], true), "{principal:?}");
            }
        }
    }

    #[test]
    fn a_condition_that_is_missing_or_wider_is_found() {
        let ecs = ServicePrincipal::Ecs;
        let without =
            |key: &'static str| move |it: &mut Value| _ = it["Condition"].as_object_mut().map(|all| all.remove(key));
        assert_eq!(found(&ecs, without("ArnLike"), &PLACE).1, [SOURCE_ARN]);
        assert_eq!(found(&ecs, without("StringEquals"), &PLACE).1, [SOURCE_ACCOUNT]);
        for arn in
            ["arn:aws:ecs:*:123456789012:*", "arn:aws:ecs:eu-west-1:*:*", "*", "arn:aws:ecs:us-east-1:123456789012:*"]
        {
            let change = |it: &mut Value| it["Condition"]["ArnLike"][SOURCE_ARN] = json!(arn);
            assert_eq!(found(&ecs, change, &PLACE).1, [SOURCE_ARN], "{arn}");
        }
        let two =
            |it: &mut Value| it["Condition"]["StringEquals"][SOURCE_ACCOUNT] = json!(["123456789012", "210987654321"]);
        assert_eq!(found(&ecs, two, &PLACE).1, [SOURCE_ACCOUNT]);
        for (key, value) in [
            (CLUSTER_TAG, "arn:aws:eks:eu-west-1:123456789012:cluster/*"),
            (NAMESPACE_TAG, "default"),
            (SERVICE_ACCOUNT_TAG, "*"),
        ] {
            let change = |it: &mut Value| it["Condition"]["StringEquals"][key] = json!(value);
            for place in [PLACE, TrustPlace { cluster: None, ..PLACE }] {
                assert_eq!(found(&pod(), change, &place), (vec![], vec![key], false), "{key}");
            }
        }
        let like = |it: &mut Value| it["Condition"] = json!({ "StringLike": it["Condition"]["StringEquals"] });
        assert_eq!(found(&pod(), like, &PLACE).1, [CLUSTER_TAG, NAMESPACE_TAG, SERVICE_ACCOUNT_TAG]);
    }

    #[test]
    fn other_principals_actions_and_conditions_are_found() {
        let service =
            |it: &mut Value| it["Principal"]["Service"] = json!(["pods.eks.amazonaws.com", "ec2.amazonaws.com"]);
        assert_eq!(found(&pod(), service, &PLACE), (vec!["ec2.amazonaws.com".to_owned()], vec![], true));
        let more = |it: &mut Value| it["Action"] = json!("sts:*");
        assert_eq!(found(&pod(), more, &PLACE), (vec!["pods.eks.amazonaws.com".to_owned()], vec![], false));
        let less = |it: &mut Value| it["Action"] = json!("sts:AssumeRole");
        assert_eq!(found(&pod(), less, &PLACE), (vec![], vec![], false));
        let narrower =
            |it: &mut Value| it["Condition"]["StringEquals"]["aws:RequestTag/kubernetes-pod-name"] = json!("a");
        assert_eq!(found(&pod(), narrower, &PLACE), (vec![], vec![], false));
        let anybody = |it: &mut Value| it["Principal"] = json!("*");
        assert_eq!(found(&ServicePrincipal::Lambda, anybody, &PLACE), (vec!["*".to_owned()], vec![], false));
    }
}
