//! A cache, a simulated AWS behind it, and the rules that the cache must follow.
//!
//! A stored value contains its own version, how it came into the cache, and when. Time is counted in ticks, one for
//! each reading of the clock, so that two moments are never equal.

use std::any::Any;
use std::fmt::Debug;
use std::future::poll_fn;
use std::pin::pin;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, LazyLock, Mutex};
use std::task::Poll;
use std::time::{Duration, Instant};

use shuttle::future::block_on;
use shuttle::rand::{Rng, thread_rng};
use shuttle::thread::{self, JoinHandle};

use super::{DoorCode, Porter, door};
use crate::Secrets;
use crate::cache::config::CacheConfig;
use crate::cache::entry::Cached;
use crate::cache::load::LoadGuard;
use crate::cache::slot::{InFlight, Slot};
use crate::cache::{Cache, Relaxed};
use crate::current::Versioned;
use crate::error::{Error, Operation};
use crate::model::{Text, Verb};
use crate::sync::atomic as shared;
use crate::token::successor_of;
use driftless_testing::EmbeddedSecretsManager;

/// The ids of all versions that a secret can have here. Each is the successor of the one before.
static IDS: LazyLock<Vec<String>> =
    LazyLock::new(|| std::iter::successors(Some(successor_of("")), |id| Some(successor_of(id))).take(64).collect());

/// A client without a cache. It makes no calls here.
static SECRETS: LazyLock<Secrets<Porter>> = LazyLock::new(|| Secrets::new(EmbeddedSecretsManager::new().client()));

/// How a value came into the cache: by a load that began at this tick, or by a write that was sent at this tick.
const LOADED: &str = "loaded";
const WRITTEN: &str = "written";
/// The maximum length of a value.
const LONGEST: u64 = 100;

/// Creates what all schedules share: creating a client needs more stack than their tasks have.
pub(super) fn prepare() {
    LazyLock::force(&SECRETS);
    LazyLock::force(&IDS);
}

pub(super) struct World {
    secrets: Secrets<Porter>,
    cache: Arc<Cache>,
    clock: Arc<AtomicU64>,
    rooms: Vec<Room>,
    /// Whether loads can fail, and the tasks of loads and readers can be dropped.
    has_faults: bool,
    max_entries: usize,
    /// Operations and loads in progress.
    busy: AtomicUsize,
    tasks: Mutex<Vec<JoinHandle<()>>>,
}

struct Room {
    code: DoorCode,
    /// The state in AWS: twice the number of changes so far, plus one if the last change was a deletion.
    stored: shared::AtomicUsize,
    /// The last change that is known to be a deletion.
    deleted: AtomicUsize,
    /// Loads that have begun and not ended.
    loads: AtomicUsize,
    /// Whether a load can have been cut off, so that a second load may run.
    is_cut: AtomicBool,
    floor: Mutex<Floor>,
}

/// Reads that begin now must not get anything older than this.
#[derive(Clone, Copy, Debug, Default)]
struct Floor {
    version: usize,
    loaded: u64,
    written: u64,
}

fn at(verb: Verb) -> Operation {
    Operation::of::<Porter, DoorCode>(verb)
}

fn one_of(number: u32) -> bool {
    thread_rng().gen_range(0..number) == 0
}

/// Values of different lengths: every fourth is too long for a small cache.
fn text(version: usize, origin: &str, tick: u64) -> String {
    format!("{version} {origin} {tick} {}", "x".repeat(version % 4 * 20))
}

impl World {
    pub(super) fn new(config: CacheConfig, rooms: u32) -> Arc<Self> {
        Self::of(config, rooms, false)
    }

    pub(super) fn with_faults(config: CacheConfig, rooms: u32) -> Arc<Self> {
        Self::of(config, rooms, true)
    }

