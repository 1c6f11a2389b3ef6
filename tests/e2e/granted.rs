//! The calls that a grant covers, made by the project's own typed client under a handler's credentials: all must work.

use std::future::Future;
use std::pin::Pin;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use paypulse_runtime::client::{Deletion, Secrets};
use paypulse_runtime::model::verb;
use paypulse_runtime::model::{Granted, Handler, Payload, Secret};
use paypulse_runtime::oauth::{GoogleAccount, NewTokens, OauthTokens, RefreshedToken, TokenOperations};
use paypulse_runtime::spec::{
    CreateManualInvoice, DeleteRetailInvoice, DeleteUser, FetchAndClassifyRetailInvoices, FetchInvoices,
    FetchLatestInvoice, FetchRetailInvoices, GeminiApiKey, GetInvoices, GetRentalInvoice, GetUserProfile,
    GmailStoreTokens, GmailUserTokens, GoogleOauthClientId, JevApiKey, JwtSigningKey, LoginUser, ParseRetailInvoice,
    SignupUser,
};

use crate::Result;

/// The value of the secret that exists before Terraform runs.
pub const SIGNING_KEY: &str = "signing-key";
/// The values that Terraform gives the other fixed secrets.
pub const CLIENT_ID: &str = "e2e.apps.example";
pub const GEMINI_KEY: &str = "e2e-gemini";
pub const JEV_KEY: &str = "e2e-jev";

/// `terraform.tfvars` with them.
pub fn variables() -> String {
    format!(
        "google_oauth_client_id = \"{CLIENT_ID}\"\ngemini_api_key = \"{GEMINI_KEY}\"\njev_api_key = \"{JEV_KEY}\"\n"
    )
}

/// A bundle as the Python functions write it.
const BUNDLE: &str = r#"{"access_token": "before", "refresh_token": "refresh", "expires_at": "2024-11-01T10:00:00.000000",
    "expires_in": 3599, "scope": "openid", "token_type": "Bearer", "created_at": "2024-11-01T09:00:00.000000",
    "google_user_id": "1", "google_email": "a@b.example", "google_name": "A", "google_verified_email": true}"#;

type Attempts = Pin<Box<dyn Future<Output = Result>>>;

/// One verb of a handler on a secret.
pub struct Grant {
    pub handler: &'static str,
    pub secret: &'static str,
    pub verb: &'static str,
    /// Goes down each branch of it, given the handler's client and an administrator's.
    pub exercise: Box<dyn Fn(Client, Client) -> Attempts>,
}

/// Each word is compiled against the spec: a verb that is not granted does not compile.
macro_rules! grants {
    ($($handler:ident { $($secret:ident: $($verb:ident),+;)+ })+) => {
        vec![$($($(Grant {
            handler: $handler::NAME,
            secret: $secret::ID,
            verb: stringify!($verb),
            exercise: Box::new(|handler, administrator| {
                let user = concat!(stringify!($handler), "-", stringify!($verb));
                let secrets = Secrets::<$handler>::new(handler);
                Box::pin(async move { $verb(&secrets, &Administrator(administrator), &$secret::example(user)).await })
            }),
        }),+),+),+]
    };
}

/// Every granted verb.
pub fn grants() -> Vec<Grant> {
    // The functions below are named like the verbs.
    grants! {
        GmailStoreTokens { GmailUserTokens: read, store; JwtSigningKey: read; }
        FetchInvoices { GmailUserTokens: read, update, delete; GoogleOauthClientId: read; JwtSigningKey: read; }
        FetchLatestInvoice { GmailUserTokens: read, update, delete; GoogleOauthClientId: read; JwtSigningKey: read; }
        FetchRetailInvoices { GmailUserTokens: read, update, delete; GoogleOauthClientId: read; JwtSigningKey: read; }
        FetchAndClassifyRetailInvoices {
            GmailUserTokens: read, update, delete;
            GoogleOauthClientId: read;
            GeminiApiKey: read;
            JevApiKey: read;
        }
        ParseRetailInvoice { GeminiApiKey: read; }
        DeleteUser { GmailUserTokens: delete; JwtSigningKey: read; }
        GetUserProfile { GmailUserTokens: describe; JwtSigningKey: read; }
        LoginUser { JwtSigningKey: read; }
        SignupUser { JwtSigningKey: read; }
        GetRentalInvoice { JwtSigningKey: read; }
        GetInvoices { JwtSigningKey: read; }
        CreateManualInvoice { JwtSigningKey: read; }
        DeleteRetailInvoice { JwtSigningKey: read; }
    }
}

/// A secret to try things on.
trait Example: Secret {
    fn example(user: &str) -> Self;

    /// The value that it has, or is given where `user` is part of its name.
    const STORED: &'static str;
}

impl Example for GmailUserTokens {
    const STORED: &'static str = BUNDLE;

    fn example(user: &str) -> Self {
        Self { user_id: user.parse().expect("the names of types and verbs are valid ids") }
    }
}

impl Example for GoogleOauthClientId {
    const STORED: &'static str = CLIENT_ID;

