//! `GetRandomPassword`.

use driftless_testing::EmbeddedSecretsManager;

use crate::{check_refused, check_refused_for};

const PUNCTUATION: &str = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

#[tokio::test]
async fn a_password_has_32_characters_and_every_type() {
    let client = EmbeddedSecretsManager::new().client();
    for _ in 0..100 {
        let made = client.get_random_password().send().await.unwrap().random_password.unwrap();
        assert_eq!(made.chars().count(), 32);
        let has = |is: fn(char) -> bool| made.chars().any(is);
        assert!(
            has(|it| it.is_ascii_lowercase()) && has(|it| it.is_ascii_uppercase()) && has(|it| it.is_ascii_digit())
        );
        assert!(has(|it| PUNCTUATION.contains(it)) && !has(|it| it == ' '), "{made}");
    }
}

#[tokio::test]
async fn what_is_excluded_is_not_in_it() {
    let client = EmbeddedSecretsManager::new().client();
    let get = || client.get_random_password().password_length(500);
    let made = get().exclude_lowercase(true).exclude_punctuation(true).send().await.unwrap().random_password.unwrap();
    assert!(made.chars().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit()), "{made}");
    let made = get().exclude_uppercase(true).exclude_numbers(true).include_space(true).send().await.unwrap();
    let made = made.random_password.unwrap();
    assert!(made.contains(' ') && !made.chars().any(|it| it.is_ascii_uppercase() || it.is_ascii_digit()), "{made}");
    let made = get().exclude_characters("abcABC123").send().await.unwrap().random_password.unwrap();
    assert!(!made.contains(|it| "abcABC123".contains(it)), "{made}");
    // A type of which no character is left need not be in it.
    let made = get().password_length(3).exclude_characters(PUNCTUATION).send().await.unwrap();
    assert_eq!(made.random_password.unwrap().len(), 3);
}

#[tokio::test]
async fn a_password_need_not_have_every_type() {
    let client = EmbeddedSecretsManager::new().client();
    let get = client.get_random_password().password_length(1).require_each_included_type(false);
    assert_eq!(get.send().await.unwrap().random_password.unwrap().len(), 1);
}

#[tokio::test]
async fn err_rules_that_cannot_be_kept() {
    let client = EmbeddedSecretsManager::new().client();
    let get = || client.get_random_password();
    let short = "Password length is too short based on the required types.";
    check_refused(get().password_length(3).send().await, "InvalidParameterException", short);
    for (length, rule) in
        [(0, "greater than or equal to 1"), (-1, "greater than"), (4097, "less than or equal to 4096")]
    {
        let sent = get().password_length(length).send().await;
        check_refused_for(sent, "ValidationException", &format!("Value '{length}' at 'passwordLength' failed"));
        check_refused_for(get().password_length(length).send().await, "ValidationException", rule);
    }
    let nothing = get().exclude_lowercase(true).exclude_uppercase(true).exclude_numbers(true).exclude_punctuation(true);
    check_refused_for(nothing.send().await, "InvalidParameterException", "No characters are left");
    let long = get().exclude_characters("x".repeat(4097)).send().await;
    check_refused_for(long, "ValidationException", "'excludeCharacters'");
}
