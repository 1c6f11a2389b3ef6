//! Explains the calls that the local server denied, with the line of the spec to add.

use std::collections::BTreeSet;
use std::io;

use driftless_model::is_region;
use driftless_testing::RecordedCall;

use super::access_key_id;
use crate::access::Module;
use crate::output::{self, Streams};
use crate::why::{AlsoGiven, Environment, Question, Ruling, answer};

/// The account and the default Region of the server.
const ACCOUNT: &str = "123456789012";
const REGION: &str = "eu-west-1";

/// Prints each denied call once, with its cause.
///
/// # Errors
///
/// If the stream cannot be written.
pub fn explain(environment: &Environment<'_>, calls: &[RecordedCall], streams: &mut Streams<'_>) -> io::Result<()> {
    let is_denied = |call: &&RecordedCall| call.outcome.as_ref().is_err_and(|code| code == "AccessDeniedException");
    let mut denied: BTreeSet<(&str, &str, &str, &str)> = BTreeSet::new();
    for call in calls.iter().filter(is_denied) {
        denied.insert((&call.caller, &call.call, &call.secret_id, &call.region));
    }
    if denied.is_empty() {
        return Ok(());
    }
    let Ok(module) = Module::rendered(&environment.spec) else { return Ok(()) };
    output::local::denied_calls(streams.err, denied.len())?;
    for (caller, call, secret, region) in denied {
        let handlers = &environment.whole.handlers;
        let handler = handlers.iter().find(|handler| access_key_id(environment.prefix, handler) == caller);
        let Some(handler) = handler else {
            output::local::unknown_caller(streams.err, caller, call, secret)?;
            continue;
        };
        let action = format!("secretsmanager:{call}");
        let region = if is_region(region) { region } else { REGION };
        let resource = match secret {
            "" => "*".to_owned(),
            arn if arn.starts_with("arn:") => arn.to_owned(),
            // A name that code asks for is not completed.
            name => format!("arn:aws:secretsmanager:{region}:{ACCOUNT}:secret:{name}"),
        };
        let given = AlsoGiven::default();
        let question = Question::read(environment, [&handler.id, &action, &resource], &given.variables);
        let causes = match question.map(|question| answer(environment, &module, &question, &given).ruling) {
            Ok(Ruling::Denied(cause)) => (cause.why(), cause.next(&environment.spec)),
            Ok(Ruling::Allowed { .. }) => {
                let why =
                    "the spec allows it for other requests: under a condition, or to another function of the role";
                (why.to_owned(), Vec::new())
            }
            Ok(Ruling::Undecided { why, .. }) => (why, Vec::new()),
            Err(wrong) => (wrong.to_string(), vec![wrong.hint()]),
        };
        output::local::denied_call(
            streams.err,
            &handler.id,
            &action,
            if secret.is_empty() { "*" } else { secret },
            &causes,
        )?;
    }
    Ok(())
}
