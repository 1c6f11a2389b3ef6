//! The servers on 127.0.0.1 that both sides use.

use std::fs::File;
use std::process::Stdio;
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::get_secret_value::builders::GetSecretValueFluentBuilder;
use paypulse_runtime::client::Secrets;
use paypulse_runtime::model::Handler;
use paypulse_runtime::spec;
use paypulse_runtime::testing::{EmbeddedSecretsManager, Served};

use crate::Result;
use crate::account::{self, Account, REGION};
use crate::process::{self, Running, Scratch};
use crate::tools::Tools;

/// Half of it passes before a call acts and half after, so that there is room for others in between.
const LATENCY: Duration = Duration::from_millis(2);

/// A Secrets Manager that lasts as long as this value.
pub enum Server {
    /// Holds each handler to what the spec grants it.
    Embedded {
        secrets: EmbeddedSecretsManager,
        served: Served,
    },
    Moto {
        url: String,
        _server: Running,
        _home: Scratch,
    },
    Ministack(Account),
}

impl Server {
    pub async fn embedded() -> Result<Self> {
        let secrets = EmbeddedSecretsManager::enforcing(&spec::spec());
        secrets.set_latency(LATENCY);
        let served = secrets.serve().await?;
        Ok(Self::Embedded { secrets, served })
    }

    /// moto looks whether a token is taken and writes afterwards. With more than one thread, two writers could pass
    /// between the two, which AWS rules out.
    pub fn moto(tools: &Tools) -> Result<Self> {
        let (port, home) = (process::free_port()?, Scratch::new()?);
        let log = home.path().join("server.log");
        let mut command = tools.server(home.path(), "flask");
        command.args(["--app", "moto.server:create_backend_app('secretsmanager')", "run", "--without-threads"]);
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
        command.stdin(Stdio::piped()).stdout(File::create(&log)?).stderr(File::options().append(true).open(&log)?);
        let mut server = Running::start(&mut command)?;
        process::wait_for(port, &mut server, &log)?;
        Ok(Self::Moto { url: format!("http://127.0.0.1:{port}"), _server: server, _home: home })
    }

    pub fn ministack(tools: &Tools) -> Result<Self> {
        Account::open_unchanged(tools).map(Self::Ministack)
    }

    pub const fn name(&self) -> &'static str {
        match self {
            Self::Embedded { .. } => "the embedded server",
            Self::Moto { .. } => "moto",
            Self::Ministack(_) => "ministack",
        }
    }

    /// What makes a program a caller who may do everything.
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let (url, id) = match self {
            Self::Embedded { served, .. } => (served.url(), EmbeddedSecretsManager::ADMINISTRATOR),
            Self::Moto { url, .. } => (url.clone(), "anybody"),
            Self::Ministack(account) => return account.environment().into(),
        };
        vec![
            ("AWS_ENDPOINT_URL", url),
            ("AWS_DEFAULT_REGION", REGION.to_owned()),
            ("AWS_ACCESS_KEY_ID", id.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "not-secret".to_owned()),
        ]
    }

    /// The names of the calls since this was last asked, which only the embedded server knows.
    pub fn take_calls(&self) -> Vec<String> {
        match self {
            Self::Embedded { secrets, .. } => secrets.take_calls().into_iter().map(|call| call.call).collect(),
            _ => Vec::new(),
        }
    }

    /// A client that may do everything.
    pub fn administrator(&self) -> Client {
        match self {
            Self::Embedded { .. } => self.client_as(EmbeddedSecretsManager::ADMINISTRATOR),
            Self::Moto { .. } => self.client_as("anybody"),
            Self::Ministack(account) => account.administrator(),
        }
    }

    /// The Rust client as a handler has it. Only the embedded server tells handlers apart here: roles on ministack are
    /// for other checks.
    pub fn secrets<H: Handler>(&self) -> Secrets<H> {
        Secrets::new(match self {
            Self::Embedded { .. } => self.client_as(H::NAME),
            _ => self.administrator(),
        })
    }

    fn client_as(&self, access_key_id: &str) -> Client {
        let url = match self {
            Self::Embedded { served, .. } => served.url(),
            Self::Moto { url, .. } => url.clone(),
            Self::Ministack(account) => account.url(),
        };
        account::client(&url, Credentials::new(access_key_id, "not-secret", None, None, "sharing"))
    }

    /// The id and the text of each of a secret's versions, the oldest first.
    pub async fn versions(&self, name: &str) -> Result<Vec<(String, String)>> {
        let client = self.administrator();
        let ids: Vec<String> = if let Self::Embedded { secrets, .. } = self {
            secrets.versions(name).into_iter().map(|(id, _)| id).collect()
        } else {
            // moto lists them in the order in which they came, all on one page.
            let list = client.list_secret_version_ids().secret_id(name).include_deprecated(true).send().await?;
            list.versions().iter().filter_map(|version| version.version_id().map(str::to_owned)).collect()
        };
        let mut versions = Vec::new();
        for id in ids {
            let text = text(client.get_secret_value().secret_id(name).version_id(&id)).await?;
            versions.push((id, text));
        }
        Ok(versions)
    }
}

/// The text that is read.
pub async fn text(read: GetSecretValueFluentBuilder) -> Result<String> {
    read.send().await?.secret_string.ok_or_else(|| "there is no text".into())
}
