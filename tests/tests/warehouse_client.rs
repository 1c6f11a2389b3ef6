//! The second spec at run time: every verb of every handler through the real client, on a server that enforces its grants. All
//! that is logged meanwhile is searched for every secret.

#[path = "../../engine/testing/tests/shared/mod.rs"]
mod shared;

use std::collections::BTreeSet;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Region;
use aws_sdk_secretsmanager::config::endpoint::{DefaultResolver, Params, ResolveEndpoint};
use paypulse_runtime::client::{
    CacheConfig, Deletion, Error, ErrorKind, Found, Outcome, PasswordRules, Rotate, RotationEvent, Secrets,
};
use paypulse_runtime::model::{ApiCall, Handler, Secret, Text, Verb};
use paypulse_tests::printshop;
use paypulse_tests::warehouse::{
    self, AddSupplier, CarrierLogin, CloseShop, CourierLogin, CustomsKey, CustomsLogin, DatabaseLogin, DutyKey,
    ExchangeKey, Heartbeat, Login, MapsKey, PayDuties, PaymentKey, Reorder, RotateAbroad, RotateLogins, Sample,
    SampleSeed, SupplierLogin,
};

use shared::mark::told;
use shared::server::Server;

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn server() -> Server {
    let server = Server::enforcing(&warehouse::spec());
    server.put("warehouse/payment.key", "hush-2");
    server.put("warehouse/database", r#"{"username":"hush-app","password":"hush-2","port":5432}"#);
    server.put("HeadOffice+Maps@EU", "hush-2");
    server.put("warehouse/courier", r#"{"username":"hush-app","password":"hush-2"}"#);
    server.put("warehouse/customs", "hush-2");
    server.put("warehouse/customs-login", r#"{"username":"hush-app","password":"hush-2"}"#);
    server.put("HeadOffice+Exchange", "hush-2");
    server.put("warehouse/duties", "hush-2");
    server
}

fn secrets<H: Handler>(server: &Server) -> Secrets<H> {
    Secrets::new(server.client_for::<H>())
}

fn berlin() -> SupplierLogin {
    SupplierLogin {
        shop_id: "berlin".parse().expect("a valid id"),
        supplier_id: "s=1+2@x".parse().expect("a valid id"),
    }
}

#[tokio::test]
async fn a_members_name_has_each_key_at_its_place() {
    assert_eq!(berlin().name(), "shops/berlin/suppliers/s=1+2@x/login");
}

#[tokio::test]
async fn every_grant_works_and_the_policy_allows_no_more() {
    let server = server();
    let (adding, ordering, closing) =
        (secrets::<AddSupplier>(&server), secrets::<Reorder>(&server), secrets::<CloseShop>(&server));
    let login = Login { username: "hush-shop".into(), password: "hush-first".into(), port: None };

    assert_eq!(adding.store(&berlin(), login.clone()).await.expect("it is granted").outcome, Outcome::Created);
    assert!(adding.describe(&berlin()).await.expect("it is granted").arn.contains("suppliers/s=1+2@x/login-"));
    assert_eq!(*ordering.read(&berlin()).await.expect("it is granted"), login);
    let change = |found: Found<'_, Login>| match found {
        Found::Value(login) => Some(Login { password: "hush-second".into(), ..login.clone() }),
        _ => None,
    };
    let updated = ordering.update(&berlin(), change).await.expect("it is granted");
    assert_eq!((updated.outcome, updated.stored.password.expose()), (Outcome::Replaced, "hush-second"));
    assert_eq!(ordering.read(&PaymentKey).await.expect("it is granted").expose(), "hush-2");
    assert_eq!(ordering.read(&DatabaseLogin).await.expect("it is granted").port, Some(5432));
    assert!(closing.describe(&MapsKey).await.is_ok());
    assert_eq!(closing.delete(&berlin()).await, Ok(Deletion::Accepted));

    let sampling =
        secrets::<Sample>(&server).with_kms_keys(|variable| (variable == "warehouse_key_arn").then(|| KEY.into()));
    assert!(sampling.store(&SampleSeed, Text::from("hush-42")).await.is_ok());
    assert!(sampling.read(&MapsKey).await.is_ok());
    assert!(sampling.read(&DatabaseLogin).await.is_ok());
    assert!(sampling.read(&CourierLogin).await.is_ok());
    assert_eq!(server.calls().iter().filter(|call| call.outcome == Err("AccessDeniedException".into())).count(), 0);
}

/// The login's next password, which no database has to take.
struct NewPassword(Secrets<RotateLogins>);

impl Rotate<DatabaseLogin> for NewPassword {
    type Error = Error;

    async fn create(&self, current: Option<&Login>) -> Result<Login, Error> {
        let current = current.cloned().expect("the login has a value");
        let password = self.0.random_password(&DatabaseLogin, &PasswordRules::new().without_punctuation()).await?;
        Ok(Login { password: format!("hush-{}", password.expose()).into(), ..current })
    }

    async fn set(&self, _: Option<&Login>, _: &Login) -> Result<(), Error> {
        // With a key of another function's: a rotation may need more than what it rotates.
        self.0.read(&CustomsKey).await.map(drop)
    }

    async fn test(&self, _: &Login) -> Result<(), Error> {
        Ok(())
    }
}

#[tokio::test]
async fn a_rotation_works_with_its_grants_and_leaves_what_it_does_not_change() {
    let server = server();
    let rotating = secrets::<RotateLogins>(&server);
    let rotation = server.rotate("warehouse/database", async |event| {
        let event = RotationEvent::parse(event.as_bytes()).expect("the server's own event is one");
        rotating.rotate(&DatabaseLogin, &event, &NewPassword(rotating.clone())).await.map(drop)
    });
    rotation.await.expect("it is granted");
    let login = secrets::<Reorder>(&server).read(&DatabaseLogin).await.expect("it is granted");
    assert_eq!((login.username.as_str(), login.port), ("hush-app", Some(5432)));
    assert_ne!(login.password.expose(), "hush-2");
    assert!(server.calls().iter().all(|call| call.outcome != Err("AccessDeniedException".into())));
}

#[tokio::test]
async fn a_secret_is_created_under_the_key_that_the_spec_names() {
    let server = server();
    let login = Login { username: "hush-shop".into(), password: "hush-first".into(), port: None };
    secrets::<AddSupplier>(&server).store(&berlin(), login).await.expect("it is granted");
    let sampling = secrets::<Sample>(&server);
    let error = sampling.store(&SampleSeed, Text::from("hush-42")).await.expect_err("nobody has told the key's ARN");
    assert_eq!(
        error.to_string(),
        "`2-sample` cannot store `SampleSeed`: the ARN of its KMS key is not set; set `WAREHOUSE_KEY_ARN` in the function's environment"
    );
    sampling
        .with_kms_keys(|_| Some(KEY.into()))
        .store(&SampleSeed, Text::from("hush-42"))
        .await
        .expect("the key is known");
    for (name, key) in [(berlin().name(), "alias/shops"), (SampleSeed.name(), KEY)] {
        let known = server.client().describe_secret().secret_id(&name).send().await.expect("it exists");
        assert_eq!(known.kms_key_id(), Some(key), "{name}");
    }
}

/// The login stays as it is: what is looked at is where the calls go.
struct SamePassword;

impl Rotate<CustomsLogin> for SamePassword {
    type Error = Error;

    async fn create(&self, current: Option<&Login>) -> Result<Login, Error> {
        Ok(current.cloned().expect("the login has a value"))
    }

    async fn set(&self, _: Option<&Login>, _: &Login) -> Result<(), Error> {
        Ok(())
    }

    async fn test(&self, _: &Login) -> Result<(), Error> {
        Ok(())
    }
}

/// Where each call went, in the order of the calls.
fn regions(server: &Server) -> Vec<String> {
    server.take_calls().into_iter().map(|call| call.region).collect()
}

#[tokio::test]
async fn a_secret_is_asked_for_in_its_region() {
    let server = server();
    let paying = secrets::<PayDuties>(&server).with_cache(CacheConfig::new()).expect("the default is good");
    let carrier = CarrierLogin { supplier_id: "acme".parse().expect("a valid id") };
    paying.read(&PaymentKey).await.expect("it is granted");
    paying.read(&CustomsLogin).await.expect("it is granted");
    paying.describe(&ExchangeKey).await.expect("it is granted");
    paying.clone().read(&DutyKey).await.expect("it is granted");
    assert_eq!(regions(&server), ["eu-west-1", "us-east-1", "us-east-1", "ap-south-1"]);
    let login = Login { username: "hush-acme".into(), password: "hush-first".into(), port: None };
    paying.store(&carrier, login).await.expect("it is created");
    assert_eq!(paying.cached(&carrier).await.expect("it is granted").username, "hush-acme");
    paying.invalidate(&carrier);
    paying.cached(&carrier).await.expect("it is granted");
    assert_eq!(regions(&server), ["us-east-1", "us-east-1", "us-east-1"]);
}

#[tokio::test]
async fn a_rotation_goes_on_in_the_region_of_its_secret() {
    let server = server();
    let rotating = secrets::<RotateAbroad>(&server);
    let rotation = server.rotate("warehouse/customs-login", async |event| {
        let event = RotationEvent::parse(event.as_bytes()).expect("the server's own event is one");
        rotating.rotate(&CustomsLogin, &event, &SamePassword).await.map(drop)
    });
    rotation.await.expect("it is granted");
    let regions = regions(&server);
    assert!(!regions.is_empty() && regions.iter().all(|region| region == "us-east-1"), "{regions:?}");
}

/// Whoever is deployed in the region that the spec names, and has no other, asks there.
#[tokio::test]
async fn a_handler_in_a_secrets_region_reaches_what_has_no_region_there_too() {
    let server = server();
    let client = server.client_for::<PayDuties>();
    let there = client.config().to_builder().region(Region::from_static("us-east-1")).build();
    let paying = Secrets::<PayDuties>::new(Client::from_conf(there));
    paying.read(&PaymentKey).await.expect("it is granted");
    paying.read(&CustomsLogin).await.expect("it is granted");
    paying.read(&DutyKey).await.expect("it is granted");
    assert_eq!(regions(&server), ["us-east-1", "us-east-1", "ap-south-1"]);
}

/// Without a server: where the SDK would send a call, from the region alone.
#[tokio::test]
async fn the_endpoint_follows_from_the_region_in_every_partition() {
    for (region, endpoint) in [
        ("eu-west-1", "https://secretsmanager.eu-west-1.amazonaws.com"),
        ("us-gov-west-1", "https://secretsmanager.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "https://secretsmanager.cn-north-1.amazonaws.com.cn"),
    ] {
        let params = Params::builder().region(region).build().expect("a region is enough");
        let found = DefaultResolver::new().resolve_endpoint(&params).await.expect("the SDK knows the region");
        assert_eq!(found.url(), endpoint);
    }
}

#[tokio::test]
async fn a_handler_without_grants_may_do_nothing() {
    let server = server();
    let client = server.client_for::<Heartbeat>();
    for name in server.names() {
        assert!(client.get_secret_value().secret_id(&name).send().await.is_err(), "{name}");
        assert!(client.describe_secret().secret_id(&name).send().await.is_err(), "{name}");
        assert!(client.delete_secret().secret_id(&name).send().await.is_err(), "{name}");
    }
}

#[tokio::test]
async fn a_payload_of_another_team_says_where_it_is_broken() {
    let server = server();
    server.put("warehouse/database", r#"{"username":"hush-app","password":"hush-2","port":"hush-2"}"#);
    let error = secrets::<Reorder>(&server).read(&DatabaseLogin).await.expect_err("a port is a number");
    assert_eq!(error.kind(), ErrorKind::InvalidPayload);
    let cause = std::error::Error::source(&error).expect("the place is the cause").to_string();
    assert_eq!(cause, "`port` is not what the payload's schema asks for, at line 1 column 58");
    told(&error);
}

/// A client makes every call that a policy can allow, with one exception, which is for the time of a migration.
#[test]
fn the_grants_of_the_specs_need_every_api_call_that_there_is() {
    let specs = [paypulse_runtime::spec::spec(), warehouse::spec(), printshop::spec()];
    let grants = specs.iter().flat_map(|spec| &spec.handlers).flat_map(|handler| &handler.grants);
    let (temporary, made): (Vec<Verb>, Vec<Verb>) =
        grants.flat_map(|grant| grant.verbs.clone()).partition(|verb| verb.is_temporary());
    let calls = |verbs: &[Verb]| -> BTreeSet<ApiCall> {
        verbs.iter().flat_map(|verb| verb.api_calls().iter().copied()).collect()
    };
    assert_eq!(temporary, [Verb::LegacyUpdate]);
    assert_eq!(calls(&temporary), BTreeSet::from([ApiCall::UpdateSecret]));
    let others = ApiCall::ALL.into_iter().filter(|call| *call != ApiCall::UpdateSecret);
    assert_eq!(calls(&made), others.collect());
}
