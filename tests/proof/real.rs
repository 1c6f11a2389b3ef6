//! The two real specs, against tables written by hand from what each product needs, and against what is committed.

use std::collections::BTreeMap;
use std::path::Path;

use paypulse_runtime::model::{
    Grant, HandlerOptions, HandlerSpec, Owner, PayloadSpec, Prefixes, Role as RoleSpec, SecretOptions, SecretSpec,
    Spec, Template, Verb, lint,
};
use paypulse_tests::{bakery, depot, printshop, warehouse};
use xtask::render;

use super::audit;
use super::condition::Context;
use super::evaluator::{Decision, Request, decide};
use super::grants::{CALLS, MAKE_UP, Why};
use super::module::{Module, SUFFIX, World};
use super::proof::{findings, lookalikes};
use super::roles::roles;

pub fn rendered(spec: &Spec) -> BTreeMap<String, String> {
    render::files(spec).expect("the spec has no problems")
}

/// The warehouse in many environments, with everything that it has.
pub fn staged_warehouse() -> Spec {
    let values = ["dev/", "x"].map(str::to_owned).into();
    Spec { prefixes: Some(Prefixes { variable: "stage".to_owned(), values }), ..warehouse::spec() }
}

/// The print shop in many environments.
pub fn staged_printshop() -> Spec {
    let values = ["dev/", "x"].map(str::to_owned).into();
    Spec { prefixes: Some(Prefixes { variable: "stage".to_owned(), values }), ..printshop::spec() }
}

/// The module as it is committed, without the one file that is written by hand.
fn committed() -> BTreeMap<String, String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../terraform");
    let entries =
        std::fs::read_dir(directory).expect("the directory is there").map(|entry| entry.expect("it is").path());
    let files = entries.filter(|path| path.extension().is_some_and(|it| it == "tf") && !path.ends_with("main.tf"));
    files
        .map(|path| {
            let name = path.file_name().and_then(|name| name.to_str()).expect("names are text").to_owned();
            (name, std::fs::read_to_string(path).expect("it can be read"))
        })
        .collect()
}

/// A role, a name, and the calls that the role may make on it. What is not listed must be denied.
type Row = (&'static str, &'static str, &'static [&'static str]);

const GET: &str = "GetSecretValue";
const PUT: &str = "PutSecretValue";
const CREATE: &str = "CreateSecret";
const RESTORE: &str = "RestoreSecret";
const DESCRIBE: &str = "DescribeSecret";
const DELETE: &str = "DeleteSecret";
const RELABEL: &str = "UpdateSecretVersionStage";

const PAYPULSE: &[Row] = &[
    ("gmail_store_tokens", "gmail/user/8f14e45f", &[GET, PUT, CREATE, RESTORE]),
    ("gmail_store_tokens", "PayPulseAppJWTSecret", &[GET]),
    ("fetch_invoices", "gmail/user/8f14e45f", &[GET, PUT, DELETE]),
    ("fetch_invoices", "Google-OAuth-Client-ID", &[GET]),
    ("fetch_invoices", "PayPulseAppJWTSecret", &[GET]),
    ("fetch_latest_invoice", "gmail/user/8f14e45f", &[GET, PUT, DELETE]),
    ("fetch_latest_invoice", "Google-OAuth-Client-ID", &[GET]),
    ("fetch_latest_invoice", "PayPulseAppJWTSecret", &[GET]),
    ("delete_user", "gmail/user/8f14e45f", &[DELETE]),
    ("delete_user", "PayPulseAppJWTSecret", &[GET]),
    ("get_user_profile", "gmail/user/8f14e45f", &[DESCRIBE]),
    ("get_user_profile", "PayPulseAppJWTSecret", &[GET]),
    ("login_user", "PayPulseAppJWTSecret", &[GET]),
    ("signup_user", "PayPulseAppJWTSecret", &[GET]),
    ("get_rental_invoice", "PayPulseAppJWTSecret", &[GET]),
    ("get_invoices", "PayPulseAppJWTSecret", &[GET]),
    ("create_manual_invoice", "PayPulseAppJWTSecret", &[GET]),
    ("delete_retail_invoice", "PayPulseAppJWTSecret", &[GET]),
    ("fetch_retail_invoices", "gmail/user/8f14e45f", &[GET, PUT, DELETE]),
    ("fetch_retail_invoices", "Google-OAuth-Client-ID", &[GET]),
    ("fetch_retail_invoices", "PayPulseAppJWTSecret", &[GET]),
    ("fetch_and_classify_retail_invoices", "gmail/user/8f14e45f", &[GET, PUT, DELETE]),
    ("fetch_and_classify_retail_invoices", "Google-OAuth-Client-ID", &[GET]),
    ("fetch_and_classify_retail_invoices", "gemini-api-key", &[GET]),
    ("fetch_and_classify_retail_invoices", "jev/api-key", &[GET]),
    ("parse_retail_invoice", "gemini-api-key", &[GET]),
];

