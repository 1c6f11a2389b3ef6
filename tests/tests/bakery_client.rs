//! Many environments at run time: what a client calls its secrets in each, and that none reaches another's.

use paypulse_runtime::client::{
    ConfigError, Deletion, Error, ErrorKind, Outcome, Rotate, RotationError, RotationEvent, Secrets,
};
use paypulse_runtime::model::{Handler, Text};
use paypulse_runtime::testing::EmbeddedSecretsManager;
use paypulse_tests::bakery::{
    self, Bake, BreadSeed, CloseBranch, GrocerLogin, Login, MillKey, OpenBranch, OvenKey, RotateGrocer, Sell, TillLogin,
};

const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const PREFIXES: [&str; 3] = ["dev/", "staging/eu-", "Prod_"];

fn server() -> EmbeddedSecretsManager {
    let server = EmbeddedSecretsManager::enforcing(&bakery::spec());
    for prefix in PREFIXES {
        server.put(&format!("{prefix}bakery/oven.key"), format!("the oven of {prefix}").as_str());
        server.put(&format!("{prefix}Mill+Key@EU"), "hunter2");
    }
    server
}

/// The client of a handler that is deployed in one environment, and has the prefix of another or the same.
fn secrets<H: Handler>(server: &EmbeddedSecretsManager, deployed: &str, prefix: &str) -> Secrets<H> {
    Secrets::new(server.client_in::<H>(deployed)).with_prefix(prefix).expect("the spec declares it")
}

fn till() -> TillLogin {
    TillLogin { branch_id: "west".parse().expect("a valid id") }
}

#[tokio::test]
async fn each_environment_has_secrets_of_its_own() {
    let server = server();
    for prefix in PREFIXES {
        let login = Login { username: prefix.into(), password: "first".into() };
        let opening = secrets::<OpenBranch>(&server, prefix, prefix);
        let stored = opening.store(&till(), login.clone()).await.expect("it is granted");
        assert_eq!(stored.outcome, Outcome::Created, "{prefix}");
        assert_eq!(*secrets::<Sell>(&server, prefix, prefix).read(&till()).await.expect("it is granted"), login);
        let oven = secrets::<Bake>(&server, prefix, prefix).read(&OvenKey).await.expect("it is granted");
        assert_eq!(oven.expose(), format!("the oven of {prefix}"));
        assert!(opening.describe(&till()).await.expect("it is granted").arn.contains(&format!(":{prefix}branches/")));
    }
    for prefix in PREFIXES {
        assert!(server.names().contains(&format!("{prefix}branches/west/till")), "{:?}", server.names());
    }
    let closing = secrets::<CloseBranch>(&server, "dev/", "dev/");
    assert_eq!(closing.delete(&till()).await, Ok(Deletion::Accepted));
    assert_eq!(server.names().iter().filter(|name| name.ends_with("branches/west/till")).count(), 2);
}

#[tokio::test]
async fn no_environment_reaches_another() {
    let server = server();
    let pairs = PREFIXES.iter().flat_map(|here| PREFIXES.iter().map(move |there| (*here, *there)));
    for (here, there) in pairs.filter(|(here, there)| here != there) {
        let login = Login { username: "x".into(), password: "x".into() };
        let kinds = [
            secrets::<Bake>(&server, here, there).read(&OvenKey).await.map_err(|error| error.kind()).err(),
            secrets::<Bake>(&server, here, there).read(&MillKey).await.map_err(|error| error.kind()).err(),
            secrets::<OpenBranch>(&server, here, there).store(&till(), login).await.map_err(|error| error.kind()).err(),
            secrets::<Sell>(&server, here, there).read(&till()).await.map_err(|error| error.kind()).err(),
            secrets::<CloseBranch>(&server, here, there).delete(&till()).await.map_err(|error| error.kind()).err(),
        ];
        assert_eq!(kinds, [Some(ErrorKind::AccessDenied); 5], "{here} in {there}");
    }
    // Without a word on the environment nobody is let in at all.
    let bare = server.client_for::<Bake>().get_secret_value().secret_id("dev/bakery/oven.key").send().await;
    assert!(bare.is_err());
}

#[tokio::test]
async fn err_nothing_is_called_while_the_environment_is_not_known() {
    let server = server();
    let (baking, selling) = (Secrets::<Bake>::new(server.client()), Secrets::<Sell>::new(server.client()));
    let closing = Secrets::<CloseBranch>::new(server.client());
    let said = |error: Error| {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        error.to_string()
    };
    assert_eq!(
        said(baking.read(&OvenKey).await.expect_err("it has no prefix")),
        "`bake` cannot read `OvenKey`: the environment's prefix is not set; set `STAGE` in the function's environment"
    );
    said(baking.store(&BreadSeed, Text::from("x")).await.expect_err("it has no prefix"));
    said(selling.update(&till(), |_| None).await.expect_err("it has no prefix"));
    said(closing.delete(&till()).await.expect_err("it has no prefix"));
    said(closing.describe(&OvenKey).await.expect_err("it has no prefix"));
    assert!(server.calls().is_empty());
}

