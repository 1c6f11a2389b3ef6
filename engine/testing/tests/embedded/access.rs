//! What a spec's grants allow, and how a call without a grant is refused.

use driftless::Secrets;
use driftless::model::{ApiCall, Text, Verb};
use driftless_testing::{EmbeddedSecretsManager, Fault, FaultKind};

use crate::check_refused;

driftless::declare! {
    source: "shop.rs";

    keys {
        /// The id of a shop.
        ShopId;
    }

    secrets {
        /// Key of the payment provider.
        PaymentKey: Text = "payment-key", owner: runtime;
        /// Key that signs receipts.
        ReceiptKey: Text = "receipt-key", owner: runtime;
        /// Each shop's login at its supplier.
        SupplierLogin { shop_id: ShopId }: Text = "shop/{shop_id}/supplier", owner: runtime;
        /// Each shop's note.
        ShopNote { shop_id: ShopId }: Text = "note/{shop_id}", owner: runtime;
    }

    handlers {
        /// Reads one fixed secret.
        Reader = "reader" {
            PaymentKey: read;
        }
        /// Signs receipts.
        Signer = "signer" {
            ReceiptKey: read, update;
        }
        /// Checks receipts.
        Checker = "checker" {
            ReceiptKey: read, read_previous;
        }
        /// Checks old receipts alone.
        Archivist = "archivist" {
            ReceiptKey: read_previous;
        }
        /// Does everything with two families.
        Keeper = "keeper" {
            SupplierLogin: read, store, describe;
            SupplierLogin: delete;
            ShopNote: update;
        }
    }
}

mod elsewhere {
    driftless::declare! {
        source: "elsewhere.rs";
        keys {}
        secrets {
            /// Has the name of a secret of the other spec.
            PaymentKey: driftless::model::Text = "payment-key", owner: runtime;
        }
        handlers {
            /// Is granted it only here.
            Stranger = "stranger" {
                PaymentKey: read;
            }
        }
    }
}

fn enforcing() -> EmbeddedSecretsManager {
    let server = EmbeddedSecretsManager::enforcing(&spec());
    for name in ["payment-key", "payment-key-old", "shop/berlin/supplier", "note/berlin", "note/berlin/deep"] {
        server.put(name, "v");
    }
    server
}

fn denied(handler: &str, call: &str, resource: &str) -> String {
    format!(
        "User: arn:aws:sts::123456789012:assumed-role/{handler}/{handler} is not authorized to perform: \
         secretsmanager:{call} on resource: {resource} because no identity-based policy allows the \
         secretsmanager:{call} action"
    )
}

async fn arn(server: &EmbeddedSecretsManager, name: &str) -> String {
    server.client().describe_secret().secret_id(name).send().await.unwrap().arn.unwrap()
}

#[tokio::test]
async fn a_granted_call_is_allowed_by_name_and_by_arn() {
    let server = enforcing();
    let arn = arn(&server, "payment-key").await;
    let client = server.client_for::<Reader>();
    for id in ["payment-key", &arn, &arn[..arn.len() - 7]] {
        client.get_secret_value().secret_id(id).send().await.unwrap();
    }
}

#[tokio::test]
async fn a_call_that_no_verb_makes_is_denied_with_the_secrets_arn() {
    let server = enforcing();
    let arn = arn(&server, "payment-key").await;
    let client = server.client_for::<Reader>();
    let deleted = client.delete_secret().secret_id("payment-key").force_delete_without_recovery(true).send().await;
    check_refused(deleted, "AccessDeniedException", &denied("reader", "DeleteSecret", &arn));
    let written = client.put_secret_value().secret_id("payment-key").secret_string("x").send().await;
    check_refused(written, "AccessDeniedException", &denied("reader", "PutSecretValue", &arn));
    assert_eq!(server.value("payment-key").as_deref(), Some("v"));
}

#[tokio::test]
async fn a_fixed_name_does_not_cover_longer_names() {
    let server = enforcing();
    let arn = arn(&server, "payment-key-old").await;
    let read = server.client_for::<Reader>().get_secret_value().secret_id("payment-key-old").send().await;
    check_refused(read, "AccessDeniedException", &denied("reader", "GetSecretValue", &arn));
}

