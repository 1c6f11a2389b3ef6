//! Texts that no AWS ever wrote.

use paypulse_runtime::spec::spec as paypulse;
use proptest::prelude::*;
use xtask::Exit;
use xtask::denied::{denials, explain};

use super::{NONE_ALLOWS, READ, message, secret};

/// What comes from outside does not steer the terminal or the shell, and does not fill the screen.
#[test]
fn nothing_of_a_message_is_taken_at_its_word() {
    let evil = "\u{1b}[31m$(rm";
    let long = "x".repeat(100_000);
    for word in [evil, &long, "'; rm -rf ~; '", "`id`", "..", "arn:aws:secretsmanager:::", "arn:", "*", "\u{202e}"] {
        for text in [
            message(&format!("{word}/{word}"), READ, &secret("PayPulseAppJWTSecret"), NONE_ALLOWS),
            message("login_user/login_user", word, &secret("x"), NONE_ALLOWS),
            message("login_user/login_user", READ, word, "with an explicit deny in a resource-based policy"),
            message("login_user/login_user", READ, &secret(word), NONE_ALLOWS),
            message("login_user/login_user", "kms:Decrypt", word, "because no resource-based policy allows it"),
        ] {
            let run = super::explain(&paypulse(), &[&text]);
            assert!(run.out.chars().all(|char| char == '\n' || !char.is_control()), "{run}");
            assert!(!run.out.contains('\u{202e}'), "{run}");
            assert!(run.out.lines().all(|line| line.chars().count() < 1_000), "a line is too long");
            // In a command the word stands in quotes, if it stands there at all.
            for command in run.out.lines().filter(|line| line.contains("next: aws ")) {
                assert!(!command.contains("$(rm") || command.contains('\''), "{command}");
                assert!(!command.contains("; rm") || command.contains(r"'\''; rm"), "{command}");
            }
        }
    }
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
            prop_assert!(!explanation.why(&denial).is_empty());
            prop_assert!(!explanation.next(&spec, &denial).is_empty());
            prop_assert!(!explanation.facts(&denial).is_empty());
        }
        let run = super::explain(&spec, &["--format", "json", "--", &text]);
        prop_assert!(matches!(run.exit, Exit::Done | Exit::Usage));
        prop_assert!(serde_json::from_str::<serde_json::Value>(&run.out).is_ok());
    }
}
