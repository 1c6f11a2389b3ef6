//! Runs both functions on this machine with simulated services on loopback: Lambda, a Secrets Manager that enforces each
//! function's grants, S3 and Google. Needs no account and no network. Prints the story of one user, and no token.
//!
//! ```sh
//! cargo run -p paypulse-handlers --example local              # the story of one user
//! cargo run -p paypulse-handlers --example local -- --log     # and what the functions log
//! ```

use std::error::Error;
use std::process::{Command, ExitCode};
use std::time::{Duration, SystemTime};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use paypulse_handlers::contract::{INGEST, STORE_TOKENS};
use paypulse_handlers::local::events::{self, HttpRequest};
use paypulse_handlers::local::{Account, Aws, Function, Google, Lambda, Outcome};
use paypulse_handlers::{fetch_invoices, function, gmail_store_tokens, session};
use paypulse_runtime::spec;
use paypulse_runtime::testing::EmbeddedSecretsManager;
use serde_json::{Value, json};

const GMAIL: &str = "https://www.googleapis.com/auth/gmail.readonly";
const SIGNING_KEY: &str = "the-signing-key-of-this-example-alone";
/// Lambda's limit for one invocation.
const TIME: Duration = Duration::from_secs(10);

/// With a function's name in this variable, the program runs that function.
const FUNCTION: &str = "LOCAL_FUNCTION";

fn main() -> ExitCode {
    match std::env::var(FUNCTION).as_deref() {
        Ok("gmail_store_tokens") => function::main(gmail_store_tokens::run()),
        Ok("fetch_invoices") => function::main(fetch_invoices::run()),
        _ => match tell() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("error: {error}");
                ExitCode::FAILURE
            }
        },
    }
}

/// The simulated services and the two functions.
struct World {
    secrets: EmbeddedSecretsManager,
    google: Google,
    aws: Aws,
    store: Function,
    fetch: Function,
}

#[tokio::main]
async fn tell() -> Result<(), Box<dyn Error>> {
    let shows_log = std::env::args().any(|argument| argument == "--log");
    let secrets = EmbeddedSecretsManager::enforcing(&spec::spec());
    secrets.put("PayPulseAppJWTSecret", SIGNING_KEY);
    secrets.put("Google-OAuth-Client-ID", "1234.apps.googleusercontent.com");
    let served = secrets.serve().await?;
    let (google, aws) = (Google::new().await?, Aws::new().await?);
    let store = start("gmail_store_tokens", &served.url(), &google, &aws).await?;
    let fetch = start("fetch_invoices", &served.url(), &google, &aws).await?;
    let world = World { secrets, google, aws, store, fetch };
    println!("Lambda, Secrets Manager, S3 and Google on this machine; one user's story.\n");
    world.story().await?;
    let World { store, fetch, .. } = world;
    for (name, function) in [("gmail_store_tokens", store), ("fetch_invoices", fetch)] {
        let log = function.stop();
        if shows_log {
            println!("{name} logged:\n{log}");
        }
    }
    Ok(())
}

/// Starts a function in a separate process of this program.
async fn start(name: &str, secrets_manager: &str, google: &Google, aws: &Aws) -> Result<Function, Box<dyn Error>> {
    let mut environment = vec![
        (FUNCTION, name.to_owned()),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", secrets_manager.to_owned()),
        ("RUST_LOG", std::env::var("RUST_LOG").unwrap_or_default()),
    ];
    environment.extend(google.environment());
    environment.extend(aws.environment());
    Ok(Lambda::new(environment).start(name, Command::new(std::env::current_exe()?)).await?)
}