#[tokio::test]
async fn a_missing_secret_outside_the_grants_is_denied_under_the_name_given() {
    let read = enforcing().client_for::<Reader>().get_secret_value().secret_id("other").send().await;
    check_refused(read, "AccessDeniedException", &denied("reader", "GetSecretValue", "other"));
}

#[tokio::test]
async fn a_missing_secret_inside_the_grants_is_not_found() {
    let client = enforcing().client_for::<Keeper>();
    let read = client.get_secret_value().secret_id("shop/paris/supplier").send().await;
    check_refused(read, "ResourceNotFoundException", crate::NOT_FOUND);
}

#[tokio::test]
async fn every_verb_of_every_grant_on_a_secret_counts() {
    let server = enforcing();
    let client = server.client_for::<Keeper>();
    let name = "shop/paris/supplier";
    client.create_secret().name(name).secret_string("v").send().await.unwrap();
    client.put_secret_value().secret_id(name).secret_string("w").send().await.unwrap();
    client.get_secret_value().secret_id(name).send().await.unwrap();
    client.describe_secret().secret_id(name).send().await.unwrap();
    client.delete_secret().secret_id(name).send().await.unwrap();
    client.restore_secret().secret_id(name).send().await.unwrap();
}

#[tokio::test]
async fn a_member_is_created_only_where_the_family_covers_its_name() {
    let client = enforcing().client_for::<Keeper>();
    for name in ["shop/paris", "note/paris", "payment-key"] {
        let created = client.create_secret().name(name).secret_string("v").send().await;
        assert!(created.is_err(), "{name}");
    }
}

/// An access policy's `*` stands for any text, slashes included.
#[tokio::test]
async fn a_family_that_ends_in_a_placeholder_covers_deeper_names() {
    let client = enforcing().client_for::<Keeper>();
    client.get_secret_value().secret_id("note/berlin/deep").send().await.unwrap();
}

#[tokio::test]
async fn a_handler_that_the_spec_does_not_know_may_do_nothing() {
    let server = enforcing();
    let arn = arn(&server, "payment-key").await;
    let client = server.client_for::<elsewhere::Stranger>();
    let read = client.get_secret_value().secret_id("payment-key").send().await;
    check_refused(read, "AccessDeniedException", &denied("stranger", "GetSecretValue", &arn));
    let elsewhere = EmbeddedSecretsManager::enforcing(&elsewhere::spec());
    elsewhere.put("payment-key", "v");
    elsewhere.client_for::<elsewhere::Stranger>().get_secret_value().secret_id("payment-key").send().await.unwrap();
}

#[tokio::test]
async fn without_a_spec_every_handler_may_do_everything() {
    let server = EmbeddedSecretsManager::new();
    server.put("anything", "v");
    server.client_for::<Reader>().delete_secret().secret_id("anything").send().await.unwrap();
}

#[tokio::test]
async fn a_denied_caller_does_not_learn_what_else_is_wrong() {
    let client = enforcing().client_for::<Reader>();
    let deleted = client.delete_secret().secret_id("other").recovery_window_in_days(1).send().await;
    check_refused(deleted, "AccessDeniedException", &denied("reader", "DeleteSecret", "other"));
}

#[tokio::test]
async fn calls_are_recorded_with_caller_and_outcome_and_taken_once() {
    let server = enforcing();
    server.inject(Fault::on(ApiCall::DescribeSecret, FaultKind::ExpiredToken));
    let client = server.client_for::<Reader>();
    client.get_secret_value().secret_id("payment-key").send().await.unwrap();
    client.delete_secret().secret_id("note/berlin").send().await.unwrap_err();
    server.client().describe_secret().secret_id("payment-key").send().await.unwrap_err();
    server.client().create_secret().name("new").secret_string("hunter2").send().await.unwrap();

    let calls = server.take_calls();
    let rows = calls.iter().map(|call| {
        let outcome = call.outcome.as_ref().map_or_else(String::as_str, |()| "ok");
        (call.call.as_str(), call.secret_id.as_str(), call.caller.as_str(), outcome)
    });
    let expected = [
        ("GetSecretValue", "payment-key", "reader", "ok"),
        ("DeleteSecret", "note/berlin", "reader", "AccessDeniedException"),
        ("DescribeSecret", "payment-key", EmbeddedSecretsManager::ADMINISTRATOR, "ExpiredTokenException"),
        ("CreateSecret", "new", EmbeddedSecretsManager::ADMINISTRATOR, "ok"),
    ];
    assert_eq!(rows.collect::<Vec<_>>(), expected);
    assert!(!format!("{calls:?}").contains("hunter2"));
    assert!(server.calls().is_empty());
}

