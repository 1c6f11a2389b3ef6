//! Shows that the proof has teeth: rendered text is spoilt in many ways, and each must be found.

use std::collections::BTreeSet;

use paypulse_runtime::model::{Prefixes, Spec, Template, Verb};
use paypulse_tests::{bakery, depot, printshop, warehouse};

use super::audit;
use super::grants::{CALLS, MAKE_UP};
use super::module::World;
use super::proof::first_findings as findings;
use super::real::{large, rendered};

fn faults(spec: &Spec, iam: String) -> Vec<String> {
    let mut files = rendered(spec);
    files.insert("iam.tf".to_owned(), iam);
    let found = findings(spec, &files, &World::ireland());
    audit::agrees(spec, &files, &World::ireland(), &found);
    found
}

/// Each place where the text stands is replaced by itself, and each mutant must be found.
#[track_caller]
fn check(spec: &Spec, from: &str, to: &str) {
    check_file(spec, "iam.tf", from, to);
}

/// PayPulse's spec with one handler of those that have the same grants, and so the same statements.
fn paypulse() -> Spec {
    let mut spec = paypulse_runtime::spec::spec();
    let mut seen = BTreeSet::new();
    spec.handlers.retain(|handler| seen.insert(format!("{:?}", handler.grants)));
    spec
}

#[test]
fn nothing_is_found_in_what_is_not_spoilt() {
    for spec in [paypulse(), warehouse::spec()] {
        let iam = rendered(&spec).remove("iam.tf").expect("it is rendered");
        assert_eq!(faults(&spec, iam), Vec::<String>::new());
    }
}

#[test]
fn every_action_that_is_dropped_or_exchanged_is_found() {
    let mut seen = BTreeSet::new();
    for spec in [paypulse(), warehouse::spec()] {
        let iam = rendered(&spec)["iam.tf"].clone();
        for call in CALLS.into_iter().chain([MAKE_UP]).filter(|call| iam.contains(&format!(":{call}\""))) {
            seen.insert(call);
            let line = format!("          \"secretsmanager:{call}\",\n");
            check(&spec, &line, "");
            for other in CALLS.iter().filter(|other| **other != call).chain(&["ListSecrets"]) {
                check(&spec, &line, &line.replace(call, other));
            }
        }
    }
    // One is granted for a migration only, and in the printshop.
    assert_eq!(seen.len(), CALLS.len(), "every other action is somewhere: {seen:?}");
}

/// PayPulse, where one handler may also read the signing key before the present one.
fn with_previous() -> Spec {
    let mut spec = paypulse();
    let handler = spec.handlers.iter_mut().find(|handler| handler.id == "FetchInvoices").expect("it is there");
    let grant = handler.grants.iter_mut().find(|grant| grant.secret == "JwtSigningKey").expect("it is there");
    grant.verbs.push(Verb::ReadPrevious);
    spec
}

#[test]
fn every_condition_on_versions_that_is_dropped_or_changed_is_found() {
    let spec = with_previous();
    let iam = rendered(&spec)["iam.tf"].clone();
    assert_eq!(faults(&spec, iam.clone()), Vec::<String>::new());
    let lines: BTreeSet<&str> =
        iam.split_inclusive('\n').filter(|line| line.contains("secretsmanager:Version")).collect();
    assert_eq!(lines.len(), 3, "two of the current version, and one of the previous one: {lines:?}");
    for line in lines {
        check(&spec, line, "");
        for (from, to) in [
            ("AWSCURRENT", "AWSPREVIOUS"),
            ("AWSPREVIOUS", "AWSPENDING"),
            ("IfExists", ""),
            ("VersionStage", "VersionStages"),
            ("VersionId", "SecretId"),
            ("\"true\"", "\"false\""),
        ] {
            if line.contains(from) {
                check(&spec, line, &line.replace(from, to));
            }
        }
    }
}