    fn of(config: CacheConfig, rooms: u32, has_faults: bool) -> Arc<Self> {
        let clock = Arc::new(AtomicU64::new(0));
        let (start, ticks) = (Instant::now(), Arc::clone(&clock));
        let config = config.clock(move || start + Duration::from_nanos(ticks.fetch_add(1, SeqCst)));
        let max_entries = config.clone().checked().expect("the configuration holds").entries;
        let secrets = SECRETS.clone().with_cache(config).expect("the configuration holds");
        Arc::new(Self {
            cache: Arc::clone(secrets.cache.as_ref().expect("a cache")),
            secrets,
            clock,
            rooms: (0..rooms).map(Room::new).collect(),
            has_faults,
            max_entries,
            busy: AtomicUsize::new(0),
            tasks: Mutex::default(),
        })
    }

    pub(super) fn task(self: &Arc<Self>, work: impl FnOnce(&Arc<Self>) + Send + 'static) {
        let world = Arc::clone(self);
        let task = thread::spawn(move || work(&world));
        self.tasks.lock().expect("no panic").push(task);
    }

    pub(super) fn tasks(self: &Arc<Self>, number: u32, work: impl FnOnce(&Arc<Self>) + Copy + Send + 'static) {
        (0..number).for_each(|_| self.task(work));
    }

    fn tick(&self) -> u64 {
        self.clock.fetch_add(1, SeqCst)
    }

    /// A cached read, as `Secrets::cached` makes it.
    pub(super) fn read(self: &Arc<Self>, room: usize) -> Option<Cached<Text>> {
        self.step(|| {
            let (cache, code) = (&self.cache, &self.rooms[room].code);
            let floor = self.rooms[room].floor();
            let load = |slot: &_, flight| self.load(room, slot, flight);
            let result = match cache.fresh(code) {
                Some(hit) => hit,
                None => block_on(self.patiently(cache.closely(code, at(Verb::Read), None, load)))?,
            };
            self.rooms[room].check(&result, floor);
            result.ok()
        })
    }

    /// With faults, one in four readers that have to wait is dropped.
    async fn patiently<T>(&self, read: impl Future<Output = T>) -> Option<T> {
        let mut read = pin!(read);
        match poll_fn(|context| Poll::Ready(read.as_mut().poll(context))).await {
            Poll::Ready(result) => Some(result),
            Poll::Pending if self.has_faults && one_of(4) => None,
            Poll::Pending => Some(read.await),
        }
    }

    /// A cached read whose loads are dropped as soon as they have begun.
    pub(super) fn lose(&self, room: usize) {
        self.step(|| {
            let load = |slot: &_, flight| drop(LoadGuard::begin(&self.cache, slot, flight, at(Verb::Read)));
            let result = block_on(self.cache.closely(&self.rooms[room].code, at(Verb::Read), None, load));
            assert!(result.is_err(), "nothing was loaded");
        });
    }

    fn load(self: &Arc<Self>, room: usize, slot: &Arc<Slot<DoorCode>>, flight: Arc<InFlight<Text>>) {
        let began = self.tick();
        let others = self.rooms[room].loads.fetch_add(1, SeqCst);
        assert!(others == 0 || self.rooms[room].is_cut.load(SeqCst), "two loads at a time");
        let guard = LoadGuard::begin(&self.cache, slot, flight, at(Verb::Read));
        // The load is in progress from now on, even before its task runs.
        self.busy.fetch_add(1, SeqCst);
        self.task(move |world| {
            world.busy.fetch_sub(1, SeqCst);
            world.step(|| {
                let answer = world.rooms[room].answer(began);
                world.rooms[room].loads.fetch_sub(1, SeqCst);
                match thread_rng().gen_range(0..6) {
                    0 if world.has_faults => drop(guard),
                    1 if world.has_faults => guard.land(Err(Error::transport(at(Verb::Read), "fault"))),
                    _ => guard.land(answer),
                }
            });
        });
    }

    pub(super) fn write(&self, room: usize) {
        self.step(|| {
            let room = self.rooms[room].cut();
            let mut guard = self.secrets.write_guard(&room.code);
            let sent = self.tick();
            guard.before_send();
            let version = room.change();
            let end = self.tick();
            guard.wrote(&text(version, WRITTEN, sent), &IDS[version]);
            room.raise(Floor { version, loaded: end, written: sent });
        });
    }

