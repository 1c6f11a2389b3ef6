//! What a process remembers for the sake of copies: which Regions are down, and which version of a secret it has seen or written.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::sync::Mutex;

/// A Region that is down is asked again after this long, by one read.
const AGAIN: Duration = Duration::from_secs(10);

/// Shared by the clones of a client.
#[derive(Clone, Default)]
pub(super) struct Memory(Arc<Mutex<SeenVersions>>);

#[derive(Default)]
struct SeenVersions {
    /// By the Region.
    outages: HashMap<String, Outage>,
    versions: HashMap<Key, SeenVersion>,
}

struct Outage {
    since: Instant,
    /// From then on it is asked again.
    again: Instant,
}

/// A secret in its own Region, and a label of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) region: String,
    /// With the prefix of its environment.
    pub(super) name: String,
    pub(super) label: &'static str,
}

/// The version that is known, and how often that has changed: what a read brings which began before a change is not kept.
#[derive(Clone, Default)]
pub(super) struct SeenVersion {
    version: Option<String>,
    changes: u64,
}

/// How a Region stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RegionState {
    /// It is asked before copies are.
    Up,
    /// Copies are asked before it is.
    Down,
    /// It is asked without copies: it has been down for longer than they may be asked, or they may not be at all.
    Alone,
}

impl Memory {
    fn with<T>(&self, work: impl FnOnce(&mut SeenVersions) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What is known of a secret when a read begins.
    pub(super) fn known(&self, key: &Key) -> SeenVersion {
        self.with(|all| all.versions.get(key).cloned().unwrap_or_default())
    }

    /// The version that is known now.
    pub(super) fn version(&self, key: &Key) -> Option<String> {
        self.known(key).version
    }

    /// A read that began with this knowledge has found this version, or none.
    pub(super) fn saw(&self, key: Key, version: Option<&str>, known: &SeenVersion) {
        self.with(|all| {
            let now = all.versions.entry(key).or_default();
            if now.changes == known.changes && now.version.as_deref() != version {
                *now = SeenVersion { version: version.map(str::to_owned), changes: now.changes + 1 };
            }
        });
    }

    /// This process has made this the version.
    pub(super) fn wrote(&self, key: Key, version: &str) {
        self.with(|all| {
            let now = all.versions.entry(key).or_default();
            *now = SeenVersion { version: Some(version.to_owned()), changes: now.changes + 1 };
        });
    }

    /// How a Region stands, for a read that is about to ask: of all reads while it is down, one asks it every few seconds.
    pub(super) fn standing(&self, region: &str, bound: Duration) -> RegionState {
        let now = Instant::now();
        self.with(|all| match all.outages.get_mut(region) {
            None if bound.is_zero() => RegionState::Alone,
            None => RegionState::Up,
            Some(outage) if now.duration_since(outage.since) > bound || bound.is_zero() => RegionState::Alone,
            Some(outage) if now < outage.again => RegionState::Down,
            Some(outage) => {
                outage.again = now + AGAIN;
                RegionState::Up
            }
        })
    }

    /// Whether that is new.
    pub(super) fn went_down(&self, region: &str) -> bool {
        let now = Instant::now();
        self.with(|all| {
            let is_new = !all.outages.contains_key(region);
            let outage = all.outages.entry(region.to_owned()).or_insert(Outage { since: now, again: now });
            outage.again = now + AGAIN;
            is_new
        })
    }

    /// Whether it was down.
    pub(super) fn came_back(&self, region: &str) -> bool {
        self.with(|all| all.outages.remove(region).is_some())
    }
}
