//! What ministack alone does to secrets. What it refuses in another way is in
//! [`ministack_refusals`](super::ministack_refusals).

use super::{API_CREATE, API_DESCRIBE, API_PUT, DONE, Known, NO_VALUE, RECORDED, Right, row};

/// Each look at a secret that has neither a description nor tags.
const BARE: &[&str] = &[
    "create: describe with a value",
    "create: describe without a value",
    "read: describe what was read",
    "read: describe by ARN",
    "write: describe after three writes",
    "write: describe after an old token",
    "write: describe a first version",
    "label: describe after the turn",
    "label: describe after the move",
    "label: describe a first version",
    "label: describe after repetition",
    "label: describe after previous by hand",
    "pending: describe",
    "pending: describe after restore",
    "size: describe an empty description",
    "move: describe after the move",
    "move: describe after a rotation",
    "move: describe after the way back",
    "move: describe after a write",
    "move: describe one's own",
    "move: describe without one's own",
    "stay: describe after refusals",
];

pub const KNOWN: &[Known] = &[
    Known {
        what: "it makes the version id of a creation up, whatever the token is",
        aws: "the token becomes the version id, and the same request again is ignored",
        source: API_CREATE,
        right: Right::Embedded,
        rows: &[
            row(&["create: with a value"], "version", "a{32}", "<version of `create: with a value`>"),
            row(&["pending: set up for writes"], "version", "a{32}", "<version of `pending: set up for writes`>"),
            row(
                &["create: describe with a value"],
                "versions",
                "[a{32}: [AWSCURRENT]]",
                "[<version of `create: with a value`>: [AWSCURRENT]]",
            ),
            row(
                &["create: again, same token, same value"],
                "answer",
                DONE,
                "400 ResourceExistsException: The operation failed because the secret plain already exists.",
            ),
        ],
    },
    Known {
        what: "a creation with a taken token and another value is refused for its name alone",
        aws: "the message names the token",
        source: "https://github.com/getmoto/moto/pull/9741",
        right: Right::Embedded,
        rows: &[row(
            &["create: again, same token, other value"],
            "message",
            "You can't use ClientRequestToken a{32} because that value is already in use for a version of secret \
             arn:aws:secretsmanager:eu-west-1:<account>:secret:plain-<suffix of `create: with a value`>.",
            "The operation failed because the secret plain already exists.",
        )],
    },
    Known {
        what: "it gives a secret without a value a version without a value",
        aws: "no version until there is a value, and the first version of any is labelled `AWSCURRENT`",
        source: RECORDED,
        right: Right::Embedded,
        rows: &[
            row(&["create: without a value"], "version", "absent", "<version of `create: without a value`>"),
            row(&["write: set up an empty one"], "version", "absent", "<version of `write: set up an empty one`>"),
            row(&["label: set up an empty one"], "version", "absent", "<version of `label: set up an empty one`>"),
            row(
                &["create: describe without a value"],
                "versions",
                "absent",
                "[<version of `create: without a value`>: [AWSCURRENT]]",
            ),
            row(
                &["read: without a value"],
                "answer",
                "400 ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging \
                 label: AWSCURRENT",
                DONE,
            ),
            row(
                &["write: describe a first version"],
                "versions",
                "[b{32}: [AWSCURRENT]]",
                "[<version of `write: set up an empty one`>: [AWSPREVIOUS], b{32}: [AWSCURRENT]]",
            ),
            row(&["label: a first version, pending only"], "stages", "[AWSCURRENT, AWSPENDING]", "[AWSPENDING]"),
            row(
                &["label: describe a first version"],
                "versions",
                "[b{32}: [AWSCURRENT, AWSPENDING]]",
                "[<version of `label: set up an empty one`>: [AWSCURRENT], b{32}: [AWSPENDING]]",
            ),
        ],
    },
    Known {
        what: "a taken token overwrites its version",
        aws: "the same value is ignored, and another value refused: a version cannot be modified",
        source: API_PUT,
        right: Right::Embedded,
        rows: &[
            row(
                &["write: taken token, other value", "write: taken token, binary for text"],
                "answer",
                "400 ResourceExistsException: You can't use ClientRequestToken b{32} because that value is already in \
                 use for a version of secret arn:aws:secretsmanager:eu-west-1:<account>:secret:write/taken-<suffix of \
                 `write: set up for taken tokens`>.",
                DONE,
            ),
            row(&["write: read what took the token"], "text", "two", "absent"),
            row(&["write: read what took the token"], "binary", "absent", "two"),
            row(&["write: old token, its value"], "stages", "[]", "[AWSCURRENT]"),
            row(
                &["write: describe after an old token"],
                "versions",
                "[c{32}: [AWSPREVIOUS], d{32}: [AWSCURRENT]]",
                "[b{32}: [AWSCURRENT], d{32}: [AWSPREVIOUS]]",
            ),
            row(&["label: repeated, other label"], "stages", "[BLUE]", "[GREEN]"),
            row(
                &["label: describe after repetition"],
                "versions",
                "[<version of `label: set up for repetition`>: [AWSCURRENT], b{32}: [BLUE]]",
                "[<version of `label: set up for repetition`>: [AWSCURRENT], b{32}: [GREEN]]",
            ),
        ],
    },
    Known {
        what: "a version goes as soon as it has no label",
        aws: "all versions of the last 24 hours are kept",
        source: API_PUT,
        right: Right::Embedded,
        rows: &[row(
            &["write: a version without a label"],
            "answer",
            DONE,
            "400 ResourceNotFoundException: Secrets Manager can't find the specified secret version: b{32}.",
        )],
    },
    Known {
        what: "a label stays where it was when another version gets it, and none goes along with `AWSCURRENT`",
        aws: "a label that is on another version is removed from there; the new version gets all that are named",
        source: API_PUT,
        right: Right::Embedded,
        rows: &[
            row(&["label: current and pending at once"], "stages", "[AWSCURRENT, AWSPENDING]", "[AWSCURRENT]"),
            row(
                &["label: describe after the turn"],
                "versions",
                "[<version of `label: set up`>: [AWSPREVIOUS], c{32}: [AWSCURRENT, AWSPENDING]]",
                "[<version of `label: set up`>: [AWSPREVIOUS], b{32}: [AWSPENDING], c{32}: [AWSCURRENT]]",
            ),
            row(
                &["label: describe after the move"],
                "versions",
                "[<version of `label: set up for one's own`>: [AWSCURRENT], b{32}: [GREEN], c{32}: [BLUE]]",
                "[<version of `label: set up for one's own`>: [AWSCURRENT], b{32}: [BLUE, GREEN], c{32}: [BLUE]]",
            ),
            row(
                &["label: describe after previous by hand"],
                "versions",
                "[b{32}: [AWSCURRENT], c{32}: [AWSPREVIOUS]]",
                "[<version of `label: set up for previous by hand`>: [AWSPREVIOUS], b{32}: [AWSCURRENT], c{32}: \
                 [AWSPREVIOUS]]",
            ),
        ],
    },
    Known {
        what: "it writes a version without a value",
        aws: "`SecretBinary` or `SecretString` must be included",
        source: API_PUT,
        right: Right::Embedded,
        rows: &[
            row(&["write: neither text nor binary"], "answer", NO_VALUE, DONE),
            row(&["size: write text of 0"], "answer", too_short!("", "secretString", "1"), DONE),
            row(&["size: write binary of 0"], "answer", too_short!("", "secretBinary", "1"), DONE),
        ],
    },
    Known {
        what: "a description has fields that have no value",
        aws: "only fields that have a value are returned; never rotated is null",
        source: API_DESCRIBE,
        right: Right::Embedded,
        rows: &[
            row(BARE, "description", "absent", ""),
            row(BARE, "tags", "absent", "[]"),
            row(BARE, "rotation", "absent", "false"),
            row(&["create: describe with everything"], "rotation", "absent", "false"),
        ],
    },
    Known {
        what: "the last read has a time",
        aws: "`LastAccessedDate` is a day, without a time",
        source: "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_SecretVersionsListEntry.html",
        right: Right::Embedded,
        rows: &[row(
            &[
                "read: describe what was read",
                "read: describe by ARN",
                "label: describe after the turn",
                "pending: describe after restore",
                "move: describe after the way back",
            ],
            "accessed",
            "today, at midnight",
            "now",
        )],
    },
];