const PAYPULSE_STRANGERS: &[&str] = &[
    "gmail/user",
    "gmail/users/8f14e45f",
    "gmail/8f14e45f",
    "gmail/userx/8f14e45f",
    "Gmail/user/8f14e45f",
    "outlook/user/8f14e45f",
    "x/gmail/user/8f14e45f",
    "Google-OAuth-Client-ID-backup",
    "Google-OAuth-Client-Secret",
    "google-oauth-client-id",
    "PayPulseAppJWTSecret2",
    "PayPulseAppJWTSecre",
    "PayPulseAppJWTSecret-old",
    "gemini-api-key2",
    "gemini-api-ke",
    "jev/api-key/old",
    "jev/api-keys",
    "Jev/api-key",
];

const WAREHOUSE: &[Row] = &[
    ("re-order", "warehouse/payment.key", &[GET]),
    ("re-order", "shops/1/suppliers/acme/login", &[GET, PUT]),
    ("re-order", "warehouse/database", &[GET]),
    ("add_supplier", "shops/1/suppliers/acme/login", &[GET, PUT, CREATE, RESTORE, DESCRIBE]),
    ("var.close_shop_role", "shops/1/suppliers/acme/login", &[DELETE]),
    ("var.close_shop_role", "HeadOffice+Maps@EU", &[DESCRIBE]),
    ("2-sample", "warehouse/sample", &[GET, PUT, CREATE, RESTORE]),
    ("2-sample", "HeadOffice+Maps@EU", &[GET]),
    ("2-sample", "warehouse/database", &[GET]),
    ("2-sample", "warehouse/webhook", &[GET]),
    ("2-sample", "warehouse/printer", &[GET]),
    ("2-sample", "warehouse/lists", &[GET]),
    ("2-sample", "warehouse/courier", &[GET]),
    ("2-sample", "warehouse/mail", &[GET]),
    ("rotate-logins", "warehouse/database", &[DESCRIBE, GET, PUT, RELABEL]),
    ("rotate-logins", "warehouse/courier", &[DESCRIBE, GET, PUT, RELABEL]),
    ("rotate-logins", "warehouse/customs", &[GET]),
    ("rotate-abroad", "warehouse/customs-login", &[DESCRIBE, GET, PUT, RELABEL]),
    ("pay-duties", "warehouse/customs-login", &[GET]),
    ("pay-duties", "abroad/acme/login", &[GET, PUT, CREATE, RESTORE]),
    ("pay-duties", "HeadOffice+Exchange", &[DESCRIBE]),
    ("pay-duties", "warehouse/duties", &[GET]),
    ("pay-duties", "warehouse/payment.key", &[GET]),
    ("pay-duties", "shops/1/suppliers/acme/login", &[GET]),
    ("heartbeat", "warehouse/sample", &[]),
];

/// What is not where everything else is.
const ABROAD: &[(&str, &str)] = &[
    ("warehouse/customs-login", "us-east-1"),
    ("abroad/acme/login", "us-east-1"),
    ("HeadOffice+Exchange", "us-east-1"),
    ("warehouse/duties", "ap-south-1"),
];

/// Who reads copies of what, and where. In the third region there is one that nobody reads.
const COPIES: &[(&[&str], &str, &[&str])] =
    &[(&["re-order", "2-sample"], "warehouse/database", &["us-east-1", "us-west-2"])];

const WAREHOUSE_STRANGERS: &[&str] = &[
    "shops/1/suppliers/acme/login-backup",
    "shops/1/suppliers/acme/logins",
    "shops/1/suppliers/acme",
    "shops/1/supplier/acme/login",
    "shop/1/suppliers/acme/login",
    "warehouse/sample2",
    "warehouse/sample-backup",
    "warehouse/sampl",
    "warehouse/paymentxkey",
    "warehouse/databases",
    "warehouse/couriers",
    "warehouse/custom",
    "warehouse",
    "HeadOffice-Maps@EU",
    "abroad/acme",
    "abroad/acme/login-backup",
];

