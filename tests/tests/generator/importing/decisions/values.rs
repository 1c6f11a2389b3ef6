//! Values: asked for, written again, imported, or in the way.

use insta::assert_snapshot;
use paypulse_runtime::model::Spec;
use serde_json::{Value, json};
use xtask::Exit;

use super::super::{fixture, import, import_text, paypulse};
use super::{add, arn, check, lints, quiet, resource};
use crate::run::arg;

#[test]
fn a_value_that_no_state_has_is_asked_for() {
    let spoil = |state: &mut Value| {
        let all = state["resources"].as_array_mut().expect("a state has resources");
        all.retain(|resource| resource["name"] != "google_oauth_client_id_value");
    };
    assert_snapshot!(check("value-unknown", Exit::Done, spoil));
    // A listing knows it.
    let mut state = quiet();
    spoil(&mut state);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let path = dir.path().join("state");
    std::fs::write(&path, state.to_string()).expect("it can be written");
    let adopted = import(&paypulse(), &["--state", arg(&path), "--listing", arg(&fixture("adopted.listing.json"))]);
    assert_eq!(lints(&adopted), Vec::<String>::new(), "{}", adopted.run);
    assert!(adopted.file().is_some_and(|file| file.contains("to = aws_secretsmanager_secret_version")));
}

/// The provider keeps the `secret_id` that the configuration had, and another one replaces the version.
#[test]
fn a_version_that_names_its_secret_by_its_name_is_replaced_and_so_written_again() {
    let by = |id: &str| {
        let id = id.to_owned();
        check("value-replaced", Exit::Done, move |state| {
            let all = state["resources"].as_array_mut().expect("a state has resources");
            let value = all.iter_mut().find(|it| it["name"] == "google_oauth_client_id_value").expect("it is there");
            let value = &mut value["instances"][0]["attributes"];
            value["secret_id"] = id.as_str().into();
            value["id"] = format!("{id}|v-1").into();
        })
    };
    for id in
        ["Google-OAuth-Client-ID", "arn:aws:secretsmanager:eu-west-1:000000000000:secret:Google-OAuth-Client-ID-before"]
    {
        assert!(by(id).contains("writes the value again"), "{id}: {}", by(id));
    }
}

/// Another configuration's state tells of the secret, and not that it has no value.
#[test]
fn a_value_that_no_other_state_has_is_asked_for() {
    let mut other = quiet();
    let lints_of = |other: &Value| lints(&import_text(&paypulse(), "--other-state", &other.to_string()));
    assert_eq!(lints_of(&other), ["imported-settings"]);
    let all = other["resources"].as_array_mut().expect("a state has resources");
    all.retain(|resource| resource["name"] != "google_oauth_client_id_value");
    assert_eq!(lints_of(&other), ["value-unknown", "imported-settings"]);
}

/// Three secrets, whose values are delivered in three ways.
fn deliveries() -> Spec {
    let json = include_str!("../../../../data/specs/ok_deliveries.json");
    let mut spec = Spec::read(json).expect("the spec has no problems");
    spec.secrets.retain(|secret| ["InState", "ByHand", "Pin"].contains(&secret.id.as_str()));
    let kept: Vec<&str> = spec.secrets.iter().map(|secret| secret.id.as_str()).collect();
    for handler in &mut spec.handlers {
        handler.grants.retain(|grant| kept.contains(&grant.secret.as_str()));
    }
    assert_eq!(kept.len(), 3);
    spec
}

/// A secret with its value, which may be in the state or not.
fn with_value(state: &mut Value, name: &str, write_only_version: Option<u32>) {
    let arn = arn(name);
    let label = name.replace('/', "_");
    add(state, resource("aws_secretsmanager_secret", &label, &json!({ "arn": arn, "name": name })));
    let value = json!({ "arn": arn, "id": format!("{arn}|v1"), "secret_string": "MARK", "secret_string_wo_version": write_only_version });
    add(state, resource("aws_secretsmanager_secret_version", &label, &value));
}

/// What the state has is compared by the number beside it, and a listing knows no number.
#[test]
fn what_is_written_anew_is_said_and_what_would_be_lost_stands_in_the_way() {
    let state = |versions: [Option<u32>; 3]| {
        let mut state = json!({ "version": 4, "resources": [] });
        for (name, version) in ["app/instate", "app/byhand", "app/pin"].into_iter().zip(versions) {
            with_value(&mut state, name, version);
        }
        import_text(&deliveries(), "--state", &state.to_string())
    };
    let same = state([None, Some(u32::MAX), Some(7)]);
    assert_eq!((same.run.exit, lints(&same)), (Exit::Done, vec![]), "{}", same.run);
    assert!(same.shown().contains("6 moved"), "{}", same.run);
    let written = state([None, Some(1), Some(7)]);
    assert_eq!((written.run.exit, lints(&written)), (Exit::Done, vec!["value-written".to_owned()]), "{}", written.run);
    assert_snapshot!(written.shown());
    for version in [None, Some(6)] {
        let lost = state([None, Some(u32::MAX), version]);
        assert_eq!((lost.run.exit, lints(&lost)), (Exit::Problems, vec!["overwritten".to_owned()]), "{}", lost.run);
        assert_snapshot!("overwritten", lost.shown());
    }
}

#[test]
fn only_a_value_that_is_in_the_state_is_imported() {
    let secret = |name: &str, stages: Value| json!({ "ARN": arn(name), "Name": name, "CreatedDate": "2026-01-01", "SecretVersionsToStages": stages });
    let listed = |pin: Value| {
        let current = json!({ "v1": ["AWSCURRENT"] });
        let secrets = [secret("app/instate", current.clone()), secret("app/byhand", current), secret("app/pin", pin)];
        let document = json!({ "SecretList": secrets, "RoleDetailList": [] });
        import_text(&deliveries(), "--listing", &document.to_string())
    };
    let lost = listed(json!({ "v1": ["AWSCURRENT"] }));
    assert_eq!((lost.run.exit, lints(&lost)), (Exit::Problems, vec!["overwritten".to_owned()]), "{}", lost.run);
    // A secret without a value has nothing to lose.
    let adopted = listed(json!({}));
    assert_eq!(lints(&adopted), ["value-written", "imported-settings", "users-not-listed"], "{}", adopted.run);
    let file = adopted.file().expect("a file is written");
    let values: Vec<&str> =
        file.lines().filter(|line| line.contains("to = aws_secretsmanager_secret_version")).collect();
    assert_eq!(values, ["  to = aws_secretsmanager_secret_version.in_state_value"], "{file}");
}
