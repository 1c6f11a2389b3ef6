//! Plans with thousands of others' resources, statements and references: what one of them opens is found among the rest.

use serde_json::{Value, json};
use xtask::Exit;

use super::{add, changed, policy, resource};

const SECRET: &str = "arn:aws:secretsmanager:*:*:secret:*";
const READ: &str = "secretsmanager:GetSecretValue";

fn on_role(plan: &mut Value, number: usize, role: &str, text: &str) {
    let after = json!({ "name": format!("p{number}"), "role": role, "policy": text });
    add(plan, &format!("aws_iam_role_policy.r{number}"), &["create"], &after);
}

fn harmless(number: usize) -> String {
    policy("s3:GetObject", &format!("arn:aws:s3:::bucket-{number}/*"))
}

fn statements(effect: &str, number: usize) -> String {
    let one = json!({ "Effect": effect, "Action": READ, "Resource": SECRET });
    json!({ "Version": "2012-10-17", "Statement": vec![one; number] }).to_string()
}

#[test]
fn the_one_of_thousands_that_opens_a_secret_is_named_alone() {
    for on_one in [true, false] {
        let run = changed(
            |plan| {
                for number in 0..2_000 {
                    let role = if on_one { "other".to_owned() } else { format!("other-{number}") };
                    let text = if number == 1_234 { policy(READ, SECRET) } else { harmless(number) };
                    on_role(plan, number, &role, &text);
                }
            },
            &[],
        );
        assert_eq!(run.exit, Exit::Widened, "{run}");
        let found: Vec<&str> = run.out.lines().filter(|line| line.contains("aws_iam_role_policy.r")).collect();
        assert_eq!(found.len(), 1, "{run}");
        assert!(found[0].contains("foreign-grant: `aws_iam_role_policy.r1234`: it allows"), "{run}");
    }
}

#[test]
fn boundaries_that_are_taken_off_are_said_of_each_role() {
    let run = changed(
        |plan| {
            for number in 0..1_000 {
                let address = format!("aws_iam_role.r{number}");
                let inline = json!([{ "name": "a", "policy": policy("*", "*") }]);
                let after = json!({ "name": format!("other-{number}"), "inline_policy": inline });
                add(plan, &address, &["update"], &after);
                let before = &mut resource(plan, &address)["change"]["before"];
                *before = after;
                before["permissions_boundary"] = "arn:aws:iam::111122223333:policy/boundary".into();
            }
        },
        &[],
    );
    assert_eq!(run.exit, Exit::Widened, "{run}");
    for number in [0, 1, 999] {
        let said = format!("foreign-grant: `aws_iam_role.r{number}`: it allows everything on");
        assert!(run.out.contains(&said), "{said}: {run}");
    }
}

/// IAM's quotas leave a role far fewer.
#[test]
fn more_pairs_of_statements_than_are_compared_are_undecided() {
    let run = |number| {
        changed(
            |plan| {
                on_role(plan, 0, "other", &statements("Allow", number));
                on_role(plan, 1, "other", &statements("Deny", number));
            },
            &[],
        )
    };
    let few = run(20);
    assert_eq!(few.exit, Exit::Done, "{few}");
    let many = run(400);
    assert_eq!(many.exit, Exit::Stale, "{many}");
    assert!(many.out.contains("undecided: `aws_iam_role_policy.r0`"), "{many}");
}

