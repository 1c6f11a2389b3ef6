//! Those who act at once. Each does one operation after the other, and notes what became of it.

use std::time::Instant;

use paypulse_runtime::client::{Error, Found, Secrets};
use paypulse_runtime::model::Payload;
use paypulse_runtime::oauth::{OauthTokens, TokenError, TokenOperations, TokenRecord};
use paypulse_runtime::spec::{FetchInvoices, GmailStoreTokens};

use super::Side;
use super::both::{refreshed, secret};
use super::history::{Event, Mix, Op, Outcome};
use super::marks::{self, View};
use super::python::{self, Answer, PythonFunction};
use super::server::Server;
use crate::Result;

/// What an actor has done to which user.
pub type Notes = Vec<(String, Event)>;

/// The user and the operation of each turn: a few turns on one user, so that others meet there, then on the next.
fn turns(ops: &'static [Op], users: &[String], first: usize, times: usize) -> Vec<(String, Op)> {
    let op = |turn: usize| ops[(first + turn + turn / ops.len()) % ops.len()];
    (0..times).map(|turn| (users[turn / 5 % users.len()].clone(), op(turn))).collect()
}

/// An actor's name, and what it has done.
struct Book {
    side: Side,
    name: String,
    marks: usize,
    notes: Notes,
}

impl Book {
    fn new(side: Side, number: usize) -> Self {
        Self { side, name: format!("{side}{number}"), marks: 0, notes: Vec::new() }
    }

    /// A mark that nobody else has.
    fn mark(&mut self) -> String {
        self.marks += 1;
        format!("{}-{}", self.name, self.marks)
    }

    fn note(&mut self, user: &str, op: Op, started: Instant, tried: Option<String>, outcome: Outcome) {
        let event = Event { side: self.side, op, started, ended: Instant::now(), tried, outcome };
        self.notes.push((user.to_owned(), event));
    }
}

/// The Rust client as two of PayPulse's handlers have it.
#[derive(Clone)]
pub struct Handlers {
    storing: Secrets<GmailStoreTokens>,
    fetching: Secrets<FetchInvoices>,
}

impl Handlers {
    pub fn of(server: &Server) -> Self {
        Self { storing: server.secrets(), fetching: server.secrets() }
    }
}

/// A task that calls them.
pub struct RustActor {
    handlers: Handlers,
    number: usize,
    book: Book,
}

impl RustActor {
    pub fn new(handlers: &Handlers, number: usize) -> Self {
        Self { handlers: handlers.clone(), number, book: Book::new(Side::Rust, number) }
    }

    pub async fn act(mut self, mix: &'static Mix, users: Vec<String>, times: usize) -> Result<Notes> {
        for (user, op) in turns(mix.rust, &users, self.number, times) {
            match op {
                Op::Read => self.read(&user).await.map(drop)?,
                Op::Store => self.store(&user).await?,
                Op::Refresh => self.refresh(&user).await?,
                Op::Append => self.append(&user).await?,
                Op::Delete => self.delete(&user).await?,
            }
        }
        Ok(self.book.notes)
    }

    /// Connects users, so that there is something to act on.
    pub async fn connect(mut self, users: &[String]) -> Result<Notes> {
        for user in users {
            self.store(user).await?;
        }
        Ok(self.book.notes)
    }

    async fn read(&mut self, user: &str) -> Result<Option<TokenRecord>> {
        let started = Instant::now();
        let record = self.handlers.fetching.get_tokens(&secret(user)?).await;
        let outcome = of_record(user, &record, None, None);
        self.book.note(user, Op::Read, started, None, outcome);
        Ok(record.ok())
    }

    async fn store(&mut self, user: &str) -> Result {
        let (mark, started) = (self.book.mark(), Instant::now());
        let stored = self.handlers.storing.store_tokens(&secret(user)?, marks::consent(user, &mark)).await;
        let record = stored.map(|stored| stored.record);
        let outcome = of_record(user, &record, Some(&mark), None);
        self.book.note(user, Op::Store, started, Some(mark), outcome);
        Ok(())
    }

    async fn refresh(&mut self, user: &str) -> Result {
        let Some(read) = self.read(user).await?.filter(|record| record.refresh_token().is_ok()) else { return Ok(()) };
        let (mark, started) = (self.book.mark(), Instant::now());
        let token = marks::access_token(View::of(user, &read.tokens)?.buyer(), &mark);
        let record = self.handlers.fetching.update_tokens(&secret(user)?, Some(&read), refreshed(&token)).await;
        let outcome = of_record(user, &record, Some(&mark), Some(read.version));
        self.book.note(user, Op::Refresh, started, Some(mark), outcome);
        Ok(())
    }

