//! One side writes between the other's read and write: what is noticed, and what no rule closes.
//!
//! A writer that lets AWS choose the version ids takes no id that the rule could find taken, and finds none taken
//! itself.

use std::thread;

use paypulse_runtime::client::Found;
use paypulse_runtime::oauth::{OauthTokens, TokenOperations};
use serde_json::Value;
use tokio::runtime::Handle;

use super::both::{Both, done, refreshed, secret};
use super::fields::{self, During};
use super::python::{self, PythonFunction};
use super::turns::{PYTHON_FOR_RUST, RUST_FOR_PYTHON, check_updated, store};
use super::{ensure, marks};
use crate::Result;

/// Each on a user of its own.
pub async fn run(both: &mut Both) -> Result {
    a_reconnect_before_the_write_of_a_refresh(both).await?;
    python_deletes_and_creates_between_read_and_write_of_rust(both).await?;
    python_writes_between_read_and_write_of_rust(both).await?;
    python_and_rust_write_between_read_and_write_of_rust(both).await?;
    rust_writes_between_read_and_write_of_python(both).await
}

/// The user connects another account through Python while a refresh of the first is under way in Rust: the read right
/// before the write sees it.
async fn a_reconnect_before_the_write_of_a_refresh(both: &mut Both) -> Result {
    let user = "reconnect";
    store(both, user, &marks::consent(user, "first"), RUST_FOR_PYTHON).await?;
    let record = both.fetching.get_tokens(&secret(user)?).await?;
    let second = store(both, user, &marks::consent(user, "second"), PYTHON_FOR_RUST).await?;
    let token = marks::access_token(&format!("{user}.first"), "refreshed");
    let adopted = both.fetching.update_tokens(&secret(user)?, Some(&record), refreshed(&token)).await?;
    fields::check_equal(&fields::of_record(&adopted), &second)?;
    fields::check_equal(&both.get(RUST_FOR_PYTHON.reader, user).await?.unwrap_or_default(), &second)
}

/// In between the user leaves and comes back as somebody else: a write names the very secret that was read, and that
/// one is gone. So the update starts again from what is there.
async fn python_deletes_and_creates_between_read_and_write_of_rust(both: &mut Both) -> Result {
    let user = "created-again";
    let commands = [python::delete(user), python::store(user, &marks::consent(user, "second"))];
    let come_back = |python: &mut PythonFunction| {
        commands.iter().try_for_each(|command| python.ask(command).and_then(done).map(drop))
    };
    let rounds = update_with_others_between(both, user, come_back).await?;
    ensure(rounds == 2, || format!("the change was made {rounds} times"))?;
    let email = both.get(RUST_FOR_PYTHON.reader, user).await?.unwrap_or_default().remove("google_email");
    ensure(email == Some(format!("{user}.second@gmail.com").into()), || format!("the account is {email:?}"))
}

/// What Python writes in between is replaced.
async fn python_writes_between_read_and_write_of_rust(both: &mut Both) -> Result {
    let user = "python-between";
    let command = python::store(user, &marks::consent(user, "second"));
    let write = |python: &mut PythonFunction| python.ask(&command).and_then(done).map(drop);
    let rounds = update_with_others_between(both, user, write).await?;
    check_replaced(both, user, rounds).await
}

/// And so is what a writer in Rust has built on it, who follows the rule: the version that the update has read still
/// has no successor by the rule.
async fn python_and_rust_write_between_read_and_write_of_rust(both: &mut Both) -> Result {
    let user = "both-between";
    let (storing, secret, runtime) = (both.storing.clone(), secret(user)?, Handle::current());
    let first = marks::refresh_token(&format!("{user}.first"));
    let command = python::update(user, "first, by python", Some(&first));
    let write = |python: &mut PythonFunction| {
        done(python.ask(&command)?)?;
        // The change that an update makes cannot wait for another task of this thread.
        let reconnect = storing.store_tokens(&secret, marks::consent(user, "second"));
        let reconnect = thread::scope(|scope| scope.spawn(|| runtime.block_on(reconnect)).join());
        reconnect.map_err(|_| "the reconnect panicked")?.map(drop).map_err(Into::into)
    };
    let rounds = update_with_others_between(both, user, write).await?;
    check_replaced(both, user, rounds).await
}

/// Connects a user, and lets others write while an update of Rust has read and not yet written. Gives the number of
/// times that the update made its change.
async fn update_with_others_between(
    both: &mut Both,
    user: &str,
    others: impl FnOnce(&mut PythonFunction) -> Result + Send,
) -> Result<usize> {
    store(both, user, &marks::consent(user, "first"), RUST_FOR_PYTHON).await?;
    let (python, mut others, mut ended, mut rounds) = (&mut both.python, Some(others), Ok(()), 0);
    let change = |found: Found<'_, OauthTokens>| {
        let Found::Value(tokens) = found else { return None };
        rounds += 1;
        if let Some(others) = others.take() {
            ended = others(python);
        }
        let mut tokens = tokens.clone();
        tokens.access_token = "by rust".into();
        Some(tokens)
    };
    both.fetching.update(&secret(user)?, change).await?;
    ended.map(|()| rounds)
}

/// The update has noticed nobody, and the user has the first account again.
async fn check_replaced(both: &mut Both, user: &str, rounds: usize) -> Result {
    ensure(rounds == 1, || format!("the change was made {rounds} times"))?;
    let fields = both.get(RUST_FOR_PYTHON.reader, user).await?.unwrap_or_default();
    let found = [fields.get("access_token"), fields.get("google_user_id")];
    let expected = [Some(&Value::from("by rust")), Some(&Value::from(format!("{user}.first")))];
    ensure(found == expected, || format!("what is stored is {found:?}"))
}

/// Python's update looks at nothing: it replaces a reconnect of Rust's by the account that it has read before.
async fn rust_writes_between_read_and_write_of_python(both: &mut Both) -> Result {
    let (user, during) = ("rust-between", During::now());
    let first = store(both, user, &marks::consent(user, "first"), RUST_FOR_PYTHON).await?;
    let refresh_token = marks::refresh_token(&format!("{user}.first"));
    let command = python::update(user, "first, by python", Some(&refresh_token));
    let held = both.python.ask(&python::with(command, "hold", true))?;
    ensure(held.held, || "the Python function did not wait".into())?;
    both.store(RUST_FOR_PYTHON.writer, user, &marks::consent(user, "second")).await?;
    done(both.python.release()?)?;
    check_updated(both, user, &first, "first, by python", &during, PYTHON_FOR_RUST).await.map(drop)
}
