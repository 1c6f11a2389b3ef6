//! At once: several Rust tasks and several Python functions on the same users, in mixes of operations that promise more
//! or less.

use std::collections::BTreeMap;
use std::thread;

use super::actors::{Handlers, Notes, PythonActor, RustActor};
use super::history::{Event, History, Mix, Op};
use super::python::PythonFunction;
use super::rules::{self, Tally};
use super::server::Server;
use crate::Result;
use crate::tools::Tools;

/// The less a mix allows, the more has to hold in it; `rules` says what. Each is played on users of its own.
static MIXES: [Mix; 5] = [
    Mix { name: "changes", rust: &[Op::Append, Op::Refresh, Op::Append, Op::Read], python: &[Op::Read] },
    Mix { name: "reconnects", rust: &[Op::Append, Op::Refresh, Op::Refresh, Op::Store], python: &[Op::Read] },
    Mix {
        name: "deletions",
        rust: &[Op::Refresh, Op::Store, Op::Append, Op::Refresh, Op::Delete, Op::Read],
        python: &[Op::Read, Op::Read, Op::Delete],
    },
    Mix {
        name: "python-writes",
        rust: &[Op::Append, Op::Refresh, Op::Refresh, Op::Store],
        python: &[Op::Refresh, Op::Refresh, Op::Store, Op::Read],
    },
    Mix {
        name: "everything",
        rust: &[Op::Append, Op::Refresh, Op::Store, Op::Delete, Op::Read],
        python: &[Op::Refresh, Op::Store, Op::Refresh, Op::Delete],
    },
];

const USERS: usize = 2;
const RUST_ACTORS: usize = 4;
const PYTHON_ACTORS: usize = 2;
const TURNS_OF_RUST: usize = 12;
const TURNS_OF_PYTHON: usize = 14;

pub async fn run(tools: &Tools, server: &Server) -> Result {
    let mut python = (0..PYTHON_ACTORS).map(|_| PythonFunction::start(tools, server)).collect::<Result<Vec<_>>>()?;
    let handlers = Handlers::of(server);
    let mut tally = Tally::default();
    for mix in &MIXES {
        let users: Vec<String> = (1..=USERS).map(|number| format!("{}-{number}", mix.name)).collect();
        for (user, events) in by_user(play(mix, &users, &mut python, &handlers).await?) {
            let history = History::of(mix, &user, events, server).await?;
            tally += rules::check(&history).map_err(|error| format!("`{user}`: {error}"))?;
        }
    }
    println!("on {}: {tally}", server.name());
    python.iter().try_for_each(PythonFunction::check_log)
}

/// Lets everybody act, and gathers their notes.
async fn play(
    mix: &'static Mix,
    users: &[String],
    python: &mut [PythonFunction],
    handlers: &Handlers,
) -> Result<Notes> {
    let mut notes = RustActor::new(handlers, 0).connect(users).await?;
    let actors = (1..=RUST_ACTORS).map(|number| RustActor::new(handlers, number));
    let rust: Vec<_> = actors.map(|actor| tokio::spawn(actor.act(mix, users.to_vec(), TURNS_OF_RUST))).collect();
    // This thread waits for Python; the runtime has threads of its own.
    thread::scope(|scope| {
        let actors = python.iter_mut().enumerate().map(|(number, python)| PythonActor::new(python, number));
        let python: Vec<_> = actors.map(|actor| scope.spawn(move || actor.act(mix, users, TURNS_OF_PYTHON))).collect();
        for actor in python {
            notes.extend(actor.join().map_err(|_| "a Python actor panicked")??);
        }
        Result::Ok(())
    })?;
    for actor in rust {
        notes.extend(actor.await??);
    }
    Ok(notes)
}

fn by_user(notes: Notes) -> BTreeMap<String, Vec<Event>> {
    let mut users = BTreeMap::<_, Vec<_>>::new();
    for (user, event) in notes {
        users.entry(user).or_default().push(event);
    }
    users
}
