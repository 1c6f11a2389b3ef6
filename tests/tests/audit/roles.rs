//! What roles have besides their grants, that many handlers have one role, and that a grant is tied to a function.

use paypulse_runtime::model::Spec;
use paypulse_tests::printshop;
use serde_json::{Value, json};
use xtask::audit::{AuditFinding, AuditedAccess, FoundDocument, Identity, IdentityKind, Rule, Site};

const LOGS: &str = "service-role/AWSLambdaBasicExecutionRole";
const VPC: &str = "service-role/AWSLambdaVPCAccessExecutionRole";
const XRAY: &str = "AWSXRayDaemonWriteAccess";

fn site() -> Site {
    Site { region: "eu-west-1".into(), account: "123456789012".into() }
}

fn access(spec: &Spec) -> AuditedAccess<'_> {
    AuditedAccess::new(spec, &site(), &[("press_role".to_owned(), "Press-Role".to_owned())].into())
}

fn statement(actions: &[&str], resource: &str, condition: &Value) -> Value {
    let actions: Vec<String> = actions.iter().map(|action| format!("secretsmanager:{action}")).collect();
    let arn = format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{resource}");
    let mut statement = json!({ "Effect": "Allow", "Action": actions, "Resource": arn });
    if !condition.is_null() {
        statement["Condition"] = condition.clone();
    }
    statement
}

fn role(name: &str, policy: &str, statements: &[Value], attached: &[&str]) -> Identity {
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let trust = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": { "Service": "lambda.amazonaws.com" }
    }] });
    let arn = |name: &&str| {
        if name.starts_with("arn:") { (*name).to_owned() } else { format!("arn:aws:iam::aws:policy/{name}") }
    };
    Identity {
        kind: IdentityKind::Role,
        name: name.to_owned(),
        arn: format!("arn:aws:iam::123456789012:role/{name}"),
        trust: Some(trust.to_string()),
        inline: vec![FoundDocument { name: policy.to_owned(), text }],
        attached: attached.iter().map(arn).collect(),
        boundary: None,
    }
}

/// What is found of the role of the invoices with these policies attached, by a rule.
fn invoices(attached: &[&str], rule: Rule) -> Vec<String> {
    let spec = printshop::spec();
    let mut access = access(&spec);
    let document = |action: &str| {
        json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }] })
            .to_string()
    };
    for (name, action) in [
        (XRAY, "xray:PutTraceSegments"),
        (VPC, "ec2:CreateNetworkInterface"),
        ("SecretsManagerReadWrite", "secretsmanager:*"),
    ] {
        access.learn(&format!("arn:aws:iam::aws:policy/{name}"), Some(&document(action)));
    }
    access.learn("arn:aws:iam::123456789012:policy/team", Some(&document("s3:GetObject")));
    let login = "printshop/customers/*/login-??????";
    let granted = statement(&["GetSecretValue", "UpdateSecret"], login, &Value::Null);
    let found = access.judge(&role("Invoice-Lambda+Role@print", "write-invoice-secrets", &[granted], attached));
    found.into_iter().filter(|it| it.rule == rule).map(|it| it.message).collect()
}

#[test]
fn a_role_has_what_the_spec_says_besides() {
    let team = "arn:aws:iam::123456789012:policy/team";
    for attached in [&[LOGS, XRAY, VPC][..], &[LOGS, XRAY, VPC, team]] {
        assert_eq!(invoices(attached, Rule::PolicyWider), Vec::<String>::new(), "{attached:?}");
    }
    let wider = invoices(&[LOGS, XRAY, VPC, "SecretsManagerReadWrite"], Rule::PolicyWider);
    assert!(wider.len() == 1 && wider[0].contains("SecretsManagerReadWrite"), "{wider:?}");
    let unknown = invoices(&[LOGS, XRAY, VPC, "arn:aws:iam::123456789012:policy/gone"], Rule::UndecidedPolicy);
    assert_eq!(unknown.len(), 1, "{unknown:?}");
    // The use of the key is what its inline policy lacks in this test.
    let lacking = |attached: &[&str]| invoices(attached, Rule::PolicyNarrower).concat();
    assert!(!lacking(&[LOGS, XRAY, VPC]).contains("the policy"), "{}", lacking(&[LOGS, XRAY, VPC]));
    assert!(lacking(&[LOGS, VPC]).contains(&format!("the policy `{XRAY}`")), "{}", lacking(&[LOGS, VPC]));
}

/// What the role of the press may do, with the deletion for the function of `forget-customer` alone, or another condition.
fn press(condition: &Value, more: &[Value]) -> Vec<AuditFinding> {
    let spec = printshop::spec();
    let login = "printshop/customers/*/login-??????";
    let mut statements = vec![
        statement(&["GetSecretValue"], "printshop/press-??????", &Value::Null),
        statement(&["GetSecretValue"], "PrintShop+Proofs-??????", &Value::Null),
        statement(&["DescribeSecret", "GetSecretValue", "PutSecretValue"], login, &Value::Null),
        statement(&["DeleteSecret"], login, condition),
    ];
    statements.extend(more.iter().cloned());
    access(&spec).judge(&role("Press-Role", "print-order-secrets", &statements, &[]))
}

