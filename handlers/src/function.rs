//! What every function does: start, take requests from Lambda, one at a time or as many at once as Lambda says, and answer
//! each within its time.

use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::process::ExitCode;
use std::task::Poll;
use std::time::{Duration, SystemTime};

use lambda_runtime::layers::TracingLayer;
use lambda_runtime::tower::util::MapRequestLayer;
use lambda_runtime::{Diagnostic, LambdaEvent, LambdaInvocation, Runtime, service_fn};
use paypulse_runtime::google::{Endpoints, Google, GoogleConfigError};
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::answer::{Answer, Refusal};
use crate::event::{Invocation, Request, UnknownEvent};
use crate::logging;

/// So much of a request's time is kept for the answer. What is not answered by the end is lost, and billed all the same.
const FOR_THE_ANSWER: Duration = Duration::from_millis(200);
/// One request to Google is given up, and perhaps repeated, after this.
const GOOGLE_ATTEMPT: Duration = Duration::from_secs(3);

/// Runs a function until Lambda ends the process. A function that cannot start says why, and fails.
pub fn main(run: impl Future<Output = Result<(), lambda_runtime::Error>>) -> ExitCode {
    logging::init();
    let mut runtime = if takes_many() {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    let runtime = runtime.enable_all().build();
    let done = runtime.map_err(lambda_runtime::Error::from).and_then(|runtime| runtime.block_on(run));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function ends");
            ExitCode::FAILURE
        }
    }
}

/// Whether Lambda gives this process many requests at once, as Lambda Managed Instances do.
fn takes_many() -> bool {
    let limit = std::env::var("AWS_LAMBDA_MAX_CONCURRENCY").ok();
    limit.and_then(|limit| limit.parse().ok()).is_some_and(|limit: u32| limit > 1)
}

/// What an invocation comes to.
pub enum Reply {
    /// The answer to a request.
    Http(Result<Answer, Refusal>),
    /// What became of an event.
    Json(Value),
}

/// As Lambda's runtime API takes it.
#[derive(Serialize)]
#[serde(untagged)]
enum Response {
    Http(Answer),
    Json(Value),
}

/// Answers HTTP requests, and no other events. As [`serve_all`] otherwise.
///
/// # Errors
///
/// When Lambda's runtime API cannot be reached.
pub async fn serve<A, F>(answer: A) -> Result<(), lambda_runtime::Error>
where
    A: Fn(Request, Duration) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Answer, Refusal>> + Send + 'static,
{
    serve_all(move |invocation, time| {
        let answer = match invocation {
            Invocation::Request(request) => Some(answer(request, time)),
            Invocation::Scheduled(_) => None,
        };
        async move { Ok(Reply::Http(answer.ok_or(Failure::Scheduled)?.await)) }
    })
    .await
}

/// Answers requests and events of a schedule: one at a time, or up to `AWS_LAMBDA_MAX_CONCURRENCY` at once. `answer` is told how
/// much time there is, and is cut off when that is over.
///
/// # Errors
///
/// When Lambda's runtime API cannot be reached.
pub async fn serve_all<A, F>(answer: A) -> Result<(), lambda_runtime::Error>
where
    A: Fn(Invocation, Duration) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Reply, Failure>> + Send + 'static,
{
    // Taken as it is: the message about an event that cannot be read would quote it.
    let serve = move |event: LambdaEvent<Box<RawValue>>| {
        let time = time_left(event.context.deadline());
        let invocation = Invocation::parse(event.payload.get());
        let begun = invocation.map(|invocation| {
            let kind = Kind::of(&invocation);
            // Boxed: it is large, and would be moved wherever its caller's future is.
            (kind, Box::pin(answer(invocation, time)))
        });
        async move {
            let (kind, answer) = begun?;
            let reply = tokio::time::timeout(time, caught(answer)).await;
            Ok::<_, Failure>(kind.response(reply.unwrap_or_else(|_| Ok(kind.out_of_time()))??))
        }
    };
    let runtime = Runtime::new(service_fn(serve)).layer(TracingLayer::new()).layer(MapRequestLayer::new(as_text));
    runtime.run_concurrent().await
}

/// What kind of answer an invocation gets.
#[derive(Clone, Copy)]
enum Kind {
    Http { is_multi_value: bool },
    Event,
}

impl Kind {
    const fn of(invocation: &Invocation) -> Self {
        match invocation {
            Invocation::Request(request) => Self::Http { is_multi_value: request.wants_multi_value_headers() },
            Invocation::Scheduled(_) => Self::Event,
        }
    }

