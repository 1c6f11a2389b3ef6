//! The proxy of the environment is used.

use std::io::Write;
use std::time::Duration;

use crate::child;
use crate::peer::{Peer, secret};

const SHORT: Duration = Duration::from_secs(5);
const AWS: &str = "CONNECT secretsmanager.eu-west-1.amazonaws.com:443 ";

/// A proxy that opens no tunnel, and remembers who asked.
fn proxy() -> Peer {
    Peer::answering("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n")
}

fn asked(action: &str, environment: &[(&str, &str)]) -> Vec<String> {
    let proxy = proxy();
    let url = proxy.url();
    let with_proxy: Vec<_> = environment.iter().map(|(name, value)| (*name, value.replace("PROXY", &url))).collect();
    let with_proxy: Vec<_> = with_proxy.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let told = child::run(action, SHORT, &with_proxy);
    assert_eq!(told.outcome, "transport", "{told:?}");
    proxy.heads()
}

#[test]
fn a_tunnel_is_asked_of_the_proxy() {
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        let heads = asked("read", &[(name, "PROXY")]);
        assert!(heads.first().is_some_and(|head| head.starts_with(AWS)), "by {name}: {heads:?}");
    }
}

#[test]
fn an_exception_is_no_matter_of_the_proxys() {
    for name in ["NO_PROXY", "no_proxy"] {
        // The next hop is one that nobody listens at, so that no packet leaves this machine.
        let direct =
            [("HTTPS_PROXY", "PROXY"), (name, "127.0.0.1,localhost"), ("AWS_ENDPOINT_URL", "https://127.0.0.1:1")];
        assert_eq!(asked("read", &direct), Vec::<String>::new(), "{name}");
        let other = [("HTTPS_PROXY", "PROXY"), (name, "example.com"), ("AWS_ENDPOINT_URL", "https://127.0.0.1:1")];
        assert!(asked("read", &other)[0].starts_with("CONNECT 127.0.0.1:1 "), "{name}");
    }
}

#[test]
fn what_is_not_encrypted_is_forwarded_with_its_whole_address() {
    let forwards = Peer::answering(secret("hush"));
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        let proxy = format!("http://user:p%40ss@{}", forwards.address());
        let told = child::run("read", SHORT, &[(name, &proxy), ("AWS_ENDPOINT_URL", "http://secrets.example.com")]);
        assert_eq!(told.outcome, "ok", "{told:?}");
        let head = forwards.heads().pop().expect("it was asked").to_lowercase();
        assert!(head.starts_with("post http://secrets.example.com/ "), "{head}");
        // `user:p@ss`
        assert!(head.contains("proxy-authorization: basic dxnlcjpwqhnz"), "{head}");
    }
}

#[test]
fn a_tunnel_carries_the_password_and_nothing_tells_it() {
    let proxy = proxy();
    let with_password = format!("http://user:hush@{}", proxy.address());
    let told = child::run("read", SHORT, &[("HTTPS_PROXY", &with_password), ("RUST_LOG", "trace")]);
    assert!(!told.printed.contains("hush@") && !told.message.contains("hush"), "{told:?}");
    let head = proxy.heads().pop().expect("it was asked").to_lowercase();
    // `user:hush`
    assert!(head.contains("proxy-authorization: basic dxnlcjpodxno"), "{head}");
    for bad in ["socks5://user:hush@127.0.0.1:1", "http://us er:hush@127.0.0.1"] {
        let told = child::run("read", SHORT, &[("HTTPS_PROXY", bad)]);
        assert!(told.outcome == "config" && told.message.contains("`HTTPS_PROXY`"), "{told:?}");
        assert!(!told.printed.contains("hush"), "{told:?}");
    }
}

/// The proxy is asked for the host, so no such host has to be there.
#[test]
fn the_endpoint_is_that_of_the_settings() {
    for (environment, host) in [
        (&[][..], "secretsmanager.eu-west-1.amazonaws.com"),
        (&[("AWS_REGION", "us-gov-west-1")], "secretsmanager.us-gov-west-1.amazonaws.com"),
        (&[("AWS_REGION", "cn-north-1")], "secretsmanager.cn-north-1.amazonaws.com.cn"),
        (
            &[("AWS_REGION", "us-east-2"), ("AWS_USE_FIPS_ENDPOINT", "true")],
            "secretsmanager-fips.us-east-2.amazonaws.com",
        ),
        // By AWS's rules the name is the same for both kinds of addresses, but for this one.
        (&[("AWS_USE_DUALSTACK_ENDPOINT", "true")], "secretsmanager.eu-west-1.amazonaws.com"),
        (
            &[("AWS_REGION", "cn-north-1"), ("AWS_USE_DUALSTACK_ENDPOINT", "true"), ("AWS_USE_FIPS_ENDPOINT", "true")],
            "secretsmanager-fips.cn-north-1.api.amazonwebservices.com.cn",
        ),
        (
            &[("SECRETS_REGION", "us-west-2"), ("AWS_USE_FIPS_ENDPOINT", "true")],
            "secretsmanager-fips.us-west-2.amazonaws.com",
        ),
        (&[("AWS_ENDPOINT_URL", "https://vpce-1.example.com")], "vpce-1.example.com"),
        (
            &[("AWS_ENDPOINT_URL", "https://a"), ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "https://b.example.com")],
            "b.example.com",
        ),
    ] {
        let environment: Vec<_> = [("HTTPS_PROXY", "PROXY")].iter().chain(environment).copied().collect();
        let heads = asked("read", &environment);
        assert!(heads[0].starts_with(&format!("CONNECT {host}:443 ")), "{environment:?}: {heads:?}");
    }
    // A secret that is in another Region, by the same settings.
    let heads = asked("remote", &[("HTTPS_PROXY", "PROXY"), ("AWS_USE_FIPS_ENDPOINT", "true")]);
    assert!(heads[0].starts_with("CONNECT secretsmanager-fips.us-east-1.amazonaws.com:443 "), "{heads:?}");
}

/// A tunnel that is opened leads to a server that is not AWS: nothing is sent to it.
#[test]
fn a_proxy_that_answers_itself_is_no_aws() {
    let proxy = Peer::raw(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}");
        std::thread::sleep(Duration::from_secs(1));
    });
    let told = child::run("delete", SHORT * 4, &[("HTTPS_PROXY", &proxy.url())]);
    assert!(told.outcome == "transport" && told.message.contains("(connect)"), "{told:?}");
}
