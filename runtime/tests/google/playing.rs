//! A server on loopback that plays Google: it answers as it is told, byte for byte where need be, and keeps what it was
//! asked. Written on the bare socket, because most of what it has to do no HTTP server would.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use paypulse_runtime::google::{Endpoints, Google};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::shared::log;
use crate::shared::server::is_marked_text;

/// One request, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// `POST /token`
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// What is written to the socket, with a pause before each piece. The connection is closed then.
#[derive(Clone, Debug)]
pub struct Reply {
    pieces: Vec<(Duration, Vec<u8>)>,
    gate: Option<Arc<Notify>>,
}

impl Reply {
    #[track_caller]
    pub fn json(status: u16, body: &str) -> Self {
        Self::with_headers(status, &[("Content-Type", "application/json; charset=utf-8")], body)
    }

    /// The body carries the mark of secrets.
    #[track_caller]
    pub fn with_headers(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let headers: String = headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
        assert!(is_marked_text(body), "what Google answers could not be told in a log: {body}");
        let length = body.len();
        Self::raw(format!(
            "HTTP/1.1 {status} Whatever\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
        ))
    }

    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { pieces: vec![(Duration::ZERO, bytes.into())], gate: None }
    }

    /// The connection is closed without a word.
    pub fn hang_up() -> Self {
        Self { pieces: Vec::new(), gate: None }
    }

    pub fn after(mut self, pause: Duration) -> Self {
        self.pieces.insert(0, (pause, Vec::new()));
        self
    }

    /// Only when somebody opens the gate.
    pub fn behind(self, gate: &Arc<Notify>) -> Self {
        Self { gate: Some(Arc::clone(gate)), ..self }
    }

    /// One byte at a time.
    pub fn dripping(self, pause: Duration) -> Self {
        let bytes = self.pieces.into_iter().flat_map(|(_, bytes)| bytes);
        Self { pieces: bytes.map(|byte| (pause, vec![byte])).collect(), gate: self.gate }
    }
}

#[derive(Default)]
struct State {
    replies: VecDeque<Reply>,
    otherwise: Option<Answering>,
    asked: Vec<Asked>,
}

type Answering = Box<dyn FnMut(&Asked) -> Reply + Send>;

/// Google, played.
pub struct Playing {
    address: String,
    state: Arc<Mutex<State>>,
    accepting: JoinHandle<()>,
}

impl Drop for Playing {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Playing {
    /// Gives these answers, in this order. A request after the last one is answered with nothing at all.
    pub async fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        log::capture();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("it has an address").to_string();
        let state = Arc::new(Mutex::new(State { replies: replies.into_iter().collect(), ..State::default() }));
        let serving = Arc::clone(&state);
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, Arc::clone(&serving)));
            }
        });
        Self { address, state, accepting }
    }

    /// Gives this answer always.
    pub async fn always(reply: Reply) -> Self {
        Self::answering(move |_| reply.clone()).await
    }

    /// Gives the answer that this finds.
    pub async fn answering(answer: impl FnMut(&Asked) -> Reply + Send + 'static) -> Self {
        let playing = Self::new([]).await;
        locked(&playing.state).otherwise = Some(Box::new(answer));
        playing
    }

    pub fn google(&self) -> Google {
        self.google_at("/token")
    }

    /// Whose token endpoint has this path, so that it can be told who asks.
    pub fn google_at(&self, path: &str) -> Google {
        // Reading the root certificates is most of a test's time.
        static GOOGLE: OnceLock<Google> = OnceLock::new();
        let google = GOOGLE.get_or_init(|| Google::new().expect("root certificates")).clone();
        let endpoints = Endpoints { token: self.url(path), user_info: self.url("/oauth2/v3/userinfo") };
        let google = google.with_endpoints(&endpoints).expect("loopback");
        google.with_time_limits(Duration::from_secs(3), Duration::from_secs(8))
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Waits for the first request.
    pub async fn until_asked(&self) {
        for _ in 0..10_000 {
            if !self.asked().is_empty() {
                return;
            }
            sleep(Duration::from_millis(1)).await;
        }
        panic!("nobody asks");
    }

    pub fn asked(&self) -> Vec<Asked> {
        locked(&self.state).asked.clone()
    }
}

async fn converse(mut stream: TcpStream, state: Arc<Mutex<State>>) {
    let Some(asked) = read(&mut stream).await else { return };
    let reply = {
        let mut state = locked(&state);
        let next = state.replies.pop_front();
        let next = next.or_else(|| state.otherwise.as_mut().map(|answer| answer(&asked)));
        state.asked.push(asked);
        next.unwrap_or_else(Reply::hang_up)
    };
    if let Some(gate) = &reply.gate {
        gate.notified().await;
    }
    for (pause, bytes) in reply.pieces {
        sleep(pause).await;
        if stream.write_all(&bytes).await.is_err() {
            return;
        }
    }
}

async fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        if let Some(asked) = whole(&bytes) {
            return Some(asked);
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn whole(bytes: &[u8]) -> Option<Asked> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.split("\r\n");
    let line = lines.next()?.strip_suffix(" HTTP/1.1")?.to_owned();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let asked = Asked { line, headers, body: body.to_owned() };
    let length = asked.header("content-length").map_or(0, |length| length.parse().unwrap_or(usize::MAX));
    (body.len() == length).then_some(asked)
}
