//! One side writes between the other's read and write: what is noticed, and what no rule closes.
//!
//! A writer that lets AWS choose the version ids takes no id that the rule could find taken, and finds none taken itself.

use std::thread;

use paypulse_runtime::client::Found;
use paypulse_runtime::oauth::OauthTokens;
use tokio::runtime::Handle;

use super::both::{Both, done, refreshed, secret};
use super::fields::{self, During};
use super::python::{self, PythonFunction};
use super::turns::{PYTHON_FOR_RUST, RUST_FOR_PYTHON, check_updated, store, with};
use super::{ensure, marks};
use crate::Result;

/// Each on a user of its own.
pub async fn run(both: &mut Both) -> Result {
    a_reconnect_before_the_write_of_a_refresh(both).await?;
    python_between_read_and_write_of_rust(both).await?;
    python_and_then_rust_between_read_and_write_of_rust(both).await?;
    rust_between_read_and_write_of_python(both).await
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

/// What Python writes after that read is replaced.
async fn python_between_read_and_write_of_rust(both: &mut Both) -> Result {
    let user = "python-between";
    let command = python::store(user, &marks::consent(user, "second"));
    an_update_goes_over(both, user, |python| python.ask(&command).and_then(done).map(drop)).await
}

/// And so is what a writer in Rust has built on it, who follows the rule: the version that the update has read still has
/// no successor by the rule.
async fn python_and_then_rust_between_read_and_write_of_rust(both: &mut Both) -> Result {
    let user = "both-between";
    let (storing, secret, runtime) = (both.storing.clone(), secret(user)?, Handle::current());
    let command = python::update(user, "first, by python");
    an_update_goes_over(both, user, |python| {
        done(python.ask(&command)?)?;
        // The change that an update makes cannot wait for another task of this thread.
        let reconnect = storing.store_tokens(&secret, marks::consent(user, "second"));
        let reconnect = thread::scope(|scope| scope.spawn(|| runtime.block_on(reconnect)).join());
        reconnect.map_err(|_| "the reconnect panicked")?.map(drop).map_err(Into::into)
    })
    .await
}

/// Connects a user, and lets others write while an update of Rust has read and not yet written.
async fn an_update_goes_over(
    both: &mut Both,
    user: &str,
    mut others: impl FnMut(&mut PythonFunction) -> Result + Send,
) -> Result {
    let first = store(both, user, &marks::consent(user, "first"), RUST_FOR_PYTHON).await?;
    let (python, mut others_ended) = (&mut both.python, Vec::new());
    let change = |found: Found<'_, OauthTokens>| {
        let Found::Value(tokens) = found else { return None };
        others_ended.push(others(python));
        let mut tokens = tokens.clone();
        tokens.access_token = "first, by rust".into();
        Some(tokens)
    };
    both.fetching.update(&secret(user)?, change).await?;
    ensure(others_ended.len() == 1, || format!("the update has met others {} times", others_ended.len() - 1))?;
    others_ended.into_iter().collect::<Result<()>>()?;
    let expected = with(&first, "access_token", "first, by rust");
    fields::check_equal(&both.get(RUST_FOR_PYTHON.reader, user).await?.unwrap_or_default(), &expected)
}

/// Python's update looks at nothing: it replaces a reconnect of Rust's by the account that it has read before.
async fn rust_between_read_and_write_of_python(both: &mut Both) -> Result {
    let (user, during) = ("rust-between", During::now());
    let first = store(both, user, &marks::consent(user, "first"), RUST_FOR_PYTHON).await?;
    let held = both.python.ask(&python::with(python::update(user, "first, by python"), "hold", true))?;
    ensure(held.held, || "the Python function did not wait".into())?;
    both.store(RUST_FOR_PYTHON.writer, user, &marks::consent(user, "second")).await?;
    done(both.python.release()?)?;
    check_updated(both, user, &first, "first, by python", &during, PYTHON_FOR_RUST).await.map(drop)
}
