//! Reads a Gmail mailbox: searches messages, lists their attachments, and downloads attachments.
//!
//! Sources: [`messages.list`][list], [`messages.get`][get], [`attachments.get`][attachment].
//!
//! [list]: https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/list
//! [get]: https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages/get
//! [attachment]: https://developers.google.com/workspace/gmail/api/reference/rest/v1/users.messages.attachments/get

use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet::URL_SAFE;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use form_urlencoded::Serializer;
use paypulse_runtime::google::{Google, GoogleError};
use paypulse_runtime::model::Text;
use serde::Deserialize;

/// Messages per page, the maximum that Gmail allows.
const PAGE: usize = 500;
/// The size limit of a message without its attachments.
const MAX_MESSAGE: usize = 4 * 1024 * 1024;
/// The size limit of an attachment. Larger ones are skipped.
pub const MAX_ATTACHMENT: usize = 10 * 1024 * 1024;
/// The size limit of an encoded attachment: base64 encodes three bytes as four characters, with some JSON around it.
const MAX_ENCODED: usize = MAX_ATTACHMENT / 3 * 4 + 4096;
/// The maximum nesting depth of parts, and the maximum number of parts in a message.
const MAX_DEPTH: usize = 16;
const MAX_PARTS: usize = 100;

/// Accepts base64 with and without padding, because Google writes both.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Gmail for one user.
#[derive(Clone)]
pub struct Gmail {
    pub google: Google,
    pub url: Arc<str>,
}

/// A page of message ids.
pub struct Page {
    pub ids: Vec<String>,
    /// The token for the next page.
    pub next: Option<String>,
}

/// A message that a search found.
pub struct Message {
    pub subject: String,
    pub pdfs: Vec<Attachment>,
}

/// A PDF that is attached to a message.
pub struct Attachment {
    /// The file name that the sender chose.
    pub file: String,
    size: u64,
    place: Place,
}

/// Where the content of an attachment is. A small one can be in the message itself.
enum Place {
    Id(String),
    Inline(String),
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
struct Found {
    payload: Option<Part>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Part {
    mime_type: Option<String>,
    filename: Option<String>,
    #[serde(default)]
    headers: Vec<Header>,
    body: Option<Body>,
    #[serde(default)]
    parts: Vec<Self>,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    attachment_id: Option<String>,
    #[serde(default)]
    size: u64,
    data: Option<String>,
}

#[derive(Deserialize)]
struct Content {
    data: String,
}

/// Whether an id from Gmail is safe as a path segment.
fn is_id(text: &str, longest: usize) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=longest).contains(&text.len()) && text.bytes().all(is_letter)
}

impl Gmail {
    /// A page of the messages that match a search, the newest first.
    pub async fn search(&self, token: &Text, query: &str, page: Option<&str>) -> Result<Page, GoogleError> {
        let url = self.search_url(query, page);
        let list: List = self.google.get(&url, token).await.map_err(of_our_making)?;
        let ids = list.messages.into_iter().map(|message| message.id).filter(|id| is_id(id, 64));
        let next = list.next_page_token.filter(|token| (1..=256).contains(&token.len()));
        Ok(Page { ids: ids.take(PAGE).collect(), next })
    }

    fn search_url(&self, query: &str, page: Option<&str>) -> String {
        let mut parameters = Serializer::new(String::new());
        parameters.append_pair("q", query).append_pair("maxResults", &PAGE.to_string());
        if let Some(page) = page {
            parameters.append_pair("pageToken", page);
        }
        format!("{}/gmail/v1/users/me/messages?{}", self.url, parameters.finish())
    }

    /// A message. `None` if it was deleted after the search, or cannot be read, such as one that is too large.
    pub async fn message(&self, token: &Text, id: &str) -> Result<Option<Message>, GoogleError> {
        let url = format!("{}/gmail/v1/users/me/messages/{id}?format=full", self.url);
        let google = self.google.clone().with_max_answer(MAX_MESSAGE);
        let Some(found) = unless_unreadable(google.get::<Found>(&url, token).await)? else { return Ok(None) };
        let Some(payload) = found.payload else { return Ok(None) };
        let subject = payload.headers.iter().find(|header| header.name.eq_ignore_ascii_case("subject"));
        let subject = subject.map(|header| header.value.clone()).unwrap_or_default();
        let mut pdfs = Vec::new();
        payload.add_pdfs(&mut pdfs, &mut 0, MAX_DEPTH);
        Ok(Some(Message { subject, pdfs }))
    }

    /// The content of an attachment. `None` if it is too large, cannot be decoded, or was deleted.
    pub async fn content(&self, token: &Text, id: &str, pdf: &Attachment) -> Result<Option<Vec<u8>>, GoogleError> {
        let data = match &pdf.place {
            _ if pdf.size > MAX_ATTACHMENT as u64 => None,
            Place::Inline(data) => Some(data.clone()),
            Place::Id(attachment) => {
                let url = format!("{}/gmail/v1/users/me/messages/{id}/attachments/{attachment}", self.url);
                let google = self.google.clone().with_max_answer(MAX_ENCODED);
                unless_unreadable(google.get::<Content>(&url, token).await)?.map(|content| content.data)
            }
        };
        let bytes = data.and_then(|data| BASE64.decode(data).ok());
        let bytes = bytes.filter(|bytes| (1..=MAX_ATTACHMENT).contains(&bytes.len()));
        if bytes.is_none() {
            tracing::warn!(
                size = pdf.size,
                max = MAX_ATTACHMENT,
                "an attachment is left out: too large, empty or not readable"
            );
        }
        Ok(bytes)
    }
}

impl Part {
    /// Collects the PDFs in this part and in its nested parts.
    fn add_pdfs(self, pdfs: &mut Vec<Attachment>, seen: &mut usize, depth: usize) {
        *seen += 1;
        if depth == 0 || *seen > MAX_PARTS {
            return;
        }
        let is_pdf = self.mime_type.is_some_and(|kind| kind.eq_ignore_ascii_case("application/pdf"));
        let file = self.filename.filter(|file| is_pdf && !file.trim().is_empty());
        if let (Some(file), Some(Body { attachment_id, size, data })) = (file, self.body) {
            let id = attachment_id.filter(|id| is_id(id, 2048)).map(Place::Id);
            let place = id.or(data.map(Place::Inline));
            pdfs.extend(place.map(|place| Attachment { file, size, place }));
        }
        for part in self.parts {
            part.add_pdfs(pdfs, seen, depth - 1);
        }
    }
}

/// `None` for a resource that does not exist or cannot be read. One mail from a stranger must not stop the others.
fn unless_unreadable<T>(answer: Result<T, GoogleError>) -> Result<Option<T>, GoogleError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(GoogleError::NotFound) => Ok(None),
        // The search before has shown that the account has a mailbox.
        Err(error @ (GoogleError::Answer { .. } | GoogleError::Precondition { .. })) => {
            tracing::warn!(%error, "a message or an attachment is skipped, because it cannot be read");
            Ok(None)
        }
        Err(error) => Err(of_our_making(error)),
    }
}

/// Turns an invalid request into a configuration error: no client influences these requests, so the fault is in this
/// function.
fn of_our_making(error: GoogleError) -> GoogleError {
    match error {
        GoogleError::Request { reason } => GoogleError::Configuration { code: reason },
        error => error,
    }
}