#[tokio::test]
async fn err_a_prefix_that_is_not_declared() {
    let server = server();
    for found in ["", "dev", "DEV/", "dev/ ", "prod_", "dev/eu/", "*", "\u{1b}[2J", &"x".repeat(100_000)] {
        let error = Secrets::<Bake>::new(server.client()).with_prefix(found).expect_err("it is not declared");
        assert!(matches!(&error, ConfigError::UnknownPrefix { found: said, .. } if said == found), "{error:?}");
        let said = error.to_string();
        assert!(said.ends_with("; it has `dev/`, `staging/eu-` or `Prod_`") && said.len() < 400, "{said}");
        assert!(!said.contains(char::is_control), "{said:?}");
    }
    let error = Secrets::<paypulse_runtime::spec::LoginUser>::new(server.client()).with_prefix("dev/");
    assert_eq!(
        error.expect_err("that spec has none").to_string(),
        "the spec declares no environment with the prefix `dev/`; it has no prefixes"
    );
}

/// A version's first id follows from the name, and names differ by environment.
#[tokio::test]
async fn a_secret_is_created_under_the_key_that_its_environment_names() {
    let server = server();
    for prefix in PREFIXES {
        let key = format!("{KEY}-{}", prefix.len());
        let baking = secrets::<Bake>(&server, prefix, prefix).with_kms_keys(move |_| Some(key.clone()));
        baking.store(&BreadSeed, Text::from("42")).await.expect("the key is known");
        let name = format!("{prefix}bakery/bread");
        let known = server.client().describe_secret().secret_id(&name).send().await.expect("it exists");
        assert_eq!(known.kms_key_id(), Some(format!("{KEY}-{}", prefix.len()).as_str()), "{name}");
    }
}

/// Makes a password of its own, and has nobody to tell.
struct Quietly;

impl Rotate<GrocerLogin> for Quietly {
    type Error = Error;

    async fn create(&self, current: Option<&Login>) -> Result<Login, Error> {
        let username = current.map(|login| login.username.clone()).unwrap_or_default();
        Ok(Login { username, password: "new".into() })
    }

    async fn set(&self, _: Option<&Login>, _: &Login) -> Result<(), Error> {
        Ok(())
    }

    async fn test(&self, _: &Login) -> Result<(), Error> {
        Ok(())
    }
}

#[tokio::test]
async fn a_rotation_is_of_the_secret_of_its_own_environment() {
    let server = server();
    for prefix in PREFIXES {
        server.put(&format!("{prefix}bakery/grocer"), r#"{"username":"us","password":"old"}"#);
    }
    let rotating = |deployed: &'static str, prefix: &'static str| {
        let rotating = secrets::<RotateGrocer>(&server, deployed, prefix);
        async move |event: String| {
            let event = RotationEvent::parse(event.as_bytes()).expect("the server's own event is one");
            rotating.rotate(&GrocerLogin, &event, &Quietly).await.map(drop)
        }
    };
    server.rotate("dev/bakery/grocer", rotating("dev/", "dev/")).await.expect("it is granted");
    for (name, new) in [("dev/bakery/grocer", true), ("Prod_bakery/grocer", false)] {
        let stored = server.value(name).expect("it has a value");
        assert_eq!(stored.contains("new"), new, "{name}");
    }
    let other = server.rotate("Prod_bakery/grocer", rotating("dev/", "dev/")).await;
    assert!(matches!(other, Err(RotationError::OtherSecret { .. })), "{other:?}");
    let denied = server.rotate("staging/eu-bakery/grocer", rotating("dev/", "staging/eu-")).await;
    assert!(
        matches!(&denied, Err(RotationError::Secrets(error)) if error.kind() == ErrorKind::AccessDenied),
        "{denied:?}"
    );
}

/// The depot's partner has one key, which each environment reads under its own role.
#[tokio::test]
async fn a_secret_outside_the_prefixes_is_the_same_in_each_environment() {
    use paypulse_tests::depot::{self, Load, PartnerKey, Ship, SlotLock};

    let server = EmbeddedSecretsManager::enforcing(&depot::spec());
    server.put("partners/acme", "hush-1");
    for prefix in ["dev/", "prod/"] {
        let load = secrets::<Load>(&server, prefix, prefix);
        assert_eq!(load.read(&PartnerKey).await.expect("it is there").expose(), "hush-1");
        let ship = secrets::<Ship>(&server, prefix, prefix);
        assert!(ship.describe(&PartnerKey).await.expect("it is there").arn.contains(":secret:partners/acme-"));
        // What is inside the prefixes stays apart.
        let lock = SlotLock { slot_id: "7".parse().expect("a key") };
        load.store(&lock, "hush-2".into()).await.expect("it is granted");
    }
    let mut names = server.names();
    names.sort_unstable();
    assert_eq!(names, ["dev/depot/slots/7/lock", "partners/acme", "prod/depot/slots/7/lock"]);
}
