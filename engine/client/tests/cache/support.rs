//! What the tests share: a spec of one handler that may do everything, a server, and time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use driftless::model::{Payload, PayloadError, PayloadSpec, Text};
use driftless::{CacheConfig, CachePolicy, Cached, Error, Secrets};
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::shared::mark::{bare, debugged, told};
use crate::shared::server::Server;

/// A value whose clean-up can be watched.
pub struct Watched(Text);

pub static WATCHED: AtomicUsize = AtomicUsize::new(0);

impl Watched {
    pub fn text(&self) -> &str {
        self.0.expose()
    }
}

impl Payload for Watched {
    fn parse(stored: &str) -> Result<Self, PayloadError> {
        WATCHED.fetch_add(1, Ordering::SeqCst);
        Text::parse(stored).map(Self)
    }

    fn to_stored(&self) -> Result<Zeroizing<String>, PayloadError> {
        self.0.to_stored()
    }

    fn spec() -> PayloadSpec {
        Text::spec()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        WATCHED.fetch_sub(1, Ordering::SeqCst);
    }
}

driftless::declare! {
    source: "engine/client/tests/cache/support.rs";

    keys {
        /// The number of a room.
        RoomId;
    }

    secrets {
        /// The code of a room's door.
        DoorCode { room_id: RoomId }: Text = "door/{room_id}", owner: runtime;
        /// The code of the safe.
        SafeCode: Text = "safe", owner: runtime;
        /// A value whose clean-up is watched.
        WatchedCode { room_id: RoomId }: Watched = "watched/{room_id}", owner: runtime;
    }

    handlers {
        /// May do everything.
        Caretaker = "caretaker" {
            DoorCode: read, store, update, delete;
            SafeCode: read, store, update, delete;
            WatchedCode: read, store, update, delete;
        }
    }
}

pub const TTL: Duration = Duration::from_secs(100);
pub const LATENCY: Duration = Duration::from_millis(50);

/// A life of exactly [`TTL`], so that a test knows when it ends.
pub fn policy() -> CachePolicy {
    CachePolicy::new().ttl(TTL).jitter(0.0)
}

/// A configuration on Tokio's clock.
pub fn config() -> CacheConfig {
    CacheConfig::new().policy(policy()).clock(|| Instant::now().into_std())
}

pub struct World {
    pub server: Server,
    pub secrets: Secrets<Caretaker>,
}

/// A server with a safe whose code tests call `1`.
pub fn world(config: CacheConfig) -> World {
    let server = Server::new();
    server.put("safe", "hush-1");
    let secrets = Secrets::new(server.client_for::<Caretaker>()).with_cache(config).expect("the configuration holds");
    World { server, secrets }
}

impl World {
    /// The code of the safe, by a cached read.
    pub async fn code(&self) -> Result<String, Error> {
        code(&self.secrets).await
    }

    /// The code of the safe, and how long the read took.
    pub async fn timed(&self) -> (Result<String, Error>, Duration) {
        let start = Instant::now();
        (self.code().await, start.elapsed())
    }

    /// The API calls since the last look, each attempt of the SDK on its own.
    pub fn calls(&self) -> Vec<String> {
        self.server.take_calls().into_iter().map(|call| call.call).collect()
    }
}

/// The code of the safe, as tests call it.
pub async fn code(secrets: &Secrets<Caretaker>) -> Result<String, Error> {
    let code = secrets.cached(&SafeCode).await.inspect_err(|error| drop(told(error)));
    code.inspect(|code| drop(debugged(code))).map(|code: Cached<Text>| bare(code.expose()).to_owned())
}

pub fn door(room: usize) -> DoorCode {
    DoorCode { room_id: format!("whisper-{room}").parse().expect("a valid id") }
}

pub fn watched(room: usize) -> WatchedCode {
    WatchedCode { room_id: format!("whisper-{room}").parse().expect("a valid id") }
}

pub async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Lets background work go as far as it can without time passing.
pub async fn settle() {
    pass(Duration::from_millis(1)).await;
}

/// A clock that can jump ahead of Tokio's, as it does for a process that was frozen.
pub fn jumping_clock() -> (Arc<AtomicU64>, impl Fn() -> std::time::Instant + Send + Sync + 'static) {
    let jumped = Arc::new(AtomicU64::new(0));
    let seconds = Arc::clone(&jumped);
    (jumped, move || Instant::now().into_std() + Duration::from_secs(seconds.load(Ordering::SeqCst)))
}