impl World {
    async fn story(&self) -> Result<(), Box<dyn Error>> {
        self.until_warm().await;
        let (jane, office) = (account("jane"), account("office"));
        self.google.consent(&jane);
        let session = session("42", 3600)?;

        let json = tokens(&jane, &json!([GMAIL, "openid"])).to_string();
        let request = HttpRequest::post(&session, "application/json", json);
        self.show("connect: JSON by API Gateway, scope as a list", &self.store, &request.v1()).await;
        self.show(
            "ingest: the stored token is good, and the invoices are new",
            &self.fetch,
            &HttpRequest::plain_post(&session).of_route(&INGEST),
        )
        .await;

        let form = "refresh_token=1//jane&scope=openid&expires_in=60";
        let request = HttpRequest::post(&session, "application/x-www-form-urlencoded", form);
        self.show("connect: a form without an access token", &self.store, &request.of_route(&STORE_TOKENS)).await;

        let form = format!("access_token=ya29.jane&refresh_token=1//jane&scope[]={GMAIL}&scope[]=openid&expires_in=60");
        let request = HttpRequest::post(&session, "application/x-www-form-urlencoded", form).encoded();
        let event = request.of_route(&STORE_TOKENS);
        self.show("connect: the app's form in base64, a token for one minute", &self.store, &event).await;
        // Until then, the function's cache has the earlier token.
        self.google.expire();
        self.show(
            "ingest: google refuses the token, and gives a new one",
            &self.fetch,
            &HttpRequest::plain_post(&session).of_route(&INGEST),
        )
        .await;

        self.google.consent(&office);
        let json = tokens(&office, &json!(GMAIL)).to_string();
        let request = HttpRequest::post(&session, "", json);
        self.show("connect: another account, a body without a type", &self.store, &request.v2()).await;

        self.google.revoke(&jane);
        self.google.revoke(&office);
        self.show(
            "ingest: the user took the consent back",
            &self.fetch,
            &HttpRequest::plain_post(&session).of_route(&INGEST),
        )
        .await;
        let expired = crate::session("42", -60)?;
        self.show("ingest: the session is over", &self.fetch, &HttpRequest::plain_post(&expired).of_route(&INGEST))
            .await;
        let event = events::scheduled(&json!({ "user_ids": ["42"] }));
        self.show("a schedule: a user who is not connected", &self.fetch, &event).await;
        let event = json!({ "Records": [{ "eventSource": "aws:sqs" }] });
        self.show("an event that is neither a request nor a schedule's", &self.fetch, &event).await;
        Ok(())
    }

    /// Discards the calls that the functions made at their start.
    async fn until_warm(&self) {
        for _ in 0..500 {
            if self.secrets.calls().len() == 3 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        println!("start: the functions read the signing key and the client id\n");
    }

    async fn show(&self, step: &str, function: &Function, event: &Value) {
        self.secrets.take_calls();
        self.google.take_asked();
        let outcome = function.invoke(event.to_string(), TIME).await;
        println!("{step}");
        match outcome {
            Outcome::Answered(answer) => {
                let http = answer["body"].as_str().map(|body| format!("{} {body}", answer["statusCode"]));
                println!("    {}", http.unwrap_or_else(|| answer.to_string()));
            }
            Outcome::Failed(error) => println!("    failed: {}", error["errorMessage"].as_str().unwrap_or_default()),
            other => println!("    {other:?}"),
        }
        let calls: Vec<String> = self.secrets.take_calls().into_iter().map(|call| call.call).collect();
        let asked: Vec<String> = self.google.take_asked().into_iter().map(|asked| asked.line).collect();
        println!("    secrets manager: {}", if calls.is_empty() { "-".to_owned() } else { calls.join(", ") });
        println!("    google: {}", if asked.is_empty() { "-".to_owned() } else { asked.join(", ") });
        println!("    s3: {} invoices\n", self.aws.objects().len());
    }
}

fn account(name: &str) -> Account {
    Account {
        id: format!("id-of-{name}"),
        email: format!("{name}@gmail.com"),
        refresh_token: format!("1//{name}"),
        access_token: format!("ya29.{name}"),
    }
}

/// The fields that the app sends after a consent.
fn tokens(account: &Account, scope: &Value) -> Value {
    json!({ "access_token": account.access_token, "refresh_token": account.refresh_token, "scope": scope })
}

/// A session token in the form of PayPulse's login, which expires this many seconds from now.
fn session(user: &str, seconds: i64) -> Result<String, Box<dyn Error>> {
    session::install();
    let now = i64::try_from(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?.as_secs())?;
    let claims = json!({ "user_id": user, "email": "jane@example.com", "iat": now, "exp": now + seconds });
    let key = EncodingKey::from_secret(SIGNING_KEY.as_bytes());
    Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)?)
}
