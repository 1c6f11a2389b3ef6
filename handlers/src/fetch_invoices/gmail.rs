//! Invoices in Gmail: a search, and of each message that it finds the sender, the subject and the time.
//!
//! Sources: [`messages.list`][list], [`messages.get`][get].
//!
//! [list]: https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/list
//! [get]: https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/get

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use form_urlencoded::Serializer;
use paypulse_runtime::google::{Google, GoogleError};
use paypulse_runtime::model::Text;
use paypulse_runtime::oauth::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;
use tracing::Instrument;

/// As a person would type it into Gmail's search.
const QUERY: &str = "subject:invoice has:attachment";
/// Messages in one answer. Gmail takes this many requests of one user at once.
const PAGE: usize = 10;

/// Gmail, as far as invoices are concerned.
pub struct Gmail {
    pub google: Google,
    pub url: Arc<str>,
}

/// Why there are no invoices.
pub enum GmailError {
    /// The page token is none that Gmail takes (any longer).
    Page,
    /// Anything else.
    Google(GoogleError),
}

/// Some of a user's invoices.
pub struct Page {
    pub invoices: Vec<Invoice>,
    /// Leads to the next ones.
    pub next_page: Option<String>,
}

/// One message.
#[derive(Serialize)]
pub struct Invoice {
    id: String,
    from: Option<String>,
    subject: Option<String>,
    received_at: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct List {
    #[serde(default)]
    messages: Vec<Listed>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Listed {
    id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    id: String,
    /// Milliseconds since 1970, as a text.
    internal_date: Option<String>,
    payload: Option<Payload>,
}

#[derive(Deserialize)]
struct Payload {
    #[serde(default)]
    headers: Vec<Header>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

/// Whether a text can be one of Gmail's page tokens.
pub fn is_page(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Whether a text can be one of Gmail's ids, and so a part of a path.
fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

impl Gmail {
    /// A page of invoices, the newest first. A message that is deleted meanwhile is left out.
    pub async fn invoices(&self, token: &Text, page: Option<&str>) -> Result<Page, GmailError> {
        let list: Result<List, _> = self.google.get(&self.list_url(page), token).await;
        let list = list.map_err(|error| match error {
            // The page token is the only part of the request that comes from outside.
            GoogleError::Request { .. } if page.is_some() => GmailError::Page,
            error => of_our_making(error),
        })?;
        let mut reads = JoinSet::new();
        let ids = list.messages.into_iter().map(|message| message.id).filter(|id| is_id(id));
        for (place, id) in ids.take(PAGE).enumerate() {
            let (google, url, token) = (self.google.clone(), self.message_url(&id), token.clone());
            let read = async move { (place, google.get::<Message>(&url, &token).await) };
            // So that what it logs is of this request.
            reads.spawn(read.in_current_span());
        }
        let mut invoices = Vec::new();
        for (place, read) in reads.join_all().await {
            match read {
                Ok(message) => invoices.push((place, invoice(message))),
                Err(GoogleError::NotFound) => {}
                Err(error) => return Err(of_our_making(error)),
            }
        }
        invoices.sort_by_key(|(place, _)| *place);
        let next_page = list.next_page_token.filter(|token| is_page(token));
        Ok(Page { invoices: invoices.into_iter().map(|(_, invoice)| invoice).collect(), next_page })
    }

    fn list_url(&self, page: Option<&str>) -> String {
        let mut query = Serializer::new(String::new());
        query.append_pair("q", QUERY).append_pair("maxResults", &PAGE.to_string());
        if let Some(page) = page {
            query.append_pair("pageToken", page);
        }
        format!("{}/gmail/v1/users/me/messages?{}", self.url, query.finish())
    }

    fn message_url(&self, id: &str) -> String {
        const WANTED: &str = "format=metadata&metadataHeaders=From&metadataHeaders=Subject";
        format!("{}/gmail/v1/users/me/messages/{id}?{WANTED}", self.url)
    }
}

/// A request that Gmail does not take, and that no client had a part in, is a fault of this function.
fn of_our_making(error: GoogleError) -> GmailError {
    GmailError::Google(match error {
        GoogleError::Request { reason } => GoogleError::Configuration { code: reason },
        error => error,
    })
}

fn invoice(message: Message) -> Invoice {
    let headers = message.payload.map(|payload| payload.headers).unwrap_or_default();
    let header = |name: &str| headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
    let milliseconds = message.internal_date.and_then(|text| text.parse().ok()).map(Duration::from_millis);
    let received = milliseconds.and_then(|since| SystemTime::UNIX_EPOCH.checked_add(since));
    Invoice {
        from: header("From").map(|header| header.value.clone()),
        subject: header("Subject").map(|header| header.value.clone()),
        received_at: received.map(Timestamp::from),
        id: message.id,
    }
}
