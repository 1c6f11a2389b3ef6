//! Texts that no AWS ever wrote.

use paypulse_runtime::spec::spec as paypulse;
use paypulse_tests::warehouse::spec as warehouse;
use proptest::prelude::*;
use xtask::Exit;
use xtask::denied::{denials, explain};

use super::{NONE_ALLOWS, READ, message, secret};

const DELETE: &str = "secretsmanager:DeleteSecret";

/// What comes from outside does not steer the terminal or the shell, and does not fill the screen.
#[test]
fn nothing_of_a_message_is_taken_at_its_word() {
    let long = "x".repeat(100_000);
    let words = [
        "\u{1b}[31m$(rm)",
        &long,
        "';rm;'",
        "`rm`",
        "$(rm)",
        "..",
        "arn:aws:secretsmanager:::",
        "arn:",
        "*",
        "\u{202e}",
    ];
    for word in words {
        let of_key = "because no resource-based policy allows it";
        let deny = "with an explicit deny in an identity-based policy";
        for (spec, text) in [
            (paypulse(), message(&format!("{word}/{word}"), READ, &secret("PayPulseAppJWTSecret"), NONE_ALLOWS)),
            (paypulse(), message("login_user/login_user", word, &secret("x"), NONE_ALLOWS)),
            (paypulse(), message("login_user/login_user", READ, word, NONE_ALLOWS)),
            (paypulse(), message("login_user/login_user", READ, &secret(word), NONE_ALLOWS)),
            // Into commands: the name of a role that the spec does not know, and of a key.
            (warehouse(), message(&format!("{word}/close-shop"), DELETE, &secret("shops/1/suppliers/2/login"), deny)),
            (warehouse(), message("add_supplier/add_supplier", "kms:Decrypt", word, of_key)),
        ] {
            let run = super::explain(&spec, &[&text]);
            assert!(run.out.chars().all(|char| char == '\n' || !char.is_control()), "{run}");
            assert!(!run.out.contains('\u{202e}'), "{run}");
            assert!(run.out.lines().all(|line| line.chars().count() < 1_000), "a line is too long");
            for command in run.out.lines().filter_map(|line| line.split_once("next: aws ")).map(|(_, command)| command)
            {
                assert!(!runs(command), "{command}");
            }
        }
    }
    assert!(runs("iam get-role --role-name $(rm)") && runs("x ';rm;'y' ';rm") && !runs("x '$(rm)'"));
}

/// Whether a shell would run `rm`.
fn runs(command: &str) -> bool {
    let mut unquoted = String::new();
    let (mut is_quoted, mut chars) = (false, command.chars());
    while let Some(char) = chars.next() {
        match char {
            '\'' => is_quoted = !is_quoted,
            '\\' if !is_quoted => _ = chars.next(),
            char if !is_quoted => unquoted.push(char),
            _ => {}
        }
    }
    ["$(rm", ";rm", "`rm"].iter().any(|run| unquoted.contains(run))
}

#[test]
fn a_log_without_end_is_read_to_its_bound() {
    let line = message("login_user/login_user", READ, &secret("PayPulseAppJWTSecret"), NONE_ALLOWS);
    let text = format!("{line}\n").repeat(20_000);
    assert_eq!(denials(&text).len(), 1);
    let text: Vec<String> = (0..20_000).map(|number| line.replace("Secret-", &format!("Secret{number}-"))).collect();
    assert_eq!(denials(&text.join(" ")).len(), 100);
}

proptest! {
    /// Parts of messages in any order, cut anywhere: never a panic, and always an answer.
    #[test]
    fn any_text_is_borne(
        parts in prop::collection::vec(prop::sample::select(vec![
            "User: ", "arn:aws:sts::1:assumed-role/", "login_user", "/", " is not authorized to perform: ", READ, " on resource: ",
            "arn:aws:secretsmanager:eu:1:secret:", "PayPulseAppJWTSecret-AbCdEf", "gmail/user/", "{", "\"", "\\", " because no ",
            "identity-based policy", " with an explicit deny in a ", "kms:Decrypt", ":", "é", "\u{0}", "-", " transitively through ",
            "Access to KMS is not allowed", "\n", "secretsmanager:", "is not authorized to perform",
        ]), 0..30),
    ) {
        let spec = paypulse();
        let text = parts.concat();
        for denial in denials(&text) {
            let explanation = explain(&spec, &denial, None);
            let advice = explanation.advice(&spec, &denial);
            prop_assert!(!advice.why.is_empty() && !advice.next.is_empty(), "{:?}", denial);
            prop_assert!(!explanation.facts(&denial).is_empty());
        }
        let run = super::explain(&spec, &["--format", "json", "--", &text]);
        prop_assert!(matches!(run.exit, Exit::Done | Exit::Usage));
        prop_assert!(serde_json::from_str::<serde_json::Value>(&run.out).is_ok());
    }
}
