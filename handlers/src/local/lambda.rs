//! Lambda from a function's point of view: starts the program with Lambda's environment, hands out events through the
//! runtime API, and receives responses and errors.
//!
//! Source: [the runtime API](https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::Request;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::time::sleep;

use super::loopback::{Loopback, Reply};

/// The interval at which the program's exit is polled.
const LOOK: Duration = Duration::from_millis(20);

/// How an invocation ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The function's response.
    Answered(Value),
    /// The function's error, as it posted it.
    Failed(Value),
    /// The time was over; Lambda would have ended the invocation.
    TimedOut,
    /// The function's program exited.
    Ended(ExitStatus),
}

/// Starts functions with the runtime API and their environment.
pub struct Lambda {
    environment: Vec<(String, String)>,
}

impl Lambda {
    /// A Lambda whose functions have only these environment variables and Lambda's own.
    #[must_use]
    pub fn new(environment: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self { environment: environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect() }
    }

    /// Starts a function's program. The access key id is the function's name, which identifies its role.
    ///
    /// # Errors
    ///
    /// If the program cannot be started, or no port is free.
    pub async fn start(&self, name: &str, mut program: Command) -> io::Result<Function> {
        let (events, waiting) = mpsc::unbounded_channel();
        let api = Arc::new(Api { waiting: tokio::sync::Mutex::new(waiting), under_way: Mutex::default() });
        let server = Loopback::serve(move |request| {
            let api = Arc::clone(&api);
            async move { api.answer(request).await }
        });
        let server = server.await?;
        program.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        // Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
        program
            .env("AWS_LAMBDA_RUNTIME_API", server.address().to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", name)
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", name)
            .env("AWS_SECRET_ACCESS_KEY", "none")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut process = program.spawn()?;
        let log = Arc::default();
        let readers = [
            process.stdout.take().map(|stream| keep(stream, &log)),
            process.stderr.take().map(|stream| keep(stream, &log)),
        ];
        Ok(Function {
            name: name.to_owned(),
            events,
            process: Mutex::new(process),
            log,
            readers: readers.into_iter().flatten().collect(),
            _server: server,
        })
    }
}

/// Collects everything that a program prints.
fn keep(mut stream: impl Read + Send + 'static, log: &Arc<Mutex<Vec<u8>>>) -> thread::JoinHandle<()> {
    let log = Arc::clone(log);
    thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(size @ 1..) = stream.read(&mut chunk) {
            locked(&log).extend_from_slice(&chunk[..size]);
        }
    })
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A function with a running program, which is killed on drop.
pub struct Function {
    name: String,
    events: mpsc::UnboundedSender<QueuedInvocation>,
    process: Mutex<Child>,
    log: Arc<Mutex<Vec<u8>>>,
    readers: Vec<thread::JoinHandle<()>>,
    _server: Loopback,
}

struct QueuedInvocation {
    event: Bytes,
    time: Duration,
    outcome: oneshot::Sender<Outcome>,
}

impl Function {
    /// Invokes the function with an event, and waits for its outcome until five seconds after its time is over.
    pub async fn invoke(&self, event: impl Into<Bytes>, time: Duration) -> Outcome {
        let (outcome, ended) = oneshot::channel();
        // Fails if the program has exited, which is reported below.
        let _ = self.events.send(QueuedInvocation { event: event.into(), time, outcome });
        let exits = async {
            loop {
                if let Ok(Some(status)) = locked(&self.process).try_wait() {
                    return Outcome::Ended(status);
                }
                sleep(LOOK).await;
            }
        };
        tokio::select! {
            biased;
            Ok(outcome) = ended => outcome,
            ended = exits => ended,
            // Starts now, not when the program takes the event, so that a slow start counts as well.
            () = sleep(time + Duration::from_secs(5)) => Outcome::TimedOut,
        }
    }

    /// Everything that the program has printed so far.
    #[must_use]
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&locked(&self.log)).into_owned()
    }

    /// Kills the program, and returns everything that it has printed.
    #[must_use]
    pub fn stop(mut self) -> String {
        self.end();
        for reader in self.readers.drain(..) {
            // A reader that panicked has collected everything that it could.
            let _ = reader.join();
        }
        self.log()
    }

    fn end(&self) {
        let mut process = locked(&self.process);
        // The program can have exited already.
        let _ = process.kill();
        let _ = process.wait();
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        self.end();
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The runtime API of one function.
struct Api {
    waiting: tokio::sync::Mutex<mpsc::UnboundedReceiver<QueuedInvocation>>,
    under_way: Mutex<HashMap<String, oneshot::Sender<Outcome>>>,
}

impl Api {
    async fn answer(&self, request: Request<Bytes>) -> Reply {
        const PREFIX: &str = "/2018-06-01/runtime/invocation/";
        let path = request.uri().path().to_owned();
        let Some(rest) = path.strip_prefix(PREFIX) else { return Reply::json(404, "{}") };
        match (request.method().as_str(), rest.split_once('/')) {
            ("GET", None) if rest == "next" => self.next().await,
            ("POST", Some((id, what @ ("response" | "error")))) => self.ends(id, what, request.body()),
            _ => Reply::json(404, "{}"),
        }
    }

    /// Waits for the next event without a time limit, as Lambda does.
    async fn next(&self) -> Reply {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let Some(invocation) = self.waiting.lock().await.recv().await else { return Reply::json(500, "{}") };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let id = format!("8476a536-e9f4-11e8-9739-{number:012}");
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        locked(&self.under_way).insert(id.clone(), invocation.outcome);
        Reply::bytes(200, invocation.event)
            .with_header("lambda-runtime-aws-request-id", id)
            .with_header("lambda-runtime-deadline-ms", (now + invocation.time).as_millis())
            .with_header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-west-1:123456789012:function:local")
            .with_header("lambda-runtime-trace-id", format!("Root=1-5bef4de7-{number:024};Sampled=0"))
    }

    fn ends(&self, id: &str, what: &str, body: &[u8]) -> Reply {
        let Some(outcome) = locked(&self.under_way).remove(id) else { return Reply::json(400, "{}") };
        let body = serde_json::from_slice(body).unwrap_or_default();
        // The caller can have stopped waiting.
        let _ = outcome.send(if what == "response" { Outcome::Answered(body) } else { Outcome::Failed(body) });
        Reply::json(202, r#"{"status":"OK"}"#)
    }
}
