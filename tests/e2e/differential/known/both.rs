//! What neither emulator does.

use super::{API_CREATE, API_PUT, DONE, Known, NOT_FOUND_400, RECORDED, RULE_BROKEN, Right, row};

pub const KNOWN: &[Known] = &[
    Known {
        what: "it takes names and secret ids with characters that no name may have",
        aws: "`ValidationException` from every operation with a name or an id in it",
        source: RECORDED,
        right: Right::Embedded,
        rows: &[row(
            &[
                "name: with a star",
                "name: not ASCII",
                "name: with a space",
                "name: read with a space",
                "name: describe with a space",
                "name: write with a space",
                "name: delete with a space",
                "name: restore with a space",
            ],
            "answer",
            "400 ValidationException: Invalid name. Must be a valid name containing alphanumeric characters, or any of \
             the following: -/_+=.@!",
            DONE,
        )],
    },
    Known {
        what: "it takes a name that is longer than 512",
        aws: "length constraints: minimum length of 1, maximum length of 512",
        source: API_CREATE,
        right: Right::Embedded,
        rows: &[row(&["name: 513 long"], "answer", too_long!(" 'n{513}'", "name", "512"), DONE)],
    },
    Known {
        what: "it finds a secret whose name ends like an ARN's suffix by its partial ARN",
        aws: "a partial ARN that ends in a hyphen and six characters is taken for a complete one, and not found",
        source: "https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen",
        right: Right::Embedded,
        rows: &[row(&["name: like a suffix, by partial ARN"], "answer", NOT_FOUND_400, DONE)],
    },
    Known {
        what: "it takes a text and a binary value at once",
        aws: "`InvalidParameterException`: one or the other, not both",
        source: "https://github.com/aws/aws-sdk-java/issues/1556",
        right: Right::Embedded,
        rows: &[row(
            &["create: text and binary at once", "write: text and binary at once"],
            "answer",
            "400 InvalidParameterException: You can't specify both a binary secret value and a string secret value in \
             the same secret.",
            DONE,
        )],
    },
    Known {
        what: "it takes a value that is too long",
        aws: "length constraints: maximum length of 65536; `ValidationException` for a longer one",
        source: RULE_BROKEN,
        right: Right::Embedded,
        rows: &[
            row(
                &["size: text of 65537", "size: text of 65538 in 32769 characters", "size: write text of 65537"],
                "answer",
                too_long!("", "secretString", "65536"),
                DONE,
            ),
            row(&["size: binary of 65537"], "answer", too_long!("", "secretBinary", "65536"), DONE),
        ],
    },
    Known {
        what: "it creates a secret with an empty value",
        aws: "length constraints: minimum length of 1",
        source: API_CREATE,
        right: Right::Embedded,
        rows: &[
            row(&["size: text of 0"], "answer", too_short!("", "secretString", "1"), DONE),
            row(&["size: binary of 0"], "answer", too_short!("", "secretBinary", "1"), DONE),
        ],
    },
    Known {
        what: "it takes a tag without a key",
        aws: "length constraints of a tag's key: minimum length of 1",
        source: "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_Tag.html",
        right: Right::Embedded,
        rows: &[row(&["size: empty tag"], "answer", too_short!(" ''", "tags.1.member.key", "1"), DONE)],
    },
    Known {
        what: "it takes any number of labels, and empty ones",
        aws: "1 to 20 labels, of 1 to 256 characters",
        source: API_PUT,
        right: Right::Embedded,
        rows: &[
            row(&["label: no labels"], "answer", too_short!(" '[]'", "versionStages", "1"), DONE),
            row(
                &["label: 21 labels"],
                "answer",
                too_long!(
                    " '[label00, label01, label02, label03, label04, label05, label06, label07, label08, label09, \
                     label10, label11, label12, label13, label14, label15, label16, label17, label18, label19, \
                     label20]'",
                    "versionStages",
                    "20"
                ),
                DONE,
            ),
            row(&["label: an empty label"], "answer", too_short!(" ''", "versionStages.member", "1"), DONE),
        ],
    },
    Known {
        what: "a pending version is overwritten by another value with its token",
        aws: "a token that is taken with another value fails, because a version cannot be modified",
        source: API_PUT,
        right: Right::Embedded,
        rows: &[
            row(
                &["label: pending token, other value"],
                "answer",
                "400 ResourceExistsException: You can't use ClientRequestToken b{32} because that value is already in \
                 use for a version of secret arn:aws:secretsmanager:eu-west-1:<account>:secret:label/taken-<suffix of \
                 `label: set up for a pending token`>.",
                DONE,
            ),
            row(&["label: read the pending version"], "text", "two", "three"),
        ],
    },
    Known {
        what: "it makes a token up where the request has none",
        aws: "`InvalidRequestException`: only SDKs and the command line make one up",
        source: RECORDED,
        right: Right::Embedded,
        rows: &[row(
            &["raw: create without a token", "raw: write without a token"],
            "answer",
            "400 InvalidRequestException: You must provide a ClientRequestToken value. We recommend a UUID-type value.",
            DONE,
        )],
    },
];
