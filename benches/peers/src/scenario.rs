//! What is measured: one function a line of the table, the same for every peer.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use paypulse_runtime::model::ApiCall;
use paypulse_runtime::testing::{EmbeddedSecretsManager, Fault, FaultKind, Served};

use crate::peer::{NAME, Peer, bundle};
use crate::python::Powertools;

const LONG: Duration = Duration::from_secs(3600);
const TASKS: usize = 64;
/// Stands in nothing else that is shown.
const TOLD: &str = "told-token";

/// A server with the secret in it, on loopback.
async fn server() -> (EmbeddedSecretsManager, Served) {
    let server = EmbeddedSecretsManager::new();
    server.put(NAME, bundle("old"));
    let served = server.serve().await.expect("a port is free");
    (server, served)
}

/// Nanoseconds a cached read, one thread: the best of 50 batches of 10,000.
pub async fn one_thread<P: Peer>() -> String {
    let (_server, served) = server().await;
    let peer = P::open(&served.url(), LONG);
    peer.read().await.expect("it is there");
    let mut best = Duration::MAX;
    for _ in 0..50 {
        let started = Instant::now();
        for _ in 0..10_000 {
            std::hint::black_box(peer.read().await.expect("it is there"));
        }
        best = best.min(started.elapsed());
    }
    format!("{:.0} ns", best.as_nanos() as f64 / 10_000.0)
}

/// The same, in the process that reads: a line to it and back takes longer than what is measured.
pub async fn one_thread_of_python() -> String {
    let (_server, served) = server().await;
    let nanoseconds = Powertools::open(&served.url(), LONG).ask("one_thread".to_owned()).await;
    format!("{} ns", nanoseconds.expect("it is there"))
}

