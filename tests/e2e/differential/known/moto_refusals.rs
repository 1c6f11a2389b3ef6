//! What moto alone refuses in another way, or does not refuse.

use super::{
    API_CREATE, API_DELETE, API_GET, API_PUT, DONE, HTTP_ERRORS, Known, MARKED, MARKED_FOR_DELETION, NO_JSON, NO_VALUE,
    NOT_FOUND_404, NULL_ID, NULL_NAME, RECORDED, RULE_BROKEN, RULE_BROKEN_BY_NULL, Right, WINDOW, row,
};

const TOKEN: &str = "400 InvalidParameterException: ClientRequestToken must be 32-64 characters long.";
const CRASH: &str = "500 no code: not compared";

pub const KNOWN: &[Known] = &[
    Known {
        what: "what is not found has status 404, and so has a label that is on another version",
        aws: "status 400",
        source: RECORDED,
        right: Right::Embedded,
        rows: &[row(
            &[
                "read: by an ARN of another Region",
                "read: by version id and another's label",
                "read: by version id and no one's label",
                "read: by an unknown version id",
                "read: by an unknown version id and a label",
                "read: by an unknown label",
                "read: the beginning of a name",
                "read: missing",
                "read: without a value",
                "read: describe missing",
                "write: missing",
                "delete: describe what is gone",
                "delete: restore what is gone",
                "delete: read by the ARN of what is gone",
                "delete: missing",
                "restore: missing",
                "name: in capitals",
                "name: read a broken ARN",
                "stay: missing",
            ],
            "status",
            "400",
            "404",
        )],
    },
    Known {
        what: "an unknown label is answered as if the secret were missing",
        aws: "the message names the label",
        source: RECORDED,
        right: Right::Embedded,
        rows: &[row(
            &["read: by an unknown label"],
            "message",
            "Secrets Manager can't find the specified secret value for staging label: NONE",
            "Secrets Manager can't find the specified secret.",
        )],
    },
    Known {
        what: "the refusals of a deletion begin with what the command line puts before them",
        aws: "the message is what follows",
        source: API_DELETE,
        right: Right::Embedded,
        rows: &[
            row(
                &[
                    "delete: a window of 6 days",
                    "delete: a window of 31 days",
                    "delete: a window of 0 days",
                    "delete: missing, a window of 6 days",
                ],
                "message",
                WINDOW,
                "An error occurred (InvalidParameterException) when calling the DeleteSecret operation: The \
                 RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
            ),
            row(
                &["delete: by force and with a window"],
                "message",
                "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
                "An error occurred (InvalidParameterException) when calling the DeleteSecret operation: You can't use \
                 ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
            ),
        ],
    },
    Known {
        what: "of two things that are wrong with a deletion it names the other one",
        aws: "the order is not documented",
        source: API_DELETE,
        right: Right::Unsettled,
        rows: &[row(
            &["delete: by force and with a window of 6 days"],
            "message",
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
            "An error occurred (InvalidParameterException) when calling the DeleteSecret operation: The \
             RecoveryWindowInDays value must be between 7 and 30 days (inclusive).",
        )],
    },
    Known {
        what: "a second deletion is refused in other words",
        aws: "`InvalidRequestException`; the message is not documented",
        source: API_DELETE,
        right: Right::Unsettled,
        rows: &[row(
            &["delete: twice"],
            "message",
            "You can't perform this operation on the secret because it was already scheduled for deletion.",
            "An error occurred (InvalidRequestException) when calling the DeleteSecret operation: You tried to perform \
             the operation on a secret that's currently marked deleted.",
        )],
    },
    Known {
        what: "reading what waits for its deletion is refused in other words",
        aws: "the message says that it was marked for deletion",
        source: MARKED,
        right: Right::Embedded,
        rows: &[row(
            &["pending: read", "pending: read by version id"],
            "message",
            "You can't perform this operation on the secret because it was marked for deletion.",
            "An error occurred (InvalidRequestException) when calling the GetSecretValue operation: You tried to \
             perform the operation on a secret that's currently marked deleted.",
        )],
    },
    Known {
        what: "a label is looked for before it is seen that the secret waits for its deletion",
        aws: "the order is not documented",
        source: API_GET,
        right: Right::Unsettled,
        rows: &[row(&["pending: read by an unknown label"], "answer", MARKED_FOR_DELETION, NOT_FOUND_404)],
    },
    Known {
        what: "a creation without a value is refused for its token where a version has that",
        aws: "`ResourceExistsException`; a token without a value is not documented to mean anything",
        source: API_CREATE,
        right: Right::Unsettled,
        rows: &[row(
            &["create: again, same token, no value"],
            "message",
            "The operation failed because the secret plain already exists.",
            "You can't use ClientRequestToken a{32} because that value is already in use for a version of secret \
             arn:aws:secretsmanager:eu-west-1:<account>:secret:plain-<suffix of `create: with a value`>.",
        )],
    },
    Known {
        what: "an empty value is refused as if there were none",
        aws: "length constraints: minimum length of 1; the refusal is not documented",
        source: API_PUT,
        right: Right::Unsettled,
        rows: &[
            row(&["size: write text of 0"], "answer", too_short!("", "secretString", "1"), NO_VALUE),
            row(&["size: write binary of 0"], "answer", too_short!("", "secretBinary", "1"), NO_VALUE),
        ],
    },
    Known {
        what: "a token of the wrong length is refused with a code and words of its own",
        aws: "length constraints: 32 to 64; `ValidationException` for a member of the wrong length",
        source: RULE_BROKEN,
        right: Right::Embedded,
        rows: &[
            row(&["size: token of 31"], "answer", too_short!(" 'a{31}'", "clientRequestToken", "32"), TOKEN),
            row(&["size: token of 65"], "answer", too_long!(" 'a{65}'", "clientRequestToken", "64"), TOKEN),
            row(
                &["size: write with a token of 31"],
                "answer",
                too_short!(" 'b{31}'", "clientRequestToken", "32"),
                TOKEN,
            ),
            row(
                &["size: write with a token of 65"],
                "answer",
                too_long!(" 'b{65}'", "clientRequestToken", "64"),
                TOKEN,
            ),
        ],
    },
    Known {
        what: "an id of the wrong length is looked for, and an empty name is taken",
        aws: "length constraints; `ValidationException` for a member of the wrong length",
        source: RULE_BROKEN,
        right: Right::Embedded,
        rows: &[
            row(
                &["read: a version id of 31"],
                "answer",
                too_short!(" 'b{31}'", "versionId", "32"),
                "404 ResourceNotFoundException: Secrets Manager can't find the specified secret value for VersionId: \
                 b{31}",
            ),
            row(
                &["read: a version id of 65"],
                "answer",
                too_long!(" 'b{65}'", "versionId", "64"),
                "404 ResourceNotFoundException: Secrets Manager can't find the specified secret value for VersionId: \
                 b{65}",
            ),
            row(&["name: read 2049 long"], "answer", too_long!(" 'n{2049}'", "secretId", "2048"), NOT_FOUND_404),
            row(&["name: read empty"], "answer", too_short!(" ''", "secretId", "1"), DONE),
            row(&["name: empty"], "answer", too_short!(" ''", "name", "1"), DONE),
        ],
    },
    Known {
        what: "a request that lacks what it must have breaks it",
        aws: "`ValidationException`: the member must not be null",
        source: RULE_BROKEN_BY_NULL,
        right: Right::Embedded,
        rows: &[
            row(&["raw: no secret id", "raw: null for a secret id"], "answer", NULL_ID, CRASH),
            row(&["raw: no name"], "answer", NULL_NAME, CRASH),
        ],
    },
    Known {
        what: "a request that is not JSON, or has members of another type, breaks it",
        aws: "a 5xx status is for faults of the service; the refusal is not documented",
        source: HTTP_ERRORS,
        right: Right::Embedded,
        rows: &[row(
            &["raw: not JSON", "raw: a list", "raw: a number for a secret id", "raw: text for a window"],
            "answer",
            NO_JSON,
            CRASH,
        )],
    },
];