    pub(super) fn delete(&self, room: usize) {
        self.step(|| {
            let room = self.rooms[room].cut();
            let mut guard = self.secrets.write_guard(&room.code);
            guard.before_send();
            let version = room.delete();
            let end = self.tick();
            guard.deleted(at(Verb::Delete));
            room.raise(Floor { version, loaded: end, written: end });
        });
    }

    /// A write whose future is dropped after its call was sent, and perhaps carried out.
    pub(super) fn abandon(&self, room: usize) {
        self.step(|| {
            let room = self.rooms[room].cut();
            let mut guard = self.secrets.write_guard(&room.code);
            guard.before_send();
            room.perhaps_change();
            let end = self.tick();
            drop(guard);
            room.raise(Floor { version: 0, loaded: end, written: end });
        });
    }

    /// A write that is dropped before anything is sent.
    pub(super) fn withdraw(&self, room: usize) {
        self.step(|| drop(self.secrets.write_guard(&self.rooms[room].code)));
    }

    /// A write that finds the value that it wants, perhaps from another writer a moment ago, and keeps it.
    pub(super) fn adopt(&self, room: usize) {
        self.step(|| {
            let room = self.rooms[room].cut();
            let guard = self.secrets.write_guard(&room.code);
            room.perhaps_change();
            if let Some(version) = room.look() {
                guard.found(&IDS[version]);
                room.raise(Floor { version, ..Floor::default() });
            }
        });
    }

    /// A plain read, perhaps immediately after another write.
    pub(super) fn look_past(&self, room: usize) {
        self.step(|| {
            let room = self.rooms[room].cut();
            let guard = self.secrets.read_guard(&room.code);
            room.perhaps_change();
            match room.look() {
                Some(version) => {
                    let value = Text::from(text(version, WRITTEN, 0));
                    guard.observed(&Ok(Versioned::new(value, IDS[version].clone())));
                    room.raise(Floor { version, ..Floor::default() });
                }
                None => guard.observed(&Err(Error::NotFound { at: at(Verb::Read) })),
            }
        });
    }

    pub(super) fn others_write(&self, room: usize) {
        self.rooms[room].change();
    }

    pub(super) fn invalidate(&self, room: usize) {
        self.step(|| {
            let room = self.rooms[room].cut();
            let began = self.tick();
            self.secrets.invalidate(&room.code);
            room.raise(Floor { version: 0, loaded: began, written: began });
        });
    }

    pub(super) fn invalidate_seen(self: &Arc<Self>, room: usize) {
        let Some(seen) = self.read(room) else { return };
        self.step(|| {
            let room = self.rooms[room].cut();
            let began = self.tick();
            if self.secrets.invalidate_seen(&room.code, &seen) {
                room.raise(Floor { version: 0, loaded: began, written: began });
            }
        });
    }

    /// Advances the time by some milliseconds, after which a load can be overdue.
    pub(super) fn pass_time(&self) {
        self.rooms.iter().for_each(|room| room.is_cut.store(true, SeqCst));
        self.clock.fetch_add(thread_rng().gen_range(1..=8) * 1_000_000, SeqCst);
    }

    /// Performs an operation, and checks that the cache is within its limits afterwards.
    fn step<R>(&self, work: impl FnOnce() -> R) -> R {
        self.busy.fetch_add(1, SeqCst);
        let result = work();
        self.busy.fetch_sub(1, SeqCst);
        let eviction = self.cache.eviction();
        let busy = self.busy.load(SeqCst);
        assert!(eviction.entries() <= self.max_entries + busy, "{} entries beside {busy} at work", eviction.entries());
        let longest = LONGEST.saturating_mul(busy as u64);
        assert!(eviction.bytes() <= self.cache.max_bytes + longest, "{} bytes beside {busy} at work", eviction.bytes());
        result
    }

