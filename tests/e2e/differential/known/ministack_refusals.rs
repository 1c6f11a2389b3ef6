//! What ministack alone refuses in another way, or does not refuse.

use super::{
    API_DELETE, API_PUT, DONE, HTTP_ERRORS, Known, NAME_SCHEDULED, NO_JSON, NOT_FOUND_400, NULL_ID, NULL_NAME,
    RECORDED, RULE_BROKEN, RULE_BROKEN_BY_NULL, Right, WINDOW, row,
};

const NAME_REQUIRED: &str = "400 InvalidParameterException: Name is required.";

pub const KNOWN: &[Known] = &[
    Known {
        what: "a label that is not on the version that is named with it does not matter",
        aws: "`InvalidRequestException`: the two must refer to the same version",
        source: RECORDED,
        right: Right::Embedded,
        rows: &[row(
            &["read: by version id and another's label", "read: by version id and no one's label"],
            "answer",
            "400 InvalidRequestException: You provided a VersionStage that is not associated to the provided \
             VersionId.",
            DONE,
        )],
    },
    Known {
        what: "a missing version is refused in words of its own",
        aws: "the words of the recording",
        source: RECORDED,
        right: Right::Embedded,
        rows: &[
            row(
                &["read: by an unknown version id", "read: by an unknown version id and a label"],
                "message",
                "Secrets Manager can't find the specified secret value for VersionId: z{32}",
                "Secrets Manager can't find the specified secret version: z{32}.",
            ),
            row(
                &["read: by an unknown label"],
                "message",
                "Secrets Manager can't find the specified secret value for staging label: NONE",
                "Secrets Manager can't find the specified secret value for staging label: NONE.",
            ),
        ],
    },
    Known {
        what: "a window of the wrong length is refused in words of its own",
        aws: "the words that moto quotes from the command line",
        source: "https://github.com/getmoto/moto/blob/master/moto/secretsmanager/models.py",
        right: Right::Embedded,
        rows: &[row(
            &["delete: a window of 6 days", "delete: a window of 31 days", "delete: a window of 0 days"],
            "message",
            WINDOW,
            "RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
        )],
    },
    Known {
        what: "the secret is looked for before the window is looked at",
        aws: "the order is not documented",
        source: API_DELETE,
        right: Right::Unsettled,
        rows: &[row(
            &["delete: missing, a window of 6 days"],
            "answer",
            "400 InvalidParameterException: The RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
            NOT_FOUND_400,
        )],
    },
    Known {
        what: "a missing secret is not deleted by force",
        aws: "forcibly deleting a nonexistent secret does not return `ResourceNotFoundException`",
        source: API_DELETE,
        right: Right::Embedded,
        rows: &[row(&["delete: by force again", "delete: missing, by force"], "answer", DONE, NOT_FOUND_400)],
    },
    Known {
        what: "a name whose secret waits for its deletion is taken like any other",
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
            row(
                &["pending: create with the same token"],
                "answer",
                NAME_SCHEDULED,
                "400 ResourceExistsException: The operation failed because the secret pending/write already exists.",
            ),
        ],
    },
    Known {
        what: "what is not scheduled for deletion cannot be restored",
        aws: "not documented; moto's author asked, and it has answered like the embedded server since",
        source: "https://github.com/getmoto/moto/pull/2166",
        right: Right::Unsettled,
        rows: &[row(
            &["restore: not scheduled", "restore: twice"],
            "answer",
            DONE,
            "400 InvalidRequestException: Secret is not scheduled for deletion.",
        )],
    },
    Known {
        what: "a token of the wrong length is taken",
        aws: "length constraints: minimum length of 32, maximum length of 64",
        source: API_PUT,
        right: Right::Embedded,
        rows: &[
            row(&["size: token of 31"], "answer", too_short!(" 'a{31}'", "clientRequestToken", "32"), DONE),
            row(&["size: token of 65"], "answer", too_long!(" 'a{65}'", "clientRequestToken", "64"), DONE),
            row(
                &["size: write with a token of 31"],
                "answer",
                too_short!(" 'b{31}'", "clientRequestToken", "32"),
                DONE,
            ),
            row(&["size: write with a token of 65"], "answer", too_long!(" 'b{65}'", "clientRequestToken", "64"), DONE),
        ],
    },
    Known {
        what: "an id of the wrong length is looked for, and an empty name refused with another code",
        aws: "length constraints; `ValidationException` for a member of the wrong length",
        source: RULE_BROKEN,
        right: Right::Embedded,
        rows: &[
            row(
                &["read: a version id of 31"],
                "answer",
                too_short!(" 'b{31}'", "versionId", "32"),
                "400 ResourceNotFoundException: Secrets Manager can't find the specified secret version: b{31}.",
            ),
            row(
                &["read: a version id of 65"],
                "answer",
                too_long!(" 'b{65}'", "versionId", "64"),
                "400 ResourceNotFoundException: Secrets Manager can't find the specified secret version: b{65}.",
            ),
            row(&["name: read 2049 long"], "answer", too_long!(" 'n{2049}'", "secretId", "2048"), NOT_FOUND_400),
            row(&["name: read empty"], "answer", too_short!(" ''", "secretId", "1"), NOT_FOUND_400),
            row(&["name: empty"], "answer", too_short!(" ''", "name", "1"), NAME_REQUIRED),
        ],
    },
    Known {
        what: "a request that lacks what it must have is refused with another code",
        aws: "`ValidationException`: the member must not be null",
        source: RULE_BROKEN_BY_NULL,
        right: Right::Embedded,
        rows: &[
            row(&["raw: no secret id", "raw: null for a secret id"], "answer", NULL_ID, NOT_FOUND_400),
            row(&["raw: no name"], "answer", NULL_NAME, NAME_REQUIRED),
        ],
    },
    Known {
        what: "what is not JSON is refused in other words",
        aws: "the message is not documented",
        source: HTTP_ERRORS,
        right: Right::Unsettled,
        rows: &[row(
            &["raw: not JSON"],
            "message",
            "The request body is not the JSON that this operation takes.",
            "Invalid JSON",
        )],
    },
    Known {
        what: "a request that has members of another type breaks it",
        aws: "a 5xx status is for faults of the service; the refusal is not documented",
        source: HTTP_ERRORS,
        right: Right::Embedded,
        rows: &[
            row(&["raw: a list", "raw: text for a window"], "answer", NO_JSON, "500 InternalError: not compared"),
            row(&["raw: a number for a secret id"], "answer", NO_JSON, "500 no code: not compared"),
        ],
    },
];
