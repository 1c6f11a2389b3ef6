//! Policies at and past AWS's limits: inline while they fit, then as few managed policies as hold them, then an error with
//! the figures. Sizes are counted here on JSON that the test writes itself.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use insta::assert_snapshot;
use paypulse_runtime::model::{
    Grant, HandlerOptions, HandlerSpec, Owner, PayloadSpec, Principal, Role, RoleHandlers, SecretOptions, SecretSpec,
    Share, Spec, Template, Verb, lint,
};
use xtask::Exit;
use xtask::iam::{Documents, MAX_RESOURCE_POLICY, Policy, Resource, documents};

use crate::hcl::faults;
use crate::run::{arg, on};

/// A secret that only exists at run time, with a name of a number of characters.
fn secret(number: usize, length: usize) -> SecretSpec {
    let name = format!("app/{number:06}/");
    let name = format!("{name}{}", "x".repeat(length - name.len()));
    SecretSpec {
        id: format!("S{number}"),
        name: Template::parse(&name).expect("a valid name"),
        description: String::new(),
        payload: PayloadSpec::text(),
        owner: Owner::Runtime,
        kms_key: None,
        region: None,
        options: SecretOptions::default(),
    }
}

/// One handler that may read the even secrets and update the odd ones.
fn spec(secrets: Vec<SecretSpec>, role: Role) -> Spec {
    let verbs = |place: usize| if place.is_multiple_of(2) { vec![Verb::Read] } else { vec![Verb::Update] };
    let grants = secrets.iter().enumerate().map(|(place, secret)| Grant {
        secret: secret.id.clone(),
        verbs: verbs(place),
        reason: String::new(),
    });
    let handler = HandlerSpec {
        id: "Fetch".into(),
        name: "fetch".into(),
        description: String::new(),
        role,
        options: HandlerOptions::default(),
        grants: grants.collect(),
    };
    Spec { secrets, handlers: vec![handler], ..Spec::empty("spec.json".into()) }
}

fn split(spec: &Spec, attached: usize) -> Result<Documents, String> {
    split_behind(0, spec, attached)
}

/// The same where a number of characters can be before each name.
fn split_behind(prefix: usize, spec: &Spec, attached: usize) -> Result<Documents, String> {
    let secrets: HashMap<&str, &SecretSpec> = spec.secrets.iter().map(|secret| (secret.id.as_str(), secret)).collect();
    let policy = Policy::of(&RoleHandlers::of_one(&spec.handlers[0]), &secrets, &spec.with_versions_apart());
    documents("Fetch", policy, attached, prefix).map_err(|problem| problem.to_string())
}

/// The longest that a region and a partition give.
const PREFIX: &str = "arn:aws-us-gov:secretsmanager:ap-northeast-99:123456789012:secret:";

/// The characters that AWS counts, with every ARN in its longest region and partition.
fn size(policy: &Policy) -> usize {
    let arn = |resource: &Resource| match resource {
        Resource::Secret { name, .. } => format!("{PREFIX}{name}-AbCdEf"),
        Resource::Pattern(pattern) => format!("{PREFIX}{pattern}"),
        Resource::Everything => "*".to_owned(),
    };
    let statements: Vec<_> = policy
        .statements
        .iter()
        .map(|statement| {
            let resources: Vec<String> = statement.secrets.iter().map(arn).collect();
            serde_json::json!({ "Effect": "Allow", "Action": statement.actions, "Resource": resources })
        })
        .collect();
    serde_json::json!({ "Version": "2012-10-17", "Statement": statements }).to_string().len()
}

/// Where each secret of each statement went, by its actions.
fn places(policies: &[Policy]) -> BTreeMap<(Vec<&'static str>, Resource), usize> {
    let mut places = BTreeMap::new();
    for (number, policy) in policies.iter().enumerate() {
        for statement in &policy.statements {
            for secret in &statement.secrets {
                let before = places.insert((statement.actions.clone(), secret.clone()), number);
                assert_eq!(before, None, "a secret is in two documents");
            }
        }
    }
    places
}

fn managed(spec: &Spec, attached: usize) -> Vec<Policy> {
    match split(spec, attached) {
        Ok(Documents::Managed(policies)) => policies,
        other => panic!("not managed: {other:?}"),
    }
}