/// Each attachment of a `count` refers to all instances of the policy, as `aws_iam_policy.p[count.index].arn` does.
#[test]
fn instances_that_attach_one_of_thousands_of_policies_each_are_all_looked_at() {
    const NUMBER: usize = 2_000;
    let count = |opens: Option<usize>| {
        changed(
            |plan| {
                for number in 0..NUMBER {
                    let address = format!("aws_iam_policy.p[{number}]");
                    let text = if opens == Some(number) { policy(READ, SECRET) } else { harmless(number) };
                    add(plan, &address, &["create"], &json!({ "name": format!("p{number}"), "policy": text }));
                    let address = format!("aws_iam_role_policy_attachment.x[{number}]");
                    add(plan, &address, &["create"], &json!({ "role": format!("other-{number}") }));
                    resource(plan, &address)["change"]["after_unknown"] = json!({ "policy_arn": true });
                }
                let references = ["aws_iam_policy.p", "count.index"];
                let expressions = json!({ "policy_arn": { "references": references } });
                let resources = &mut plan["configuration"]["root_module"]["resources"];
                let shown = json!({ "address": "aws_iam_role_policy_attachment.x", "expressions": expressions });
                resources.as_array_mut().expect("a list").push(shown);
            },
            &[],
        )
    };
    let clean = count(None);
    assert_eq!(clean.exit, Exit::Done, "{clean}");
    let run = count(Some(1_234));
    assert_eq!(run.exit, Exit::Widened, "{run}");
    // Which of them gets it is not in the plan.
    let found = run.out.lines().filter(|line| line.contains("`aws_iam_role_policy_attachment.x[")).count();
    assert_eq!(found, NUMBER, "{run}");
}

#[test]
fn a_policy_among_thousands_of_references_is_found() {
    let run = changed(
        |plan| {
            let mut references: Vec<String> = Vec::new();
            for number in 0..3_000 {
                let address = format!("aws_iam_policy.p{number}");
                references.extend([format!("{address}.arn"), address.clone()]);
                let opens = number == 2_999;
                let text = if opens { policy(READ, SECRET) } else { harmless(number) };
                add(plan, &address, &["create"], &json!({ "name": format!("p{number}"), "policy": text }));
            }
            add(plan, "aws_iam_role_policy_attachment.x", &["create"], &json!({ "role": "other" }));
            resource(plan, "aws_iam_role_policy_attachment.x")["change"]["after_unknown"] =
                json!({ "policy_arn": true });
            let expressions = json!({ "policy_arn": { "references": references } });
            let resources = &mut plan["configuration"]["root_module"]["resources"];
            let shown = json!({ "address": "aws_iam_role_policy_attachment.x", "expressions": expressions });
            resources.as_array_mut().expect("a list").push(shown);
        },
        &[],
    );
    assert_eq!(run.exit, Exit::Widened, "{run}");
    assert!(
        run.out.contains("foreign-grant: `aws_iam_role_policy_attachment.x`: it attaches a policy that allows"),
        "{run}"
    );
}

#[test]
fn thousands_of_members_of_a_group_are_compared_once() {
    let run = changed(
        |plan| {
            for number in 0..10 {
                let text = if number == 7 { policy(READ, SECRET) } else { harmless(number) };
                let after = json!({ "name": format!("p{number}"), "group": "team", "policy": text });
                add(plan, &format!("aws_iam_group_policy.p{number}"), &["no-op"], &after);
                resource(plan, &format!("aws_iam_group_policy.p{number}"))["change"]["before"] = after;
            }
            for number in 0..2_000 {
                let after = json!({ "user": format!("u{number}"), "groups": ["team"] });
                add(plan, &format!("aws_iam_user_group_membership.m{number}"), &["create"], &after);
            }
        },
        &[],
    );
    assert_eq!(run.exit, Exit::Widened, "{run}");
    let found =
        run.out.matches(": it adds a user to a group that is allowed secretsmanager:GetSecretValue on ").count();
    assert_eq!(found, 2_000, "{run}");
}

/// Every pattern has several stars, so each of those that allow is compared with all that deny together.
#[test]
fn lists_of_patterns_with_many_stars_are_compared_in_bounded_time() {
    let list = |pattern: &str, number: usize| -> Vec<String> {
        (0..number).map(|number| pattern.replace('#', &number.to_string())).collect()
    };
    for (number, exit, kind) in [(10, Exit::Widened, "foreign-grant: "), (100, Exit::Stale, "undecided: ")] {
        let one =
            |effect: &str, resources: Vec<String>| json!({ "Effect": effect, "Action": READ, "Resource": resources });
        let all = [one("Allow", list("*:secret:*#*a*", number)), one("Deny", list("*#*b*c*", number))];
        let text = json!({ "Version": "2012-10-17", "Statement": all }).to_string();
        let run = changed(|plan| on_role(plan, 0, "other", &text), &[]);
        assert_eq!(run.exit, exit, "{number}: {run}");
        assert!(run.out.contains(kind), "{number}: {run}");
    }
}

