//! `CreateSecret`.

use aws_sdk_secretsmanager::primitives::Blob;
use aws_sdk_secretsmanager::types::Tag;
use driftless_testing::EmbeddedSecretsManager;

use crate::{check_refused, check_refused_for, token};

#[tokio::test]
async fn a_created_secret_has_an_arn_with_a_random_suffix_and_its_token_as_version_id() {
    let server = EmbeddedSecretsManager::new();
    let create = server.client().create_secret().name("shop/key").secret_string("v").client_request_token(token('a'));
    let answer = create.send().await.unwrap();

    let arn = answer.arn().unwrap();
    let suffix = arn.strip_prefix("arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/key-").unwrap();
    assert_eq!(suffix.len(), 6);
    assert!(suffix.chars().all(|c| c.is_ascii_alphanumeric()));
    assert_eq!(answer.name(), Some("shop/key"));
    assert_eq!(answer.version_id(), Some(token('a').as_str()));
    assert_eq!(server.versions("shop/key"), [(token('a'), vec!["AWSCURRENT".to_owned()])]);
}

#[tokio::test]
async fn description_tags_and_key_are_kept() {
    let server = EmbeddedSecretsManager::new();
    let client = server.client();
    let tag = Tag::builder().key("team").value("billing").build();
    let create = client.create_secret().name("k").description("What for.").kms_key_id("alias/app").tags(tag.clone());
    create.send().await.unwrap();

    let described = client.describe_secret().secret_id("k").send().await.unwrap();
    assert_eq!(described.description(), Some("What for."));
    assert_eq!(described.kms_key_id(), Some("alias/app"));
    assert_eq!(described.tags(), [tag]);
}

#[tokio::test]
async fn a_secret_without_a_value_has_no_version() {
    let server = EmbeddedSecretsManager::new();
    let client = server.client();
    let answer = client.create_secret().name("k").send().await.unwrap();
    assert_eq!(answer.version_id(), None);
    assert_eq!(server.versions("k"), []);

    let read = client.get_secret_value().secret_id("k").send().await;
    let message = "Secrets Manager can't find the specified secret value for staging label: AWSCURRENT";
    check_refused(read, "ResourceNotFoundException", message);
}

#[tokio::test]
async fn creating_again_succeeds_only_with_the_same_token_and_value() {
    let server = EmbeddedSecretsManager::new();
    let client = server.client();
    let create = |value: &str, last| {
        client.create_secret().name("k").secret_string(value).client_request_token(token(last)).send()
    };
    let first = create("v", 'a').await.unwrap();
    let again = create("v", 'a').await.unwrap();
    assert_eq!((first.arn(), first.version_id()), (again.arn(), again.version_id()));

    let arn = first.arn().unwrap();
    let taken = format!(
        "You can't use ClientRequestToken {} because that value is already in use for a version of secret {arn}.",
        token('a')
    );
    check_refused(create("other", 'a').await, "ResourceExistsException", &taken);
    let exists = "The operation failed because the secret k already exists.";
    check_refused(create("v", 'b').await, "ResourceExistsException", exists);
    check_refused(client.create_secret().name("k").send().await, "ResourceExistsException", exists);
    assert_eq!(server.value("k").as_deref(), Some("v"));
    assert_eq!(server.versions("k").len(), 1);
}

#[tokio::test]
async fn a_name_that_is_scheduled_for_deletion_is_taken() {
    let server = EmbeddedSecretsManager::new();
    server.put("k", "v");
    server.schedule_deletion("k");
    let message = "You can't create this secret because a secret with this name is already scheduled for deletion.";
    let created = server.client().create_secret().name("k").secret_string("v").send().await;
    check_refused(created, "InvalidRequestException", message);
}

#[tokio::test]
async fn a_name_has_1_to_512_allowed_characters() {
    let client = EmbeddedSecretsManager::new().client();
    let create = async |name: &str| client.create_secret().name(name).secret_string("v").send().await;
    create(&"n".repeat(512)).await.unwrap();
    create("Az09/_+=.@-").await.unwrap();
    let message = "1 validation error detected: Value '' at 'name' failed to satisfy constraint: Member must have \
                   length greater than or equal to 1";
    check_refused(create("").await, "ValidationException", message);
    check_refused_for(create(&"n".repeat(513)).await, "ValidationException", "nnn' at 'name' failed");
    for name in ["with space", "umlaut-ü", "star*", "what?", "line\nfeed"] {
        check_refused_for(create(name).await, "ValidationException", "Invalid name.");
    }
}

#[tokio::test]
async fn a_value_has_at_most_65536_bytes() {
    let client = EmbeddedSecretsManager::new().client();
    let most = "v".repeat(65_536);
    let message = |member| {
        format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must have length \
             less than or equal to 65536"
        )
    };
    client.create_secret().name("text").secret_string(&most).send().await.unwrap();
    let text = client.create_secret().name("more").secret_string(format!("{most}v")).send().await;
    check_refused(text, "ValidationException", &message("secretString"));

    client.create_secret().name("binary").secret_binary(Blob::new(most.as_bytes())).send().await.unwrap();
    let binary = client.create_secret().name("more").secret_binary(Blob::new(vec![0; 65_537])).send().await;
    check_refused(binary, "ValidationException", &message("secretBinary"));

    // Bytes, not characters.
    let umlauts = client.create_secret().name("more").secret_string("ü".repeat(32_769)).send().await;
    check_refused(umlauts, "ValidationException", &message("secretString"));
}

#[tokio::test]
async fn a_value_is_text_or_binary_and_not_both() {
    let client = EmbeddedSecretsManager::new().client();
    let both = client.create_secret().name("k").secret_string("v").secret_binary(Blob::new("v")).send().await;
    check_refused_for(both, "InvalidParameterException", "both");
}

#[tokio::test]
async fn a_refused_tag_is_named_by_its_place() {
    let client = EmbeddedSecretsManager::new().client();
    let tag = |key: &str| Tag::builder().key(key).value("v").build();
    let create = client.create_secret().name("k").tags(tag("team")).tags(tag(""));
    check_refused_for(create.send().await, "ValidationException", "Value '' at 'tags.2.member.key' failed");
}

#[tokio::test]
async fn a_token_has_32_to_64_characters() {
    let client = EmbeddedSecretsManager::new().client();
    let create = async |name: &str, len: usize| {
        client.create_secret().name(name).secret_string("v").client_request_token("t".repeat(len)).send().await
    };
    create("short", 32).await.unwrap();
    create("long", 64).await.unwrap();
    check_refused_for(create("k", 31).await, "ValidationException", "greater than or equal to 32");
    check_refused_for(create("k", 65).await, "ValidationException", "less than or equal to 64");
}
