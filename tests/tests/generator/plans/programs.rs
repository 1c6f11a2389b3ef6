//! Plans of handlers that are tasks of ECS or pods of EKS: their trust policies, and what else gets their roles.

use std::fs;

use paypulse_runtime::model::ServicePrincipal;
use paypulse_runtime::spec::spec as paypulse;
use serde_json::{Value, json};
use tempfile::tempdir;
use xtask::Exit;

use super::{add, check_text_of, json_of, resource};
use crate::run::Run;

const ROLE: &str = "aws_iam_role.fetch_invoices";
const ARN: &str = "arn:aws:iam::000000000000:role/fetch_invoices";
const CLUSTER: &str = "arn:aws:eks:eu-west-1:000000000000:cluster/app";

fn pod() -> ServicePrincipal {
    ServicePrincipal::Eks { cluster: "cluster_arn".into(), namespace: "app".into(), service_account: "fetch".into() }
}

/// The trust policy of a task or a pod.
fn trust(principal: &ServicePrincipal) -> Value {
    let mut statement = json!({ "Effect": "Allow", "Action": "sts:AssumeRole" });
    if *principal == ServicePrincipal::Ecs {
        statement["Principal"] = json!({ "Service": "ecs-tasks.amazonaws.com" });
        statement["Condition"] = json!({
            "ArnLike": { "aws:SourceArn": "arn:aws:ecs:eu-west-1:000000000000:*" },
            "StringEquals": { "aws:SourceAccount": "000000000000" },
        });
    } else {
        statement["Action"] = json!(["sts:AssumeRole", "sts:TagSession"]);
        statement["Principal"] = json!({ "Service": "pods.eks.amazonaws.com" });
        statement["Condition"]["StringEquals"] = json!({
            "aws:RequestTag/eks-cluster-arn": CLUSTER,
            "aws:RequestTag/kubernetes-namespace": "app",
            "aws:RequestTag/kubernetes-service-account": "fetch",
        });
    }
    json!({ "Version": "2012-10-17", "Statement": [statement] })
}

/// `check-plan` on a plan of the account, in which `fetch_invoices` is a task or a pod, after a change.
fn changed(principal: &ServicePrincipal, change: impl FnOnce(&mut Value)) -> Run {
    let mut spec = paypulse();
    let handler = spec.handlers.iter_mut().find(|handler| handler.name == "fetch_invoices").expect("it is there");
    handler.options.principal = principal.clone();
    let mut plan = json_of("later.json");
    plan["variables"]["cluster_arn"] = json!({ "value": CLUSTER });
    let logs = "aws_iam_role_policy_attachment.fetch_invoices_logs";
    plan["resource_changes"].as_array_mut().expect("a list").retain(|change| change["address"] != logs);
    for side in ["before", "after"] {
        let list = resource(&mut plan, "aws_iam_role_policy_attachments_exclusive.fetch_invoices");
        list["change"][side]["policy_arns"] = json!([]);
        trusting(&mut plan, side, &trust(principal));
    }
    change(&mut plan);
    let dir = tempdir().expect("a temporary directory");
    let path = dir.path().join("spec.json");
    fs::write(&path, spec.to_json()).expect("it can be written");
    check_text_of(&plan.to_string(), Some(&path), &[])
}

fn trusting(plan: &mut Value, side: &str, trust: &Value) {
    // The plan also has the role among what changed outside of Terraform.
    for list in ["resource_changes", "resource_drift"] {
        let all = plan[list].as_array_mut().expect("a list");
        let role = all.iter_mut().find(|change| change["address"] == ROLE).expect("the plan has the role");
        let given = &mut role["change"][side];
        given["assume_role_policy"] = trust.to_string().into();
        given["managed_policy_arns"] = json!([]);
    }
}

#[test]
fn the_trust_policy_of_a_task_and_of_a_pod_is_as_the_spec_says() {
    for principal in [ServicePrincipal::Ecs, pod()] {
        let run = changed(&principal, |_| {});
        assert_eq!((run.exit, run.err.as_str()), (Exit::Done, "the plan is as the spec says\n"), "{run}");
    }
}