    async fn append(&mut self, user: &str) -> Result {
        let (mark, started) = (self.book.mark(), Instant::now());
        let mut base = None;
        let change = |found: Found<'_, OauthTokens>| {
            let Found::Value(tokens) = found else { return None };
            let view = View::of(user, tokens).ok()?;
            let mut tokens = tokens.clone();
            tokens.access_token = marks::access_token(view.buyer(), &mark).into();
            tokens.scope = marks::scope_with(&tokens.scope, &mark);
            base = Some(view.mark);
            Some(tokens)
        };
        let outcome = match self.handlers.fetching.update(&secret(user)?, change).await {
            Ok(written) => of_tokens(user, &written.stored, written.stored.version(), Some(&mark), base),
            Err(error) => refused(&error),
        };
        self.book.note(user, Op::Append, started, Some(mark), outcome);
        Ok(())
    }

    async fn delete(&mut self, user: &str) -> Result {
        let started = Instant::now();
        let outcome = match self.handlers.fetching.delete_tokens(&secret(user)?).await {
            Ok(_) => Outcome::Deleted,
            Err(error) => Outcome::Refused(error.kind().to_string()),
        };
        self.book.note(user, Op::Delete, started, None, outcome);
        Ok(())
    }
}

fn of_record(
    user: &str,
    record: &std::result::Result<TokenRecord, TokenError>,
    mark: Option<&str>,
    base: Option<String>,
) -> Outcome {
    match record {
        Ok(record) => of_tokens(user, &record.tokens, &record.version, mark, base),
        Err(TokenError::Secrets(error)) => refused(error),
        Err(error) => Outcome::Refused(error.kind().to_string()),
    }
}

/// A call that returns the tokens has written them if they bear its mark; else they are what it found.
fn of_tokens(user: &str, tokens: &OauthTokens, version: &str, mark: Option<&str>, base: Option<String>) -> Outcome {
    match View::of(user, tokens) {
        Ok(view) if Some(view.mark.as_str()) == mark => Outcome::Wrote { version: version.to_owned(), base },
        Ok(view) => Outcome::Saw(Some((view, version.to_owned()))),
        Err(error) => Outcome::Broken(error),
    }
}

fn refused(error: &Error) -> Outcome {
    match error {
        Error::NotFound { .. } => Outcome::Saw(None),
        Error::InvalidPayload { source, .. } => Outcome::Broken(source.to_string()),
        error => Outcome::Refused(error.kind().to_string()),
    }
}

/// A Python function.
pub struct PythonActor<'a> {
    python: &'a mut PythonFunction,
    number: usize,
    book: Book,
}

impl<'a> PythonActor<'a> {
    pub fn new(python: &'a mut PythonFunction, number: usize) -> Self {
        Self { python, number, book: Book::new(Side::Python, number) }
    }

    pub fn act(mut self, mix: &'static Mix, users: &[String], times: usize) -> Result<Notes> {
        for (user, op) in turns(mix.python, users, self.number, times) {
            match op {
                Op::Read => self.read(&user).map(drop)?,
                Op::Store => self.store(&user)?,
                Op::Refresh => self.refresh(&user)?,
                Op::Delete => self.delete(&user)?,
                Op::Append => return Err("the Python function knows no such operation".into()),
            }
        }
        Ok(self.book.notes)
    }

    fn read(&mut self, user: &str) -> Result<Option<View>> {
        let started = Instant::now();
        let answer = self.python.ask(&python::get(user))?;
        let outcome = match (&answer.error, &answer.result, answer.read.clone()) {
            _ if answer.is_missing() => Outcome::Saw(None),
            (Some(error), ..) => Outcome::Refused(error.clone()),
            (None, None, _) => Outcome::Saw(None),
            (None, Some(tokens), version) => match OauthTokens::parse(&tokens.to_string()) {
                Ok(tokens) => of_tokens(user, &tokens, &version.unwrap_or_default(), None, None),
                Err(error) => Outcome::Broken(error.to_string()),
            },
        };
        let view = if let Outcome::Saw(Some((view, _))) = &outcome { Some(view.clone()) } else { None };
        self.book.note(user, Op::Read, started, None, outcome);
        Ok(view)
    }

    fn store(&mut self, user: &str) -> Result {
        let (mark, started) = (self.book.mark(), Instant::now());
        let answer = self.python.ask(&python::store(user, &marks::consent(user, &mark)))?;
        self.book.note(user, Op::Store, started, Some(mark), wrote(answer));
        Ok(())
    }

    fn refresh(&mut self, user: &str) -> Result {
        let Some(view) = self.read(user)?.filter(|view| view.connection.is_some()) else { return Ok(()) };
        let (mark, started) = (self.book.mark(), Instant::now());
        let refresh_token = marks::refresh_token(view.buyer());
        let command = python::update(user, &marks::access_token(view.buyer(), &mark), Some(&refresh_token));
        let answer = self.python.ask(&command)?;
        self.book.note(user, Op::Refresh, started, Some(mark), wrote(answer));
        Ok(())
    }

    fn delete(&mut self, user: &str) -> Result {
        let started = Instant::now();
        let answer = self.python.ask(&python::delete(user))?;
        let outcome = answer.error.map_or(Outcome::Deleted, Outcome::Refused);
        self.book.note(user, Op::Delete, started, None, outcome);
        Ok(())
    }
}

fn wrote(answer: Answer) -> Outcome {
    match answer.error {
        Some(error) => Outcome::Refused(error),
        None => Outcome::Wrote { version: answer.wrote.unwrap_or_default(), base: answer.read },
    }
}
