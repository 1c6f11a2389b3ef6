//! `import`: documents of a listing that show only a part of a secret: what they do not show is not known.

use serde_json::{Value, json};
use xtask::Exit;

use super::changes::{shop, shop_with};
use super::{Adopted, import_text, json as fixture, lints, resources};

const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:shop/api-AbCdEf";

fn policy() -> Value {
    let denial =
        json!({ "Effect": "Deny", "Principal": "*", "Action": "secretsmanager:DeleteSecret", "Resource": "*" });
    let text = json!({ "Version": "2012-10-17", "Statement": [denial] }).to_string();
    json!({ "ARN": ARN, "Name": "shop/api", "ResourcePolicy": text })
}

fn whole() -> Value {
    json!({ "SecretList": [{ "ARN": ARN, "Name": "shop/api", "Description": "d", "KmsKeyId": "alias/x",
        "LastChangedDate": "2024-01-01T00:00:00+00:00", "Tags": [{ "Key": "a", "Value": "b" }],
        "SecretVersionsToStages": { "v1": ["AWSCURRENT"] } }] })
}

fn listed(documents: &[Value]) -> Adopted {
    let text: Vec<String> = documents.iter().map(ToString::to_string).collect();
    import_text(&shop(), "--listing", &text.join("\n"))
}

#[test]
fn the_order_of_documents_does_not_matter() {
    let (first, last) = (listed(&[policy(), whole()]), listed(&[whole(), policy()]));
    assert_eq!(lints(&first), lints(&last));
    for lint in ["secret-description", "secret-key", "secret-tags"] {
        assert!(lints(&first).iter().any(|it| it == lint), "{lint}: {}", first.shown());
    }
}

#[test]
fn what_a_document_does_not_show_is_not_promised() {
    for document in [policy(), json!({ "SecretList": [{ "ARN": ARN, "Name": "shop/api" }] })] {
        let adopted = listed(&[document]);
        assert!(lints(&adopted).iter().any(|lint| lint == "value-unknown"), "{}", adopted.shown());
        assert!(!adopted.run.err.contains("must change nothing"), "{}", adopted.shown());
    }
}

#[test]
fn a_generated_value_stops_unless_it_is_known_that_there_is_none() {
    let spec = shop_with(|spec| {
        spec["secrets"][0]["owner"] =
            json!({ "kind": "terraform", "generated": { "length": 32, "alphabet": ["lowercase"], "version": 1 } })
    });
    for (document, is_stopped) in [
        (policy(), true),
        (whole(), true),
        (json!({ "SecretList": [{ "ARN": ARN, "Name": "shop/api", "Tags": [] }] }), false),
    ] {
        let adopted = import_text(&spec, "--listing", &document.to_string());
        let is_overwritten = lints(&adopted).iter().any(|lint| lint == "overwritten");
        assert_eq!(is_overwritten, is_stopped, "{document}: {}", adopted.shown());
    }
}

#[test]
fn err_a_secret_that_is_there_only_as_a_replica_is_not_created() {
    let replica = json!({ "SecretList": [{ "ARN": ARN, "Name": "shop/api", "PrimaryRegion": "us-east-1" }] });
    let adopted = listed(&[replica]);
    assert_eq!(adopted.run.exit, Exit::Problems, "{}", adopted.shown());
    assert!(
        adopted.run.err.contains("exists in this Region as a replica of the secret in `us-east-1`"),
        "{}",
        adopted.shown()
    );
}

#[test]
fn a_binary_value_is_replaced_by_the_first_apply() {
    let mut state = fixture("shop-control.tfstate");
    let versions = resources(&mut state, "aws_secretsmanager_secret_version");
    for version in versions {
        version["instances"][0]["attributes"]["secret_binary"] = "MARK".into();
    }
    let adopted = import_text(&shop(), "--state", &state.to_string());
    assert!(lints(&adopted).iter().any(|lint| lint == "value-replaced"), "{}", adopted.shown());
    assert!(adopted.run.err.contains("the value of `shop/api` is binary"), "{}", adopted.shown());
}