#[test]
fn a_policy_is_inline_up_to_the_last_character() {
    // Names of different lengths, so that the limit is met from both sides.
    let mut largest_inline = 0;
    let mut smallest_managed = usize::MAX;
    for count in 20..60 {
        for length in [100, 101, 113, 200] {
            let spec = spec((0..count).map(|number| secret(number, length)).collect(), Role::Created);
            let secrets: HashMap<&str, &SecretSpec> = spec.secrets.iter().map(|s| (s.id.as_str(), s)).collect();
            let role = RoleHandlers::of_one(&spec.handlers[0]);
            let size = size(&Policy::of(&role, &secrets, &spec.with_versions_apart()));
            match split(&spec, 1).expect("it fits") {
                Documents::Inline(_) => largest_inline = largest_inline.max(size),
                Documents::Managed(_) => smallest_managed = smallest_managed.min(size),
            }
        }
    }
    assert!(largest_inline <= 10_240 && largest_inline > 10_000, "{largest_inline}");
    assert!(smallest_managed > 10_230, "{smallest_managed}");
}

#[test]
fn as_few_managed_policies_as_hold_it_and_none_too_large() {
    for (count, length) in [(40, 200), (100, 200), (90, 256), (150, 256), (300, 80)] {
        let spec = spec((0..count).map(|number| secret(number, length)).collect(), Role::Created);
        let policies = managed(&spec, 1);
        assert!(
            policies.iter().all(|policy| size(policy) <= 6_144),
            "{:?}",
            policies.iter().map(size).collect::<Vec<_>>()
        );
        assert_eq!(places(&policies).len(), count, "every grant is in one document");
        // How many of the longest pieces surely fit one document, beside two statements' frames.
        let per_document = (6_144 - 300) / (66 + length + 7 + 3);
        assert!(policies.len() <= count.div_ceil(per_document), "{} for {count} of {length}", policies.len());
    }
}

/// Characters before each name are counted as those of the name.
#[test]
fn the_longest_prefix_is_counted() {
    for count in [30, 38, 46, 100, 150, 180] {
        let short = spec((0..count).map(|number| secret(number, 150)).collect(), Role::Created);
        let long = spec((0..count).map(|number| secret(number, 200)).collect(), Role::Created);
        let documents = |documents: Result<Documents, String>| match documents {
            Ok(Documents::Inline(_)) => Ok(0),
            Ok(Documents::Managed(policies)) => Ok(policies.len()),
            Err(problem) => Err(problem),
        };
        assert_eq!(documents(split_behind(50, &short, 1)), documents(split(&long, 1)), "{count} secrets");
    }
}

#[test]
fn a_share_counts_the_longest_prefix() {
    let mut shared = secret(0, 100);
    shared.options.shared_with =
        vec![Share { principal: Principal::Account { account: "123456789012".to_owned() }, verbs: vec![Verb::Read] }];
    // Two statements would be two ARNs; here it is one.
    let fits = |prefix: usize| xtask::iam::shares(&shared, prefix).is_ok();
    let most = (0..MAX_RESOURCE_POLICY).take_while(|prefix| fits(*prefix)).last().expect("it fits without a prefix");
    let policy = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "AWS": ["arn:aws-us-gov:iam::123456789012:root"] },
            "Action": ["secretsmanager:GetSecretValue"],
            "Resource": format!("{PREFIX}{}{}-AbCdEf", "x".repeat(most), shared.name),
        }],
    });
    let size = policy.to_string().len();
    assert!((MAX_RESOURCE_POLICY - 10..=MAX_RESOURCE_POLICY).contains(&size), "{size}");
}

#[test]
fn a_grant_more_moves_at_most_one_piece_a_document() {
    let all: Vec<SecretSpec> = (0..120).map(|number| secret(number, 200)).collect();
    for left_out in [0, 1, 17, 60, 118, 119] {
        let without: Vec<SecretSpec> =
            all.iter().enumerate().filter(|(place, _)| *place != left_out).map(|(_, secret)| secret.clone()).collect();
        let mut with = spec(all.clone(), Role::Created);
        let mut before = spec(without, Role::Created);
        // The verbs stay with the secret, whatever its place in the list.
        for spec in [&mut with, &mut before] {
            for grant in &mut spec.handlers[0].grants {
                let number: usize = grant.secret[1..].parse().expect("S and a number");
                grant.verbs = if number.is_multiple_of(2) { vec![Verb::Read] } else { vec![Verb::Update] };
            }
        }
        let (before, after) = (managed(&before, 1), managed(&with, 1));
        let (before, places_after) = (places(&before), places(&after));
        let moved = before.iter().filter(|(piece, place)| places_after[*piece] != **place).count();
        assert!(moved <= after.len(), "{moved} pieces moved, with {} documents", after.len());
    }
}

