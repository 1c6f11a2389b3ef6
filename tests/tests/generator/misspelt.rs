//! Whatever a command line names, a name that is nearly right is answered with the one that was meant.

use paypulse_runtime::model::Spec;
use paypulse_runtime::spec::spec as paypulse;
use paypulse_tests::bakery;
use tempfile::tempdir;
use xtask::Exit;

use crate::run::{arg, on, xtask};

#[track_caller]
fn meant(spec: &Spec, arguments: &[&str], meant: &str) {
    let run = on(spec, arguments, false);
    assert_eq!((run.exit, run.out.as_str()), (Exit::Usage, ""), "{arguments:?}: {run}");
    assert!(run.err.contains(meant), "{arguments:?} does not lead to `{meant}`: {run}");
}

#[test]
fn err_a_misspelt_name_is_answered_with_the_one_that_was_meant() {
    let paypulse = paypulse();
    for (arguments, name) in [
        (&["gen-infr"][..], "'gen-infra'"),
        (&["chek-plan"], "'check-plan'"),
        (&["diff", "--agianst", "HEAD"], "'--against'"),
        (&["spec", "--quite"], "'--quiet'"),
        (&["diff", "--format", "markdwn"], "'markdown'"),
        (&["check-plan", "-", "--allow", "secret-destroyd"], "'secret-destroyed'"),
        (&["e2e", "--provider", "standin"], "'stand-in'"),
        (&["completions", "fihs"], "'fish'"),
        (&["explain", "--handler", "fetch_invoice", "text"], "did you mean `fetch_invoices`?"),
        (&["access", "--handler", "DeleteUsr"], "did you mean `DeleteUser`?"),
        (&["access", "--secret", "GmailUserToken"], "did you mean `GmailUserTokens`?"),
    ] {
        meant(&paypulse, arguments, name);
    }
    let audit = ["audit", "--policy", "--account", "123456789012", "--region", "eu-west-1", "--var"];
    let prefix = format!("{}=Prod-", bakery::spec().prefixes.expect("it has environments").variable);
    meant(&bakery::spec(), &[&audit[..], &[&prefix]].concat(), "=Prod_`?");
    meant(&bakery::spec(), &["import", "--listing", "-", "--prefix", "Prod-"], "did you mean `Prod_`?");
}

#[test]
fn err_the_module_of_a_plan_is_answered_with_the_one_that_the_plan_has() {
    let dir = tempdir().expect("a temporary directory");
    let path = dir.path().join("plan.json");
    let resource = serde_json::json!({
        "address": "module.secrets.aws_secretsmanager_secret.google_oauth_client_id",
        "module_address": "module.secrets", "mode": "managed", "type": "aws_secretsmanager_secret",
        "name": "google_oauth_client_id",
        "change": { "actions": ["create"], "before": null, "after": {}, "after_unknown": {} },
    });
    let plan = serde_json::json!({ "format_version": "1.2", "resource_changes": [resource] });
    std::fs::write(&path, plan.to_string()).expect("it can be written");
    meant(
        &paypulse(),
        &["check-plan", arg(&path), "--module", "module.secret"],
        "did you mean `--module module.secrets`?",
    );
}

#[test]
fn what_is_close_to_nothing_is_not_guessed() {
    for arguments in [&["zzz"][..], &["explain", "--handler", "zzz", "text"], &["access", "--secret", "0"]] {
        let run = xtask(arguments);
        assert_eq!(run.exit, Exit::Usage, "{run}");
        assert!(!run.err.contains("did you mean") && !run.err.contains("similar"), "{run}");
    }
}
