//! What is found of roles, users, groups and policies as IAM answers them: page by page, percent-encoded, AWS's own policies
//! apart, of several versions the one that is in force. Which policies reach what is shown in `tests/tests/audit`.

use serde_json::json;

use crate::account::{Account, Identity};
use crate::run::{audit, on, run};
use crate::secrets::clean;
use crate::server::Server;

const OF_AWS: &str = "arn:aws:iam::aws:policy/SecretsManagerReadWrite";
const LOCAL: &str = "arn:aws:iam::123456789012:policy/team/read-all";

fn wide() -> serde_json::Value {
    json!([{ "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*" }])
}

/// How the command ends and what is found in an account that is clean but for one change.
#[track_caller]
fn check(change: impl FnOnce(&mut Account), arguments: &[&str], code: i32, expected: &[(&str, &str)]) {
    let mut account = clean();
    change(&mut account);
    let run = audit(&Server::of(account), arguments);
    let expected: Vec<_> = expected.iter().map(|(rule, place)| ((*rule).to_owned(), (*place).to_owned())).collect();
    assert_eq!((run.code, run.found()), (Some(code), expected), "{run}");
}

fn with(identity: Identity) -> impl FnOnce(&mut Account) {
    move |account| account.identities.push(identity)
}

fn role<'a>(account: &'a mut Account, name: &str) -> &'a mut Identity {
    account.identities.iter_mut().find(|identity| identity.name == name).expect("it is there")
}

#[test]
fn every_identity_that_reaches_the_secrets_is_found_by_every_kind_of_policy() {
    for (kind, place) in [("Role", "role/somebody"), ("User", "user/somebody"), ("Group", "group/somebody")] {
        let somebody = || Identity::new(kind, "somebody");
        check(with(somebody().with(&wide())), &[], 5, &[("outside-reach", place)]);
        check(with(somebody()), &[], 0, &[]);
        for arn in [OF_AWS, LOCAL] {
            let attached = Identity { attached: vec![arn.into()], ..somebody() };
            let learn = |account: &mut Account| {
                account.policies.push((arn.into(), json!({ "Version": "2012-10-17", "Statement": wide() })));
                account.identities.push(attached.clone());
            };
            check(learn, &[], 5, &[("outside-reach", place)]);
            let harmless = |account: &mut Account| {
                account.policies.push((arn.into(), json!({ "Version": "2012-10-17", "Statement": [] })));
                account.identities.push(attached.clone());
            };
            check(harmless, &[], 0, &[]);
            // A policy that is attached and that nobody has.
            check(with(attached), &[], 5, &[("undecided-policy", place)]);
        }
    }
}

#[test]
fn a_policy_of_awss_is_asked_for_once() {
    let mut account = clean();
    account.policies.push((OF_AWS.into(), json!({ "Version": "2012-10-17", "Statement": [] })));
    for name in ["a", "b", "c"] {
        account.identities.push(Identity { attached: vec![OF_AWS.into()], ..Identity::new("User", name) });
    }
    let server = Server::of(account);
    assert_eq!(audit(&server, &[]).code, Some(0));
    assert_eq!((server.count("GetPolicy"), server.count("GetPolicyVersion")), (1, 1));
}

#[test]
fn a_boundary_that_lets_nothing_through_keeps_everybody_out() {
    let bounded = |statements: serde_json::Value| {
        move |account: &mut Account| {
            account.policies.push((LOCAL.into(), json!({ "Version": "2012-10-17", "Statement": statements })));
            let eve = Identity::new("User", "eve").with(&wide());
            account.identities.push(Identity { boundary: Some(LOCAL.into()), ..eve });
        }
    };
    check(bounded(json!([])), &[], 0, &[]);
    check(bounded(wide()), &[], 5, &[("outside-reach", "user/eve")]);
}

