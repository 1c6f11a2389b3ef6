//! What a test is about: the world around one function, and what it says.

use std::process::Command;
use std::time::{Duration, SystemTime};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use paypulse_handlers::local::events::HttpRequest;
use paypulse_handlers::local::{Account, Aws, Function, Google, Lambda, Outcome};
use paypulse_runtime::spec;
use paypulse_runtime::testing::{EmbeddedSecretsManager, Served};
use serde_json::{Value, json};

use crate::together::outputs_of;

/// Is part of every secret, in small letters that no encoding of a form or an address changes.
pub const MARK: &str = "hush";
pub const KEY: &str = "hush-signing-key-of-thirty-two-bytes";
/// Everything that can be logged.
const TRACE: [(&str, &str); 1] = [("RUST_LOG", "trace")];
/// What is there before the function starts.
const SECRETS: [(&str, &str); 2] =
    [("PayPulseAppJWTSecret", KEY), ("Google-OAuth-Client-ID", "1234-hush.apps.googleusercontent.com")];
/// Is part of every user's id.
pub const USER_MARK: &str = "whisper";
pub const USER: &str = "whisper1";
pub const SECRET: &str = "gmail/user/whisper1";
pub const GMAIL: &str = "https://www.googleapis.com/auth/gmail.readonly";
/// Enough for a program that is not optimised, on a machine that is busy.
pub const TIME: Duration = Duration::from_secs(30);

pub struct World {
    pub secrets: EmbeddedSecretsManager,
    pub google: Google,
    pub aws: Aws,
    function: Option<Function>,
    /// What must not be in the log beside what bears the mark: session tokens, and bodies in base64.
    unmarked: Vec<String>,
    _served: Served,
}

/// How a function answered.
#[derive(Debug)]
pub struct Answered {
    pub status: u64,
    pub headers: Value,
    pub body: Value,
}

impl Answered {
    /// The code that the app does not read.
    pub fn code(&self) -> &str {
        self.body["error"]["reason"].as_str().unwrap_or_default()
    }

    /// The code that the app reads.
    pub fn app_code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// How many invoices are new.
    pub fn count(&self) -> Option<u64> {
        self.body["data"]["invoiceCount"].as_u64()
    }

    pub fn field(&self) -> &str {
        self.body["error"]["field"].as_str().unwrap_or_default()
    }
}

impl World {
    pub async fn gmail_store_tokens() -> Self {
        Self::of("gmail_store_tokens", &TRACE, &SECRETS).await
    }

    pub async fn fetch_invoices() -> Self {
        Self::of("fetch_invoices", &TRACE, &SECRETS).await
    }

    pub async fn fetch_invoices_without_client_id() -> Self {
        Self::of("fetch_invoices", &TRACE, &SECRETS[..1]).await
    }

    /// At the level that Lambda has by itself.
    pub async fn quiet() -> Self {
        Self::of("fetch_invoices", &[], &SECRETS).await
    }

    /// With another signing key than that of the other tests.
    pub async fn with_key(key: &str) -> Self {
        Self::of("fetch_invoices", &TRACE, &[(SECRETS[0].0, key), SECRETS[1]]).await
    }

