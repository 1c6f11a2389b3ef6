//! The server behind all transports: parses requests, adds latency, and triggers faults.
//! [`connector`](super::connector) and [`serve`](super::serve) handle connections.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http::Response;
use http::request::Parts;
use hyper::body::Bytes;

use driftless::model::ApiCall;

use super::RecordedCall;
use super::access::{self, Access, Resource};
use super::answer::{self, AnswerBody};
use super::fault::{Fault, FaultKind, Faults};
use super::protocol;
use super::refusal::Refusal;
use super::request::Request;
use super::signing_time;
use super::store::{Store, without_suffix};

/// The maximum size of a request body. The 65,536 bytes of a value take six times that if every byte is escaped.
pub(super) const MAX_BODY: usize = 1024 * 1024;

/// The Secrets Manager of one account.
pub(super) struct Server {
    pub(super) access: Access,
    /// The Region that its secrets are copies in; none where they are no copies.
    copies_in: Option<String>,
    /// Those of other Regions, which answer what is signed for these.
    copies: Mutex<Vec<Arc<Server>>>,
    state: Mutex<State>,
}

/// Shows nothing: the SDK logs its HTTP client with every call, and the state contains the names of secrets.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

/// The mutable state of a server.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) store: Store,
    pub(super) calls: Vec<RecordedCall>,
    pub(super) faults: Faults,
    pub(super) latency: Duration,
    /// What every call meets for which no other fault waits.
    pub(super) outage: Option<FaultKind>,
    /// How far the server's clock is ahead of the system's clock.
    pub(super) ahead: Duration,
}

impl State {
    pub(super) fn now(&self) -> SystemTime {
        SystemTime::now() + self.ahead
    }

    fn fault_for(&mut self, call: ApiCall) -> Option<Fault> {
        let outage = || self.outage.clone().map(|kind| Fault::on(call, kind));
        self.faults.take(call).or_else(outage)
    }
}

enum Outcome {
    Done(Vec<u8>),
    Refused(Refusal),
    Struck(FaultKind),
}

impl Server {
    pub(super) fn new(access: Access) -> Self {
        Self { access, copies_in: None, copies: Mutex::default(), state: Mutex::default() }
    }

    /// The server of a Region of copies, as which it answers from now on.
    pub(super) fn add_copy(&self, region: &str, access: Access) -> Arc<Self> {
        let state = State { store: Store::within(region), ..State::default() };
        let copies_in = Some(region.to_owned());
        let copy = Arc::new(Self { access, copies_in, copies: Mutex::default(), state: Mutex::new(state) });
        self.copies().push(Arc::clone(&copy));
        copy
    }

    /// Brings all copies up to date.
    pub(super) fn replicate(&self) {
        for copy in self.copies().iter() {
            copy.state().store.copy_from(&self.state().store);
        }
    }

    fn copies(&self) -> MutexGuard<'_, Vec<Arc<Self>>> {
        self.copies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server of the copies in the Region that a request is signed for, if there is one.
    fn copy_for(&self, parts: &Parts) -> Option<Arc<Self>> {
        let region = access::region(&parts.headers)?;
        self.copies().iter().find(|copy| copy.copies_in.as_deref() == Some(region)).cloned()
    }