    /// Waits for all tasks. Then nothing is in progress, and the accounting must be exact.
    pub(super) fn quiet(&self) {
        loop {
            let Some(task) = self.tasks.lock().expect("no panic").pop() else { break };
            task.join().expect("no task panics");
        }
        let slots = self.cache.index.all();
        let eviction = self.cache.eviction();
        let booked: Vec<_> = eviction.all().collect();
        assert_eq!(
            (slots.len(), eviction.entries()),
            (booked.len(), booked.len()),
            "the index, and the eviction queues"
        );
        assert!(slots.iter().all(|slot| booked.iter().any(|booked| Arc::ptr_eq(slot, booked))), "a slot is not booked");
        assert!(
            eviction.entries() <= self.max_entries && eviction.bytes() <= self.cache.max_bytes,
            "beyond the bounds"
        );
        assert_eq!(eviction.bytes(), slots.iter().map(|slot| u64::from(slot.bytes())).sum::<u64>(), "the bytes");
        assert!(slots.iter().all(|slot| slot.bytes() == slot.mark().charged.load(Relaxed)), "a slot's bytes");
        drop(eviction);
        for slot in slots {
            let slot: Arc<dyn Any + Send + Sync> = slot;
            let slot: Arc<Slot<DoorCode>> = slot.downcast().expect("all slots are doors");
            let state = slot.state();
            assert!(!state.is_dead && state.writers == 0 && state.flight.is_none(), "a slot is dead or at work");
        }
    }
}

impl Room {
    fn new(room: u32) -> Self {
        Self {
            code: door(room),
            stored: shared::AtomicUsize::new(0),
            deleted: AtomicUsize::new(0),
            loads: AtomicUsize::new(0),
            is_cut: AtomicBool::new(false),
            floor: Mutex::default(),
        }
    }

    /// Notes that an operation begins that can cut off a load.
    fn cut(&self) -> &Self {
        self.is_cut.store(true, SeqCst);
        self
    }

    /// Carries out a write in AWS; returns the new version.
    fn change(&self) -> usize {
        let stored = self.stored.fetch_update(SeqCst, SeqCst, |stored| Some((stored & !1) + 2));
        stored.expect("always changes") / 2 + 1
    }

    fn perhaps_change(&self) {
        if one_of(2) {
            self.change();
        }
    }

    fn delete(&self) -> usize {
        let stored = self.stored.fetch_update(SeqCst, SeqCst, |stored| Some((stored | 1) + 2));
        let version = stored.expect("always changes") / 2 + 1;
        self.deleted.fetch_max(version, SeqCst);
        version
    }

    /// The version that AWS has; `None` after a deletion.
    fn look(&self) -> Option<usize> {
        let stored = self.stored.load(SeqCst);
        let (version, is_deleted) = (stored / 2, stored % 2 == 1);
        if is_deleted {
            self.deleted.fetch_max(version, SeqCst);
        }
        (!is_deleted).then_some(version)
    }

    /// The response to a load that began at this tick.
    fn answer(&self, began: u64) -> Result<(Versioned<Text>, usize), Error> {
        let version = self.look().ok_or(Error::NotFound { at: at(Verb::Read) })?;
        let text = text(version, LOADED, began);
        let bytes = text.len();
        Ok((Versioned::new(Text::from(text), IDS[version].clone()), bytes))
    }

    fn floor(&self) -> Floor {
        *self.floor.lock().expect("no panic")
    }

    fn raise(&self, to: Floor) {
        let mut floor = self.floor.lock().expect("no panic");
        floor.version = floor.version.max(to.version);
        floor.loaded = floor.loaded.max(to.loaded);
        floor.written = floor.written.max(to.written);
    }

    /// Checks that a read may return this result if it began when this was the floor.
    fn check(&self, result: &Result<Cached<Text>, Error>, floor: Floor) {
        let value = match result {
            Ok(value) => value.expose(),
            Err(Error::NotFound { .. }) => {
                assert!(self.deleted.load(SeqCst) >= floor.version.max(1), "nothing, after {floor:?}");
                return;
            }
            Err(_) => return,
        };
        let mut parts = value.split(' ');
        let mut part = || parts.next().expect("a value has three parts");
        let (version, origin, tick): (usize, _, u64) = (number(part()), part(), number(part()));
        let from = if origin == LOADED { floor.loaded } else { floor.written };
        assert!(version >= floor.version && tick >= from, "{value}, after {floor:?}");
        // A caller that has seen a version must not see an older one.
        self.raise(Floor { version, ..Floor::default() });
    }
}

fn number<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect("a number")
}
