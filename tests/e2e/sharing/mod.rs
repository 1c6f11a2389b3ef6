//! The Python functions that run today and the Rust client on the same users' tokens: taking turns, where each has to
//! read what the other wrote, and at once, where nothing may be lost that the optimistic rule covers.

mod actors;
mod at_once;
mod both;
mod calls;
mod fields;
mod history;
mod marks;
mod python;
mod rules;
mod server;
mod turns;
mod windows;

use std::fmt;

use libtest_mimic::Trial;
use tokio::runtime::Runtime;

use crate::tools::Tools;
use crate::{Result, check};
use server::Server;

/// How long an access token of these checks lives, in seconds: longer than any check.
const LIFETIME: u64 = 3600;

/// Who acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Python,
    Rust,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Python => "python",
            Self::Rust => "rust",
        })
    }
}

/// All checks of this part.
///
/// Taking turns works on any server. At once only a server will do on which a taken `ClientRequestToken` is refused, as
/// AWS documents it: the embedded one, and moto as one that others have written. ministack silently overwrites the
/// version and does not look at the token of a creation, so there the rule covers nothing that could be held.
pub fn checks(tools: &Tools) -> Vec<Trial> {
    let trial = |name, run: fn(&Tools) -> Result| {
        let tools = tools.clone();
        check(name, move || run(&tools))
    };
    vec![
        trial("python_makes_the_calls_of_paypulse", |tools| Runtime::new()?.block_on(calls::run(tools))),
        trial("python_and_rust_take_turns", |tools| {
            Runtime::new()?.block_on(async { turns::run(tools, Server::embedded().await?).await })
        }),
        trial("python_and_rust_take_turns_on_ministack", |tools| {
            Runtime::new()?.block_on(async { turns::run(tools, Server::ministack(tools)?).await })
        }),
        trial("python_and_rust_at_once", |tools| {
            Runtime::new()?.block_on(async { at_once::run(tools, &Server::embedded().await?).await })
        }),
        trial("python_and_rust_at_once_on_moto", |tools| {
            Runtime::new()?.block_on(async { at_once::run(tools, &Server::moto(tools)?).await })
        }),
    ]
}

/// Fails with a sentence unless something holds.
fn ensure(holds: bool, or: impl FnOnce() -> String) -> Result {
    if holds { Ok(()) } else { Err(or().into()) }
}