#[test]
fn every_action_too_many_is_found() {
    for action in [
        "secretsmanager:*",
        "*",
        "secretsmanager:Get*",
        "SecretsManager:putsecretvalu?",
        "secretsmanager:UpdateSecret",
        "secretsmanager:TagResource",
        "kms:Decrypt",
    ] {
        let line = "Action = [\n";
        for spec in [paypulse(), warehouse::spec()] {
            let iam = rendered(&spec)["iam.tf"].clone();
            for (at, _) in iam.match_indices(line) {
                let end = at + line.len();
                let actions = &iam[end..end + iam[end..].find(']').expect("the list ends")];
                // There it is no action too many, only one that is named twice, or one that a key does not know.
                let is_twice = action.contains("putsecret") && actions.contains("PutSecretValue");
                let is_twice = is_twice || actions.contains(action);
                let is_foreign = actions.contains("kms:") && action.to_lowercase().starts_with("secretsmanager:");
                if is_twice || is_foreign {
                    continue;
                }
                let mutant = format!("{}\"{action}\",\n{}", &iam[..end], &iam[end..]);
                assert!(!faults(&spec, mutant).is_empty(), "{action} at byte {at}");
            }
        }
    }
}

#[test]
fn every_wider_or_other_resource_is_found() {
    let family = "\"${local.secret_arn}:gmail/user/*\"";
    for other in [
        "\"${local.secret_arn}:gmail/*\"",
        "\"${local.secret_arn}:gmail/user*\"",
        "\"${local.secret_arn}:gmail/user/?\"",
        "\"${local.secret_arn}:gmail/user/*-??????\", \"${local.secret_arn}:*\"",
        "\"${local.secret_arn}:*\"",
        "\"${local.secret_arn}:GMAIL/user/*\"",
        "\"*\"",
        "\"arn:*:secretsmanager:*:*:secret:gmail/user/*\"",
        "\"arn:aws:secretsmanager:eu-west-1:*:secret:gmail/user/*\"",
        "data.aws_secretsmanager_secret.jwt_signing_key.arn",
    ] {
        check(&paypulse(), family, other);
    }
    let exact = "data.aws_secretsmanager_secret.jwt_signing_key.arn";
    for other in [
        "\"${local.secret_arn}:PayPulseAppJWTSecret\"",
        "\"${local.secret_arn}:PayPulseAppJWTSecret*\"",
        "\"${local.secret_arn}:PayPulseAppJWTSecret-*\"",
        "\"${local.secret_arn}:PayPulseAppJWTSecret-??????\"",
        "\"${local.secret_arn}:PayPulse*\"",
        "aws_secretsmanager_secret.google_oauth_client_id.arn",
        "aws_secretsmanager_secret.jwt_signing_key.arn",
    ] {
        check(&paypulse(), exact, other);
    }
    let login = "shops/*/suppliers/*/login-??????";
    for other in ["shops/*/login-??????", "shops/*", "shops/*/suppliers/*/login-*", "shops/*/suppliers/*/login*"] {
        check(&warehouse::spec(), login, other);
    }
    check(&warehouse::spec(), "warehouse/sample-??????", "warehouse/sample-*");
    check(&warehouse::spec(), "warehouse/sample-??????", "warehouse/sample");
    check(&warehouse::spec(), ":secret\"\n", ":secret:\"\n");
}

/// In the warehouse's third Region there is a copy that nobody reads.
#[test]
fn every_other_copy_and_key_of_a_copy_is_found() {
    let spec = warehouse::spec();
    let database = "aws_secretsmanager_secret.database_login.arn";
    let copy = format!("replace({database}, \":${{local.region}}:\", \":us-west-2:\")");
    for (from, to) in [
        ("\":us-west-2:\"", "\":eu-central-1:\""),
        ("\":us-west-2:\"", "\":us-east-1:\""),
        ("\":us-west-2:\"", "\":*:\""),
        ("\":us-east-1:\"", "\":${local.region}:\""),
        (&copy, database),
        (&copy, &format!("\"*\", {copy}")),
        (&copy, &format!("{copy}, {}", copy.replace("us-west-2", "eu-central-1"))),
        (&copy, &format!("{copy}, {}", copy.replace("database_login", "payment_key"))),
        ("data.aws_kms_alias.warehouse_us_west_2.target_key_arn", "var.warehouse_key_arn"),
        ("var.replica_key_arn", "var.warehouse_key_arn"),
        ("var.replica_key_arn", "\"*\""),
        ("local.via_secrets_manager_us_west_2", "local.via_secrets_manager"),
    ] {
        check(&spec, from, to);
    }
}