#[tokio::test]
async fn debug_shows_no_name_and_no_value() {
    let server = EmbeddedSecretsManager::new();
    server.put("shop/key", "hunter2");
    server.client().get_secret_value().secret_id("shop/key").send().await.unwrap();
    let shown = [
        format!("{server:?}"),
        format!("{:?}", server.http_client()),
        format!("{:?}", server.client().config()),
        format!("{:?}", server.serve().await.unwrap()),
    ];
    for shown in shown {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    assert_eq!(format!("{server:?}"), "EmbeddedSecretsManager { secrets: 1, enforcing: false, .. }");
}

/// What a request names decides, and where it names no version the current one is meant.
#[tokio::test]
async fn versions_are_told_apart_where_a_handler_may_read_the_previous_one() {
    let server = enforcing();
    server.put("receipt-key", "old");
    let old = server.client().get_secret_value().secret_id("receipt-key").send().await.unwrap().version_id.unwrap();
    server.put("receipt-key", "new");
    let new = server.client().get_secret_value().secret_id("receipt-key").send().await.unwrap().version_id.unwrap();
    let clients = [server.client_for::<Signer>(), server.client_for::<Checker>(), server.client_for::<Archivist>()];
    for (stage, id, expected) in [
        (None, None, [true, true, false]),
        (Some("AWSCURRENT"), None, [true, true, false]),
        (Some("AWSPREVIOUS"), None, [false, true, true]),
        (Some("AWSPENDING"), None, [false, false, false]),
        (None, Some(&old), [false, false, false]),
        (None, Some(&new), [false, false, false]),
        (Some("AWSCURRENT"), Some(&new), [false, false, false]),
        (Some("AWSPREVIOUS"), Some(&old), [false, true, true]),
    ] {
        for (client, expected) in clients.iter().zip(expected) {
            let get = client.get_secret_value().secret_id("receipt-key");
            let answer = get.set_version_stage(stage.map(str::to_owned)).set_version_id(id.cloned()).send().await;
            assert_eq!(answer.is_ok(), expected, "{stage:?} {id:?}: {answer:?}");
        }
    }
    let put = server.client_for::<Signer>().put_secret_value().secret_id("receipt-key").secret_string("newer");
    put.send().await.expect("a write names no version");
    // No handler may read this one's previous version: its versions are not told apart.
    server.put("payment-key", "w");
    let get = server.client_for::<Reader>().get_secret_value().secret_id("payment-key").version_stage("AWSPREVIOUS");
    get.send().await.expect("`read` reads every version");
}

#[tokio::test]
async fn the_client_reads_the_previous_version_by_its_label() {
    let server = enforcing();
    server.put("receipt-key", "old");
    let secrets = Secrets::<Checker>::new(server.client_for::<Checker>());
    let error = secrets.read_previous(&ReceiptKey).await.expect_err("there was none before");
    assert!(error.is_not_found(), "{error}");
    server.put("receipt-key", "new");
    server.take_calls();
    let key = secrets.read_previous(&ReceiptKey).await.expect("it is granted and there");
    assert_eq!(key.expose(), "old");
    assert!(key.created().is_some());
    let calls: Vec<String> = server.take_calls().into_iter().map(|call| call.call).collect();
    assert_eq!(calls, Verb::ReadPrevious.api_calls().iter().map(|call| call.name()).collect::<Vec<_>>());
    assert_eq!(secrets.read(&ReceiptKey).await.expect("it is there").expose(), "new");
    Secrets::<Signer>::new(server.client_for::<Signer>())
        .update(&ReceiptKey, |_| Some("newer".into()))
        .await
        .expect("a write reads the current version alone");
}
