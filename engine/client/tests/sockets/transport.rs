//! No answer, half an answer, or an answer that is none: always `transport`, and never missing credentials.

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::{BehaviorVersion, Config, Credentials, Region};
use driftless::{Error, ErrorKind, Secrets};

use crate::child;
use crate::peer::{Peer, answer, close, nobody, refusal, secret};
use crate::{Mark, Marker};

const LONG: Duration = Duration::from_secs(30);

/// What a peer does once it has a request, and whether the request was sent.
fn broken_peers() -> Vec<(&'static str, Peer)> {
    let write = |bytes: &'static [u8]| {
        move |stream: &mut TcpStream| {
            let _ = stream.write_all(bytes);
            close(stream);
        }
    };
    vec![
        ("closes at once", Peer::raw(|stream| close(stream))),
        ("closes before it answers", Peer::after_request(|stream| close(stream))),
        ("speaks first, and no HTTP", Peer::raw(write(b"SSH-2.0-OpenSSH_9.6\r\n"))),
        ("no HTTP", Peer::after_request(write(b"garbage\r\n\r\n"))),
        ("another protocol", Peer::after_request(write(b"\x15\x03\x01\x00\x02\x02\x28"))),
        ("half a status line", Peer::after_request(write(b"HTTP/1.1 2"))),
        ("half a head", Peer::after_request(write(b"HTTP/1.1 200 OK\r\ncontent-le"))),
        ("half a body", Peer::after_request(write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"))),
        (
            "chunks of nonsense",
            Peer::after_request(write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n")),
        ),
        (
            "two lengths",
            Peer::after_request(write(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}")),
        ),
        (
            "a head without an end",
            Peer::after_request(|stream| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n");
                let _ = stream.write_all("x-a: b\r\n".repeat(100_000).as_bytes());
            }),
        ),
        (
            "an answer of gigabytes",
            Peer::after_request(|stream| {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9999999999\r\n\r\n");
                crate::peer::forever(stream, &[b' '; 65_536], Duration::ZERO);
            }),
        ),
        ("no JSON", Peer::answering(answer("200 OK", "<html>"))),
        ("nothing in it", Peer::answering(answer("200 OK", "{}"))),
        ("an error of no service", Peer::answering(answer("502 Bad Gateway", "<html>"))),
    ]
}

/// A client on the SDK's own HTTP client, as a caller can configure it.
fn foreign(url: &str) -> Secrets<Marker> {
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).region(Region::new("eu-west-1"));
    let config = config.credentials_provider(Credentials::new("a", "b", None, None, "test")).endpoint_url(url);
    Secrets::new(Client::from_conf(config.http_client(http).build())).within(LONG)
}

#[tokio::test]
async fn what_a_broken_peer_does_is_transport_by_any_http_client() {
    for (what, peer) in broken_peers().into_iter().filter(|(what, _)| *what != "an answer of gigabytes") {
        let error = foreign(&peer.url()).read(&Mark).await.expect_err(what);
        assert_eq!(error.kind(), ErrorKind::Transport, "{what}: {error}");
        assert!(error.kind().is_retryable());
        let told = child::run("read", LONG, &[("AWS_ENDPOINT_URL", &peer.url())]);
        assert_eq!(told.outcome, "transport", "{what}: {told:?}");
    }
}

/// The first call of a `delete` writes; that of an `update` reads.
#[test]
fn a_write_that_may_have_been_sent_says_so() {
    for (action, writes) in [("delete", true), ("update", false)] {
        // An empty answer to a `delete` is whole; and whether a request was sent before the peer spoke or closed is a race.
        let is_left_out =
            |what: &str| writes && ["nothing in it", "speaks first, and no HTTP", "closes at once"].contains(&what);
        for (what, peer) in broken_peers().into_iter().filter(|(what, _)| !is_left_out(what)) {
            let told = child::run(action, LONG, &[("AWS_ENDPOINT_URL", &peer.url())]);
            assert_eq!(told.outcome, "transport", "{what}: {told:?}");
            assert_eq!(told.message.contains("may have been carried out"), writes, "{action}, {what}: {told:?}");
        }
    }
}

#[test]
fn a_fault_of_the_read_of_an_update_is_no_write() {
    let fault = || refusal("500 Internal Server Error", "InternalServiceError", "x");
    let peer = Peer::answering(fault());
    let told = child::run("update", LONG, &[("AWS_ENDPOINT_URL", &peer.url())]);
    assert_eq!(told.outcome, "unavailable", "{told:?}");
    assert!(!told.message.contains("carried out"), "{told:?}");
    for (answer, kind, may_be) in [
        (fault(), "unavailable", true),
        (refusal("408 Request Timeout", "RequestTimeoutException", "x"), "unavailable", true),
        (refusal("400 Bad Request", "RequestAbortedException", "x"), "unavailable", true),
        (refusal("400 Bad Request", "ThrottlingException", "x"), "throttled", false),
    ] {
        let peer = Peer::after_head(move |stream, head| {
            let answer = if head.contains("GetSecretValue") { secret("hush-old") } else { answer.clone() };
            let _ = stream.write_all(answer.as_bytes());
        });
        let told = child::run("update", LONG, &[("AWS_ENDPOINT_URL", &peer.url())]);
        assert_eq!(told.outcome, kind, "{told:?}");
        assert_eq!(told.message.contains("may have been carried out"), may_be, "{told:?}");
    }
}

/// The deadline says of a write in progress whether it was sent.
#[test]
fn a_deadline_says_whether_the_write_was_sent() {
    let silent = || Peer::raw(|_| std::thread::sleep(Duration::from_mins(1)));
    let tls = silent().url().replace("http:", "https:");
    for (url, may_be) in [(silent().url(), true), (tls, false)] {
        let told = child::run("delete", Duration::from_secs(1), &[("AWS_ENDPOINT_URL", &url)]);
        assert!(told.outcome == "transport" && told.message.contains("(deadline)"), "{told:?}");
        assert_eq!(told.message.contains("may have been carried out"), may_be, "{url}: {told:?}");
    }
}

/// The value is stored, and the answer lost each time.
#[test]
fn a_write_that_was_carried_out_without_an_answer_is_transport() {
    let peer = Peer::after_head(|stream, head| {
        if head.contains("GetSecretValue") {
            let _ = stream.write_all(secret("hush-old").as_bytes());
        } else {
            close(stream);
        }
    });
    let told = child::run("update", LONG, &[("AWS_ENDPOINT_URL", &peer.url())]);
    assert_eq!(told.outcome, "transport", "{told:?}");
    assert!(told.message.contains("may have been carried out"), "{told:?}");
    assert!(peer.heads().iter().filter(|head| head.contains("PutSecretValue")).count() > 1, "it was tried again");
}

#[test]
fn what_was_never_sent_is_not_said_to_be_carried_out() {
    let plain = Peer::raw(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n");
        close(stream);
    });
    let plain = plain.url().replace("http:", "https:");
    let silent = Peer::raw(|stream| close(stream)).url().replace("http:", "https:");
    let hangs = Peer::raw(|_| std::thread::sleep(Duration::from_mins(1))).url().replace("http:", "https:");
    for (what, url) in [
        ("nobody listens", nobody()),
        ("no such host", "http://nobody.invalid".to_owned()),
        ("no TLS there", plain),
        ("closes in the handshake", silent),
        ("hangs in the handshake", hangs),
    ] {
        let told = child::run("delete", LONG, &[("AWS_ENDPOINT_URL", &url)]);
        assert_eq!(told.outcome, "transport", "{what}: {told:?}");
        assert!(told.message.contains("(connect)") && !told.message.contains("carried out"), "{what}: {told:?}");
    }
}