#[test]
fn a_trust_policy_that_is_wider_is_found() {
    for (principal, from, to) in [
        (
            ServicePrincipal::Ecs,
            "\"aws:SourceAccount\":\"000000000000\"",
            "\"aws:SourceAccount\":[\"000000000000\",\"999999999999\"]",
        ),
        (ServicePrincipal::Ecs, ":ecs:eu-west-1:000000000000:", ":ecs:*:*:"),
        (ServicePrincipal::Ecs, "ecs-tasks.amazonaws.com", "lambda.amazonaws.com"),
        (pod(), "\"fetch\"", "[\"fetch\",\"other\"]"),
        (pod(), "\"aws:RequestTag/kubernetes-namespace\":\"app\",", ""),
        (pod(), "cluster/app", "cluster/other"),
        (pod(), "pods.eks.amazonaws.com", "ec2.amazonaws.com"),
    ] {
        let run = changed(&principal, |plan| {
            let text = trust(&principal).to_string();
            assert!(text.contains(from), "{text}");
            let wider = serde_json::from_str(&text.replace(from, to)).expect("it is JSON");
            trusting(plan, "after", &wider);
            resource(plan, ROLE)["change"]["actions"] = json!(["update"]);
        });
        assert_eq!(run.exit, Exit::Widened, "{from}: {run}");
        assert!(run.out.contains("policy-wider: `who may be fetch_invoices`"), "{from}: {run}");
    }
}

#[test]
fn only_the_task_definition_of_the_handler_gets_its_role() {
    let of = |family: &'static str, argument: &'static str| {
        changed(&ServicePrincipal::Ecs, |plan| {
            add(plan, "aws_ecs_task_definition.x", &["create"], &json!({ "family": family, argument: ARN }));
        })
    };
    let own = of("fetch_invoices", "task_role_arn");
    assert_eq!(own.exit, Exit::Done, "{own}");
    assert!(own.out.contains("its containers run as the role `fetch_invoices` of the spec"), "{own}");
    for (family, argument) in [("other", "task_role_arn"), ("fetch_invoices", "execution_role_arn")] {
        let run = of(family, argument);
        assert_eq!(run.exit, Exit::Widened, "{run}");
        assert!(run.out.contains(&format!("its `{argument}` is the role `fetch_invoices` of the spec")), "{run}");
    }
    // The role of a function is for no task, and that of a task for no function.
    let function = changed(&ServicePrincipal::Ecs, |plan| {
        add(plan, "aws_lambda_function.x", &["create"], &json!({ "function_name": "fetch_invoices", "role": ARN }));
    });
    assert_eq!(function.exit, Exit::Widened, "{function}");
}

#[test]
fn only_the_association_of_the_service_account_gets_the_role() {
    let of = |cluster: &str, namespace: &str, account: &str| {
        let after = json!({
            "cluster_name": cluster, "namespace": namespace, "service_account": account, "role_arn": ARN,
        });
        changed(&pod(), |plan| add(plan, "aws_eks_pod_identity_association.x", &["create"], &after))
    };
    let own = of("app", "app", "fetch");
    assert_eq!((own.exit, own.err.as_str()), (Exit::Done, "the plan is as the spec says\n"), "{own}");
    for (cluster, namespace, account) in
        [("app", "app", "other"), ("app", "default", "fetch"), ("other", "app", "fetch"), ("app", "fetch", "app")]
    {
        let run = of(cluster, namespace, account);
        assert_eq!(run.exit, Exit::Widened, "{cluster} {namespace} {account}: {run}");
        assert!(run.out.contains("its `role_arn` is the role `fetch_invoices` of the spec"), "{run}");
    }
}

/// What starts a function of the name is not what starts the task.
#[test]
fn what_starts_the_program_is_not_asked() {
    let permission = json!({ "function_name": "fetch_invoices", "action": "lambda:InvokeFunction", "principal": "*" });
    let start = |plan: &mut Value| add(plan, "aws_lambda_permission.x", &["create"], &permission);
    let run = changed(&ServicePrincipal::Ecs, start);
    assert_eq!((run.exit, run.err.as_str()), (Exit::Done, "the plan is as the spec says\n"), "{run}");
    let control = changed(&ServicePrincipal::Lambda, |plan| {
        trusting(plan, "after", &serde_json::from_str(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"Service":"lambda.amazonaws.com"}}]}"#,
        ).expect("it is JSON"));
        start(plan);
    });
    assert!(control.out.contains("it lets * call the function `fetch_invoices`"), "{control}");
}
