//! Every difference that is known, each with what AWS says to it.
//!
//! Where AWS documents no more than a rule, the words of its refusal are those that somebody has seen: `LocalStack`'s
//! recordings, moto's tests that are run against AWS, and messages in public issues.

/// The refusal of a member that is too long. The value is as the message shows it, with a space before it.
macro_rules! too_long {
    ($value:literal, $member:literal, $most:literal) => {
        concat!(
            "400 ValidationException: 1 validation error detected: Value",
            $value,
            " at '",
            $member,
            "' failed to satisfy constraint: Member must have length less than or equal to ",
            $most
        )
    };
}

/// The refusal of a member that is too short.
macro_rules! too_short {
    ($value:literal, $member:literal, $least:literal) => {
        concat!(
            "400 ValidationException: 1 validation error detected: Value",
            $value,
            " at '",
            $member,
            "' failed to satisfy constraint: Member must have length greater than or equal to ",
            $least
        )
    };
}

mod both;
mod ministack;
mod ministack_refusals;
mod moto;
mod moto_refusals;
mod turning;

use std::fmt;

use super::servers::Emulator;

/// One thing that an emulator does otherwise than the embedded server.
pub struct Known {
    /// What the emulator does.
    pub what: &'static str,
    /// What AWS documents, or was seen to do.
    pub aws: &'static str,
    /// Where that can be read.
    pub source: &'static str,
    pub right: Right,
    /// Where it shows.
    pub rows: &'static [Row],
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let right = match self.right {
            Right::Embedded => "the embedded server is right",
            Right::Unsettled => "who is right is not settled",
        };
        write!(f, "{}; AWS: {} ({}); {right}", self.what, self.aws, self.source)
    }
}

/// Who answers as AWS does. Where it is the emulator, the embedded server is mended instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    Embedded,
    /// AWS documents neither answer, and no recording of one was found.
    Unsettled,
}

/// One difference in one or more steps. The field and the two values are as in
/// [`Difference`](super::answer::Difference).
pub struct Row {
    pub steps: &'static [&'static str],
    pub field: &'static str,
    pub embedded: &'static str,
    pub emulator: &'static str,
}

const fn row(
    steps: &'static [&'static str],
    field: &'static str,
    embedded: &'static str,
    emulator: &'static str,
) -> Row {
    Row { steps, field, embedded, emulator }
}

/// What is known of one emulator.
pub fn of(emulator: Emulator) -> Vec<&'static Known> {
    let own: &[&[Known]] = match emulator {
        Emulator::Moto => &[moto::KNOWN, moto_refusals::KNOWN, turning::MOTO],
        Emulator::Ministack => &[ministack::KNOWN, ministack_refusals::KNOWN, turning::MINISTACK],
    };
    both::KNOWN.iter().chain(own.iter().copied().flatten()).collect()
}

const API_CREATE: &str = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html";
const API_DELETE: &str = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html";
const API_DESCRIBE: &str = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html";
const API_GET: &str = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html";
const API_PASSWORD: &str = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetRandomPassword.html";
const API_PUT: &str = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html";
const API_RELABEL: &str =
    "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html";

/// What the status of a refusal says.
const HTTP_ERRORS: &str = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/CommonErrors.html";
/// Answers of AWS to `LocalStack`'s tests.
const RECORDED: &str = "https://github.com/localstack/localstack/blob/main/tests/aws/services/secretsmanager/\
                        test_secretsmanager.snapshot.json";
/// The message for a member that breaks a rule of the model, as AWS gave it.
const RULE_BROKEN: &str = "https://github.com/kubernetes-sigs/cluster-api-provider-aws/issues/1531";
/// The message for a member that is missing, as AWS gave it.
const RULE_BROKEN_BY_NULL: &str = "https://github.com/aws/aws-sdk-kotlin/issues/1469";
/// The message for a secret that waits for its deletion, as AWS gave it.
const MARKED: &str = "https://github.com/external-secrets/kubernetes-external-secrets/issues/114";

const NULL_ID: &str = "400 ValidationException: 1 validation error detected: Value null at 'secretId' failed to \
                       satisfy constraint: Member must not be null";
const NULL_NAME: &str = "400 ValidationException: 1 validation error detected: Value null at 'name' failed to satisfy \
                         constraint: Member must not be null";
const DONE: &str = "done";
const NOT_FOUND_400: &str = "400 ResourceNotFoundException: Secrets Manager can't find the specified secret.";
const NOT_FOUND_404: &str = "404 ResourceNotFoundException: Secrets Manager can't find the specified secret.";
const NO_JSON: &str = "400 SerializationException: The request body is not the JSON that this operation takes.";
const NAME_SCHEDULED: &str = "400 InvalidRequestException: You can't create this secret because a secret with this \
                              name is already scheduled for deletion.";
const MARKED_FOR_DELETION: &str =
    "400 InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion.";
const NO_VALUE: &str = "400 InvalidRequestException: You must provide either SecretString or SecretBinary.";
const WINDOW: &str = "The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).";