#[test]
fn a_role_that_is_gone_or_was_changed_is_found() {
    check(
        |it| it.identities.retain(|role| role.name != "login_user"),
        &[],
        4,
        &[("missing-role", "handler/LoginUser")],
    );
    check(|it| role(it, "login_user").inline.clear(), &[], 4, &[("policy-narrower", "handler/LoginUser")]);
    check(
        |it| {
            let wider = role(it, "login_user").clone().with(&wide());
            *role(it, "login_user") = wider;
        },
        &[],
        5,
        &[("policy-wider", "handler/LoginUser")],
    );
    let trust = |principal: serde_json::Value| {
        move |account: &mut Account| {
            role(account, "login_user").trust["Statement"][0]["Principal"] = principal;
        }
    };
    let lost = ("policy-narrower", "handler/LoginUser");
    check(trust(json!({ "AWS": "*" })), &[], 5, &[("trust-wider", "handler/LoginUser"), lost]);
    check(trust(json!({ "Service": ["lambda.amazonaws.com"] })), &[], 0, &[]);
    let both = json!({ "Service": "lambda.amazonaws.com", "AWS": "arn:aws:iam::210987654321:root" });
    check(trust(both), &[], 5, &[("trust-wider", "handler/LoginUser")]);
}

#[test]
fn a_role_with_little_room_for_policies_is_found() {
    let attached = |number: usize| {
        move |account: &mut Account| {
            for number in 0..number {
                let arn = format!("arn:aws:iam::123456789012:policy/{number}");
                account.policies.push((arn.clone(), json!({ "Version": "2012-10-17", "Statement": [] })));
                role(account, "login_user").attached.push(arn);
            }
        }
    };
    check(attached(7), &[], 0, &[]);
    check(attached(8), &[], 4, &[("near-quota", "handler/LoginUser")]);
    let inline = |size: usize| {
        move |account: &mut Account| {
            let sid = "s".repeat(size);
            let statement = json!([{ "Sid": sid, "Effect": "Deny", "Action": "s3:*", "Resource": "*" }]);
            let large = role(account, "login_user").clone().with(&statement);
            *role(account, "login_user") = large;
        }
    };
    check(inline(7_500), &[], 0, &[]);
    check(inline(8_000), &[], 4, &[("near-quota", "handler/LoginUser")]);
}

#[test]
fn what_is_known_is_accepted_and_what_is_not_is_not() {
    let admin = || Identity::new("Role", "Admin-1").with(&wide());
    let known = ("outside-reach", "role/Admin-1");
    check(with(admin()), &["--accept", "outside-reach:role/Admin*"], 0, &[known]);
    check(with(admin()), &["--accept", "outside-reach:role/Adm"], 5, &[known]);
    check(with(admin()), &["--accept", "policy-wider:role/Admin*"], 5, &[known]);
    let mut account = clean();
    account.identities.push(admin());
    let run = run(&mut on(&Server::of(account), &["--accept", "outside-reach:role/Admin*"]));
    assert!(run.out.starts_with("accepted: role `Admin-1`: it may `GetSecretValue` on "), "{run}");
    assert!(run.err.contains("the account is as the spec says, and 1 that is accepted"), "{run}");
}

/// The spec does not tell the tags of secrets that Terraform does not create. They are read only if a policy asks for them.
#[test]
fn a_condition_on_the_tags_of_an_external_secret_is_decided_by_the_account() {
    let on_tag = |value: &str| {
        let condition = json!({ "StringEquals": { "aws:ResourceTag/team": value } });
        json!([{ "Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": "*", "Condition": condition }])
    };
    let tagged = |change: &dyn Fn(&mut Account)| {
        let mut account = clean();
        change(&mut account);
        let jwt = account.secrets.iter_mut().find(|secret| secret.name == "PayPulseAppJWTSecret").expect("it is there");
        jwt.tags = vec![("team", "red")];
        let server = Server::of(account);
        let run = audit(&server, &[]);
        (run.found(), server.count("DescribeSecret"), run)
    };
    let somebody = Identity::new("User", "somebody").with(&on_tag("red"));
    let (found, described, run) = tagged(&|account| account.identities.push(somebody.clone()));
    assert_eq!(found, [("outside-reach".to_owned(), "user/somebody".to_owned())], "{run}");
    assert!(run.to_string().contains("JwtSigningKey"), "{run}");
    assert!(described > 0);
    let (found, ..) = tagged(&|account| account.identities.push(Identity::new("User", "x").with(&on_tag("blue"))));
    assert!(found.is_empty(), "{found:?}");
    // Also by a managed policy.
    let (found, ..) = tagged(&|account| {
        account.policies.push((LOCAL.into(), json!({ "Version": "2012-10-17", "Statement": on_tag("red") })));
        account.identities.push(Identity { attached: vec![LOCAL.into()], ..Identity::new("Group", "g") });
    });
    assert_eq!(found, [("outside-reach".to_owned(), "group/g".to_owned())]);
    let (_, described, _) = tagged(&|_| ());
    assert_eq!(described, 0);
}
