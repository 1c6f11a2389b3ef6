//! A cached read of a typed bundle, for each peer: its time alone and with two threads at once, and its allocations.

#[path = "../src/peer.rs"]
#[allow(dead_code, reason = "the table's, which needs more of it")]
mod peer;

use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use divan::{AllocProfiler, Bencher};
use paypulse_runtime::testing::EmbeddedSecretsManager;
use peer::{Aws, Moka, NAME, Ours, Peer, bundle};
use tokio::runtime::Runtime;

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench(types = [Ours, Aws, Moka], threads = [1, 2])]
fn cached_read<P: Peer>(bencher: Bencher) {
    let runtime = Runtime::new().expect("a runtime");
    let server = EmbeddedSecretsManager::new();
    server.put(NAME, bundle("token"));
    let (_served, peer) = runtime.block_on(async {
        let served = server.serve().await.expect("a port is free");
        let peer = P::open(&served.url(), Duration::from_secs(3600));
        peer.read().await.expect("it is there");
        (served, peer)
    });
    bencher.bench(|| black_box(hit(peer.read())));
}

/// What is known is there at the first poll.
fn hit<T>(read: impl Future<Output = T>) -> T {
    match pin!(read).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(read) => read,
        Poll::Pending => panic!("a hit does not wait"),
    }
}
