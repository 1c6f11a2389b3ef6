//! An HTTP server on loopback that answers as Secrets Manager, IAM and STS do, as far as an audit asks, and as badly as a
//! test wants. It writes down every call.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde_json::{Value, json};

use crate::account::Account;

/// One request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The operation.
    pub name: String,
    /// What it is on: a secret's id, a policy's ARN, or nothing.
    pub on: String,
    /// The token of the page that is asked for.
    pub token: Option<String>,
}

/// What is sent back.
pub enum Answer {
    /// A status and a body.
    Body(u16, String),
    /// A status and a body without an end, until the other side is gone.
    Endless,
    /// Nothing: the connection breaks.
    Break,
    /// Nothing: the connection stays open.
    Silence,
}

type Hook = dyn Fn(&Call) -> Option<Answer> + Send + Sync;

/// The server. It stops with the process.
pub struct Server {
    address: SocketAddr,
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Server {
    pub fn of(account: Account) -> Self {
        Self::with(account, |_| None)
    }

    /// A server of which some answers come from `hook`.
    pub fn with(account: Account, hook: impl Fn(&Call) -> Option<Answer> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let calls = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::new((account, Box::new(hook) as Box<Hook>, Arc::clone(&calls)));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    let (account, hook, calls) = &*shared;
                    converse(&stream, account, hook, calls)
                });
            }
        });
        Self { address, calls }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How often an operation was called.
    pub fn count(&self, name: &str) -> usize {
        self.calls().iter().filter(|call| call.name == name).count()
    }
}

/// Answers requests until the other side has enough. Whatever breaks only breaks this connection.
fn converse(stream: &TcpStream, account: &Account, hook: &Hook, calls: &Mutex<Vec<Call>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let call = read(&mut reader)?;
        calls.lock().unwrap_or_else(PoisonError::into_inner).push(call.clone());
        let answer = hook(&call).unwrap_or_else(|| answer(account, &call));
        let mut stream = stream;
        match answer {
            Answer::Body(status, body) => {
                let answer = format!("HTTP/1.1 {status} x\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                stream.write_all(answer.as_bytes()).ok()?;
            }
            Answer::Endless => {
                stream.write_all(b"HTTP/1.1 200 x\r\ntransfer-encoding: chunked\r\n\r\n").ok()?;
                let chunk = format!("100000\r\n{}\r\n", " ".repeat(0x10_0000));
                loop {
                    stream.write_all(chunk.as_bytes()).ok()?;
                }
            }
            Answer::Break => return None,
            Answer::Silence => thread::park(),
        }
    }
}

fn read(reader: &mut impl BufRead) -> Option<Call> {
    let (mut target, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ").unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "x-amz-target" => value.rsplit('.').next().unwrap_or_default().clone_into(&mut target),
            "content-length" => length = value.parse().ok()?,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body = String::from_utf8(body).ok()?;
    Some(if target.is_empty() { query(&body) } else { in_json(target, &body) })
}

/// A call of Secrets Manager.
fn in_json(name: String, body: &str) -> Call {
    let body: Value = serde_json::from_str(body).unwrap_or_default();
    let text = |field: &str| body[field].as_str().map(str::to_owned);
    Call { name, on: text("SecretId").unwrap_or_default(), token: text("NextToken") }
}

/// A call of IAM or STS.
fn query(body: &str) -> Call {
    let field = |name: &str| {
        let mut fields = body.split('&').filter_map(|field| field.split_once('='));
        fields.find(|(found, _)| *found == name).map(|(_, value)| value.replace("%3A", ":").replace("%2F", "/"))
    };
    let filters: Vec<_> = (1..=5).filter_map(|number| field(&format!("Filter.member.{number}"))).collect();
    let on = field("PolicyArn").unwrap_or_else(|| filters.join(","));
    Call { name: field("Action").unwrap_or_default(), on, token: field("Marker") }
}

fn answer(account: &Account, call: &Call) -> Answer {
    match call.name.as_str() {
        "ListSecrets" => ok(&account.list_secrets(call.token.as_deref())),
        "DescribeSecret" => account.secret(&call.on).map_or_else(not_found, |secret| ok(&secret.described())),
        "ListSecretVersionIds" => {
            account.secret(&call.on).map_or_else(not_found, |secret| ok(&secret.listed_versions()))
        }
        "GetResourcePolicy" => account.secret(&call.on).map_or_else(not_found, |secret| ok(&secret.resource_policy())),
        "GetSecretValue" => account.secret(&call.on).map_or_else(not_found, |secret| ok(&secret.read())),
        _ => Answer::Body(200, account.iam(call)),
    }
}

fn ok(body: &Value) -> Answer {
    Answer::Body(200, body.to_string())
}

fn not_found() -> Answer {
    refusal(400, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
}

/// A refusal of Secrets Manager.
pub fn refusal(status: u16, code: &str, message: &str) -> Answer {
    Answer::Body(status, json!({ "__type": code, "Message": message }).to_string())
}

/// A refusal of IAM or STS.
pub fn refusal_of_iam(status: u16, code: &str, message: &str) -> Answer {
    let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
    Answer::Body(status, format!("<ErrorResponse>{error}<RequestId>r</RequestId></ErrorResponse>"))
}
