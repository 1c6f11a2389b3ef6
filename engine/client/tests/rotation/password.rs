//! Passwords that AWS makes up.

use std::collections::BTreeSet;

use driftless::model::Verb;
use driftless::{ErrorKind, PasswordRules, Secrets};

use crate::shared::mark::debugged;
use crate::world::{DatabaseLogin, RotateLogin, RotateOther, client, server};

#[tokio::test]
async fn the_verb_makes_the_call_of_its_row() {
    let server = server();
    let secrets: Secrets<RotateLogin> = client(&server);
    secrets.random_password(&DatabaseLogin, &PasswordRules::new()).await.expect("it is granted");
    let made: BTreeSet<String> = server.take_calls().into_iter().map(|call| call.call).collect();
    let table: BTreeSet<String> = Verb::Generate.api_calls().iter().map(|call| call.name().to_owned()).collect();
    assert_eq!(made, table);
}

#[tokio::test]
async fn a_password_keeps_its_rules() {
    let server = server();
    let secrets: Secrets<RotateLogin> = client(&server);
    let made = async |rules: &PasswordRules| {
        let password = secrets.random_password(&DatabaseLogin, rules).await.expect("it is granted");
        debugged(&password);
        password.expose().to_owned()
    };
    assert_eq!(made(&PasswordRules::new()).await.len(), 32);
    let rules = PasswordRules::new().length(4096).without("/@").without("\"'\\aA0");
    for _ in 0..5 {
        let password = made(&rules).await;
        assert_eq!(password.len(), 4096);
        assert!(!password.contains(|char| "/@\"'\\aA0 ".contains(char)));
        let has = |is: fn(&char) -> bool| password.chars().any(|char| is(&char));
        assert!(has(char::is_ascii_lowercase) && has(char::is_ascii_uppercase));
        assert!(has(char::is_ascii_digit) && has(char::is_ascii_punctuation));
    }
    let plain = made(&PasswordRules::new().length(3).without_punctuation()).await;
    assert!(plain.bytes().all(|byte| byte.is_ascii_alphanumeric()) && plain.len() == 3, "{plain}");
    assert_ne!(made(&PasswordRules::new()).await, made(&PasswordRules::new()).await);
}

#[tokio::test]
async fn err_rules_that_no_password_can_keep() {
    let server = server();
    let secrets: Secrets<RotateLogin> = client(&server);
    for rules in [PasswordRules::new().length(0), PasswordRules::new().length(4097), PasswordRules::new().length(3)] {
        let error = secrets.random_password(&DatabaseLogin, &rules).await.expect_err("no password is so");
        assert_eq!(error.kind(), ErrorKind::Service, "{rules:?}: {error}");
    }
}

/// A handler that does not say that it has passwords made up may not.
#[tokio::test]
async fn err_a_password_for_a_handler_that_is_not_granted_it() {
    let server = server();
    let made = server.client_for::<RotateOther>().get_random_password().send().await;
    let error = made.expect_err("it is not granted").into_service_error();
    assert_eq!(
        error.meta().message(),
        Some(
            "User: arn:aws:sts::123456789012:assumed-role/rotate-other/rotate-other is not authorized to perform: \
             secretsmanager:GetRandomPassword because no identity-based policy allows the \
             secretsmanager:GetRandomPassword action"
        )
    );
}