    fn out_of_time(self) -> Result<Reply, Failure> {
        match self {
            Self::Http { .. } => Ok(Reply::Http(Err(Refusal::out_of_time()))),
            Self::Event => Err(Failure::OutOfTime),
        }
    }

    fn response(self, reply: Reply) -> Response {
        match reply {
            Reply::Http(answer) => {
                let code = answer.as_ref().err().map_or("ok", |refusal| refusal.code().as_str());
                let answer = answer.unwrap_or_else(Refusal::into_answer);
                tracing::info!(status = answer.status(), code, "answered");
                let is_multi_value = matches!(self, Self::Http { is_multi_value: true });
                Response::Http(answer.with_multi_value_headers(is_multi_value))
            }
            Reply::Json(value) => Response::Json(value),
        }
    }
}

/// A header of a client need not be UTF-8, and would make the event unreadable: invalid bytes become U+FFFD.
fn as_text(mut invocation: LambdaInvocation) -> LambdaInvocation {
    if std::str::from_utf8(&invocation.body).is_err() {
        invocation.body = String::from_utf8_lossy(&invocation.body).into_owned().into();
    }
    invocation
}

/// Why an invocation fails, as its caller sees it. Repeats nothing of the event, nor what a panic
/// says, which can quote a value.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// It is not an event that the function takes.
    #[error(transparent)]
    UnknownEvent(#[from] UnknownEvent),
    /// A schedule invokes a function that answers requests only.
    #[error("the event is of a schedule, and this function takes HTTP requests only")]
    Scheduled,
    /// Nobody says for which users.
    #[error("the scheduled event names no users: give it `detail.user_ids`, or set `USERS_TABLE`")]
    NoUsers,
    /// The users cannot be listed now.
    #[error("the users cannot be listed; the log says why")]
    Users,
    /// It was not done for all users, and can be done again.
    #[error("{failed} of {users} users could not be served; the log says why")]
    Unserved {
        /// For how many it was not done.
        failed: usize,
        /// For how many it was to be done.
        users: usize,
    },
    /// The time of the invocation is over.
    #[error("there was not enough time for all users")]
    OutOfTime,
    /// The code is at fault.
    #[error("the function panicked; its log says where")]
    Panicked,
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        let error_type = match failure {
            Failure::UnknownEvent(_) | Failure::Scheduled => "UnknownEvent",
            Failure::NoUsers => "NoUsers",
            Failure::Users => "UsersUnavailable",
            Failure::Unserved { .. } => "Unserved",
            Failure::OutOfTime => "OutOfTime",
            Failure::Panicked => "Panicked",
        };
        Self { error_type: error_type.to_owned(), error_message: failure.to_string() }
    }
}

/// The outcome of a future that may panic. What it has changed by then belongs to its own request.
async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let mut future = pin!(future);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(_) => Poll::Ready(Err(Failure::Panicked)),
    })
    .await
}

/// Lambda ends the invocation at `deadline`.
fn time_left(deadline: SystemTime) -> Duration {
    deadline.duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(FOR_THE_ANSWER)
}

/// Google, at its own addresses or, for a run on this machine, at those that the environment names.
///
/// # Errors
///
/// [`GoogleConfigError`] where one of them is neither `https` nor on loopback.
pub fn google() -> Result<Google, GoogleConfigError> {
    let google = Endpoints::default();
    let endpoints = Endpoints {
        token: endpoint("GOOGLE_TOKEN_URL", google.token),
        user_info: endpoint("GOOGLE_USER_INFO_URL", google.user_info),
    };
    Google::new()?.with_endpoints(&endpoints)
}

/// Where Gmail is.
pub(crate) fn gmail_url() -> String {
    endpoint("GMAIL_URL", "https://gmail.googleapis.com".to_owned())
}

/// An address that the environment names, else the one that there is.
fn endpoint(variable: &str, default: String) -> String {
    std::env::var(variable).unwrap_or(default)
}

/// Google for one request.
pub(crate) fn within(google: &Google, time: Duration) -> Google {
    google.clone().with_time_limits(GOOGLE_ATTEMPT, time)
}

#[cfg(test)]
mod tests {
    use super::{Diagnostic, caught};

    #[tokio::test]
    async fn err_a_panic_fails_its_invocation_and_is_not_quoted() {
        assert!(matches!(caught(async { 7 }).await, Ok(7)));
        let failure = caught(async { panic!("hush") }).await.map(|(): ()| ()).expect_err("it panics");
        let Diagnostic { error_type, error_message } = failure.into();
        assert_eq!((error_type.as_str(), error_message.contains("hush")), ("Panicked", false));
    }
}
