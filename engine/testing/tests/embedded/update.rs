//! `UpdateSecret`, which programs call that do not use the client: what it writes, and who may call it.

use driftless::model::Verb;
use driftless_testing::EmbeddedSecretsManager;

use crate::access::{Signer, spec};
use crate::{MARKED, NOT_FOUND, check_refused, check_refused_for, token};

const TAKEN: &str = "ResourceExistsException";

async fn secret() -> EmbeddedSecretsManager {
    let server = EmbeddedSecretsManager::new();
    server.client().create_secret().name("k").secret_string("1").client_request_token(token('a')).send().await.unwrap();
    server
}

#[tokio::test]
async fn a_value_becomes_the_current_version() {
    let server = secret().await;
    let update = server.client().update_secret().secret_id("k").secret_string("2").client_request_token(token('b'));
    let updated = update.clone().send().await.unwrap();
    assert_eq!((updated.name(), updated.version_id()), (Some("k"), Some(&*token('b'))));
    assert_eq!(server.value("k").as_deref(), Some("2"));
    let labels = |last, label: &str| (token(last), vec![label.to_owned()]);
    assert_eq!(server.versions("k"), [labels('a', "AWSPREVIOUS"), labels('b', "AWSCURRENT")]);
    // The answer to a first attempt was lost.
    update.clone().send().await.unwrap();
    assert_eq!(server.versions("k").len(), 2);
    check_refused_for(update.secret_string("3").send().await, TAKEN, &token('b'));
}

#[tokio::test]
async fn what_is_not_given_stays() {
    let server = secret().await;
    let client = server.client();
    let update = || client.update_secret().secret_id("k");
    let updated = update().description("a key").kms_key_id("alias/k").send().await.unwrap();
    assert_eq!(updated.version_id(), None);
    update().description("the key").send().await.unwrap();
    let known = client.describe_secret().secret_id("k").send().await.unwrap();
    assert_eq!((known.description(), known.kms_key_id()), (Some("the key"), Some("alias/k")));
    assert_eq!(server.value("k").as_deref(), Some("1"));
    assert_eq!(server.versions("k").len(), 1);
}

#[tokio::test]
async fn err_what_cannot_be_updated() {
    let server = secret().await;
    let client = server.client();
    check_refused(
        client.update_secret().secret_id("other").secret_string("2").send().await,
        "ResourceNotFoundException",
        NOT_FOUND,
    );
    let long = "x".repeat(2049);
    check_refused_for(
        client.update_secret().secret_id("k").description(long).send().await,
        "ValidationException",
        "description",
    );
    client.delete_secret().secret_id("k").recovery_window_in_days(7).send().await.unwrap();
    check_refused(
        client.update_secret().secret_id("k").secret_string("2").send().await,
        "InvalidRequestException",
        MARKED,
    );
    assert_eq!(server.versions("k").len(), 1);
}

/// A grant of `legacy_update` allows it, and no other does.
#[tokio::test]
async fn only_the_temporary_grant_allows_it() {
    let granting = |verbs: &[Verb]| {
        let mut spec = spec();
        let signer = spec.handlers.iter_mut().find(|handler| handler.name == "signer").expect("it is declared");
        let grant = signer.grants.iter_mut().find(|grant| grant.secret == "ReceiptKey").expect("it is granted");
        grant.verbs = verbs.to_vec();
        spec
    };
    let all: Vec<Verb> = Verb::ALL.into_iter().filter(|verb| *verb != Verb::LegacyUpdate).collect();
    for (verbs, is_allowed) in [(all.as_slice(), false), (&[Verb::LegacyUpdate], true)] {
        let server = EmbeddedSecretsManager::enforcing(&granting(verbs));
        server.put("receipt-key", "{}");
        let client = server.client_for::<Signer>();
        let updated = client.update_secret().secret_id("receipt-key").secret_string("{}").send().await;
        assert_eq!(updated.is_ok(), is_allowed, "{verbs:?}: {updated:?}");
    }
}
