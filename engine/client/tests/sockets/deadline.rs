//! The deadline holds, whatever a peer sends, and for how long. On a runtime of one thread, which a peer could keep busy.

use std::io::Write;
use std::time::{Duration, Instant};

use crate::child;
use crate::peer::{Peer, forever};

const DEADLINE: Duration = Duration::from_millis(700);
/// What a busy machine may take on top, and the start of a process.
const SLACK: Duration = Duration::from_millis(1_800);

fn endless_peers() -> Vec<(&'static str, Peer)> {
    let slow = Duration::from_millis(20);
    let after = |head: &'static str, bytes: Vec<u8>, pause: Duration| {
        Peer::after_request(move |stream| {
            let _ = stream.write_all(head.as_bytes());
            forever(stream, &bytes, pause);
        })
    };
    let (ok, fast) = ("HTTP/1.1 200 OK\r\n", Duration::ZERO);
    vec![
        ("100 Continue", after("", b"HTTP/1.1 100 Continue\r\n\r\n".repeat(1_000), fast)),
        ("100 Continue, slowly", after("", b"HTTP/1.1 100 Continue\r\n\r\n".to_vec(), slow)),
        ("103 with headers", after("", b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(500), fast)),
        ("a head, slowly", after(ok, b"x".to_vec(), slow)),
        ("empty lines", after("", b"\r\n".repeat(1_000), fast)),
        ("a body, slowly", after("HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n", b"x".to_vec(), slow)),
        (
            "a body without an end",
            after("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", vec![b'x'; 50_000], fast),
        ),
        ("chunks", after("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n".repeat(1_000), fast)),
        ("nothing", Peer::after_request(|_| std::thread::sleep(Duration::from_mins(1)))),
        ("no TCP answer", Peer::raw(|_| std::thread::sleep(Duration::from_mins(1)))),
    ]
}

#[test]
fn the_deadline_holds_for_every_byte() {
    for (what, peer) in endless_peers() {
        for (action, variable) in [("read", "AWS_ENDPOINT_URL"), ("google", "CHILD_GOOGLE")] {
            let begun = Instant::now();
            let told = child::run(action, DEADLINE, &[(variable, &peer.url())]);
            assert_eq!(told.outcome, "transport", "{what}, {action}: {told:?}");
            assert!(told.time < DEADLINE + SLACK, "{what}, {action}: {told:?}");
            assert!(begun.elapsed() < DEADLINE + SLACK * 2, "{what}, {action}: the process goes on");
        }
    }
}
