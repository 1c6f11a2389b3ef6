//! Entries of a spec that have other names than they had.

use insta::assert_snapshot;
use paypulse_runtime::model::Spec;
use paypulse_tests::warehouse;
use serde_json::Value;
use xtask::Exit;

use super::{Adopted, import_text, paypulse};

/// What follows from a spec that was otherwise before: `before` makes the older spec of the present one.
fn since(spec: &Spec, before: impl FnOnce(&mut Value)) -> Adopted {
    let mut old: Value = serde_json::from_str(&spec.to_json()).expect("a spec is JSON");
    before(&mut old);
    import_text(spec, "--renamed-from", &old.to_string())
}

#[test]
fn a_renamed_entry_moves_with_all_that_belongs_to_it() {
    let adopted = since(&warehouse::spec(), |old| {
        for secret in old["secrets"].as_array_mut().expect("secrets") {
            match secret["id"].as_str() {
                Some("PaymentKey") => secret["owner"]["variable"] = "pay".into(),
                Some("DatabaseLogin") => secret["id"] = "StockLogin".into(),
                _ => {}
            }
        }
        let grants = old["handlers"].as_array_mut().expect("handlers").iter_mut();
        let grants = grants.flat_map(|handler| handler["grants"].as_array_mut().expect("grants"));
        grants
            .filter(|grant| grant["secret"] == "DatabaseLogin")
            .for_each(|grant| grant["secret"] = "StockLogin".into());
    });
    assert_eq!(adopted.run.exit, Exit::Done, "{}", adopted.run);
    let file = adopted.file().expect("a file is written");
    for (from, to) in [
        ("aws_secretsmanager_secret.pay", "aws_secretsmanager_secret.payment_key"),
        ("aws_secretsmanager_secret_version.pay_value", "aws_secretsmanager_secret_version.payment_key_value"),
        ("aws_secretsmanager_secret.stock_login", "aws_secretsmanager_secret.database_login"),
        ("aws_secretsmanager_secret_policy.stock_login", "aws_secretsmanager_secret_policy.database_login"),
        ("aws_secretsmanager_secret_rotation.stock_login[0]", "aws_secretsmanager_secret_rotation.database_login[0]"),
    ] {
        assert!(file.contains(&format!("moved {{\n  from = {from}\n  to   = {to}\n}}")), "{from}\n{file}");
    }
    assert!(!file.contains("import {") && !file.contains("removed"), "{file}");
}

#[test]
fn a_secret_that_others_own_now_is_forgotten() {
    let adopted = since(&paypulse(), |old| {
        let jwt = &mut old["secrets"][2];
        assert_eq!(jwt["id"], "JwtSigningKey");
        jwt["owner"] = serde_json::json!({ "kind": "terraform", "variable": "signing_key" });
    });
    assert_eq!(adopted.run.exit, Exit::Done, "{}", adopted.run);
    assert_snapshot!(adopted.file().expect("a file is written"));
    assert_snapshot!(adopted.shown());
}

#[test]
fn nothing_renamed_is_nothing_to_write() {
    let adopted = since(&paypulse(), |old| {
        old["handlers"][0]["id"] = "KeepTokens".into();
    });
    assert_eq!((adopted.run.exit, adopted.file()), (Exit::Done, None), "{}", adopted.run);
}

#[test]
fn err_a_name_that_another_entry_has_now() {
    let adopted = since(&warehouse::spec(), |old| {
        for secret in old["secrets"].as_array_mut().expect("secrets") {
            if secret["id"] == "PaymentKey" {
                secret["owner"]["variable"] = "database_login".into();
            }
            if secret["id"] == "DatabaseLogin" {
                secret["id"] = "Database".into();
            }
        }
        let grants = old["handlers"].as_array_mut().expect("handlers").iter_mut();
        let grants = grants.flat_map(|handler| handler["grants"].as_array_mut().expect("grants"));
        grants.filter(|grant| grant["secret"] == "DatabaseLogin").for_each(|grant| grant["secret"] = "Database".into());
    });
    assert_eq!((adopted.run.exit, adopted.file()), (Exit::Problems, None), "{}", adopted.run);
    assert_snapshot!(adopted.shown());
}

#[test]
fn err_an_old_spec_that_is_none() {
    let adopted = import_text(&paypulse(), "--renamed-from", "{}");
    assert_eq!(adopted.run.exit, Exit::Problems, "{}", adopted.run);
    assert!(adopted.run.err.contains("[missing-field]"), "{}", adopted.run);
}
