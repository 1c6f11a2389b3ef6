//! The calls that PayPulse's Python functions make, which decide what their roles need.

use super::both::done;
use super::marks;
use super::python::{self, PythonFunction};
use super::server::Server;
use crate::Result;
use crate::tools::Tools;

pub async fn run(tools: &Tools) -> Result {
    let server = Server::embedded().await?;
    let mut python = PythonFunction::start(tools, &server)?;
    let (user, token) = ("calls", marks::refresh_token("calls.first"));
    let store = python::store(user, &marks::consent(user, "first"));
    for (command, expected) in [
        (&store, ["UpdateSecret", "CreateSecret"].as_slice()),
        (&store, &["UpdateSecret"]),
        (&python::get(user), &["GetSecretValue"]),
        (&python::update(user, "second", Some(&token)), &["GetSecretValue", "UpdateSecret"]),
        (&python::delete(user), &["DeleteSecret"]),
    ] {
        done(python.ask(command)?)?;
        let calls = server.take_calls();
        super::ensure(calls == expected, || format!("`{}` makes the calls {calls:?}", command["command"]))?;
    }
    Ok(())
}