#[track_caller]
fn check(files: &BTreeMap<String, String>, table: &[Row], strangers: &[&str]) {
    let world = World::ireland().with_keys_of(&warehouse::spec());
    let roles = Module::read(files, world.clone()).and_then(|module| roles(&module)).expect("the module is read");
    let mut names: Vec<&str> = table.iter().map(|(_, name, _)| *name).chain(strangers.iter().copied()).collect();
    names.sort_unstable();
    names.dedup();
    for listed in table {
        assert!(roles.contains_key(listed.0), "{} is no role", listed.0);
    }
    for (role, on_it) in &roles {
        assert!(table.iter().any(|(listed, ..)| listed == role), "{role} is not in the table");
        let regions = ["eu-west-1", "us-east-1", "ap-south-1", "us-west-2", "eu-central-1"];
        let everywhere = names.iter().flat_map(|name| regions.map(|region| (name, region)));
        for ((name, region), call) in everywhere.flat_map(|place| CALLS.map(|call| (place, call))) {
            let lies_in = ABROAD.iter().find(|(abroad, _)| abroad == name).map_or("eu-west-1", |(_, region)| region);
            let rows = table.iter().filter(|(listed, secret, _)| listed == role && secret == name);
            let is_read = |(who, copied, places): &(&[&str], &str, &[&str])| {
                call == GET && who.contains(&role.as_str()) && copied == name && places.contains(&region)
            };
            let expected = COPIES.iter().any(is_read)
                || region == lies_in && rows.flat_map(|(.., calls)| *calls).any(|listed| *listed == call);
            let resource = world.within(Some(region)).secret(name, SUFFIX);
            let action = format!("secretsmanager:{call}");
            let request = Request { action: &action, resource: &resource, context: &Context::new() };
            let decision = decide(on_it.policies(), &request).expect("the policies are good");
            assert_eq!(decision == Decision::Allowed, expected, "{role}: {call} on {name} in {region}");
        }
    }
}

#[test]
fn paypulses_roles_may_do_what_its_table_says() {
    check(&rendered(&paypulse_runtime::spec::spec()), PAYPULSE, PAYPULSE_STRANGERS);
    check(&committed(), PAYPULSE, PAYPULSE_STRANGERS);
}

#[test]
fn the_warehouses_roles_may_do_what_its_table_says() {
    check(&rendered(&warehouse::spec()), WAREHOUSE, WAREHOUSE_STRANGERS);
}

#[test]
fn only_the_function_that_says_so_has_passwords_made_up() {
    for spec in [paypulse_runtime::spec::spec(), warehouse::spec()] {
        let world = World::ireland().with_keys_of(&spec);
        let roles = Module::read(&rendered(&spec), world).and_then(|module| roles(&module)).expect("it is read");
        for (name, role) in &roles {
            let (action, context) = (format!("secretsmanager:{MAKE_UP}"), Context::new());
            let request = Request { action: &action, resource: "*", context: &context };
            let decision = decide(role.policies(), &request).expect("the policies are good");
            assert_eq!(decision == Decision::Allowed, name == "rotate-logins", "{name}");
        }
    }
}

#[test]
fn the_property_holds_for_both_specs_wherever_they_are_applied() {
    for world in [World::ireland(), World::gov_cloud(), World::china()] {
        let specs = [
            paypulse_runtime::spec::spec(),
            warehouse::spec(),
            staged_warehouse(),
            bakery::spec(),
            printshop::spec(),
            staged_printshop(),
            depot::spec(),
        ];
        for spec in specs {
            assert_eq!(findings(&spec, &rendered(&spec), &world), Vec::<String>::new());
        }
        assert_eq!(findings(&paypulse_runtime::spec::spec(), &committed(), &world), Vec::<String>::new());
    }
}

/// Every role that may write a function's log is one that the module creates.
#[test]
fn only_created_roles_get_the_log_policy() {
    for spec in [paypulse_runtime::spec::spec(), warehouse::spec()] {
        let world = World::ireland().with_keys_of(&spec);
        let roles = Module::read(&rendered(&spec), world).and_then(|it| roles(&it)).expect("it is read");
        for handler in &spec.handlers {
            let (name, expected) = match &handler.role {
                RoleSpec::Created => (handler.name.clone(), 1),
                RoleSpec::Existing { variable } => (World::ireland().variable(variable), 0),
            };
            assert_eq!(roles[&name].aws_managed.len(), expected, "{name}");
        }
    }
}