    fn example(_: &str) -> Self {
        Self
    }
}

impl Example for GeminiApiKey {
    const STORED: &'static str = GEMINI_KEY;

    fn example(_: &str) -> Self {
        Self
    }
}

impl Example for JevApiKey {
    const STORED: &'static str = JEV_KEY;

    fn example(_: &str) -> Self {
        Self
    }
}

impl Example for JwtSigningKey {
    const STORED: &'static str = SIGNING_KEY;

    fn example(_: &str) -> Self {
        Self
    }
}

async fn read<H: Handler, S: Example + Granted<verb::read, H>>(
    secrets: &Secrets<H>,
    administrator: &Administrator,
    secret: &S,
) -> Result {
    administrator.ensure(secret).await?;
    let value = secrets.read(secret).await?.into_value();
    let (read, stored) = (value.to_stored()?, S::Payload::parse(S::STORED)?.to_stored()?);
    require(read == stored, "another value was read than is stored")
}

async fn describe<H: Handler, S: Example + Granted<verb::describe, H>>(
    secrets: &Secrets<H>,
    administrator: &Administrator,
    secret: &S,
) -> Result {
    administrator.ensure(secret).await?;
    let description = secrets.describe(secret).await?;
    require(description.arn.contains(&secret.name()), "another secret was described")
}

async fn store<H: Handler, S: Example<Payload = OauthTokens> + Granted<verb::store, H>>(
    secrets: &Secrets<H>,
    administrator: &Administrator,
    secret: &S,
) -> Result {
    for (access_token, situation) in
        ["absent", "present", "waiting to be deleted", "without a value"].iter().enumerate()
    {
        match *situation {
            "waiting to be deleted" => administrator.schedule_deletion(secret).await?,
            "without a value" => administrator.replace_by_empty(secret).await?,
            _ => {}
        }
        let tokens = NewTokens {
            access_token: access_token.to_string().into(),
            refresh_token: Some("refresh".into()),
            expires_in: 3599,
            scope: "openid".into(),
            account: GoogleAccount::default(),
        };
        secrets
            .store_tokens(secret, tokens)
            .await
            .map_err(|error| format!("on a secret that is {situation}: {error}"))?;
        let stored = administrator.tokens(secret).await?;
        let is_stored = stored.is_some_and(|stored| stored.access_token.expose() == access_token.to_string());
        require(is_stored, &format!("nothing was stored on a secret that is {situation}"))?;
    }
    Ok(())
}

async fn update<H: Handler, S: Example<Payload = OauthTokens> + Granted<verb::update, H>>(
    secrets: &Secrets<H>,
    administrator: &Administrator,
    secret: &S,
) -> Result {
    administrator.ensure(secret).await?;
    let refreshed = RefreshedToken { access_token: "after".into(), expires_in: 3599, refresh_token: None };
    secrets.update_tokens(secret, None, refreshed).await?;
    let stored = administrator.tokens(secret).await?.ok_or("the tokens are gone")?;
    require(stored.access_token.expose() == "after", "the access token was not updated")?;
    require(stored.account.user_id.as_deref() == Some("1"), "the account was not kept")
}

async fn delete<H: Handler, S: Example<Payload = OauthTokens> + Granted<verb::delete, H>>(
    secrets: &Secrets<H>,
    administrator: &Administrator,
    secret: &S,
) -> Result {
    administrator.ensure(secret).await?;
    require(secrets.delete(secret).await? == Deletion::Accepted, "there was nothing to delete")?;
    require(administrator.tokens(secret).await?.is_none(), "the tokens are still there")?;
    // The second time there is nothing, which is no error.
    secrets.delete(secret).await?;
    Ok(())
}

fn require(holds: bool, otherwise: &str) -> Result {
    if holds { Ok(()) } else { Err(otherwise.into()) }
}

/// Prepares and inspects, outside all grants.
struct Administrator(Client);

impl Administrator {
    /// Sees to it that a member of a family has its value. All other secrets have theirs already.
    async fn ensure<S: Example>(&self, secret: &S) -> Result {
        if S::TEMPLATE.is_family() {
            self.0.create_secret().name(secret.name()).secret_string(S::STORED).send().await?;
        }
        Ok(())
    }

    async fn schedule_deletion(&self, secret: &impl Secret) -> Result {
        self.0.delete_secret().secret_id(secret.name()).send().await?;
        Ok(())
    }

    async fn replace_by_empty(&self, secret: &impl Secret) -> Result {
        self.0.delete_secret().secret_id(secret.name()).force_delete_without_recovery(true).send().await?;
        self.0.create_secret().name(secret.name()).send().await?;
        Ok(())
    }

    /// What is stored, if anything is.
    async fn tokens(&self, secret: &impl Secret) -> Result<Option<OauthTokens>> {
        match self.0.get_secret_value().secret_id(secret.name()).send().await {
            Ok(answer) => Ok(Some(OauthTokens::parse(answer.secret_string().unwrap_or_default())?)),
            Err(error) if error.code() == Some("ResourceNotFoundException") => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
