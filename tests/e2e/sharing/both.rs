//! Both sides on one server, each of which does the four operations when it is asked to.

use aws_sdk_secretsmanager::Client;
use paypulse_runtime::client::{ErrorKind, Secrets};
use paypulse_runtime::oauth::{NewTokens, RefreshedToken, TokenError, TokenOperations};
use paypulse_runtime::spec::{FetchInvoices, GmailStoreTokens, GmailUserTokens};
use serde_json::Value;

use super::fields::{self, Fields};
use super::python::{self, Answer, PythonFunction};
use super::server::{self, Server};
use super::{LIFETIME, Side};
use crate::Result;
use crate::tools::Tools;

/// Python and Rust, taking turns.
pub struct Both {
    pub python: PythonFunction,
    pub storing: Secrets<GmailStoreTokens>,
    pub fetching: Secrets<FetchInvoices>,
    administrator: Client,
    _server: Server,
}

impl Both {
    pub fn on(tools: &Tools, server: Server) -> Result<Self> {
        let python = PythonFunction::start(tools, &server)?;
        let (storing, fetching, administrator) = (server.secrets(), server.secrets(), server.administrator());
        Ok(Self { python, storing, fetching, administrator, _server: server })
    }

    pub async fn store(&mut self, side: Side, user: &str, new: &NewTokens) -> Result {
        match side {
            Side::Python => done(self.python.ask(&python::store(user, new))?).map(drop),
            Side::Rust => Ok(self.storing.store_tokens(&secret(user)?, new.clone()).await.map(drop)?),
        }
    }

    /// The tokens; none where the user is not connected.
    pub async fn get(&mut self, side: Side, user: &str) -> Result<Option<Fields>> {
        match side {
            Side::Python => match self.python.ask(&python::get(user))? {
                answer if answer.is_missing() => Ok(None),
                answer => Ok(done(answer)?.result.map(fields::of_python)),
            },
            Side::Rust => match self.fetching.get_tokens(&secret(user)?).await {
                Ok(record) => Ok(Some(fields::of_record(&record))),
                Err(error) if is_missing(&error) => Ok(None),
                Err(error) => Err(error.into()),
            },
        }
    }

    /// Writes a new access token. Says whether there was a secret to write it to.
    pub async fn update(&mut self, side: Side, user: &str, access_token: &str) -> Result<bool> {
        match side {
            Side::Python => {
                let before = self.get(side, user).await?.unwrap_or_default();
                let refresh_token = before.get("refresh_token").and_then(Value::as_str);
                let answer = self.python.ask(&python::update(user, access_token, refresh_token))?;
                if answer.is_missing() {
                    return Ok(false);
                }
                done(answer).map(|_| true)
            }
            Side::Rust => match self.fetching.update_tokens(&secret(user)?, None, refreshed(access_token)).await {
                Ok(_) => Ok(true),
                Err(error) if is_missing(&error) => Ok(false),
                Err(error) => Err(error.into()),
            },
        }
    }

    pub async fn delete(&mut self, side: Side, user: &str) -> Result {
        match side {
            Side::Python => done(self.python.ask(&python::delete(user))?).map(drop),
            Side::Rust => Ok(self.fetching.delete_tokens(&secret(user)?).await.map(drop)?),
        }
    }

    /// The stored text.
    pub async fn text(&self, user: &str) -> Result<String> {
        server::text(self.administrator.get_secret_value().secret_id(secret_name(user))).await
    }

    /// Stores a text by hand.
    pub async fn put(&self, user: &str, text: &str) -> Result {
        let put = self.administrator.put_secret_value().secret_id(secret_name(user)).secret_string(text);
        put.send().await?;
        Ok(())
    }
}

/// The secret of a user, as the spec has it.
pub fn secret(user: &str) -> Result<GmailUserTokens> {
    Ok(GmailUserTokens { user_id: user.parse()? })
}

/// Its name, as the Python functions write it.
pub fn secret_name(user: &str) -> String {
    format!("gmail/user/{user}")
}

pub fn refreshed(access_token: &str) -> RefreshedToken {
    RefreshedToken { access_token: access_token.into(), expires_in: LIFETIME, refresh_token: None }
}

pub fn is_missing(error: &TokenError) -> bool {
    error.kind() == ErrorKind::NotFound
}

/// The answer of a command that did what it was told.
pub fn done(answer: Answer) -> Result<Answer> {
    match answer.error {
        Some(error) => Err(format!("the Python function failed with `{error}`").into()),
        None => Ok(answer),
    }
}
