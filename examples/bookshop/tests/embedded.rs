//! The functions on an embedded Secrets Manager that enforces the spec's grants: no account and no network are needed.

use std::sync::Mutex;

use bookshop::catalog::{CatalogRotation, Database, DatabaseLogin};
use bookshop::payments::{ApiKey, ChargeError, Order, Receipt, charge};
use bookshop::spec::{self, CatalogLogin, Charge, ConnectShop, PaymentKey, RotateCatalogLogin, Search};
use driftless::model::Text;
use driftless::{ErrorKind, RotationEvent, Secrets};
use driftless_testing::EmbeddedSecretsManager;

/// A server with the secrets that Terraform creates in each environment.
fn server() -> EmbeddedSecretsManager {
    let server = EmbeddedSecretsManager::enforcing(&spec::spec());
    for prefix in ["dev/", "prod/"] {
        server.put(&format!("{prefix}mail-key"), "hunter2");
        server.put(&format!("{prefix}catalog-login"), r#"{"user": "catalog", "password": "first"}"#);
    }
    server
}

async fn connect(server: &EmbeddedSecretsManager) {
    let key = ApiKey { account: "berlin-1".into(), key: "hunter2".into() };
    let shop = PaymentKey { shop_id: "berlin".parse().expect("a valid id") };
    server.secrets::<ConnectShop>().store(&shop, key).await.expect("`store` is granted");
}

fn order() -> Order {
    Order { shop_id: "berlin".into(), cents: 1200 }
}

#[tokio::test]
async fn a_granted_call_uses_the_secret_of_its_environment() {
    let server = server();
    connect(&server).await;
    assert!(server.value("dev/shops/berlin/payment-key").is_some());

    let receipt = charge(&server.secrets(), order()).await.expect("both reads are granted");
    assert_eq!(receipt, Receipt { account: "berlin-1".into(), cents: 1200 });

    let error = charge(&server.secrets_in("prod/").expect("it is declared"), order())
        .await
        .expect_err("that shop is not in prod/");
    assert!(matches!(error, ChargeError::Secret(error) if error.kind() == ErrorKind::NotFound));
}

#[tokio::test]
async fn a_call_without_a_grant_is_denied() {
    let server = server();
    connect(&server).await;
    // The environment of another function.
    let secrets = Secrets::new(server.client_in::<Charge>("prod/")).with_prefix("dev/").expect("it is declared");
    let error = charge(&secrets, order()).await.expect_err("`prod/` may not read `dev/`");
    assert!(matches!(error, ChargeError::Secret(error) if error.kind() == ErrorKind::AccessDenied));
    // A verb that is not granted does not compile with `Secrets`; the SDK's client compiles, and the server refuses it.
    let client = server.client_in::<Charge>("dev/");
    assert!(client.delete_secret().secret_id("dev/shops/berlin/payment-key").send().await.is_err());
    assert!(server.value("dev/shops/berlin/payment-key").is_some());
}

/// A database that knows one password.
struct Catalog(Mutex<Text>);

impl Database for &Catalog {
    fn accepts(&self, login: &DatabaseLogin) -> bool {
        *self.0.lock().expect("no test panics with it") == login.password
    }

    fn set_password(&self, login: &DatabaseLogin) {
        *self.0.lock().expect("no test panics with it") = login.password.clone();
    }
}

#[tokio::test]
async fn a_rotation_replaces_the_password() {
    let (server, catalog) = (server(), Catalog(Mutex::new("first".into())));
    let secrets_of_rotation = server.secrets::<RotateCatalogLogin>();
    let rotation = CatalogRotation { secrets: secrets_of_rotation.clone(), database: &catalog };
    let function = async |event: String| {
        let event = RotationEvent::parse(event.as_bytes()).expect("the server sends valid events");
        secrets_of_rotation.rotate(&CatalogLogin, &event, &rotation).await.map(drop)
    };
    server.rotate("dev/catalog-login", function).await.expect("`rotate` and `generate` are granted");

    let login = server.secrets::<Search>().read(&CatalogLogin).await.expect("`read` is granted");
    assert!(login.password != Text::from("first") && (&&catalog).accepts(&login));
}
