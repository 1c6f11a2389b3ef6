//! Two Regions over sockets, one of them out of order, and which endpoint is asked in each.

use std::time::Duration;

use crate::child::{self, Told};
use crate::peer::{Peer, answer, close, nobody, secret};

/// The endpoint of all of Secrets Manager, which is that of the secrets' own Region, and that of the copies' Region.
const OWN: &str = "AWS_ENDPOINT_URL";
const COPIES: &str = "SECRETS_ENDPOINT_URL_EU_CENTRAL_1";

fn read(environment: &[(&str, &str)]) -> Told {
    child::run("copied", Duration::from_secs(8), environment)
}

#[test]
fn a_copy_answers_for_a_region_that_breaks_off_hangs_or_is_not_there() {
    let broken = [
        Peer::raw(|stream| close(stream)),
        Peer::after_request(|stream| close(stream)),
        Peer::after_request(|_| std::thread::sleep(Duration::from_mins(1))),
        Peer::answering("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{"),
        Peer::answering("220 mail.example.com ESMTP\r\n"),
        Peer::answering(answer("502 Bad Gateway", "<html>")),
    ];
    let urls = broken.iter().map(Peer::url).chain([nobody()]);
    for (number, url) in urls.enumerate() {
        let copy = Peer::answering(secret("hush"));
        let told = read(&[(OWN, &url), (COPIES, &copy.url())]);
        assert_eq!((told.outcome.as_str(), copy.heads().len()), ("ok", 1), "{number}: {told:?}");
        // It is signed for the copy's Region.
        assert!(copy.heads()[0].contains("/eu-central-1/secretsmanager/"), "{number}: {:?}", copy.heads());
    }
}

#[test]
fn in_the_region_of_a_copy_its_endpoint_alone_is_asked() {
    let (own, copy) = (Peer::answering(secret("hush")), Peer::answering(secret("hush")));
    let there = [("AWS_REGION", "eu-central-1"), ("SECRETS_REGION", "eu-west-1")];
    let told = read(&[there[0], there[1], (OWN, &own.url()), (COPIES, &copy.url())]);
    assert_eq!((told.outcome.as_str(), own.accepted(), copy.heads().len()), ("ok", 0, 1), "{told:?}");
    // And where that is out of order, the secret's own.
    let told = read(&[there[0], there[1], (OWN, &own.url()), (COPIES, &nobody())]);
    assert_eq!((told.outcome.as_str(), own.heads().len()), ("ok", 1), "{told:?}");
}

/// What answers at an endpoint that is set for all is no copy.
#[test]
fn an_endpoint_that_is_set_for_all_regions_is_asked_for_no_copy() {
    for variable in [OWN, "AWS_ENDPOINT_URL_SECRETS_MANAGER"] {
        let own = Peer::answering(secret("hush"));
        let told = read(&[("AWS_REGION", "eu-central-1"), ("SECRETS_REGION", "eu-west-1"), (variable, &own.url())]);
        assert_eq!((told.outcome.as_str(), own.heads().len()), ("ok", 1), "{variable}: {told:?}");
        assert!(own.heads()[0].contains("/eu-west-1/secretsmanager/"), "{variable}: {:?}", own.heads());
        let told = read(&[(variable, &nobody())]);
        assert_eq!(told.outcome, "transport", "{variable}: {told:?}");
    }
}

#[test]
fn the_endpoint_of_a_region_is_that_of_secrets_that_are_there_too() {
    let (own, there) = (Peer::answering(secret("hush")), Peer::answering(secret("hush")));
    let all = [(OWN, own.url()), ("SECRETS_ENDPOINT_URL_US_EAST_1", there.url())];
    let environment: Vec<_> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for (number, calls) in [(2, (0, 1)), (1, (1, 1))] {
        let told = child::run("remote", Duration::from_secs(5), &environment[..number]);
        assert_eq!(told.outcome, "ok", "{told:?}");
        assert_eq!((own.heads().len(), there.heads().len()), calls);
    }
    assert!(own.heads()[0].contains("/us-east-1/secretsmanager/"), "{:?}", own.heads());
}

/// The proxy is asked for the hosts, so none of them has to be there.
#[test]
fn the_endpoint_of_a_copy_is_that_of_the_settings() {
    for (environment, hosts) in [
        (&[][..], ["secretsmanager.eu-west-1.amazonaws.com", "secretsmanager.eu-central-1.amazonaws.com"]),
        (
            &[("AWS_USE_FIPS_ENDPOINT", "true")],
            ["secretsmanager-fips.eu-west-1.amazonaws.com", "secretsmanager-fips.eu-central-1.amazonaws.com"],
        ),
        (
            &[("AWS_USE_DUALSTACK_ENDPOINT", "true")],
            ["secretsmanager.eu-west-1.amazonaws.com", "secretsmanager.eu-central-1.amazonaws.com"],
        ),
        (
            &[("AWS_ENDPOINT_URL", "https://vpce-1.example.com"), (COPIES, "https://vpce-2.example.com")],
            ["vpce-1.example.com", "vpce-2.example.com"],
        ),
        (&[(COPIES, "https://vpce-2.example.com")], ["secretsmanager.eu-west-1.amazonaws.com", "vpce-2.example.com"]),
    ] {
        let proxy = Peer::answering("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n");
        let environment: Vec<_> =
            environment.iter().copied().chain([("HTTPS_PROXY", proxy.url().leak() as &str)]).collect();
        assert_eq!(read(&environment).outcome, "transport");
        let mut asked: Vec<String> = proxy.heads();
        asked.dedup_by_key(|head| head.lines().next().map(str::to_owned));
        let asked: Vec<&str> =
            asked.iter().filter_map(|head| head.strip_prefix("CONNECT ")?.split(':').next()).collect();
        assert_eq!(asked, hosts, "{environment:?}");
    }
}

#[test]
fn the_endpoint_of_a_region_that_cannot_be_one_ends_the_start() {
    for (environment, words) in [
        (&[(COPIES, "eu-central-1")][..], ["`SECRETS_ENDPOINT_URL_EU_CENTRAL_1`", "it must be an address"]),
        (&[(COPIES, "")], ["`SECRETS_ENDPOINT_URL_EU_CENTRAL_1`", "it must be an address"]),
        (
            &[(COPIES, "https://vpce-2.example.com"), ("AWS_USE_FIPS_ENDPOINT", "true")],
            ["`AWS_USE_FIPS_ENDPOINT` is on", "`SECRETS_ENDPOINT_URL_EU_CENTRAL_1` names an endpoint"],
        ),
    ] {
        let told = child::run("start", Duration::from_secs(5), environment);
        assert_eq!(told.outcome, "config", "{told:?}");
        assert!(words.iter().all(|word| told.message.contains(word)), "{told:?}");
    }
}
