//! The main loop of every function: start, receive requests from Lambda (one at a time, or as many at once as Lambda
//! says), and answer each before its deadline.

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

/// The part of a request's time that is reserved for the answer. A request without an answer at its deadline is lost,
/// and still billed.
const FOR_THE_ANSWER: Duration = Duration::from_millis(200);
/// Time limit of one request to Google, which may then be repeated.
const GOOGLE_ATTEMPT: Duration = Duration::from_secs(3);

/// Runs a function until Lambda ends the process. A function that cannot start logs the reason and fails.
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

/// Whether Lambda sends this process several requests at once, as Lambda Managed Instances do.
fn takes_many() -> bool {
    let limit = std::env::var("AWS_LAMBDA_MAX_CONCURRENCY").ok();
    limit.and_then(|limit| limit.parse().ok()).is_some_and(|limit: u32| limit > 1)
}

/// The result of an invocation.
pub enum Reply {
    /// The answer to a request.
    Http(Result<Answer, Refusal>),
    /// The result of an event.
    Json(Value),
}

/// The response in the format of Lambda's runtime API.
#[derive(Serialize)]
#[serde(untagged)]
enum Response {
    Http(Answer),
    Json(Value),
}

/// Answers only HTTP requests, and rejects other events. Otherwise like [`serve_all`].
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

/// Answers requests and events of a schedule: one at a time, or up to `AWS_LAMBDA_MAX_CONCURRENCY` at once. `answer`
/// gets the remaining time, and is dropped when it is over.
///
/// # Errors
///
/// When Lambda's runtime API cannot be reached.
pub async fn serve_all<A, F>(answer: A) -> Result<(), lambda_runtime::Error>
where
    A: Fn(Invocation, Duration) -> F + Clone + Send + 'static,
    F: Future<Output = Result<Reply, Failure>> + Send + 'static,
{
    // Not deserialized by the runtime, whose error message would quote an event that cannot be read.
    let serve = move |event: LambdaEvent<Box<RawValue>>| {
        let time = time_left(event.context.deadline());
        let invocation = Invocation::parse(event.payload.get());
        let begun = invocation.map(|invocation| {
            let kind = Kind::of(&invocation);
            // Boxed, because it is large and would be moved with its caller's future.
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

/// The kind of answer that an invocation gets.
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

/// Replaces invalid bytes by U+FFFD: a client's header need not be UTF-8, and would make the event unreadable.
fn as_text(mut invocation: LambdaInvocation) -> LambdaInvocation {
    if std::str::from_utf8(&invocation.body).is_err() {
        invocation.body = String::from_utf8_lossy(&invocation.body).into_owned().into();
    }
    invocation
}

/// Why an invocation fails, as its caller sees it. Repeats neither the event nor the message of a panic, which can
/// quote a value.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The function does not accept this kind of event.
    #[error(transparent)]
    UnknownEvent(#[from] UnknownEvent),
    /// A schedule invoked a function that answers only requests.
    #[error("the event is of a schedule, and this function takes HTTP requests only")]
    Scheduled,
    /// Neither the event nor the environment names users.
    #[error("the scheduled event names no users: give it `detail.user_ids`, or set `USERS_TABLE`")]
    NoUsers,
    /// The users cannot be listed now.
    #[error("the users cannot be listed; the log says why")]
    Users,
    /// The invocation failed for some users, and can be repeated.
    #[error("{failed} of {users} users could not be served; the log says why")]
    Unserved {
        /// The number of users for whom it failed.
        failed: usize,
        /// The number of all users.
        users: usize,
    },
    /// The time of the invocation is over.
    #[error("there was not enough time for all users")]
    OutOfTime,
    /// The code panicked.
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

/// The outcome of a future that may panic. Unwind safety is asserted, because a future changes only state of its own
/// request.
async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let mut future = pin!(future);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(_) => Poll::Ready(Err(Failure::Panicked)),
    })
    .await
}

/// The time until `deadline`, when Lambda ends the invocation, minus the time for the answer.
fn time_left(deadline: SystemTime) -> Duration {
    deadline.duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(FOR_THE_ANSWER)
}

/// The client of Google, at its public endpoints or, for a local run, at those that the environment names.
///
/// # Errors
///
/// [`GoogleConfigError`] if one of them is neither `https` nor on loopback.
pub fn google() -> Result<Google, GoogleConfigError> {
    let google = Endpoints::default();
    let endpoints = Endpoints {
        token: endpoint("GOOGLE_TOKEN_URL", google.token),
        user_info: endpoint("GOOGLE_USER_INFO_URL", google.user_info),
    };
    Google::new()?.with_endpoints(&endpoints)
}

/// The address of Gmail.
pub(crate) fn gmail_url() -> String {
    endpoint("GMAIL_URL", "https://gmail.googleapis.com".to_owned())
}

/// An address from the environment, or the default.
fn endpoint(variable: &str, default: String) -> String {
    std::env::var(variable).unwrap_or(default)
}

/// The client of Google with the time limit of one request.
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