/// Millions of cached reads of one key a second, by 64 tasks: the best of five half seconds.
pub async fn hot_key<P: Peer>() -> String {
    let (_server, served) = server().await;
    let peer = P::open(&served.url(), LONG);
    peer.read().await.expect("it is there");
    let mut best = 0.0_f64;
    for _ in 0..5 {
        let (stop, reads) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
        let started = Instant::now();
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let (peer, stop, reads) = (peer.clone(), Arc::clone(&stop), Arc::clone(&reads));
                tokio::spawn(async move {
                    while !stop.load(Ordering::Relaxed) {
                        for _ in 0..1000 {
                            std::hint::black_box(peer.read().await.expect("it is there"));
                        }
                        reads.fetch_add(1000, Ordering::Relaxed);
                        tokio::task::yield_now().await;
                    }
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(500)).await;
        stop.store(true, Ordering::Relaxed);
        for task in tasks {
            task.await.expect("no task fails");
        }
        best = best.max(reads.load(Ordering::Relaxed) as f64 / started.elapsed().as_secs_f64());
    }
    format!("{:.1} M/s", best / 1e6)
}

/// API calls when 64 tasks miss one key at once.
pub async fn misses<P: Peer>() -> String {
    let (server, served) = server().await;
    server.set_latency(Duration::from_millis(20));
    let peer = P::open(&served.url(), LONG);
    let reads: Vec<_> = (0..TASKS)
        .map(|_| {
            let peer = peer.clone();
            tokio::spawn(async move { peer.read().await.expect("it is there") })
        })
        .collect();
    for read in reads {
        read.await.expect("no task fails");
    }
    server.calls().len().to_string()
}

/// The same of 64 threads.
pub async fn misses_of_python() -> String {
    let (server, served) = server().await;
    server.set_latency(Duration::from_millis(20));
    Powertools::open(&served.url(), LONG).ask("misses".to_owned()).await.expect("it is there");
    server.calls().len().to_string()
}

/// Reads over 10 ms while a hot key expires three times under 64 readers; a call takes 50 ms.
pub async fn expiries<P: Peer>() -> String {
    let (server, served) = server().await;
    let peer = P::open(&served.url(), Duration::from_millis(500));
    peer.read().await.expect("it is there");
    server.set_latency(Duration::from_millis(50));
    let (end, slow) = (Instant::now() + Duration::from_millis(1800), Arc::new(AtomicU64::new(0)));
    let readers: Vec<_> = (0..TASKS)
        .map(|_| {
            let (peer, slow) = (peer.clone(), Arc::clone(&slow));
            tokio::spawn(async move {
                while Instant::now() < end {
                    let started = Instant::now();
                    peer.read().await.expect("it is there");
                    if started.elapsed() > Duration::from_millis(10) {
                        slow.fetch_add(1, Ordering::Relaxed);
                    }
                    tokio::time::sleep(Duration::from_millis(1)).await;
                }
            })
        })
        .collect();
    for reader in readers {
        reader.await.expect("no task fails");
    }
    slow.load(Ordering::Relaxed).to_string()
}

/// The first read after the value has expired, in an outage that began a moment before it did, and the next one.
pub async fn outage<P: Peer>(kind: FaultKind) -> String {
    let (server, served) = server().await;
    let ttl = Duration::from_millis(500);
    let peer = P::open(&served.url(), ttl);
    peer.read().await.expect("it is there");
    tokio::time::sleep(ttl / 2).await;
    for call in [ApiCall::GetSecretValue, ApiCall::DescribeSecret] {
        server.inject(Fault::on(call, kind.clone()).times(100_000));
    }
    tokio::time::sleep(ttl).await;
    let mut reads = Vec::new();
    for _ in 0..2 {
        let started = Instant::now();
        let what = match tokio::time::timeout(Duration::from_secs(10), peer.read()).await {
            Ok(Ok(_)) => "stale value",
            Ok(Err(_)) => "error",
            Err(_) => "gave up",
        };
        reads.push(format!("{what}, {:.0} ms", started.elapsed().as_secs_f64() * 1e3));
    }
    reads.join("; ")
}

/// What is read right after a write by the same client.
pub async fn own_write<P: Peer>() -> String {
    let (_server, served) = server().await;
    let peer = P::open(&served.url(), LONG);
    peer.read().await.expect("it is there");
    peer.write("newer".to_owned()).await;
    let read = peer.read().await.expect("it is there");
    if read == "newer".len() { "the new value".to_owned() } else { "the old value".to_owned() }
}

/// In how many of five lifetimes a secret that was deleted elsewhere is still handed out. Deleted as the console does it: with
/// a window in which it could be restored.
pub async fn deleted_elsewhere<P: Peer>() -> String {
    let (server, served) = server().await;
    let ttl = Duration::from_millis(300);
    let peer = P::open(&served.url(), ttl);
    peer.read().await.expect("it is there");
    server.client().delete_secret().secret_id(NAME).send().await.expect("it is deleted");
    let mut still = 0;
    for _ in 0..5 {
        tokio::time::sleep(ttl + Duration::from_millis(10)).await;
        still += usize::from(peer.read().await.is_ok());
    }
    format!("{still} of 5")
}

/// Whether what a program logs of the cache or of a value tells the secret.
pub async fn shown<P: Peer>() -> String {
    let (_server, served) = server().await;
    let peer = P::open(&served.url(), LONG);
    peer.write(TOLD.to_owned()).await;
    peer.read().await.expect("it is there");
    match peer.shown(TOLD).await {
        [false, false] => "neither",
        [true, false] => "the cache",
        [false, true] => "a value",
        [true, true] => "both",
    }
    .to_owned()
}

/// The API calls of a first read and of one after the value's life.
pub async fn calls<P: Peer>() -> String {
    let (server, served) = server().await;
    let ttl = Duration::from_millis(100);
    let peer = P::open(&served.url(), ttl);
    peer.read().await.expect("it is there");
    tokio::time::sleep(ttl * 2).await;
    peer.read().await.expect("it is there");
    let calls: Vec<_> = server.calls().into_iter().map(|call| call.call).collect();
    calls.join(", ")
}
