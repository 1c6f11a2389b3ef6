//! What moto alone does to secrets. What it refuses in another way is in [`moto_refusals`](super::moto_refusals).

use super::{API_DESCRIBE, API_PUT, DONE, Known, MARKED_FOR_DELETION, NAME_SCHEDULED, RECORDED, Right, row};

pub const KNOWN: &[Known] = &[
    Known {
        what: "it does not note when a secret was read",
        aws: "`LastAccessedDate` is the date of the last read",
        source: API_DESCRIBE,
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
            "absent",
        )],
    },
    Known {
        what: "it describes versions without a label",
        aws: "`VersionIdsToStages` lists the versions that have labels",
        source: API_DESCRIBE,
        right: Right::Embedded,
        rows: &[
            row(
                &["read: describe what was read", "read: describe by ARN"],
                "versions",
                "[b{32}: [AWSPREVIOUS], c{32}: [AWSCURRENT]]",
                "[<version of `read: set up`>: [], b{32}: [AWSPREVIOUS], c{32}: [AWSCURRENT]]",
            ),
            row(
                &["write: describe after three writes"],
                "versions",
                "[<version of `write: a third, no token`>: [AWSPREVIOUS], d{32}: [AWSCURRENT]]",
                "[<version of `write: a third, no token`>: [AWSPREVIOUS], <version of `write: set up`>: [], b{32}: [], \
                 d{32}: [AWSCURRENT]]",
            ),
            row(
                &["write: describe after an old token"],
                "versions",
                "[c{32}: [AWSPREVIOUS], d{32}: [AWSCURRENT]]",
                "[<version of `write: set up for old tokens`>: [], b{32}: [], c{32}: [AWSPREVIOUS], d{32}: \
                 [AWSCURRENT]]",
            ),
            row(
                &["label: describe after previous by hand"],
                "versions",
                "[b{32}: [AWSCURRENT], c{32}: [AWSPREVIOUS]]",
                "[<version of `label: set up for previous by hand`>: [], b{32}: [AWSCURRENT], c{32}: [AWSPREVIOUS]]",
            ),
        ],
    },
    Known {
        what: "a label that comes with `AWSCURRENT` also stays where it was",
        aws: "a label that is on another version is removed from there",
        source: API_PUT,
        right: Right::Embedded,
        rows: &[row(
            &["label: describe after the turn"],
            "versions",
            "[<version of `label: set up`>: [AWSPREVIOUS], c{32}: [AWSCURRENT, AWSPENDING]]",
            "[<version of `label: set up`>: [AWSPREVIOUS], b{32}: [AWSPENDING], c{32}: [AWSCURRENT, AWSPENDING]]",
        )],
    },
    Known {
        what: "it writes to a secret that waits for its deletion",
        aws: "`InvalidRequestException` where the secret is scheduled for deletion",
        source: API_PUT,
        right: Right::Embedded,
        rows: &[row(&["pending: write", "pending: write again"], "answer", MARKED_FOR_DELETION, DONE)],
    },
    Known {
        what: "a name whose secret waits for its deletion is taken, or free for a request with the same token",
        aws: "`InvalidRequestException`: a secret with this name is already scheduled for deletion",
        source: RECORDED,
        right: Right::Embedded,
        rows: &[
            row(
                &["pending: create"],
                "answer",
                NAME_SCHEDULED,
                "400 ResourceExistsException: The operation failed because the secret pending already exists.",
            ),
            row(&["pending: create with the same token"], "answer", NAME_SCHEDULED, DONE),
        ],
    },
];
