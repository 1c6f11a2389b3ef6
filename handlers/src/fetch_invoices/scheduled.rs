//! A scheduled fetch: the ingest of each user, one after the other. A failure for one user does not stop the others.

use paypulse_runtime::spec::GmailUserTokens;
use serde_json::{Value, json};

use super::ingest::Ingest;
use crate::contract::Code;
use crate::event::Scheduled;
use crate::function::Failure;
use crate::users::Users;

/// Fetches the invoices of the users that the event names, or of all users if it names none.
pub async fn run(ingest: &Ingest, event: Scheduled, all_users: Option<&dyn Users>) -> Result<Value, Failure> {
    let users = match (event.user_ids, all_users) {
        (Some(named), _) => named,
        (None, Some(all_users)) => all_users.list().await.map_err(|error| {
            tracing::error!(%error, "the users cannot be listed");
            Failure::Users
        })?,
        (None, None) => return Err(Failure::NoUsers),
    };
    let (mut invoices, mut not_connected, mut failed) = (0, 0, 0);
    for user_id in &users {
        match ingest.of(&GmailUserTokens { user_id: user_id.clone() }).await {
            Ok(count) => invoices += count,
            Err(refusal) if refusal.code().app() == Code::NotConnected.app() => not_connected += 1,
            Err(refusal) => {
                tracing::warn!(code = refusal.code().as_str(), "a user's invoices are not fetched");
                failed += 1;
            }
        }
    }
    let users = users.len();
    tracing::info!(users, invoices, not_connected, failed, "fetched for all users");
    if failed > 0 {
        return Err(Failure::Unserved { failed, users });
    }
    Ok(json!({ "users": users, "invoiceCount": invoices, "notConnected": not_connected }))
}
