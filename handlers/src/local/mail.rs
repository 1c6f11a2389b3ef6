//! The messages of a mailbox, each with a text, an image and one PDF, the invoice.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use serde_json::{Value, json};

use super::account::Account;
use super::loopback::Reply;

/// Answers requests under the messages' path: `m1`, or `m1/attachments/a1`.
pub(super) fn read(path: &str, account: &Account) -> Reply {
    let (id, rest) = path.split_once('/').unwrap_or((path, ""));
    let number = id.strip_prefix('m').and_then(|number| number.parse::<u64>().ok());
    match (number, rest.strip_prefix("attachments/a").and_then(|number| number.parse::<u64>().ok())) {
        (Some(number), None) if rest.is_empty() => Reply::json(200, message(number, account)),
        (Some(number), Some(attached)) if number == attached => {
            let pdf = pdf(number, account);
            Reply::json(200, json!({ "size": pdf.len(), "data": URL_SAFE.encode(pdf) }))
        }
        _ => Reply::json(404, refusal("notFound")),
    }
}

/// The invoice of a message, which contains the account's address.
fn pdf(number: u64, account: &Account) -> String {
    format!("%PDF-1.4 invoice {number} of {}", account.email)
}

fn message(number: u64, account: &Account) -> Value {
    let part = |kind: &str, file: &str, body: Value| json!({ "mimeType": kind, "filename": file, "body": body });
    let attached = json!({ "attachmentId": format!("a{number}"), "size": pdf(number, account).len() });
    json!({
        "id": format!("m{number}"),
        "internalDate": (1_730_455_200_000 - number * 86_400_000).to_string(),
        "payload": {
            "mimeType": "multipart/mixed",
            "filename": "",
            "headers": [
                { "name": "From", "value": "Landlord <kundservice@wallenstam.se>" },
                { "name": "To", "value": account.email },
                { "name": "Subject", "value": "Hyresavi" },
            ],
            "body": { "size": 0 },
            "parts": [
                { "mimeType": "multipart/related", "filename": "", "body": { "size": 0 }, "parts": [
                    part("text/plain", "", json!({ "size": 5, "data": "SGVsbG8=" })),
                    part("image/png", "logo.png", json!({ "attachmentId": "logo", "size": 8 })),
                ] },
                part("application/pdf", &format!("Hyresavi {number}.pdf"), attached),
            ],
        },
    })
}

/// An error in the format of Google's APIs.
pub(super) fn refusal(reason: &str) -> Value {
    json!({ "error": { "errors": [{ "domain": "global", "reason": reason, "message": reason }], "message": reason } })
}
