//! The servers that are compared, each empty, on 127.0.0.1, and gone when its value is.

use std::fs::File;
use std::process::Stdio;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Credentials;
use paypulse_runtime::testing::EmbeddedSecretsManager;

use super::answer::Answer;
use super::script::Step;
use super::send::Conversation;
use crate::Result;
use crate::account::{self, Account};
use crate::process::{self, Running, Scratch};
use crate::tools::Tools;

/// An independent imitation of Secrets Manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Emulator {
    Moto,
    Ministack,
}

/// What the embedded server answers to each step, served like the others and asked by the same client.
pub fn embedded(script: &[Step]) -> Result<Vec<Answer>> {
    in_order(async {
        let served = EmbeddedSecretsManager::new().serve().await?;
        Ok(run(script, &account::client(&served.url(), anybody())).await)
    })
}

/// What an emulator answers to each step.
pub fn emulator(emulator: Emulator, tools: &Tools, script: &[Step]) -> Result<Vec<Answer>> {
    match emulator {
        Emulator::Moto => {
            let moto = Moto::start(tools)?;
            in_order(async { Ok(run(script, &account::client(&moto.url(), anybody())).await) })
        }
        Emulator::Ministack => {
            let account = Account::open_unchanged(tools)?;
            in_order(async { Ok(run(script, &account.administrator()).await) })
        }
    }
}

async fn run(script: &[Step], client: &Client) -> Vec<Answer> {
    let mut conversation = Conversation::new(client);
    let mut answers = Vec::new();
    for step in script {
        answers.push(conversation.send(step.name, &step.call).await);
    }
    answers
}

fn in_order<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

/// These two servers let everybody do everything.
fn anybody() -> Credentials {
    Credentials::new("anybody", "not-secret", None, None, "anybody")
}

struct Moto {
    port: u16,
    _server: Running,
    _home: Scratch,
}

impl Moto {
    fn start(tools: &Tools) -> Result<Self> {
        let (port, home) = (process::free_port()?, Scratch::new()?);
        let log = home.path().join("server.log");
        let mut command = tools.server(home.path(), "moto.server");
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stdin(Stdio::piped());
        command.stdout(File::create(&log)?).stderr(File::options().append(true).open(&log)?);
        let mut server = Running::start(&mut command)?;
        process::wait_for(port, &mut server, &log)?;
        Ok(Self { port, _server: server, _home: home })
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
