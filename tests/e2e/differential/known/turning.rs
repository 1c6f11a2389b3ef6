//! What each emulator does otherwise with labels that move, and with passwords.

use super::{API_PASSWORD, API_RELABEL, DONE, Known, MARKED, MARKED_FOR_DELETION, RECORDED, RULE_BROKEN, Right, row};

const HOLDER: &str = "RemoveFromVersionId: if the version that it names does not have the label, the operation fails";
const ANOTHER: &str = "When you move staging label AWSCURRENT, if you specify RemoveFromVersionId, it must be set to the \
                       version that currently has the staging label AWSCURRENT.";
const ANOTHER_OWN: &str = "When you move staging label BLUE, if you specify RemoveFromVersionId, it must be set to the \
                           version that currently has the staging label BLUE.";
const STAYS_SOMEWHERE: &str = "400 InvalidParameterException: You can only move staging label AWSCURRENT to a different \
                               secret version. It can't be completely removed.";
const NO_VERSION: &str = "400 ResourceNotFoundException: Secrets Manager can't find the specified secret value for \
                          VersionId: z{32}";
const SHORT_VERSION: &str = too_short!(" 'a{31}'", "moveToVersionId", "32");
const LONG_VERSION: &str = too_long!(" 'a{65}'", "moveToVersionId", "64");
const NO_LABEL: &str = too_short!(" ''", "versionStage", "1");
const PASSWORD_OF_4097: &str = "400 ValidationException: 1 validation error detected: Value '4097' at 'passwordLength' \
                                failed to satisfy constraint: Member must have value less than or equal to 4096";
const PASSWORD_OF_0: &str = "400 ValidationException: 1 validation error detected: Value '0' at 'passwordLength' failed \
                             to satisfy constraint: Member must have value greater than or equal to 1";
const TOO_SHORT: &str = "Password length is too short based on the required types.";
const NONE_LEFT: &str = "400 InvalidParameterException: No characters are left that the password can be made of.";

/// What moto puts before a refusal of a password, as it says it.
macro_rules! of_the_command_line {
    ($code:literal, $rest:literal) => {
        concat!("An error occurred (", $code, ") when calling the GetRandomPassword operation: ", $rest)
    };
}

