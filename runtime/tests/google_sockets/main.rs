//! The client of Google over real sockets and in real processes: its deadline, and the proxy of the environment. The peers and the
//! processes are those of the tests of the client of AWS.

mod acts;
#[path = "../../../engine/client/tests/sockets/child.rs"]
#[allow(dead_code, reason = "the other suite needs all of it")]
mod child;
#[path = "../../../engine/client/tests/sockets/peer.rs"]
#[allow(dead_code, reason = "the other suite needs all of it")]
mod peer;

use std::time::{Duration, Instant};

use crate::peer::{Peer, endless};

/// The variable of the process for the URL of Google.
const ENDPOINT: &str = "CHILD_GOOGLE";
const DEADLINE: Duration = Duration::from_millis(700);
/// What a busy machine may take on top, and the start of a process.
const SLACK: Duration = Duration::from_millis(1_800);
const SHORT: Duration = Duration::from_secs(5);

#[test]
fn the_deadline_holds_for_every_byte() {
    for (what, peer) in endless() {
        let begun = Instant::now();
        let told = child::run("google", DEADLINE, &[(ENDPOINT, &peer.url())]);
        assert_eq!(told.outcome, "transport", "{what}: {told:?}");
        assert!(told.time < DEADLINE + SLACK, "{what}: {told:?}");
        assert!(begun.elapsed() < DEADLINE + SLACK * 2, "{what}: the process goes on");
    }
}

/// A proxy that opens no tunnel, and remembers who asked.
fn proxy() -> Peer {
    Peer::answering("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")
}

#[test]
fn a_tunnel_is_asked_of_the_proxy() {
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let proxy = proxy();
        let told = child::run("google", SHORT, &[(name, &proxy.url())]);
        assert_eq!(told.outcome, "transport", "{told:?}");
        let heads = proxy.heads();
        let is_google = |head: &String| head.starts_with("CONNECT www.googleapis.com:443 ");
        assert!(heads.first().is_some_and(is_google), "by {name}: {heads:?}");
    }
}

#[test]
fn a_tunnel_carries_the_password_and_nothing_tells_it() {
    let proxy = proxy();
    let with_password = format!("http://user:hush@{}", proxy.address());
    let told = child::run("google", SHORT, &[("HTTPS_PROXY", &with_password), ("RUST_LOG", "trace")]);
    assert!(!told.printed.contains("hush@") && !told.message.contains("hush"), "{told:?}");
    let head = proxy.heads().pop().expect("it was asked").to_lowercase();
    // `user:hush`
    assert!(head.contains("proxy-authorization: basic dxnlcjpodxno"), "{head}");
    for bad in ["socks5://user:hush@127.0.0.1:1", "http://us er:hush@127.0.0.1"] {
        let told = child::run("google", SHORT, &[("HTTPS_PROXY", bad)]);
        assert!(told.outcome == "config" && told.message.contains("`HTTPS_PROXY`"), "{told:?}");
        assert!(!told.printed.contains("hush"), "{told:?}");
    }
}
