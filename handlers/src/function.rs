//! What every function does: start, take one request after the other from Lambda, and answer each within its time.

use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use paypulse_runtime::google::{Endpoints, Google, GoogleConfigError};
use serde_json::value::RawValue;

use crate::answer::{Answer, Refusal};
use crate::event::{NotARequest, Request};
use crate::logging;

/// So much of a request's time is kept for the answer. What is not answered by the end is lost, and billed all the same.
const FOR_THE_ANSWER: Duration = Duration::from_millis(200);
/// One request to Google is given up, and perhaps repeated, after this.
const GOOGLE_ATTEMPT: Duration = Duration::from_secs(3);

/// Runs a function until Lambda ends the process. A function that cannot start says why, and fails.
pub fn main(run: impl Future<Output = Result<(), lambda_runtime::Error>>) -> ExitCode {
    logging::init();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime.map_err(lambda_runtime::Error::from).and_then(|runtime| runtime.block_on(run));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "the function ends");
            ExitCode::FAILURE
        }
    }
}

/// Answers requests. `answer` is told how much time there is, and is cut off when that is over.
///
/// # Errors
///
/// When Lambda's runtime API cannot be reached.
pub async fn serve<F>(answer: impl Fn(Request, Duration) -> F) -> Result<(), lambda_runtime::Error>
where
    F: Future<Output = Result<Answer, Refusal>>,
{
    // Taken as it is: the message about an event that cannot be read would quote it.
    let serve = |event: LambdaEvent<Box<RawValue>>| {
        let time = time_left(event.context.deadline());
        let request = Request::parse(event.payload.get());
        let answer = request.map(|request| answer(request, time));
        async move {
            let answer = tokio::time::timeout(time, answer?).await.unwrap_or_else(|_| Err(Refusal::out_of_time()));
            let code = answer.as_ref().err().map_or("ok", Refusal::code);
            let answer = answer.unwrap_or_else(Refusal::into_answer);
            tracing::info!(status = answer.status(), code, "answered");
            Ok::<_, NotARequest>(answer)
        }
    };
    lambda_runtime::run(service_fn(serve)).await
}

/// Lambda ends the invocation at `deadline`.
fn time_left(deadline: SystemTime) -> Duration {
    deadline.duration_since(SystemTime::now()).unwrap_or_default().saturating_sub(FOR_THE_ANSWER)
}

/// An event that is no request fails the invocation, so that whoever invokes the function sees it.
impl From<NotARequest> for Diagnostic {
    fn from(error: NotARequest) -> Self {
        Self { error_type: "NotARequest".to_owned(), error_message: error.to_string() }
    }
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

/// An address that the environment names, else the one that there is.
pub(crate) fn endpoint(variable: &str, default: String) -> String {
    std::env::var(variable).unwrap_or(default)
}

/// Google for one request.
pub(crate) fn within(google: &Google, time: Duration) -> Google {
    google.clone().with_time_limits(GOOGLE_ATTEMPT, time)
}
