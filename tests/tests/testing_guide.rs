//! The examples of `docs/testing.md`. `tests/documents.rs` compares the document with this file.

use std::time::{Duration, Instant};

use driftless::model::{ApiCall, Text};
use driftless::{CacheConfig, CachePolicy, ErrorKind, Secrets};
use driftless_testing::{EmbeddedSecretsManager, Fault, FaultKind};

driftless::declare! {
    source: "tests/tests/testing_guide.rs";
    prefixes: stage { "dev/", "prod/" };

    keys {
        /// The id of a customer.
        CustomerId;
    }

    secrets {
        /// Key of the payment provider.
        PaymentKey: Text = "shop/payment", owner: external;
        /// The token of a customer.
        CustomerToken { customer_id: CustomerId }: Text = "shop/customer/{customer_id}", owner: runtime,
            kms_key: variable(shop_key_arn);
    }

    handlers {
        /// Charges a customer.
        Charge = "charge" {
            PaymentKey: read;
            CustomerToken: store, read;
        }
    }
}

fn server() -> EmbeddedSecretsManager {
    let server = EmbeddedSecretsManager::enforcing(&spec());
    server.put("dev/shop/payment", "a test's key");
    server
}

#[tokio::test]
async fn a_handler_reads_and_writes_what_it_is_granted() {
    let (server, token) = (server(), CustomerToken { customer_id: "42".parse().expect("a valid id") });
    let secrets = server.secrets::<Charge>();
    assert_eq!(secrets.read(&PaymentKey).await.expect("it is granted").expose(), "a test's key");
    secrets.store(&token, Text::from("t-1")).await.expect("it is granted");
    assert_eq!(server.value("dev/shop/customer/42").as_deref(), Some("t-1"));
}

#[tokio::test]
async fn another_environment_is_denied() {
    let server = server();
    server.put("prod/shop/payment", "another key");
    let secrets =
        Secrets::<Charge>::new(server.client_in::<Charge>("dev/")).with_prefix("prod/").expect("it is declared");
    let error = secrets.read(&PaymentKey).await.expect_err("the role is that of dev/");
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
}

#[tokio::test]
async fn a_cached_value_is_read_again_when_it_expires() {
    let (server, start) = (server(), Instant::now());
    let passed = std::sync::Arc::new(std::sync::Mutex::new(Duration::ZERO));
    let clock = std::sync::Arc::clone(&passed);
    let config = CacheConfig::new()
        .policy(CachePolicy::new().ttl(Duration::from_mins(5)))
        .clock(move || start + *clock.lock().expect("no test panics"));
    let secrets = server.secrets::<Charge>().with_cache(config).expect("a valid policy");

    secrets.cached(&PaymentKey).await.expect("it is granted");
    server.put("dev/shop/payment", "the next key");
    assert_eq!(secrets.cached(&PaymentKey).await.expect("it is cached").expose(), "a test's key");
    *passed.lock().expect("no test panics") = Duration::from_mins(6);
    assert_eq!(secrets.cached(&PaymentKey).await.expect("it is granted").expose(), "the next key");
}

#[tokio::test(start_paused = true)]
async fn a_throttled_read_is_repeated() {
    let server = server();
    server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::Throttled).times(2));
    server.secrets::<Charge>().read(&PaymentKey).await.expect("the third attempt succeeds");
    assert_eq!(server.calls().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_is_lost_happens_once() {
    let (server, token) = (server(), CustomerToken { customer_id: "42".parse().expect("a valid id") });
    server.inject(Fault::on(ApiCall::CreateSecret, FaultKind::ConnectionReset).after_acting());
    server.secrets::<Charge>().store(&token, Text::from("t-1")).await.expect("the write is found to have happened");
    assert_eq!(server.versions("dev/shop/customer/42").len(), 1);
}

#[tokio::test]
async fn a_program_in_another_language_connects_to_the_same_server() {
    let server = server();
    let endpoint = server.serve().await.expect("a free port");
    // AWS_ENDPOINT_URL_SECRETS_MANAGER of the program, whose AWS_ACCESS_KEY_ID is the handler's name.
    assert!(endpoint.url().starts_with("http://127.0.0.1:"));
}