/// What the policies let through although the spec does not mean it, beside deeper paths, which IAM cannot tell apart.
fn loopholes(spec: &Spec) -> Vec<(Why, String)> {
    let found = lookalikes(spec, &rendered(spec), &World::ireland()).expect("the module is read");
    found.into_iter().filter(|(why, _)| *why != Why::Wide).collect()
}

#[test]
fn known_limit_a_pattern_takes_an_empty_key_for_a_member() {
    assert_eq!(loopholes(&paypulse_runtime::spec::spec()), [(Why::Empty, "gmail/user/".to_owned())]);
    assert_eq!(loopholes(&warehouse::spec()), [(Why::Empty, "shops//suppliers//login".to_owned())]);
}

#[test]
fn known_limit_a_suffix_passes_for_a_key_that_ends_a_name_after_a_hyphen() {
    let mut spec = paypulse_runtime::spec::spec();
    spec.secrets[1].name = Template::new("gmail/user-{user_id}");
    let expected = [(Why::Empty, "gmail/user-".to_owned()), (Why::Suffix, "gmail/user".to_owned())];
    assert_eq!(loopholes(&spec), expected);
}

/// Rendered without a look at the lints, such a family would reach every secret of the account.
#[test]
fn a_family_that_starts_with_a_placeholder_is_refused() {
    let mut spec = paypulse_runtime::spec::spec();
    spec.secrets[1].name = Template::new("{user_id}");
    let found = lookalikes(&spec, &rendered(&spec), &World::ireland()).expect("the module is read");
    assert!(found.contains(&(Why::Wide, "other/app/key".to_owned())), "{found:?}");
    assert!(lint::check(&spec).iter().any(|problem| problem.lint == "open-family"));
}

/// IAM takes two such names for one, so one of the two must notice: the generator before, or the proof after.
#[test]
fn two_roles_whose_names_differ_by_case_alone_do_not_pass() {
    let mut spec = paypulse_runtime::spec::spec();
    spec.handlers[0].name = "Fetch_Invoices".to_owned();
    if let Ok(files) = render::files(&spec) {
        let found = findings(&spec, &files, &World::ireland());
        assert!(found.iter().any(|finding| finding.contains("another role has its name")), "{found:?}");
    }
}

/// The longest ARNs that a role's policies can have, over all partitions that AWS has named, inline and managed.
#[test]
fn the_largest_policies_that_are_rendered_fit_everywhere() {
    // Inline, inline to the last piece, a few managed policies, all that fit, and one too many.
    for count in [10, 32, 60, 150, 199] {
        let spec = large(count);
        for (partition, region) in
            [("aws-iso-f", "us-isof-south-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-northwest-1")]
        {
            let world = World { partition, region: region.to_owned(), ..World::ireland() };
            let Ok(files) = render::files(&spec) else {
                assert!(count > 150, "{count} secrets should fit");
                return;
            };
            assert_eq!(findings(&spec, &files, &world), Vec::<String>::new(), "{count} secrets");
            audit::agrees(&spec, &files, &world, &[]);
        }
    }
    panic!("nothing was refused");
}

/// One handler with grants on a number of secrets with long names.
pub fn large(count: usize) -> Spec {
    let mut spec = Spec::empty("spec.json".to_owned());
    let mut grants = Vec::new();
    for number in 0..count {
        let secret = SecretSpec {
            id: format!("S{number}"),
            name: Template::parse(&format!("app/{number:04}/{}", "x".repeat(230))).expect("a valid name"),
            description: String::new(),
            payload: PayloadSpec::text(),
            owner: Owner::Runtime,
            kms_key: None,
            region: None,
            options: SecretOptions::default(),
        };
        let verbs = if number % 3 == 0 { vec![Verb::Store] } else { vec![Verb::Read] };
        grants.push(Grant { secret: secret.id.clone(), verbs, reason: String::new() });
        spec.secrets.push(secret);
    }
    spec.handlers.push(HandlerSpec {
        id: "Fetch".to_owned(),
        name: "fetch".to_owned(),
        description: String::new(),
        role: RoleSpec::Created,
        options: HandlerOptions::default(),
        grants,
    });
    spec
}
