//! An AWS account on 127.0.0.1: a server that enforces IAM policies, and the SDK clients of its users.

use std::fs::File;
use std::net::IpAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Config, Region};
use serde::de::DeserializeOwned;

use crate::Result;
use crate::listeners;
use crate::process::{self, Running, Scratch};
use crate::tools::{self, Tools};

/// The Region of everything in an account, unless it is opened elsewhere.
pub const REGION: &str = "eu-west-1";

/// The server lets this key do everything; for every other its policies are enforced.
const ADMINISTRATOR: (&str, &str) = ("test", "test");

/// An account that lasts as long as this value.
pub struct Account {
    tools: Tools,
    region: &'static str,
    port: u16,
    server: Running,
    home: Scratch,
}

impl Account {
    /// An empty account.
    pub fn open(tools: &Tools) -> Result<Self> {
        Self::open_with(tools, "emulator", &[])
    }

    /// An empty account on the server as others wrote it, without what Terraform's provider needs besides.
    pub fn open_unchanged(tools: &Tools) -> Result<Self> {
        Self::open_with(tools, "ministack", &[])
    }

    /// An empty account that has every policy of AWS's own, and not only those that the server knows.
    pub fn open_with_all_policies(tools: &Tools) -> Result<Self> {
        Self::open_with(tools, "emulator", &[("MINISTACK_AUTOCREATE_AWS_MANAGED", "1")])
    }

    /// An empty account that decides about the calls of a deployer as AWS does, and writes every decision to a file.
    pub fn open_for_deployers(tools: &Tools, decisions: &Path) -> Result<Self> {
        let decisions = decisions.to_string_lossy();
        Self::open_with(tools, "deployers", &[("MINISTACK_AUTOCREATE_AWS_MANAGED", "1"), ("E2E_CALLS", &decisions)])
    }

    fn open_with(tools: &Tools, module: &str, settings: &[(&str, &str)]) -> Result<Self> {
        let (port, home) = (process::free_port()?, Scratch::new()?);
        let mut command = tools.server(home.path(), module);
        // It would listen on every interface of the machine, and let every caller do everything.
        command.env("BIND_HOST", "127.0.0.1").env("AUTH", "true");
        // These two would listen on every interface anyway.
        command.env("IOT_MTLS_ENABLED", "0").env("SFTP_ENABLED", "0");
        command.env("GATEWAY_PORT", port.to_string()).env("MINISTACK_REGION", REGION).env("LOG_LEVEL", "WARNING");
        command.envs(settings.iter().copied());
        Self::start(tools, REGION, port, home, &mut command)
    }

    /// An empty account in a Region of whichever partition, on a server that knows them all. It lets everybody do everything.
    pub fn open_in(tools: &Tools, region: &'static str) -> Result<Self> {
        let (port, home) = (process::free_port()?, Scratch::new()?);
        let mut command = tools.server(home.path(), "moto.server");
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).env("MOTO_IAM_LOAD_MANAGED_POLICIES", "true");
        Self::start(tools, region, port, home, &mut command)
    }

    fn start(tools: &Tools, region: &'static str, port: u16, home: Scratch, command: &mut Command) -> Result<Self> {
        let log = home.path().join("server.log");
        command.stdin(Stdio::piped()).stdout(File::create(&log)?).stderr(File::options().append(true).open(&log)?);
        let mut server = Running::start(command)?;
        process::wait_for(port, &mut server, &log)?;
        Ok(Self { tools: tools.clone(), region, port, server, home })
    }

    /// Every address on which the server listens.
    pub fn listens_on(&self) -> Result<Vec<IpAddr>> {
        listeners::of(self.server.id())
    }

    /// Where the account answers.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What makes a program an administrator of the account.
    pub fn environment(&self) -> [(&'static str, String); 5] {
        let (id, key) = ADMINISTRATOR;
        [
            ("AWS_ENDPOINT_URL", self.url()),
            ("AWS_REGION", self.region.to_owned()),
            ("AWS_DEFAULT_REGION", self.region.to_owned()),
            ("AWS_ACCESS_KEY_ID", id.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", key.to_owned()),
        ]
    }

    /// A client that may do everything.
    pub fn administrator(&self) -> Client {
        self.administrator_in(self.region)
    }

    /// The same in another Region.
    pub fn administrator_in(&self, region: &'static str) -> Client {
        self.client_in(region, Self::credentials())
    }

    /// Those of the administrator.
    pub fn credentials() -> Credentials {
        let (id, key) = ADMINISTRATOR;
        Credentials::new(id, key, None, None, "administrator")
    }

    /// A client with these credentials.
    pub fn client(&self, credentials: Credentials) -> Client {
        self.client_in(self.region, credentials)
    }

    /// The same in another Region.
    pub fn client_in(&self, region: &'static str, credentials: Credentials) -> Client {
        client_in(region, &self.url(), credentials)
    }

    /// The SDK's configuration with these credentials, for clients of any service.
    pub fn configuration(&self, credentials: Credentials) -> SdkConfig {
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static(self.region))
            .endpoint_url(self.url())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .build()
    }

    /// Runs a command of `account.py`, and reads what it answers.
    pub fn manage<T: DeserializeOwned>(&self, arguments: &[&str]) -> Result<T> {
        let mut command = self.tools.python(self.home.path());
        command.arg(tools::here().join("account.py")).args(arguments).envs(self.environment());
        let output = process::run(&mut command, Duration::from_mins(1))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(format!("`account.py {}` failed:\n{said}", arguments.join(" ")).into());
        }
        Ok(serde_json::from_slice(&output.stdout)?)
    }
}

/// The official SDK's client of a server on 127.0.0.1.
pub fn client(url: &str, credentials: Credentials) -> Client {
    client_in(REGION, url, credentials)
}

fn client_in(region: &'static str, url: &str, credentials: Credentials) -> Client {
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(region))
        .endpoint_url(url)
        .credentials_provider(credentials)
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    Client::from_conf(config)
}
