//! A peer on loopback that speaks by a script: what a network and a broken server really send. It has threads of its own, so that
//! a client that is starved of time starves no peer.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What a peer does with each connection.
type Script = dyn Fn(&mut TcpStream) + Send + Sync;

/// A peer that listens until the process ends.
pub struct Peer {
    address: String,
    accepted: Arc<AtomicUsize>,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Peer {
    /// A peer that does this with each connection, from the moment when it is accepted.
    pub fn raw(script: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        let accepted = Arc::new(AtomicUsize::new(0));
        let (count, script): (_, Arc<Script>) = (Arc::clone(&accepted), Arc::new(script));
        thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::Relaxed);
                let script = Arc::clone(&script);
                thread::spawn(move || script(&mut stream));
            }
        });
        Self { address, accepted, heads: Arc::default() }
    }

    /// A peer that reads each request to its end, and then does this.
    pub fn after_request(script: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> Self {
        Self::after_head(move |stream, _| script(stream))
    }

    /// The same, with the head of the request.
    pub fn after_head(script: impl Fn(&mut TcpStream, &str) + Send + Sync + 'static) -> Self {
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let seen = Arc::clone(&heads);
        let peer = Self::raw(move |stream| {
            while let Some(head) = read_request(stream) {
                seen.lock().expect("no test panics here").push(head.clone());
                script(stream, &head);
            }
        });
        Self { heads, ..peer }
    }

    /// A peer that answers each request with these bytes.
    pub fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::after_request(move |stream| drop(stream.write_all(&answer)))
    }

    /// Where it listens, such as `127.0.0.1:49152`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The same as an endpoint.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections there were so far.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// The heads of the requests so far.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().expect("no test panics here").clone()
    }
}

/// The head of the next request, whose body is read too. Nothing where the connection ends before.
pub fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut read = Vec::new();
    let mut byte = [0; 1];
    while !read.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        read.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&read).into_owned();
    let length = |line: &str| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok();
    let mut body = vec![0; head.lines().find_map(length).unwrap_or(0)];
    stream.read_exact(&mut body).ok()?;
    Some(head)
}

/// Ends a connection.
pub fn close(stream: &TcpStream) {
    let _ = stream.shutdown(Shutdown::Both);
}

/// Writes for as long as somebody reads, at most a minute.
pub fn forever(stream: &mut TcpStream, bytes: &[u8], pause: Duration) {
    let end = std::time::Instant::now() + Duration::from_mins(1);
    while std::time::Instant::now() < end && stream.write_all(bytes).is_ok() {
        if !pause.is_zero() {
            thread::sleep(pause);
        }
    }
}

/// The answer of a `GetSecretValue`.
pub fn secret(value: &str) -> String {
    let body = format!(
        r#"{{"ARN":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:mark-AbCdEf","Name":"mark","VersionId":"00000000-0000-4000-8000-000000000001","VersionStages":["AWSCURRENT"],"SecretString":"{value}"}}"#
    );
    answer("200 OK", &body)
}

/// An answer of AWS's with this code and message.
pub fn refusal(status: &str, code: &str, message: &str) -> String {
    answer(status, &format!(r#"{{"__type":"{code}","message":"{message}"}}"#))
}

/// An answer with this status and body.
pub fn answer(status: &str, body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// An address that nobody listens at.
pub fn nobody() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    format!("http://{}", listener.local_addr().expect("it is bound"))
}

/// Peers whose answer never ends, each with what it sends.
pub fn endless() -> Vec<(&'static str, Peer)> {
    let slow = Duration::from_millis(20);
    let after = |head: &'static str, bytes: Vec<u8>, pause: Duration| {
        Peer::after_request(move |stream| {
            let _ = stream.write_all(head.as_bytes());
            forever(stream, &bytes, pause);
        })
    };
    let (ok, fast) = ("HTTP/1.1 200 OK\r\n", Duration::ZERO);
    vec![
        ("100 Continue", after("", b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000), fast)),
        ("100 Continue, slowly", after("", b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), slow)),
        ("103 with headers", after("", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(500), fast)),
        ("a head, slowly", after(ok, b"x".to_vec(), slow)),
        ("empty lines", after("", b"\r\n".repeat(1_000), fast)),
        ("a body, slowly", after("HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n", b"x".to_vec(), slow)),
        (
            "a body without an end",
            after("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", vec![b'x'; 50_000], fast),
        ),
        ("chunks", after("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n".repeat(1_000), fast)),
        ("nothing", Peer::after_request(|_| std::thread::sleep(Duration::from_mins(1)))),
        ("no TCP answer", Peer::raw(|_| std::thread::sleep(Duration::from_mins(1)))),
    ]
}
