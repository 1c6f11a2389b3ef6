//! Who may do what, written out by hand: nothing here comes from the spec, so that a mistake in the spec shows.

/// A handler's row of the table: its verbs on each secret, in the order of [`SECRETS`].
pub struct Row {
    pub handler: &'static str,
    verbs: [&'static str; 5],
}

/// The secrets, as the code calls them, and one that each stands for in the account.
pub const SECRETS: [(&str, &str); 5] = [
    ("GmailUserTokens", "gmail/user/somebody"),
    ("GoogleOauthClientId", "Google-OAuth-Client-ID"),
    ("JwtSigningKey", "PayPulseAppJWTSecret"),
    ("GeminiApiKey", "gemini-api-key"),
    ("JevApiKey", "jev/api-key"),
];

/// Names like those of the secrets, which nobody may touch.
pub const DECOYS: [&str; 4] =
    ["gmail/users-export", "Google-OAuth-Client-ID-backup", "PayPulseAppJWTSecretOld", "jev/api-keys"];

#[rustfmt::skip]
pub const TABLE: [Row; 14] = [
    //                                          GmailUserTokens        GoogleOauthClientId   JwtSigningKey   GeminiApiKey   JevApiKey
    row("gmail_store_tokens",                  ["read store",          "",                   "read",         "",            ""]),
    row("fetch_invoices",                      ["read update delete",  "read",               "read",         "",            ""]),
    row("fetch_latest_invoice",                ["read update delete",  "read",               "read",         "",            ""]),
    row("fetch_retail_invoices",               ["read update delete",  "read",               "read",         "",            ""]),
    row("fetch_and_classify_retail_invoices",  ["read update delete",  "read",               "",             "read",        "read"]),
    row("parse_retail_invoice",                ["",                    "",                   "",             "read",        ""]),
    row("delete_user",                         ["delete",              "",                   "read",         "",            ""]),
    row("get_user_profile",                    ["describe",            "",                   "read",         "",            ""]),
    row("login_user",                          ["",                    "",                   "read",         "",            ""]),
    row("signup_user",                         ["",                    "",                   "read",         "",            ""]),
    row("get_rental_invoice",                  ["",                    "",                   "read",         "",            ""]),
    row("get_invoices",                        ["",                    "",                   "read",         "",            ""]),
    row("create_manual_invoice",               ["",                    "",                   "read",         "",            ""]),
    row("delete_retail_invoice",               ["",                    "",                   "read",         "",            ""]),
];

const fn row(handler: &'static str, verbs: [&'static str; 5]) -> Row {
    Row { handler, verbs }
}

impl Row {
    /// The verbs on a secret; none on anything that is not in the table.
    pub fn verbs(&self, secret: &str) -> impl Iterator<Item = &'static str> {
        let column = SECRETS.iter().position(|(id, _)| *id == secret);
        column.map_or("", |column| self.verbs[column]).split_whitespace()
    }

    /// Whether a verb on the secret needs the API call.
    pub fn allows(&self, secret: &str, call: &str) -> bool {
        self.verbs(secret).any(|verb| calls(verb).contains(&call))
    }
}

/// The API calls that each verb makes.
fn calls(verb: &str) -> &'static [&'static str] {
    match verb {
        "read" => &["GetSecretValue"],
        "describe" => &["DescribeSecret"],
        "store" => &["GetSecretValue", "PutSecretValue", "CreateSecret", "RestoreSecret"],
        "update" => &["GetSecretValue", "PutSecretValue"],
        "delete" => &["DeleteSecret"],
        _ => &[],
    }
}
