//! The main loop of every function: starts, takes requests from Lambda, one at a time or several concurrently as Lambda
//! configures it, and answers each in time.

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
use crate::endpoint::{self, BadEndpoint};
use crate::event::{Invocation, Request, UnknownEvent};
use crate::logging;

/// The part of a request's time that is reserved for the answer. A request that is not answered before Lambda's
/// deadline is lost, but still billed.
const FOR_THE_ANSWER: Duration = Duration::from_millis(200);
/// The time limit of one attempt of a request to Google.
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

/// Whether Lambda sends several concurrent requests to this process, as Lambda Managed Instances do.
fn takes_many() -> bool {
    let limit = std::env::var("AWS_LAMBDA_MAX_CONCURRENCY").ok();
    limit.and_then(|limit| limit.parse().ok()).is_some_and(|limit: u32| limit > 1)
}

/// The result of an invocation.
pub enum FunctionReply {
    /// The answer to an HTTP request.
    Http(Result<Answer, Refusal>),
    /// The result of an event.
    Json(Value),
}

/// A response in the format of Lambda's runtime API.
#[derive(Serialize)]
#[serde(untagged)]
enum Response {
    Http(Answer),
    Json(Value),
}

/// Answers HTTP requests and refuses other events. Otherwise like [`serve_all`].
///
/// # Errors
///
/// If Lambda's runtime API cannot be reached.
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
        async move { Ok(FunctionReply::Http(answer.ok_or(Failure::Scheduled)?.await)) }
    })
    .await
}

/// Answers HTTP requests and scheduled events, one at a time, or up to `AWS_LAMBDA_MAX_CONCURRENCY` concurrently.
/// `answer` receives the remaining time, and is cancelled when that is over.
///
/// # Errors
///
/// If Lambda's runtime API cannot be reached.
pub async fn serve_all<A, F>(answer: A) -> Result<(), lambda_runtime::Error>
where
    A: Fn(Invocation, Duration) -> F + Clone + Send + 'static,
    F: Future<Output = Result<FunctionReply, Failure>> + Send + 'static,
{
    // Taken as raw JSON, because the runtime's error message for an unreadable event would quote it.
    let serve = move |event: LambdaEvent<Box<RawValue>>| {
        let time = time_left(event.context.deadline());
        let invocation = Invocation::parse(event.payload.get());
        let begun = invocation.map(|invocation| {
            let kind = Kind::of(&invocation);
            // Boxed because it is large and would be moved with its caller's future.
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

    fn out_of_time(self) -> Result<FunctionReply, Failure> {
        match self {
            Self::Http { .. } => Ok(FunctionReply::Http(Err(Refusal::out_of_time()))),
            Self::Event => Err(Failure::OutOfTime),
        }
    }

    fn response(self, reply: FunctionReply) -> Response {
        match reply {
            FunctionReply::Http(answer) => {
                let code = answer.as_ref().err().map_or("ok", |refusal| refusal.code().as_str());
                let answer = answer.unwrap_or_else(Refusal::into_answer);
                tracing::info!(status = answer.status(), code, "answered");
                let is_multi_value = matches!(self, Self::Http { is_multi_value: true });
                Response::Http(answer.with_multi_value_headers(is_multi_value))
            }
            FunctionReply::Json(value) => Response::Json(value),
        }
    }
}

/// Replaces invalid UTF-8 with U+FFFD: a client can send any bytes in a header, which would make the event unreadable.
fn as_text(mut invocation: LambdaInvocation) -> LambdaInvocation {
    if std::str::from_utf8(&invocation.body).is_err() {
        invocation.body = String::from_utf8_lossy(&invocation.body).into_owned().into();
    }
    invocation
}

/// Why an invocation fails, as reported to its caller. It contains nothing of the event, and no panic message, which
/// can quote a value.
#[derive(Clone, Copy, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The event is not one that the function handles.
    #[error(transparent)]
    UnknownEvent(#[from] UnknownEvent),
    /// A schedule invoked a function that only handles HTTP requests.
    #[error("the event is that of a schedule, and this function takes only HTTP requests")]
    Scheduled,
    /// Neither the event nor the environment names the users.
    #[error("the scheduled event names no users: give it `detail.user_ids`, or set `USERS_TABLE`")]
    NoUsers,
    /// The users cannot be listed now.
    #[error("the users cannot be listed; the log says why")]
    Users,
    /// Some users could not be served. The event can be retried.
    #[error("{failed} of {users} users could not be served; the log says why")]
    Unserved {
        /// The number of users that were not served.
        failed: usize,
        /// The number of all users.
        users: usize,
    },
    /// The invocation ran out of time.
    #[error("there was not enough time for all users")]
    OutOfTime,
    /// A bug in the code.
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

/// Catches a panic of a future. This is safe because the future only changes state of its own request.
async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    let mut future = pin!(future);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(poll) => poll.map(Ok),
        Err(_) => Poll::Ready(Err(Failure::Panicked)),
    })
    .await
}

/// The time until Lambda's `deadline`, minus the time reserved for the answer.
fn time_left(deadline: SystemTime) -> Duration {
    deadline.duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(FOR_THE_ANSWER)
}

/// Why the client for Google cannot be set up.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum NoGoogle {
    /// The environment sets an endpoint to which nothing may be sent.
    #[error(transparent)]
    Endpoint(#[from] BadEndpoint),
    /// The client cannot be set up with its endpoints.
    #[error(transparent)]
    Config(#[from] GoogleConfigError),
}

/// The client for Google, with the endpoints of the environment if it sets any, for local runs.
///
/// # Errors
///
/// [`NoGoogle`].
pub fn google() -> Result<Google, NoGoogle> {
    let google = Endpoints::default();
    let endpoints = Endpoints {
        token: endpoint::from_env("GOOGLE_TOKEN_URL")?.unwrap_or(google.token),
        user_info: endpoint::from_env("GOOGLE_USER_INFO_URL")?.unwrap_or(google.user_info),
    };
    Ok(Google::new()?.with_endpoints(&endpoints)?)
}

/// The base URL of Gmail.
pub(crate) fn gmail_url() -> Result<String, BadEndpoint> {
    Ok(endpoint::from_env("GMAIL_URL")?.unwrap_or_else(|| "https://gmail.googleapis.com".to_owned()))
}

/// The client for Google with the time limit of one request.
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