#[test]
fn every_reach_into_another_environment_is_found() {
    let spec = bakery::spec();
    for (from, to) in [
        ("${var.stage}branches", "branches"),
        ("${var.stage}branches", "dev/branches"),
        ("${var.stage}branches", "*branches"),
        ("${var.stage}branches", "${local.deployed_prefix}branches"),
        ("${local.deployed_prefix}", ""),
        ("${local.deployed_prefix}", "Prod_"),
        ("replace(var.stage, \"/\", \"-\")", "var.stage"),
        ("replace(var.stage, \"/\", \"-\")", "\"dev-\""),
    ] {
        check(&spec, from, to);
    }
    let mut files = rendered(&spec);
    for name in ["bakery/oven.key", "Mill+Key@EU"] {
        let spoilt = files["secrets.tf"].replace(&format!("${{var.stage}}{name}"), name);
        assert_ne!(spoilt, files["secrets.tf"]);
        let good = files.insert("secrets.tf".to_owned(), spoilt).expect("it is rendered");
        assert!(!findings(&spec, &files, &World::ireland()).is_empty(), "{name}");
        files.insert("secrets.tf".to_owned(), good);
    }
}

/// Of managed policies too, which are named once in an account.
#[test]
fn policies_of_two_environments_with_one_name_are_found() {
    let mut spec = large(60);
    let values = ["dev/", "prod/"].map(str::to_owned).into();
    spec.prefixes = Some(Prefixes { variable: "stage".to_owned(), values });
    for secret in &mut spec.secrets {
        // The proof reads names with their prefix as a spec's own, which are shorter.
        secret.name = Template::parse(&secret.name.as_str()[..220]).expect("a valid name");
    }
    assert!(rendered(&spec)["iam.tf"].contains("aws_iam_policy"));
    assert_eq!(findings(&spec, &rendered(&spec), &World::ireland()), Vec::<String>::new());
    let iam =
        rendered(&spec)["iam.tf"].replacen("\"${local.deployed_prefix}fetch-secrets-1\"", "\"fetch-secrets-1\"", 1);
    assert!(faults(&spec, iam).iter().any(|found| found.contains("another environment has its name")));
}

#[test]
fn every_other_effect_condition_and_element_is_found() {
    for spec in [paypulse(), warehouse::spec()] {
        let effect = "Effect = \"Allow\"\n        Action = [";
        check(&spec, effect, "Effect = \"Deny\"\n        Action = [");
        check(&spec, effect, "Effect = \"Allow\"\n        NotAction = [");
        check(&spec, effect, "Effect = \"allow\"\n        Action = [");
        let unmet = "Condition = { StringEquals = { \"aws:PrincipalTag/x\" = \"y\" } }\n        ";
        check(&spec, effect, &format!("{unmet}{effect}"));
        check(&spec, "        Resource = [", "        NotResource = [");
    }
}

#[test]
fn every_statement_that_is_missing_or_denies_is_found() {
    for spec in [paypulse(), warehouse::spec()] {
        let iam = rendered(&spec)["iam.tf"].clone();
        let (start, end) = ("      {\n        # ", "\n      },\n");
        assert!(iam.contains(start));
        for (at, _) in iam.match_indices(start) {
            let after = at + iam[at..].find(end).expect("the statement ends") + end.len();
            let mutant = format!("{}{}", &iam[..at], &iam[after..]);
            assert!(!faults(&spec, mutant).is_empty(), "without\n{}", &iam[at..after]);
            let deny = "      { Effect = \"Deny\", Action = \"secretsmanager:*\", Resource = \"*\" },\n";
            let mutant = format!("{}{deny}{}", &iam[..at], &iam[at..]);
            assert!(!faults(&spec, mutant).is_empty(), "with a denial beside\n{}", &iam[at..after]);
        }
    }
}