#[test]
fn the_order_of_declaration_changes_nothing() {
    let secrets: Vec<SecretSpec> = (0..100).map(|number| secret(number, 200)).collect();
    let forwards = spec(secrets, Role::Created);
    let mut backwards = forwards.clone();
    backwards.handlers[0].grants.reverse();
    assert_eq!(split(&forwards, 1), split(&backwards, 1));
}

#[test]
fn a_role_that_is_created_has_one_place_taken_by_its_log_policy() {
    let most_of = |attached| {
        (100..300).take_while(move |count| {
            split(&spec((0..*count).map(|number| secret(number, 256)).collect(), Role::Created), attached).is_ok()
        })
    };
    let (created, existing) = (most_of(1).last().expect("some fit"), most_of(0).last().expect("some fit"));
    let policies = managed(&spec((0..created).map(|number| secret(number, 256)).collect(), Role::Created), 1);
    assert_eq!(policies.len(), 9);
    let policies = managed(&spec((0..existing).map(|number| secret(number, 256)).collect(), Role::Created), 0);
    assert_eq!(policies.len(), 10);
}

#[test]
fn err_a_role_that_cannot_fit() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let spec = spec((0..400).map(|number| secret(number, 256)).collect(), Role::Created);
    let run = on(&spec, &["gen-infra", "--out", arg(&dir.path().join("out"))], false);
    assert_eq!(run.exit, Exit::Problems);
    assert_snapshot!(run);
    assert!(!dir.path().join("out").exists(), "something was written");
}

#[test]
fn err_a_hundred_thousand_grants_on_one_handler() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let spec = spec((0..100_000).map(|number| secret(number, 40)).collect(), Role::Created);
    let run = on(&spec, &["gen-infra", "--out", arg(&dir.path().join("out"))], false);
    assert_eq!(run.exit, Exit::Problems);
    assert_snapshot!(run);
}

#[test]
fn thousands_of_families_side_by_side_are_no_quadratic_wait() {
    let family = |number: usize| SecretSpec {
        name: Template::parse(&format!("tenant/{{id}}/service{number:05}")).expect("a valid name"),
        ..secret(number, 40)
    };
    let good = spec((0..5_000).map(family).collect(), Role::Created);
    assert_eq!(lint::check(&good), []);
    let wide = |number: usize| SecretSpec {
        name: Template::parse(&format!("tenant/{{id}}{number:05}{{x}}")).expect("a valid name"),
        ..secret(number, 40)
    };
    let bad = spec((0..5_000).map(wide).collect(), Role::Created);
    let found = lint::check(&bad);
    let secrets: BTreeSet<&str> = found.iter().map(|problem| problem.place.as_str()).collect();
    assert_eq!((secrets.len(), found.len()), (5_000, 15_000), "each is named once for at most three others");
}

#[test]
fn a_pattern_that_another_covers_is_dropped() {
    let with_name = |number: usize, name: &str| SecretSpec {
        name: Template::parse(name).expect("a valid name"),
        ..secret(number, 40)
    };
    let names = ["app/{x}", "app/{x}/login", "app/user/{id}", "app/one", "application/{x}", "apple"];
    let mut spec =
        spec(names.iter().enumerate().map(|(number, name)| with_name(number, name)).collect(), Role::Created);
    spec.handlers[0].grants.iter_mut().for_each(|grant| grant.verbs = vec![Verb::Read]);
    let Ok(Documents::Inline(policy)) = split(&spec, 1) else { panic!("it fits") };
    let kept: Vec<String> = policy.statements[0]
        .secrets
        .iter()
        .map(|secret| match secret {
            Resource::Pattern(pattern) => pattern.to_string(),
            Resource::Secret { name, .. } => name.clone(),
            Resource::Everything => panic!("to read is on a secret"),
        })
        .collect();
    assert_eq!(kept, ["app/*", "apple-??????", "application/*"]);
}

#[test]
fn a_caller_learns_the_arns_of_managed_policies_and_of_no_others() {
    let outputs = |count| {
        let spec = spec((0..count).map(|number| secret(number, 200)).collect(), Role::Created);
        let files = xtask::render::files(&spec).expect("it fits");
        assert_eq!(faults(&files), Vec::<String>::new());
        files["outputs.tf"].clone()
    };
    let many = outputs(60);
    assert!(many.contains("\"fetch-secrets-1\" = aws_iam_policy.fetch_secrets_1.arn\n"), "{many}");
    assert!(many.contains("\"fetch-secrets-2\" = aws_iam_policy.fetch_secrets_2.arn\n"), "{many}");
    assert!(!outputs(1).contains("policy_arns"));
}