#[test]
fn a_grant_is_for_the_function_that_it_is_tied_to() {
    let of = |function: &str| json!({ "ArnEquals": { "lambda:SourceFunctionArn": format!("arn:aws:lambda:eu-west-1:123456789012:function:{function}") } });
    let messages = |found: &[AuditFinding], rule: Rule| -> String {
        found.iter().filter(|it| it.rule == rule).map(|it| it.message.clone()).collect()
    };
    let right = press(&of("forget-customer"), &[]);
    assert_eq!(messages(&right, Rule::PolicyWider), "", "{right:?}");
    assert!(!messages(&right, Rule::PolicyNarrower).contains("DeleteSecret"), "{right:?}");
    let open = press(&Value::Null, &[]);
    assert!(messages(&open, Rule::PolicyWider).contains("DeleteSecret"), "{open:?}");
    let other = press(&of("reprint"), &[]);
    assert!(messages(&other, Rule::PolicyWider).contains("DeleteSecret"), "{other:?}");
    assert!(messages(&other, Rule::PolicyNarrower).contains("DeleteSecret"), "{other:?}");
}

/// One role of three handlers is looked at once, for the grants of all.
#[test]
fn a_shared_role_needs_the_grants_of_all() {
    let found = press(&Value::Null, &[]);
    assert!(found.iter().all(|it| !it.message.contains("PutSecretValue on")), "{found:?}");
    let spec = printshop::spec();
    let nothing = access(&spec).judge(&role("Press-Role", "print-order-secrets", &[], &[]));
    let lacking: String =
        nothing.iter().filter(|it| it.rule == Rule::PolicyNarrower).map(|it| it.message.clone()).collect();
    for action in ["PutSecretValue", "DescribeSecret", "DeleteSecret"] {
        assert!(lacking.contains(action) || lacking.contains("more"), "{lacking}");
    }
    assert!(access(&spec).missing().iter().any(|it| it.message.contains("Invoice-Lambda+Role@print")));
}

fn of_depot(name: &str, trust: &Value, variables: &[(&str, &str)]) -> Vec<String> {
    let spec = paypulse_tests::depot::spec().under("dev/");
    let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut access = AuditedAccess::new(&spec, &site(), &variables);
    let identity = Identity { trust: Some(trust.to_string()), ..role(name, "x", &[], &[]) };
    let found = access.judge(&identity).into_iter();
    found
        .filter(|it| it.message.contains("may assume its role") || it.message.contains("may not always"))
        .map(|it| format!("{:?}: {}", it.rule, it.message))
        .collect()
}

#[test]
fn a_trust_policy_that_is_wider_than_that_of_a_task_or_a_pod_is_found() {
    let statement = |service: &str, actions: &[&str], condition: Value| {
        json!({ "Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": actions, "Principal": { "Service": service }, "Condition": condition,
        }] })
    };
    let task = |condition: Value| statement("ecs-tasks.amazonaws.com", &["sts:AssumeRole"], condition);
    let source = json!({ "aws:SourceArn": "arn:aws:ecs:eu-west-1:123456789012:*" });
    let whole = json!({ "ArnLike": source, "StringEquals": { "aws:SourceAccount": "123456789012" } });
    assert_eq!(of_depot("dev-load", &task(whole.clone()), &[]), [""; 0]);
    let account = json!({ "ArnLike": source });
    assert_eq!(
        of_depot("dev-load", &task(account), &[]),
        [
            "TrustWider: `ecs-tasks.amazonaws.com` may assume its role `dev-load` without the condition of the Terraform on \
             `aws:SourceAccount`",
            "PolicyNarrower: `ecs-tasks.amazonaws.com` may not always become its role `dev-load`",
        ]
    );
    let other = of_depot("dev-load", &statement("lambda.amazonaws.com", &["sts:AssumeRole"], whole), &[]);
    assert!(other[0].starts_with("TrustWider: `lambda.amazonaws.com` may assume its role `dev-load`"), "{other:?}");
    let pod = |cluster: &str| {
        let tags = json!({ "StringEquals": {
            "aws:RequestTag/eks-cluster-arn": cluster,
            "aws:RequestTag/kubernetes-namespace": "depot",
            "aws:RequestTag/kubernetes-service-account": "ship",
        } });
        statement("pods.eks.amazonaws.com", &["sts:AssumeRole", "sts:TagSession"], tags)
    };
    let [own, another] = ["a", "b"].map(|name| format!("arn:aws:eks:eu-west-1:123456789012:cluster/{name}"));
    let known = [("eks_cluster_arn", own.as_str())];
    assert_eq!(of_depot("dev-ship", &pod(&own), &known), [""; 0]);
    assert_eq!(of_depot("dev-ship", &pod(&another), &[]), [""; 0]);
    let found = of_depot("dev-ship", &pod(&another), &known);
    assert!(
        found[0].contains("without the condition of the Terraform on `aws:RequestTag/eks-cluster-arn`"),
        "{found:?}"
    );
    // The service account of another handler.
    let found = of_depot("dev-Depot-Guard", &pod(&own), &known);
    assert!(found[0].contains("`aws:RequestTag/kubernetes-service-account`"), "{found:?}");
}
