//! Descriptions of the verbs, and the reasons for their API calls.

use driftless_model::{ApiCall, Verb};

/// What a verb does, as the continuation of “may”.
#[must_use]
pub const fn does(verb: Verb) -> &'static str {
    match verb {
        Verb::Read => "read the value",
        Verb::ReadPrevious => "read the value before the present one",
        Verb::Describe => "see what is known of the secret, without its value",
        Verb::Store => "create the secret, or replace its value",
        Verb::Update => "change the value of a secret that exists",
        Verb::Delete => "delete the secret at once",
        Verb::Rotate => "replace the value in the four steps of a rotation",
        Verb::Generate => "have a random password made up",
        Verb::LegacyUpdate => {
            "change the secret as programs do that do not use the client, for the time of a migration"
        }
    }
}

/// Why a verb makes a call, or `None` if it does not.
#[must_use]
pub const fn reason(verb: Verb, call: ApiCall) -> Option<&'static str> {
    let why = match (verb, call) {
        (Verb::Read | Verb::ReadPrevious, ApiCall::GetSecretValue) => "hands the value over",
        (Verb::Describe, ApiCall::DescribeSecret) => "asks for all but the value",
        (Verb::Store | Verb::Update, ApiCall::GetSecretValue) => {
            "reads the version that the write follows, so that no other writer's change is lost"
        }
        (Verb::Store | Verb::Update, ApiCall::PutSecretValue) => "writes the new version",
        (Verb::Store, ApiCall::CreateSecret) => "creates the secret where there is none yet",
        (Verb::Store, ApiCall::RestoreSecret) => "takes back a deletion that was scheduled, before it writes",
        (Verb::Delete, ApiCall::DeleteSecret) => "deletes the secret",
        (Verb::Rotate, ApiCall::DescribeSecret) => "sees which version has which label",
        (Verb::Rotate, ApiCall::GetSecretValue) => "reads the value now, and the one that is pending",
        (Verb::Rotate, ApiCall::PutSecretValue) => "keeps the value that is pending",
        (Verb::Rotate, ApiCall::UpdateSecretVersionStage) => "makes the pending version the current one",
        (Verb::Generate, ApiCall::GetRandomPassword) => "has AWS make up the password",
        (Verb::LegacyUpdate, ApiCall::UpdateSecret) => {
            "writes the new version, in a program that does not use the client"
        }
        _ => return None,
    };
    Some(why)
}

#[cfg(test)]
mod tests {
    use driftless_model::{ApiCall, Verb};

    use super::reason;

    #[test]
    fn each_call_of_a_verb_has_a_reason_and_no_other_call_has() {
        for verb in Verb::ALL {
            for call in ApiCall::ALL {
                assert_eq!(reason(verb, call).is_some(), verb.api_calls().contains(&call), "{verb} {call}");
            }
        }
    }
}