#[test]
fn policies_that_change_places_are_found() {
    let iam = rendered(&paypulse())["iam.tf"].clone();
    for (one, other) in [
        ("gmail_store_tokens", "fetch_invoices"),
        ("delete_user", "get_user_profile"),
        ("get_user_profile", "login_user"),
    ] {
        let policy = |name: &str| format!("-secrets\"\n  role = aws_iam_role.{name}.name");
        let swapped =
            iam.replace(&policy(one), "ONE").replace(&policy(other), &policy(one)).replace("ONE", &policy(other));
        assert_ne!(swapped, iam);
        assert!(!faults(&paypulse(), swapped).is_empty(), "{one} and {other}");
        let given = iam.replace(&policy(one), &policy(other));
        assert!(!faults(&paypulse(), given).is_empty(), "{one}'s policy on {other}'s role");
    }
    check(&warehouse::spec(), "role = var.close_shop_role", "role = aws_iam_role.heartbeat.name");
    check(
        &warehouse::spec(),
        "role = aws_iam_role.re_order.name\n  policy = ",
        "role = var.close_shop_role\n  policy = ",
    );
}

#[test]
fn a_policy_beside_the_generated_ones_is_found() {
    let extra = |role: &str| {
        let statement = "{ Effect = \"Allow\", Action = \"secretsmanager:GetSecretValue\", Resource = \"*\" }";
        let policy = format!("jsonencode({{ Version = \"2012-10-17\", Statement = [{statement}] }})");
        format!(
            "resource \"aws_iam_policy\" \"x\" {{\n  name = \"x\"\n  policy = {policy}\n}}\nresource \"aws_iam_role_policy_attachment\" \"x\" {{\n  role = {role}\n  policy_arn = aws_iam_policy.x.arn\n}}\n"
        )
    };
    let iam = rendered(&warehouse::spec())["iam.tf"].clone();
    for role in ["aws_iam_role.heartbeat.name", "aws_iam_role.add_supplier.name", "var.close_shop_role"] {
        assert!(!faults(&warehouse::spec(), format!("{iam}{}", extra(role))).is_empty(), "{role}");
    }
    for line in [
        "resource \"aws_iam_role\" \"x\" {\n  name = \"x\"\n  assume_role_policy = local.lambda_trust_policy\n}\n",
        "resource \"aws_iam_role_policy_attachment\" \"x\" {\n  role = aws_iam_role.heartbeat.name\n  policy_arn = \"arn:aws:iam::aws:policy/SecretsManagerReadWrite\"\n}\n",
    ] {
        assert!(!faults(&warehouse::spec(), format!("{iam}{line}")).is_empty(), "{line}");
    }
}

/// What ties a grant to a function, what many handlers have by one role, and what roles have besides.
#[test]
fn every_change_of_a_roles_own_settings_is_found() {
    let spec = printshop::spec();
    check(&spec, "ArnEquals = { \"lambda:SourceFunctionArn\"", "ArnLike = { \"lambda:SourceFunctionName\"");
    check(&spec, ":function:forget-customer\"", ":function:*\"");
    check(&spec, ":function:deliver\"", ":function:reprint\"");
    check(&spec, "\"secretsmanager:DeleteSecret\"", "\"secretsmanager:UpdateSecret\"");
    check(&spec, "\"secretsmanager:UpdateSecret\"", "\"secretsmanager:TagResource\"");
    check(&spec, "          \"secretsmanager:UpdateSecret\",\n", "");
    check(&spec, "\"Invoice-Lambda+Role@print\"", "\"write-invoice\"");
    check(&spec, "policy/AWSXRayDaemonWriteAccess", "policy/SecretsManagerReadWrite");
    check(&spec, "    aws_iam_role_policy_attachment.write_invoice_AWSXRayDaemonWriteAccess.policy_arn,\n", "");
}

/// What is in another region is there whole, and the policies name it there.
#[test]
fn every_other_region_is_found() {
    let region = "region      = \"us-east-1\"";
    check_in("secrets.tf", region, "region      = \"us-east-2\"");
    check_in("secrets.tf", region, "");
    check_in("secrets.tf", "region              = \"us-east-1\"", "");
    check_in("secrets.tf", "region        = \"ap-south-1\"", "region        = \"us-east-1\"");
    check_in("secrets.tf", "region = \"us-east-1\"", "");
    check_in("rotation.tf", "region        = \"us-east-1\"", "");
    check_in("rotation.tf", "region              = \"us-east-1\"", "");
    check_in("iam.tf", ":secretsmanager:us-east-1:", ":secretsmanager:${local.region}:");
    check_in("iam.tf", "secretsmanager.us-east-1.amazonaws.com", "secretsmanager.us-east-1.example.com");
    check_in("iam.tf", "local.via_secrets_manager_us_east_1", "local.via_secrets_manager");
    check_in("iam.tf", "local.secret_arn_us_east_1", "local.secret_arn");
    check_in("iam.tf", "${local.secret_arn}:", "${local.secret_arn_us_east_1}:");
    check_in("iam.tf", "kms_alias.shops_us_east_1", "kms_alias.shops");
    check_in("iam.tf", "kms_alias.shops.", "kms_alias.shops_us_east_1.");
}

