//! The rig tests itself: the chain on files that were spoilt, or in an account that was changed by hand, must find just that.

use libtest_mimic::Trial;

use crate::account::Account;
use crate::chain::{self, Rig, Spoilt};
use crate::findings::Kind;
use crate::terraform::Module;
use crate::{Result, check};

/// What is spoilt in one run, and all that must be found then.
struct Case {
    name: &'static str,
    edits: &'static [Edit],
    /// In the account, after the apply: arguments of `account.py`.
    by_hand: Option<&'static [&'static str]>,
    /// Each of these must be found: its kind, and words of it.
    found: &'static [(Kind, &'static [&'static str])],
}

/// The first place in a file after a text, what stands there, and what stands there instead.
struct Edit {
    file: &'static str,
    after: &'static str,
    from: &'static str,
    to: &'static str,
}

const CASES: [Case; 3] = [
    Case {
        name: "finds_spoilt_policies_and_names",
        edits: &[
            // A pattern that is a slash too short.
            Edit {
                file: "iam.tf",
                after: "\"gmail_store_tokens_secrets\"",
                from: "${local.secret_arn}:gmail/user/*",
                to: "${local.secret_arn}:gmail/user*",
            },
            // Every secret instead of one.
            Edit {
                file: "iam.tf",
                after: "\"login_user_secrets\"",
                from: "data.aws_secretsmanager_secret.jwt_signing_key.arn,",
                to: "\"*\",",
            },
            // An action too few.
            Edit {
                file: "iam.tf",
                after: "\"fetch_latest_invoice_secrets\"",
                from: "\"secretsmanager:PutSecretValue\",",
                to: "",
            },
            // An action too many.
            Edit {
                file: "iam.tf",
                after: "\"get_user_profile_secrets\"",
                from: "\"secretsmanager:DescribeSecret\",",
                to: "\"secretsmanager:De*Secret\",",
            },
            // Another secret than the code reads.
            Edit {
                file: "secrets.tf",
                after: "\"google_oauth_client_id\"",
                from: "\"Google-OAuth-Client-ID\"",
                to: "\"Google-OAuth-Client-Id\"",
            },
        ],
        by_hand: None,
        found: &[
            (Kind::Denied, &["`gmail_store_tokens` may GetSecretValue", "gmail/users-export"]),
            (Kind::Denied, &["`login_user` may GetSecretValue", "PayPulseAppJWTSecretOld"]),
            (Kind::Granted, &["`fetch_latest_invoice` cannot update `GmailUserTokens`"]),
            (Kind::Denied, &["`get_user_profile` may DeleteSecret on `gmail/user/somebody`"]),
            (Kind::Granted, &["`fetch_invoices` cannot read `GoogleOauthClientId`"]),
            (Kind::Stale, &["iam.tf", "gmail/user*"]),
            (Kind::Stale, &["secrets.tf", "Google-OAuth-Client-Id"]),
        ],
    },
    Case {
        name: "finds_another_trusted_service_and_a_policy_put_on_a_role_by_hand",
        edits: &[Edit { file: "iam.tf", after: "", from: "lambda.amazonaws.com", to: "ec2.amazonaws.com" }],
        by_hand: Some(&["allow", "login_user", "arn:aws:secretsmanager:*:*:secret:gmail/*"]),
        found: &[
            (Kind::Trust, &["`login_user` does not trust Lambda alone"]),
            (Kind::Drift, &["by-hand"]),
            (Kind::Denied, &["`login_user` may GetSecretValue", "gmail/user/somebody"]),
        ],
    },
    Case {
        name: "finds_roles_that_anybody_may_assume_and_one_that_is_missing",
        edits: &[
            Edit { file: "iam.tf", after: "", from: "{ Service = \"lambda.amazonaws.com\" }", to: "{ AWS = \"*\" }" },
            Edit {
                file: "iam.tf",
                after: "\"aws_iam_role\" \"signup_user\"",
                from: "\"signup_user\"",
                to: "\"sign_up\"",
            },
        ],
        by_hand: None,
        found: &[
            (Kind::Trust, &["anybody may become `login_user`"]),
            (Kind::Roles, &["there is no role `signup_user`"]),
            (Kind::Roles, &["nobody expects a role `sign_up`"]),
        ],
    },
];

/// A check a case.
pub fn checks(rig: &Rig) -> Vec<Trial> {
    let trial = |case: Case| {
        let rig = rig.clone();
        check(case.name, move || run(&rig, &case))
    };
    CASES.into_iter().map(trial).collect()
}

fn run(rig: &Rig, case: &Case) -> Result {
    let files =
        |module: &Module<'_>| case.edits.iter().try_for_each(|it| module.edit(it.file, it.after, it.from, it.to));
    let account = |account: &Account| match case.by_hand {
        Some(arguments) => account.manage::<serde_json::Value>(arguments).map(drop),
        None => Ok(()),
    };
    let report = chain::run(rig, Some(&Spoilt { files: &files, account: &account }), &|_| ())?;
    let missed: Vec<_> = case.found.iter().filter(|(kind, words)| !report.has(*kind, words)).collect();
    if missed.is_empty() {
        return Ok(());
    }
    Err(format!("not found: {missed:?}\nfound instead:\n{}", report.lines()).into())
}
