//! Who can read a value, and the whole policy of a role.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use paypulse_runtime::model::{ApiCall, Role, Spec, Verb};
use paypulse_runtime::spec::spec as paypulse;
use paypulse_tests::bakery::spec as bakery;
use paypulse_tests::printshop::spec as printshop;
use paypulse_tests::warehouse::spec as warehouse;
use xtask::Exit;

use super::{access, parsed, shown};

fn reads(verbs: &[Verb]) -> bool {
    verbs.iter().any(|verb| verb.api_calls().contains(&ApiCall::GetSecretValue))
}

/// The ids of the handlers, and the names of others, that can read a value as the model says it.
fn expected(spec: &Spec, secret: &str) -> BTreeSet<String> {
    let handlers = spec.handlers.iter().filter(|handler| {
        let grants = spec.role_of(handler).grants_of(&handler.id);
        grants.iter().any(|grant| grant.secret == secret && reads(&grant.verbs))
    });
    let others = spec.secrets.iter().filter(|it| it.id == secret).flat_map(|it| &it.options.shared_with);
    let others = others.filter(|share| reads(&share.verbs)).map(|share| share.principal.account().to_owned());
    handlers.map(|handler| handler.id.clone()).chain(others).collect()
}

#[test]
fn every_principal_that_can_read_a_value_is_listed() {
    let mut most = 0;
    for spec in [paypulse(), warehouse(), bakery(), printshop()] {
        for secret in &spec.secrets {
            let report = parsed(&shown(&spec, &["--can-read", &secret.id, "--format", "json"]));
            let subjects = report["subjects"].as_array().expect("it is a list").iter();
            let name =
                |it: &serde_json::Value| it.as_str().map(|text| text.split(':').next().unwrap_or(text).to_owned());
            let found: BTreeSet<String> =
                subjects.filter_map(|it| name(&it["id"]).or_else(|| name(&it["name"]))).collect();
            assert_eq!(found, expected(&spec, &secret.id), "{}", secret.id);
            let grants = report["grants"].as_array().expect("it is a list");
            assert!(grants.iter().all(|grant| grant["reads_value"] == true), "{report}");
            most = most.max(found.len());
        }
    }
    assert!(most > 5, "{most}");
}

/// Handlers with one role have each other's grants.
#[test]
fn a_shared_role_lets_its_other_handlers_read_too() {
    let mut spec = printshop();
    let shared = spec.handlers.iter().position(|it| spec.role_of(it).is_shared()).expect("a role is shared");
    let other =
        (0..spec.handlers.len()).find(|at| *at != shared && spec.handlers[*at].role == spec.handlers[shared].role);
    let other = other.expect("the role has another handler");
    for handler in &mut spec.handlers {
        handler.options.source_function = false;
    }
    let mut grant = spec.handlers[shared].grants[0].clone();
    grant.verbs = vec![Verb::Read];
    let secret = grant.secret.clone();
    spec.handlers.iter_mut().for_each(|it| it.grants.retain(|grant| grant.secret != secret));
    spec.handlers[shared].grants.push(grant);
    let table = shown(&spec, &["--can-read", &secret]);
    for handler in [shared, other] {
        assert!(table.contains(&spec.handlers[handler].name), "{table}");
    }
}

#[test]
fn the_readers_are_shown_in_each_form() {
    assert_snapshot!(shown(&paypulse(), &["--can-read", "GmailUserTokens"]));
    assert_snapshot!(shown(&warehouse(), &["--can-read", "warehouse/database", "--format", "csv"]));
    assert_eq!(access(&paypulse(), &["--can-read", "GmailUserTokens", "--secret", "JwtSigningKey"]).exit, Exit::Usage);
    assert_eq!(access(&paypulse(), &["--can-read", "GmailUserToken"]).exit, Exit::Usage);
    let one = shown(&paypulse(), &["--can-read", "GmailUserTokens", "--handler", "fetch_invoices"]);
    assert!(one.contains("fetch_invoices") && !one.contains("gmail_store_tokens"), "{one}");
}

#[test]
fn the_whole_policy_of_a_role_is_in_one_place() {
    let spec = warehouse();
    assert_snapshot!(shown(&spec, &["--handler", "re-order", "--policy"]));
    assert_snapshot!(shown(&spec, &["--handler", "close-shop", "--handler", "heartbeat", "--policy"]));
    assert_snapshot!(shown(&printshop(), &["--handler", "deliver", "--policy", "--format", "json"]));
    let dev = shown(&bakery(), &["--handler", "bake", "--policy", "--prefix", "dev/"]);
    assert!(dev.contains("`dev-bake`") && dev.contains(":secret:dev/bakery/oven.key-??????"), "{dev}");
    for wrong in [&["--policy"][..], &["--handler", "bake", "--policy", "--format", "csv"], &["--prefix", "dev/"]] {
        assert_eq!(access(&bakery(), wrong).exit, Exit::Usage, "{wrong:?}");
    }
}

/// Every statement of the role that `access` shows for a handler's grants is in the whole policy, and nothing else is.
#[test]
fn the_whole_policy_has_the_statements_of_the_grants() {
    for spec in [paypulse(), warehouse(), printshop(), paypulse_tests::large::spec()] {
        for handler in spec.handlers.iter().take(20).filter(|handler| handler.role == Role::Created) {
            let whole = parsed(&shown(&spec, &["--handler", &handler.id, "--policy", "--format", "json"]));
            let granted = parsed(&shown(&spec, &["--handler", &handler.id, "--format", "json"]));
            let role = &whole["roles"][0];
            let documents = role["documents"].as_array().expect("it is a list").iter();
            let statements: BTreeSet<String> = documents
                .flat_map(|document| document["document"]["Statement"].as_array().expect("it is a list"))
                .map(plain)
                .collect();
            let listed = granted["statements"].as_array().expect("it is a list").iter();
            let listed: BTreeSet<String> = listed.map(|placed| plain(&placed["statement"])).collect();
            assert_eq!(statements, listed, "{}", handler.id);
            assert_eq!(role["trust"]["Statement"][0]["Principal"]["Service"], "lambda.amazonaws.com");
            assert_eq!(role["boundary"], "${var.permissions_boundary_arn}");
        }
    }
}

/// A statement with its resources as a list, sorted.
fn plain(statement: &serde_json::Value) -> String {
    let mut statement = statement.clone();
    for name in ["Resource", "Action"] {
        let mut items = match statement[name].take() {
            serde_json::Value::Array(items) => items,
            one => vec![one],
        };
        items.sort_by_key(ToString::to_string);
        statement[name] = items.into();
    }
    statement.to_string()
}