    /// With these variables in its environment.
    pub async fn with_environment(name: &str, environment: &[(&'static str, &str)]) -> Self {
        Self::of(name, environment, &SECRETS).await
    }

    /// With one endpoint for all of AWS's services except Secrets Manager.
    pub async fn with_one_endpoint_of_aws() -> Self {
        let environment = Aws::environment_of_one_endpoint;
        Self::with_aws("fetch_invoices", &TRACE, &SECRETS, environment).await
    }

    async fn of(name: &str, variables: &[(&'static str, &str)], stored: &[(&str, &str)]) -> Self {
        Self::with_aws(name, variables, stored, |aws| aws.environment().into()).await
    }

    async fn with_aws(
        name: &str,
        variables: &[(&'static str, &str)],
        stored: &[(&str, &str)],
        of_aws: impl FnOnce(&Aws) -> Vec<(&'static str, String)>,
    ) -> Self {
        let secrets = EmbeddedSecretsManager::enforcing(&spec::spec());
        for (name, value) in stored {
            secrets.put(name, *value);
        }
        let served = secrets.serve().await.expect("a free port");
        let google = Google::new().await.expect("a free port");
        let mut environment = vec![("AWS_ENDPOINT_URL_SECRETS_MANAGER", served.url())];
        environment.extend(variables.iter().map(|(name, value)| (*name, (*value).to_owned())));
        environment.extend(google.environment());
        let aws = Aws::new().await.expect("a free port");
        let is_set = |name: &str| variables.iter().any(|(set, _)| *set == name);
        environment.extend(of_aws(&aws).into_iter().filter(|(name, _)| !is_set(name)));
        let program = match name {
            "gmail_store_tokens" => env!("CARGO_BIN_EXE_gmail_store_tokens"),
            _ => env!("CARGO_BIN_EXE_fetch_invoices"),
        };
        let function = Lambda::new(environment).start(name, Command::new(program)).await.expect("it starts");
        Self { secrets, google, aws, function: Some(function), unmarked: Vec::new(), _served: served }
    }

    pub async fn invoke(&mut self, event: &Value) -> Outcome {
        self.unmarked.extend(event["body"].as_str().filter(|body| body.len() > 40).map(|body| body[..40].to_owned()));
        let headers = event["headers"].as_object().into_iter().flatten();
        let sessions = headers.filter_map(|(_, value)| value.as_str()?.split_once("earer ").map(|(_, token)| token));
        // What is shorter can be in a log by chance.
        self.unmarked.extend(sessions.filter(|token| token.len() > 40).map(str::to_owned));
        self.invoke_raw(event.to_string(), TIME).await
    }

    /// Events that are under way at the same time, each with what the function answers.
    pub async fn invoke_at_once(&self, events: Vec<Value>) -> Vec<Outcome> {
        let function = self.function.as_ref().expect("it runs until the end");
        outputs_of(events.into_iter().map(|event| function.invoke(event.to_string(), TIME))).await
    }

    pub async fn invoke_bytes(&self, event: Vec<u8>) -> Outcome {
        self.function.as_ref().expect("it runs until the end").invoke(event, TIME).await
    }

    pub async fn invoke_raw(&self, event: String, time: Duration) -> Outcome {
        self.function.as_ref().expect("it runs until the end").invoke(event, time).await
    }

    /// The function's answer to a request, which came in format 2.0.
    pub async fn ask(&mut self, request: &HttpRequest) -> Answered {
        let outcome = self.invoke(&request.v2()).await;
        self.answered(outcome)
    }

    /// The same in format 1.0.
    pub async fn ask_v1(&mut self, request: &HttpRequest) -> Answered {
        let outcome = self.invoke(&request.v1()).await;
        self.answered(outcome)
    }

    pub fn answered(&self, outcome: Outcome) -> Answered {
        let Outcome::Answered(mut answer) = outcome else { panic!("it did not answer: {outcome:?}\n{}", self.log()) };
        assert_eq!(answer["isBase64Encoded"], json!(false));
        assert_eq!(answer["headers"]["content-type"], json!("application/json"));
        let text = answer["body"].as_str().expect("the body is a text").to_owned();
        let status = answer["statusCode"].as_u64().expect("a status");
        if status >= 300 {
            assert!(!text.contains(MARK), "it repeats what was sent: {text}");
        }
        let body = serde_json::from_str(&text).expect("the body is JSON");
        Answered { status, headers: answer["headers"].take(), body }
    }

    /// The names of the calls since the last look.
    pub fn calls(&self) -> Vec<String> {
        self.secrets.take_calls().into_iter().map(|call| call.call).collect()
    }

    /// The lines of what Google was asked since the last look.
    pub fn asked(&self) -> Vec<String> {
        self.google.take_asked().into_iter().map(|asked| asked.line).collect()
    }

    pub fn stored(&self) -> Value {
        serde_json::from_str(&self.secrets.value(SECRET).expect("the user has tokens")).expect("they are JSON")
    }

    /// Stores a bundle whose access token has this many seconds to live.
    pub fn connect(&self, account: &Account, seconds: i64) {
        let now = SystemTime::now();
        let age = Duration::from_secs(seconds.unsigned_abs());
        let expires = if seconds < 0 { now - age } else { now + age };
        let time = |time: SystemTime| paypulse_runtime::oauth::Timestamp::from(time).to_string();
        let bundle = json!({
            "access_token": account.access_token, "refresh_token": account.refresh_token, "expires_at": time(expires),
            "expires_in": 3600, "scope": GMAIL, "token_type": "Bearer", "created_at": time(now),
            "google_user_id": account.id, "google_email": account.email,
        });
        self.secrets.put(SECRET, bundle.to_string());
        self.google.consent(account);
    }

    fn log(&self) -> String {
        self.function.as_ref().map(Function::log).unwrap_or_default()
    }

    /// Ends the function and gives what it printed, searched.
    pub fn end(&mut self) -> String {
        let log = self.function.take().map(Function::stop).unwrap_or_default();
        assert!(!log.contains(MARK), "a secret is logged after: {}", before(&log, MARK));
        for unmarked in &self.unmarked {
            assert!(!log.contains(unmarked), "a session or a body is logged after: {}", before(&log, unmarked));
        }
        log
    }
}

fn before<'a>(log: &'a str, secret: &str) -> &'a str {
    let end = log.find(secret).unwrap_or_default();
    let start = log[..end].rfind('\n').map_or(0, |line| line + 1);
    &log[start..end]
}

/// Each test's log is searched, whether it asks for that or not.
impl Drop for World {
    fn drop(&mut self) {
        if !std::thread::panicking() && self.function.is_some() {
            self.end();
        }
    }
}

pub fn account(number: u32) -> Account {
    Account {
        id: format!("{MARK}-{number}"),
        email: format!("{MARK}{number}@gmail.com"),
        refresh_token: format!("1//{MARK}-refresh-{number}"),
        access_token: format!("ya29.{MARK}-access-{number}"),
    }
}

pub fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is past 1970").as_secs()
}

pub fn signed(claims: &Value, key: &str) -> String {
    paypulse_handlers::session::install();
    let key = EncodingKey::from_secret(key.as_bytes());
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).expect("it is signed")
}

/// The claims that PayPulse's login gives.
pub fn claims(user: &str) -> Value {
    json!({ "user_id": user, "email": "hush@example.com", "iat": now(), "exp": now() + 24 * 3600 })
}

/// A session of the user for a day.
pub fn session() -> String {
    session_of(USER)
}

/// A session of any user for a day.
pub fn session_of(user: &str) -> String {
    signed(&claims(user), KEY)
}

/// What the app sends of an account.
pub fn tokens(account: &Account) -> Value {
    json!({ "access_token": account.access_token, "refresh_token": account.refresh_token, "expires_in": 3599, "scope": [GMAIL, "openid"] })
}

/// The object of a user's invoice.
pub fn object(user: &str, number: u32) -> String {
    format!("/{}/rental-invoices/{user}/Hyresavi_{number}.pdf", Aws::BUCKET)
}

/// What the app sends to have the user's invoices fetched.
pub fn ingest() -> HttpRequest {
    HttpRequest::plain_post(&session())
}

pub fn post(body: &Value) -> HttpRequest {
    HttpRequest::post(&session(), "application/json", body.to_string())
}