pub const MOTO: &[Known] = &[
    Known {
        what: "a label that is moved from where it is not, and one that is nowhere, are refused in other words",
        aws: HOLDER,
        source: API_RELABEL,
        right: Right::Unsettled,
        rows: &[
            row(
                &["move: current, from where it was"],
                "message",
                ANOTHER,
                "Version stage AWSCURRENT not found in version b{32}",
            ),
            row(
                &["stay: current from another"],
                "message",
                ANOTHER,
                "Version stage AWSCURRENT not found in version b{32}",
            ),
            row(
                &["stay: a label that is nowhere, from"],
                "message",
                ANOTHER_OWN,
                "Version stage BLUE not found in version b{32}",
            ),
        ],
    },
    Known {
        what: "`AWSCURRENT` is not moved to the version that has it",
        aws: "MoveToVersionId: only if the label is on a different version, that one has to be named",
        source: API_RELABEL,
        right: Right::Embedded,
        rows: &[row(
            &["move: current to where it is"],
            "answer",
            DONE,
            "400 InvalidParameterException: The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is \
             currently attached to version c{32}, so you must explicitly reference that version in RemoveFromVersionId.",
        )],
    },
    Known {
        what: "`AWSCURRENT` can be moved from and to one version, and then another is read",
        aws: "a label is on one version at a time",
        source: API_RELABEL,
        right: Right::Embedded,
        rows: &[
            row(&["move: read after a rotation"], "stages", "[AWSCURRENT]", "[]"),
            row(&["move: read after a rotation"], "text", "three", "two"),
            row(&["move: read after a rotation"], "version", "c{32}", "b{32}"),
        ],
    },
    Known {
        what: "one's own label is put on a version without being taken from another, and more than once",
        aws: "a label is on one version at a time; where it is on another, RemoveFromVersionId has to name that",
        source: API_RELABEL,
        right: Right::Embedded,
        rows: &[
            row(
                &["move: one's own, no from"],
                "answer",
                "400 InvalidParameterException: The parameter RemoveFromVersionId can't be empty. Staging label BLUE is \
                 currently attached to version b{32}, so you must explicitly reference that version in \
                 RemoveFromVersionId.",
                DONE,
            ),
            row(
                &["move: one's own away again"],
                "answer",
                "400 InvalidParameterException: When you move staging label BLUE, if you specify RemoveFromVersionId, it \
                 must be set to the version that currently has the staging label BLUE.",
                DONE,
            ),
            row(
                &["move: describe one's own"],
                "versions",
                "[b{32}: [AWSPREVIOUS], c{32}: [AWSCURRENT, BLUE]]",
                "[<version of `move: set up for one's own`>: [], b{32}: [AWSPREVIOUS, BLUE], c{32}: [AWSCURRENT, BLUE, \
                 BLUE]]",
            ),
            row(
                &["move: describe without one's own"],
                "versions",
                "[b{32}: [AWSPREVIOUS], c{32}: [AWSCURRENT]]",
                "[<version of `move: set up for one's own`>: [], b{32}: [AWSPREVIOUS, BLUE], c{32}: [AWSCURRENT]]",
            ),
        ],
    },
    Known {
        what: "versions without a label are described, labels are lost, and a write leaves two versions current",
        aws: "versions that have labels are listed; a label is on one version at a time, and `AWSCURRENT` on one always",
        source: API_RELABEL,
        right: Right::Embedded,
        rows: &[
            row(
                &["move: describe after the move"],
                "versions",
                "[b{32}: [AWSPREVIOUS], c{32}: [AWSCURRENT, AWSPENDING]]",
                "[<version of `move: set up`>: [], b{32}: [AWSPREVIOUS], c{32}: [AWSCURRENT, AWSPENDING]]",
            ),
            row(
                &["move: describe after a rotation"],
                "versions",
                "[b{32}: [AWSPREVIOUS], c{32}: [AWSCURRENT]]",
                "[<version of `move: set up`>: [], b{32}: [], c{32}: [AWSCURRENT]]",
            ),
            row(
                &["move: describe after the way back"],
                "versions",
                "[b{32}: [AWSCURRENT], c{32}: [AWSPREVIOUS]]",
                "[<version of `move: set up`>: [], b{32}: [AWSCURRENT], c{32}: [AWSPREVIOUS]]",
            ),
            row(
                &["move: describe after a write"],
                "versions",
                "[c{32}: [AWSPREVIOUS], d{32}: [AWSCURRENT]]",
                "[<version of `move: set up for writes`>: [], b{32}: [AWSPREVIOUS], c{32}: [AWSCURRENT, AWSPENDING], \
                 d{32}: [AWSCURRENT]]",
            ),
            row(&["stay: current away"], "answer", STAYS_SOMEWHERE, DONE),
            row(
                &["stay: describe after refusals"],
                "versions",
                "[b{32}: [AWSPREVIOUS], c{32}: [AWSCURRENT]]",
                "[<version of `stay: set up`>: [], b{32}: [], c{32}: [AWSPREVIOUS]]",
            ),
        ],
    },
    Known {
        what: "where a label is, is looked at before its form, the versions, and whether the secret is to be deleted",
        aws: "32 to 64 characters of a version id and one at least of a label; what is not found; what is to be deleted",
        source: API_RELABEL,
        right: Right::Embedded,
        rows: &[
            row(&["stay: to an unknown version"], "answer", NO_VERSION, NOT_THERE),
            row(
                &["stay: from an unknown version"],
                "answer",
                NO_VERSION,
                "400 InvalidParameterException: Not a valid version: z{32}",
            ),
            row(&["stay: to a version id of 31"], "answer", SHORT_VERSION, NOT_THERE),
            row(&["stay: to a version id of 65"], "answer", LONG_VERSION, NOT_THERE),
            row(&["stay: an empty label"], "answer", NO_LABEL, DONE),
        ],
    },
    Known {
        what: "it does not see that the secret is to be deleted",
        aws: "`InvalidRequestException`",
        source: MARKED,
        right: Right::Embedded,
        rows: &[row(&["stay: pending deletion"], "answer", MARKED_FOR_DELETION, NOT_THERE)],
    },
    Known {
        what: "it fails where neither version is named",
        aws: "no answer is documented, and a server's failure is none",
        source: API_RELABEL,
        right: Right::Unsettled,
        rows: &[row(&["stay: neither from nor to"], "answer", NEITHER, CRASH)],
    },
    Known {
        what: "the refusals of a password begin with what the command line puts before them",
        aws: "the message is what follows; a length outside of 1 to 4096 is a `ValidationException`",
        source: API_PASSWORD,
        right: Right::Embedded,
        rows: &[
            row(
                &["password: of 4097"],
                "answer",
                PASSWORD_OF_4097,
                concat!(
                    "400 InvalidParameterValue: ClientError: ",
                    of_the_command_line!(
                        "ValidationException",
                        "1 validation error detected: Value '4097' at 'passwordLength' failed to satisfy constraint: \
                         Member must have value less than or equal to 4096"
                    )
                ),
            ),
            row(&["password: of 0"], "answer", PASSWORD_OF_0, TOO_SHORT_OF_THE_COMMAND_LINE_400),
            row(&["password: of 3, four kinds"], "message", TOO_SHORT, TOO_SHORT_OF_THE_COMMAND_LINE),
        ],
    },
    Known {
        what: "a password is as long as the kinds that are left out also where no kind is required",
        aws: "RequireEachIncludedType: only where it is true, one character of each kind at least is in the password",
        source: API_PASSWORD,
        right: Right::Embedded,
        rows: &[row(&["password: of 1, any kind"], "answer", DONE, TOO_SHORT_OF_THE_COMMAND_LINE_400)],
    },
    Known {
        what: "it fails where a kind, or every kind, has no characters left",
        aws: "no answer is documented, and a server's failure is none",
        source: API_PASSWORD,
        right: Right::Unsettled,
        rows: &[
            row(&["password: a kind without its characters"], "answer", DONE, CRASH),
            row(&["password: of no kind"], "answer", NONE_LEFT, CRASH),
        ],
    },
];