/// Each condition of the trust policies of tasks and pods, the service, the actions, and the logs that only functions write.
#[test]
fn every_other_trust_of_a_task_or_a_pod_is_found() {
    let spec = depot::spec();
    for (from, to) in [
        ("ecs-tasks.amazonaws.com", "ecs.amazonaws.com"),
        ("pods.eks.amazonaws.com", "eks.amazonaws.com"),
        ("{ Service = \"pods.eks.amazonaws.com\" }", "{ Service = \"pods.eks.amazonaws.com\", AWS = \"*\" }"),
        (":ecs:${local.region}:", ":ecs:*:"),
        (":ecs:${local.region}:${data.aws_caller_identity.current.account_id}:*", ":ecs:${local.region}:*:*"),
        ("\"aws:SourceArn\"", "\"aws:PrincipalArn\""),
        ("ArnLike", "ArnLikeIfExists"),
        ("StringEquals = { \"aws:SourceAccount\"", "StringLike = { \"aws:SourceAccount\""),
        ("[\"sts:AssumeRole\", \"sts:TagSession\"]", "\"sts:*\""),
        ("[\"sts:AssumeRole\", \"sts:TagSession\"]", "\"sts:AssumeRole\""),
        ("= var.eks_cluster_arn", "= \"*\""),
        ("\"aws:RequestTag/eks-cluster-arn\"", "\"aws:RequestTag/eks-cluster-name\""),
        ("kubernetes-namespace\"       = \"depot\"", "kubernetes-namespace\"       = \"default\""),
        ("kubernetes-service-account\" = \"ship\"", "kubernetes-service-account\" = \"guard\""),
        ("local.ecs_trust_policy", "local.lambda_trust_policy"),
        ("local.lambda_trust_policy", "local.ecs_trust_policy"),
        (
            "policy_arns = [\n    aws_iam_role_policy_attachment.ship",
            "policy_arns = [\n    local.logs_policy_arn,\n    aws_iam_role_policy_attachment.ship",
        ),
    ] {
        check(&spec, from, to);
    }
}

#[test]
fn every_other_trust_is_found() {
    for spec in [paypulse(), warehouse::spec()] {
        check(&spec, "lambda.amazonaws.com", "ec2.amazonaws.com");
        check(&spec, "{ Service = \"lambda.amazonaws.com\" }", "\"*\"");
        check(&spec, "{ Service = \"lambda.amazonaws.com\" }", "{ Service = \"lambda.amazonaws.com\", AWS = \"*\" }");
        check(&spec, "\"sts:AssumeRole\"", "\"sts:*\"");
    }
}

/// Each place in a file of the warehouse's where the text stands is replaced by itself, and each mutant must be found.
#[track_caller]
fn check_in(file: &str, from: &str, to: &str) {
    check_file(&warehouse::spec(), file, from, to);
}

#[track_caller]
fn check_file(spec: &Spec, file: &str, from: &str, to: &str) {
    let files = rendered(spec);
    let text = &files[file];
    let places: Vec<usize> = text.match_indices(from).map(|(at, _)| at).collect();
    assert!(!places.is_empty(), "{from:?} does not stand in\n{text}");
    for at in places {
        let mutant = format!("{}{to}{}", &text[..at], &text[at + from.len()..]);
        let mut files = files.clone();
        files.insert(file.to_owned(), mutant);
        let found = findings(spec, &files, &World::ireland());
        audit::agrees(spec, &files, &World::ireland(), &found);
        assert!(!found.is_empty(), "{from:?} became {to:?} at byte {at}, and nothing was found");
    }
}

