//! A spec whose texts would end what they stand in: a script, a comment, a cell, a quotation.

use paypulse_runtime::model::{
    Grant, HandlerOptions, HandlerSpec, Owner, PayloadSpec, Role, SecretOptions, SecretSpec, Spec, Template, Verb,
};

/// The descriptions of its secrets and the reasons of its grants; the first is also the description of its handler.
pub const TEXTS: [&str; 8] = [
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]></svg><img src=x onerror=alert(1)>",
    "\"'`|&lt;\\u003c",
    "{{style}}{{data}}",
    "line\u{2028}separator\u{2029}",
    "=HYPERLINK(\"x\")",
    "$& $1 ${Region}",
];

/// A secret for each text, whose name begins as a formula does, and a handler that reads all.
///
/// # Panics
///
/// Never: these names are valid.
#[must_use]
pub fn spec() -> Spec {
    let secrets = TEXTS.iter().enumerate().map(|(number, text)| SecretSpec {
        id: format!("S{number}"),
        name: Template::parse(&format!("{}name/{number}", ["=", "+", "-", "@"][number % 4])).expect("a valid name"),
        description: (*text).to_owned(),
        payload: PayloadSpec::text(),
        owner: Owner::External,
        kms_key: None,
        region: None,
        options: SecretOptions::default(),
    });
    let grants = TEXTS.iter().enumerate().map(|(number, text)| Grant {
        secret: format!("S{number}"),
        verbs: vec![Verb::Read],
        reason: (*text).to_owned(),
    });
    let handler = HandlerSpec {
        id: "H".into(),
        name: "-h".into(),
        description: TEXTS[0].to_owned(),
        role: Role::Created,
        options: HandlerOptions::default(),
        grants: grants.collect(),
    };
    Spec { secrets: secrets.collect(), handlers: vec![handler], ..Spec::empty("a-->b\n<script>.rs".into()) }
}
