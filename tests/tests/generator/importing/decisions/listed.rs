//! What is said of a listing.

use insta::assert_snapshot;
use serde_json::Value;
use xtask::Exit;

use super::super::{Adopted, documents, import_text, paypulse};
use super::lints;

fn listing(documents: &[Value]) -> Adopted {
    let text: Vec<String> = documents.iter().map(ToString::to_string).collect();
    import_text(&paypulse(), "--listing", &text.join("\n"))
}

#[test]
fn err_a_secret_that_is_to_be_deleted() {
    let mut documents = documents("adopted.listing.json");
    let secrets = documents[0]["SecretList"].as_array_mut().expect("secrets");
    let secret = secrets.iter_mut().find(|secret| secret["Name"] == "Google-OAuth-Client-ID").expect("it is listed");
    secret["DeletedDate"] = 1_700_000_000.5.into();
    let adopted = listing(&documents);
    assert_eq!(adopted.run.exit, Exit::Problems);
    assert_snapshot!(adopted.shown());
}

#[test]
fn err_a_listing_of_two_regions_and_a_replica_that_is_none() {
    let mut documents = documents("adopted.listing.json");
    let mut other = documents[0]["SecretList"][0].clone();
    other["ARN"] = other["ARN"].as_str().expect("it has an ARN").replace("eu-west-1", "us-east-1").into();
    let secrets = documents[0]["SecretList"].as_array_mut().expect("secrets");
    secrets.push(other.clone());
    let adopted = listing(&documents);
    assert_eq!(adopted.run.exit, Exit::Problems);
    assert_snapshot!(adopted.shown());
    // A replica says where its primary secret is.
    let replica = documents[0]["SecretList"].as_array_mut().and_then(|secrets| secrets.last_mut());
    replica.expect("it was added")["PrimaryRegion"] = "eu-west-1".into();
    assert_eq!(listing(&documents).run.exit, Exit::Done);
}

#[test]
fn what_a_listing_lacks_is_named() {
    let documents = documents("adopted.listing.json");
    assert_eq!(lints(&listing(&documents)), ["imported-settings", "users-not-listed"]);
    let secrets_alone = listing(&documents[..1]);
    assert_eq!(lints(&secrets_alone), ["imported-settings", "not-listed"]);
    let roles_alone = listing(&documents[1..]);
    assert_eq!(lints(&roles_alone), ["not-listed", "users-not-listed"]);
    assert_snapshot!(format!("{}\n{}", secrets_alone.shown(), roles_alone.shown()));
    // `list-roles` prints no policies.
    let mut without = documents.clone();
    let roles = without[1]["RoleDetailList"].take();
    without[1] = serde_json::json!({ "Roles": roles });
    for role in without[1]["Roles"].as_array_mut().expect("roles") {
        role.as_object_mut()
            .expect("a role")
            .retain(|name, _| !name.ends_with("PolicyList") && !name.starts_with("Attached"));
    }
    assert!(lints(&listing(&without)).contains(&"not-listed".to_owned()), "{}", listing(&without).shown());
    let mut without = documents.clone();
    let secrets = without[0]["SecretList"].as_array_mut().expect("secrets");
    secrets.retain(|secret| secret["Name"] != "PayPulseAppJWTSecret");
    assert_eq!(lints(&listing(&without)), ["imported-settings", "users-not-listed", "external-missing"]);
}