const NOT_THERE: &str = "400 InvalidParameterException: Version stage AWSCURRENT not found in version c{32}";
const NEITHER: &str = "400 InvalidParameterException: You must specify MoveToVersionId, RemoveFromVersionId, or both.";
const CRASH: &str = "500 no code: not compared";
const TOO_SHORT_OF_THE_COMMAND_LINE: &str = concat!(
    "InvalidParameterException: ",
    of_the_command_line!("InvalidParameterException", "Password length is too short based on the required types.")
);
const TOO_SHORT_OF_THE_COMMAND_LINE_400: &str = concat!(
    "400 InvalidParameterException: InvalidParameterException: ",
    of_the_command_line!("InvalidParameterException", "Password length is too short based on the required types.")
);

pub const MINISTACK: &[Known] = &[
    Known {
        what: "a label that is moved from where it is not, and one that is not said where from, are refused in other words",
        aws: HOLDER,
        source: API_RELABEL,
        right: Right::Unsettled,
        rows: &[
            row(
                &["move: current, from where it was"],
                "message",
                ANOTHER,
                "The staging label AWSCURRENT is not attached to version b{32}.",
            ),
            row(
                &["stay: current from another"],
                "message",
                ANOTHER,
                "The staging label AWSCURRENT is currently attached to version c{32}, not version b{32}.",
            ),
            row(
                &["move: one's own away again"],
                "message",
                ANOTHER_OWN,
                "The staging label BLUE is not attached to version c{32}.",
            ),
            row(
                &["stay: a label that is nowhere, from"],
                "message",
                ANOTHER_OWN,
                "The staging label BLUE is not attached to version b{32}.",
            ),
            row(
                &["move: one's own, no from"],
                "message",
                "The parameter RemoveFromVersionId can't be empty. Staging label BLUE is currently attached to version \
                 b{32}, so you must explicitly reference that version in RemoveFromVersionId.",
                "The staging label BLUE is currently attached to version b{32}. You must specify RemoveFromVersionId to \
                 move it.",
            ),
            row(
                &["stay: current without from"],
                "message",
                "The parameter RemoveFromVersionId can't be empty. Staging label AWSCURRENT is currently attached to \
                 version c{32}, so you must explicitly reference that version in RemoveFromVersionId.",
                "The staging label AWSCURRENT is currently attached to version c{32}. You must specify \
                 RemoveFromVersionId to move it.",
            ),
            row(
                &["stay: neither from nor to"],
                "message",
                "You must specify MoveToVersionId, RemoveFromVersionId, or both.",
                "You must specify MoveToVersionId or RemoveFromVersionId.",
            ),
        ],
    },
    Known {
        what: "an unknown version is not found in other words",
        aws: "the message names the version's id as `VersionId`",
        source: RECORDED,
        right: Right::Embedded,
        rows: &[row(
            &["stay: to an unknown version", "stay: from an unknown version"],
            "message",
            "Secrets Manager can't find the specified secret value for VersionId: z{32}",
            "Secrets Manager can't find the specified secret version: z{32}.",
        )],
    },
    Known {
        what: "`AWSCURRENT` can be taken away from every version",
        aws: "`AWSCURRENT` is moved, and never taken away",
        source: API_RELABEL,
        right: Right::Embedded,
        rows: &[
            row(&["stay: current away"], "answer", STAYS_SOMEWHERE, DONE),
            row(
                &["stay: describe after refusals"],
                "versions",
                "[b{32}: [AWSPREVIOUS], c{32}: [AWSCURRENT]]",
                "[b{32}: [AWSPREVIOUS]]",
            ),
        ],
    },
    Known {
        what: "a version that is written over keeps `AWSPENDING`",
        aws: "no answer is documented",
        source: API_RELABEL,
        right: Right::Unsettled,
        rows: &[row(
            &["move: describe after a write"],
            "versions",
            "[c{32}: [AWSPREVIOUS], d{32}: [AWSCURRENT]]",
            "[c{32}: [AWSPENDING, AWSPREVIOUS], d{32}: [AWSCURRENT]]",
        )],
    },
    Known {
        what: "the form of a version's id and of a label is not looked at",
        aws: "32 to 64 characters of a version id, 1 to 256 of a label; `ValidationException`",
        source: RULE_BROKEN,
        right: Right::Embedded,
        rows: &[
            row(&["stay: to a version id of 31"], "answer", SHORT_VERSION, NO_VERSION_OF_31),
            row(&["stay: to a version id of 65"], "answer", LONG_VERSION, NO_VERSION_OF_65),
            row(
                &["stay: an empty label"],
                "answer",
                NO_LABEL,
                "400 InvalidParameterException: VersionStage is required.",
            ),
        ],
    },
    Known {
        what: "a password's length is refused in other words, and with another code",
        aws: "1 to 4096; `ValidationException`",
        source: API_PASSWORD,
        right: Right::Embedded,
        rows: &[
            row(&["password: of 4097"], "answer", PASSWORD_OF_4097, LENGTH),
            row(&["password: of 0"], "answer", PASSWORD_OF_0, LENGTH),
        ],
    },
    Known {
        what: "a password that its kinds leave no room or no characters is refused in other words",
        aws: "`InvalidParameterException`",
        source: API_PASSWORD,
        right: Right::Unsettled,
        rows: &[
            row(
                &["password: of 3, four kinds"],
                "message",
                TOO_SHORT,
                "PasswordLength too short to include required character types.",
            ),
            row(
                &["password: of no kind"],
                "message",
                "No characters are left that the password can be made of.",
                "No characters available to generate password.",
            ),
        ],
    },
];

const NO_VERSION_OF_31: &str =
    "400 ResourceNotFoundException: Secrets Manager can't find the specified secret version: a{31}.";
const NO_VERSION_OF_65: &str =
    "400 ResourceNotFoundException: Secrets Manager can't find the specified secret version: a{65}.";
const LENGTH: &str = "400 InvalidParameterException: PasswordLength must be between 1 and 4096.";