#[tokio::test]
async fn no_credentials_are_no_credentials() {
    let peer = Peer::answering(secret("hush"));
    let none = [
        ("AWS_ENDPOINT_URL", peer.url()),
        ("-AWS_ACCESS_KEY_ID", String::new()),
        ("-AWS_SECRET_ACCESS_KEY", String::new()),
    ];
    let none: Vec<_> = none.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let told = child::run("delete", LONG, &none);
    assert_eq!((told.outcome.as_str(), peer.heads().len()), ("credentials", 0), "{told:?}");
    // A client that was given none, and no place to look for any.
    let http = aws_smithy_http_client::Builder::new().build_http();
    let config = Config::builder().behavior_version(BehaviorVersion::latest()).region(Region::new("eu-west-1"));
    let config = config.endpoint_url(peer.url()).http_client(http).build();
    let error = Secrets::<Marker>::new(Client::from_conf(config)).read(&Mark).await.expect_err("there are none");
    assert_eq!(error.kind(), ErrorKind::Credentials, "{error}");
}

#[tokio::test]
async fn an_endpoint_without_a_scheme_is_no_lack_of_credentials() {
    for url in ["127.0.0.1:4566", "localhost"] {
        let error = foreign(url).read(&Mark).await.expect_err("it is no address");
        assert!(matches!(error, Error::Transport { reason: "request", .. }), "{url}: {error}");
        let told = child::run("read", LONG, &[("AWS_ENDPOINT_URL", url)]);
        assert!(told.outcome == "config" && told.message.contains("`AWS_ENDPOINT_URL`"), "{told:?}");
    }
}

#[test]
fn a_peer_that_answers_is_read() {
    let peer = Peer::answering(secret("hush"));
    let told = child::run("read", LONG, &[("AWS_ENDPOINT_URL", &peer.url())]);
    assert_eq!((told.outcome.as_str(), peer.accepted()), ("ok", 1), "{told:?}");
}