#[test]
fn every_change_of_a_share_is_found() {
    for (from, to) in [
        ("block_public_policy = true", "block_public_policy = false"),
        ("123456789012:root", "123456789012:role/other"),
        ("123456789012:role/night-watch", "123456789012:root"),
        ("role/audit/reader", "role/reader"),
        ("iam::210987654321", "iam::123456789012"),
        (
            "\"secretsmanager:DescribeSecret\",\n",
            "\"secretsmanager:DescribeSecret\",\n\"secretsmanager:PutSecretValue\",\n",
        ),
        ("          \"secretsmanager:GetSecretValue\",\n", ""),
        ("Effect = \"Allow\"", "Effect = \"Deny\""),
        ("Resource = aws_secretsmanager_secret.database_login.arn", "Resource = \"*\""),
        (
            "Resource = aws_secretsmanager_secret.database_login.arn",
            "Resource = aws_secretsmanager_secret.payment_key.arn",
        ),
        (
            "            \"arn:${data.aws_partition.current.partition}:iam::123456789012:root\",\n",
            "            \"*\",\n",
        ),
    ] {
        check_in("secrets.tf", from, to);
    }
}

#[test]
fn every_change_of_a_rotation_is_found() {
    let database = "aws_secretsmanager_secret.database_login";
    let deployed = "var.rotate_logins_function";
    for (from, to) in [
        ("\"secretsmanager.amazonaws.com\"", "\"*\""),
        ("\"secretsmanager.amazonaws.com\"", "\"ec2.amazonaws.com\""),
        ("\"lambda:InvokeFunction\"", "\"lambda:*\""),
        (&format!("  source_arn    = {database}.arn\n"), ""),
        (&format!("source_arn    = {database}.arn"), "source_arn    = \"*\""),
        (&format!("source_arn    = {database}.arn"), "source_arn    = aws_secretsmanager_secret.customs_key.arn"),
        (&format!("{database}.id"), "aws_secretsmanager_secret.customs_key.id"),
        (&format!("rotation_lambda_arn = {deployed}.arn"), "rotation_lambda_arn = \"arn:aws:lambda:x\""),
        (&format!("function_name = {deployed}.arn"), "function_name = \"heartbeat\""),
        (&format!("{deployed} == null ? 0 : 1"), &format!("{deployed} == null ? 1 : 0")),
        (&format!("{deployed} == null ? 0 : 1"), "1"),
        ("\"rotates_courier_login\"", "\"rotates_database_login\""),
        ("* SUN *", "* MON *"),
        ("    duration            = \"3h\"\n", ""),
        ("\"3h\"", "\"4h\""),
        ("automatically_after_days = 90", "automatically_after_days = 91"),
        ("rotate_immediately  = false", "rotate_immediately  = true"),
        ("  rotate_immediately  = false\n", ""),
        ("    aws_lambda_permission.database_login,\n", ""),
        ("    aws_iam_role_policy.rotate_logins_secrets,\n", ""),
    ] {
        check_in("rotation.tf", from, to);
    }
    let extra = "resource \"aws_lambda_permission\" \"x\" {\n  statement_id = \"x\"\n  action = \"lambda:InvokeFunction\"\n  \
                 function_name = \"heartbeat\"\n  principal = \"secretsmanager.amazonaws.com\"\n  source_arn = \"*\"\n}\n";
    check_in("rotation.tf", "# rotate-logins rotates warehouse/courier.\n", extra);
}

#[test]
fn every_change_of_a_made_up_passwords_statement_is_found() {
    let statement = "\"secretsmanager:GetRandomPassword\",\n        ]\n        # It is on no secret: AWS takes only this.\n        Resource = \"*\"";
    for (from, to) in [
        (statement.to_owned(), statement.replace("\"*\"", "aws_secretsmanager_secret.database_login.arn")),
        (
            statement.to_owned(),
            statement.replace("GetRandomPassword\"", "GetRandomPassword\", \"secretsmanager:ListSecrets\""),
        ),
        (
            statement.to_owned(),
            statement.replace("GetRandomPassword\"", "GetRandomPassword\", \"secretsmanager:GetSecretValue\""),
        ),
        (statement.to_owned(), statement.replace("GetRandomPassword", "Get*")),
    ] {
        check(&warehouse::spec(), &from, &to);
    }
}