    /// Locks the state, and removes the secrets whose recovery window has ended. A test that panicked while it held the
    /// lock has left no incomplete change, because each change is one call.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = state.now();
        state.store.sweep(now);
        state
    }

    /// Responds to one request. Half of the latency passes before the operation and half after it, so a caller that
    /// stops waiting does not know whether it was performed.
    ///
    /// # Errors
    ///
    /// If a fault breaks the connection.
    pub(super) async fn respond(self: &Arc<Self>, parts: Parts, body: Bytes) -> io::Result<Response<AnswerBody>> {
        let copy = self.copy_for(&parts);
        copy.as_ref().unwrap_or(self).respond_here(parts, body).await
    }

    async fn respond_here(self: &Arc<Self>, parts: Parts, body: Bytes) -> io::Result<Response<AnswerBody>> {
        let latency = self.state().latency;
        let way_there = latency / 2;
        pause(way_there).await;
        let call = protocol::operation(&parts.headers).and_then(ApiCall::from_name);
        let fault = call.and_then(|call| self.state().fault_for(call));
        let outcome = match fault {
            Some(Fault { kind: FaultKind::Slow(time), acts, .. }) => self.act_slowly(parts, body, time, acts).await,
            fault => self.act(&parts, &body, fault),
        };
        pause(latency.saturating_sub(way_there)).await;
        match outcome {
            Outcome::Done(body) => Ok(answer::done(body)),
            Outcome::Refused(refusal) => Ok(answer::refused(&refusal)),
            Outcome::Struck(kind) => answer::faulty(&kind).await,
        }
    }

    /// Performs the operation before or after the delay. In the latter case it runs in a separate task, because a
    /// request that was sent is also carried out if the caller stops waiting.
    async fn act_slowly(self: &Arc<Self>, parts: Parts, body: Bytes, time: Duration, acts: bool) -> Outcome {
        if acts {
            let outcome = self.act(&parts, &body, None);
            pause(time).await;
            return outcome;
        }
        let server = Arc::clone(self);
        let late = tokio::spawn(async move {
            pause(time).await;
            server.act(&parts, &body, None)
        });
        late.await.expect("an operation does not panic")
    }

    fn act(&self, parts: &Parts, body: &[u8], fault: Option<Fault>) -> Outcome {
        let operation = protocol::operation(&parts.headers);
        let call = operation.and_then(ApiCall::from_name);
        let caller = access::caller(&parts.headers);
        let request = read(call, body);
        let secret_id = request.as_ref().map_or("", |(_, request)| request.secret_id()).to_owned();

        let mut state = self.state();
        let outcome = match fault {
            Some(Fault { kind, acts: false, .. }) => Outcome::Struck(kind),
            fault => {
                let request = signing_time::check(&parts.headers, SystemTime::now()).and(request);
                let result = request.and_then(|(call, request)| self.perform(&mut state, caller, call, &request));
                match (fault, result) {
                    (Some(fault), _) => Outcome::Struck(fault.kind),
                    (None, Ok(body)) => Outcome::Done(body),
                    (None, Err(refusal)) => Outcome::Refused(refusal),
                }
            }
        };
        state.calls.push(RecordedCall {
            call: operation.unwrap_or_default().to_owned(),
            secret_id,
            caller: caller.unwrap_or_default().to_owned(),
            region: access::region(&parts.headers).unwrap_or_default().to_owned(),
            outcome: match &outcome {
                Outcome::Done(_) => Ok(()),
                Outcome::Refused(refusal) => Err(refusal.code.clone()),
                Outcome::Struck(kind) => Err(kind.code().to_owned()),
            },
        });
        outcome
    }

    fn perform(
        &self,
        state: &mut State,
        caller: Option<&str>,
        call: ApiCall,
        request: &Request,
    ) -> Result<Vec<u8>, Refusal> {
        let resource = call.is_on_a_secret().then(|| resource(&state.store, request.secret_id()));
        self.access.check(caller, call, resource.as_ref(), request.asked())?;
        if self.copies_in.is_some() && !matches!(call, ApiCall::GetSecretValue | ApiCall::DescribeSecret) {
            return Err(Refusal::on_a_copy());
        }
        let now = state.now();
        protocol::perform(request, &mut state.store, now)
    }
}

fn read(call: Option<ApiCall>, body: &[u8]) -> Result<(ApiCall, Request), Refusal> {
    let call = call.ok_or_else(Refusal::unknown_operation)?;
    if body.len() > MAX_BODY {
        return Err(Refusal::too_large());
    }
    Ok((call, Request::parse(call, body)?))
}

/// The stored name that access is checked for, and the name in a denial: the ARN of a secret that exists, otherwise the
/// name that the caller gave.
fn resource(store: &Store, id: &str) -> Resource {
    if let Ok(secret) = store.find(id) {
        let stored = secret.arn.strip_prefix(&store.arn_prefix).unwrap_or(&secret.arn);
        return Resource { stored: stored.to_owned(), shown: secret.arn.clone() };
    }
    let name = id.strip_prefix(&store.arn_prefix).unwrap_or(id);
    let is_complete = name.len() < id.len() && without_suffix(name).is_some();
    let stored = if is_complete { name.to_owned() } else { format!("{name}-??????") };
    Resource { stored, shown: id.to_owned() }
}

async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}