/// Documents of the greatest size that IAM accepts.
#[test]
fn documents_that_are_made_to_take_long_end_and_are_never_clean() {
    const LARGEST: usize = 10_240;
    let patterns = |number: usize, pattern: &str| -> Vec<String> {
        (0..number).map(|number| pattern.replace('#', &number.to_string())).collect()
    };
    let one = |effect: &str, action: &str, resources: &[String], conditions: &[String]| {
        let condition = json!({ "StringLike": { "aws:PrincipalArn": conditions } });
        let mut statement = json!({ "Effect": effect, "Action": action, "Resource": resources });
        if !conditions.is_empty() {
            statement["Condition"] = condition;
        }
        statement
    };
    let text = |all: &[Value]| json!({ "Version": "2012-10-17", "Statement": all }).to_string();
    let stars = patterns(40, "*#*?a*s*#?*");
    let lists = [one("Allow", "s*", &patterns(250, "*#*"), &[]), one("Deny", "s*", &patterns(250, "*s*#?*e*"), &[])];
    let conditions: Vec<Value> = (0..20_usize)
        .map(|at| one(if at.is_multiple_of(2) { "Allow" } else { "Deny" }, "s*", &stars[..3], &stars[at..at + 20]))
        .collect();
    let not = |at: usize| {
        let effect = if at.is_multiple_of(2) { "Allow" } else { "Deny" };
        json!({ "Effect": effect, "NotAction": format!("*{at}*?e*"), "NotResource": [format!("*{at}*?a*"), format!("*a?*{at}*")] })
    };
    let nots: Vec<Value> = (0..70).map(not).collect();
    let both: Vec<Value> = stars[..20]
        .iter()
        .flat_map(|it| [one("Allow", it, &stars[..4], &[]), one("Deny", it, &stars[4..8], &[])])
        .collect();
    let documents = [text(&lists), text(&conditions), text(&nots), text(&both)];
    for (at, document) in documents.iter().enumerate() {
        assert!((2_500..LARGEST).contains(&document.len()), "{at}: {}", document.len());
        let own =
            changed(|plan| resource(plan, super::LOGIN)["change"]["after"]["policy"] = document.as_str().into(), &[]);
        assert!(matches!(own.exit, Exit::Stale | Exit::Widened), "{at}: {own}");
        let update = |plan: &mut Value| {
            on_role(plan, 0, "other", document);
            let change = &mut resource(plan, "aws_iam_role_policy.r0")["change"];
            let before = policy("secretsmanager:DescribeSecret", SECRET);
            change["before"] = json!({ "name": "p0", "role": "other", "policy": before });
        };
        let run = changed(update, &[]);
        assert!(matches!(run.exit, Exit::Done | Exit::Stale | Exit::Widened), "{at}: {run}");
    }
}

#[test]
fn many_policies_of_one_resource_are_cut_and_counted() {
    let arns: Vec<String> = (0..250).map(|number| format!("arn:aws:iam::111122223333:policy/p{number:03}")).collect();
    let run = changed(
        |plan| {
            let after = json!({ "role_name": "other", "policy_arns": arns });
            add(plan, "aws_iam_role_policy_attachments_exclusive.x", &["create"], &after);
        },
        &[],
    );
    assert_eq!(run.exit, Exit::Stale, "{run}");
    assert!(run.out.contains("`arn:aws:iam::111122223333:policy/p004` and 245 more: "), "{run}");
    assert_eq!(run.out.matches("undecided: ").count(), 1, "{run}");
}
