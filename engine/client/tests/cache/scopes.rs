//! Clones of one client in other environments, or with other keys: a secret of one is another secret than that of its name in
//! the next.

use driftless::model::Text;
use driftless::{CacheConfig, Secrets};

use crate::shared::server::Server;

driftless::declare! {
    source: "engine/client/tests/cache/scopes.rs";
    prefixes: stage { "dev/", "prod/" };

    keys {}

    secrets {
        /// A word.
        Word: Text = "word", owner: runtime, kms_key: variable(word_key_arn);
        /// A word in another Region.
        Remote: Text = "word", owner: external, region: "us-east-1";
    }

    handlers {
        /// May do everything.
        Reader = "reader" {
            Word: read, store, update, delete;
            Remote: read;
        }
    }
}

fn shared() -> (Server, Secrets<Reader>) {
    let server = Server::new();
    for prefix in ["dev/", "prod/"] {
        server.put(&format!("{prefix}word"), format!("hush-{prefix}"));
    }
    let secrets = Secrets::<Reader>::new(server.client()).with_cache(CacheConfig::new()).expect("it holds");
    (server, secrets)
}

fn in_environment(secrets: &Secrets<Reader>, prefix: &str) -> Secrets<Reader> {
    secrets.clone().with_prefix(prefix).expect("the spec has it")
}

#[tokio::test]
async fn each_prefix_has_its_own_values_and_writes() {
    let (server, secrets) = shared();
    let (dev, prod) = (in_environment(&secrets, "dev/"), in_environment(&secrets, "prod/"));
    for (client, value) in [(&dev, "hush-dev/"), (&prod, "hush-prod/"), (&dev, "hush-dev/"), (&prod, "hush-prod/")] {
        assert_eq!(client.cached(&Word).await.expect("it is there").expose(), value);
    }
    assert_eq!(server.take_calls().len(), 2);
    dev.update(&Word, |_| Some("hush-new".into())).await.expect("it is written");
    assert_eq!(dev.cached(&Word).await.expect("it is there").expose(), "hush-new");
    assert_eq!(prod.cached(&Word).await.expect("it is there").expose(), "hush-prod/");
    dev.delete(&Word).await.expect("it is deleted");
    assert!(dev.cached(&Word).await.is_err_and(|error| error.is_not_found()));
    assert_eq!(prod.cached(&Word).await.expect("it is there").expose(), "hush-prod/");
    dev.invalidate(&Word);
    server.take_calls();
    prod.cached(&Word).await.expect("it is there");
    assert_eq!(server.take_calls().len(), 0);
}

#[tokio::test]
async fn clones_in_one_environment_share() {
    let (server, secrets) = shared();
    for client in [in_environment(&secrets, "dev/"), in_environment(&secrets, "dev/"), in_environment(&secrets, "dev/")]
    {
        client.clone().cached(&Word).await.expect("it is there");
    }
    assert_eq!(server.take_calls().len(), 1);
    let there_and_back = in_environment(&in_environment(&secrets, "prod/"), "dev/");
    there_and_back.cached(&Word).await.expect("it is there");
    assert_eq!(server.take_calls().len(), 0);
    assert_eq!(there_and_back.cache_stats().entries, 1);
}

#[tokio::test]
async fn each_key_has_its_own_values() {
    let (server, secrets) = shared();
    let dev = in_environment(&secrets, "dev/");
    let with_key = |arn: &'static str| dev.clone().with_kms_keys(move |_| Some(arn.to_owned()));
    let (one, other) = (with_key("arn:aws:kms:eu-west-1:1:key/1"), with_key("arn:aws:kms:eu-west-1:1:key/2"));
    for client in [&one, &other, &one.clone(), &other.clone()] {
        client.cached(&Word).await.expect("it is there");
    }
    assert_eq!(server.take_calls().len(), 2);
}

#[tokio::test]
async fn each_region_has_its_own_values() {
    let (server, secrets) = shared();
    let dev = in_environment(&secrets, "dev/");
    for _ in 0..2 {
        dev.cached(&Word).await.expect("it is there");
        dev.cached(&Remote).await.expect("it is there");
    }
    let regions: Vec<_> = server.take_calls().into_iter().map(|call| call.region).collect();
    assert_eq!(regions, ["eu-west-1", "us-east-1"]);
}

/// Each new closure is another key: they are not remembered without an end.
#[tokio::test]
async fn clones_without_an_end_keep_no_caches_without_an_end() {
    let (server, secrets) = shared();
    let dev = in_environment(&secrets, "dev/");
    for _ in 0..1_000 {
        drop(dev.clone().with_kms_keys(|_| None));
    }
    dev.cached(&Word).await.expect("it is there");
    in_environment(&secrets, "dev/").cached(&Word).await.expect("it is there");
    assert!(server.take_calls().len() <= 2);
}
