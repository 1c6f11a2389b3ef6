//! HTTP requests in the events of API Gateway, function URLs and load balancers: payload formats 1.0 and 2.0, and that
//! of load balancers.
//!
//! No error or `Debug` output contains parts of a request, because it holds tokens. All formats follow the same rule:
//! the values of a header are those in `multiValueHeaders`, then the one in `headers`, in the order of the event,
//! ignoring the case of its name and without duplicates. `null` counts as absent. If a header has several values, the
//! last one counts; several credentials are refused.
//!
//! Sources: [format 1.0][one], [format 2.0][two], [function URLs][url], which use format 2.0, and
//! [load balancers][alb].
//!
//! [one]: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
//! [two]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
//! [url]: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
//! [alb]: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer

mod json;
mod scheduled;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use paypulse_runtime::model::Text;
use zeroize::Zeroizing;

use json::{Event, Lists, Lossy, Pairs};

pub use scheduled::Scheduled;

/// The size limit of a body. The longest tokens and scopes that are stored fit into it, even in the least compact
/// encoding.
pub const MAX_BODY: usize = 64 * 1024;

/// One HTTP request.
pub struct Request {
    method: String,
    /// Keyed by name in lower case, because some formats keep the client's spelling.
    headers: BTreeMap<String, Vec<Text>>,
    query: HashMap<String, String>,
    body: Text,
    is_base64: bool,
    wants_multi_value_headers: bool,
}

/// A header that may occur only once has several values, so it is unknown which one the client means.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the header is there more than once, with different values")]
pub struct Ambiguous;

/// The event with which a function is invoked.
#[derive(Debug)]
pub enum Invocation {
    /// An HTTP request.
    Request(Request),
    /// A scheduled event of EventBridge.
    Scheduled(Scheduled),
}

impl Invocation {
    /// Parses an event.
    ///
    /// # Errors
    ///
    /// [`UnknownEvent`], which names the kind of the event if it is known, and contains nothing of its content.
    pub fn parse(event: &str) -> Result<Self, UnknownEvent> {
        match Request::parse(event) {
            Ok(request) => Ok(Self::Request(request)),
            Err(error) => Scheduled::parse(event).map(Self::Scheduled).map_err(|found| UnknownEvent { found, ..error }),
        }
    }
}

/// The event is neither an HTTP request nor a scheduled event: something else invokes the function.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the event is {found}, and neither an HTTP request of API Gateway, a function URL or a load balancer nor a scheduled event of \
     EventBridge (as a request it ends at line {line}, column {column})"
)]
pub struct UnknownEvent {
    /// The kind of the event.
    pub found: &'static str,
    /// The line at which parsing it as a request failed, counted from 1.
    pub line: usize,
    /// The column in that line.
    pub column: usize,
}

/// Why the body cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// It is longer than [`MAX_BODY`].
    #[error("the body has more than {MAX_BODY} bytes")]
    TooLarge,
    /// It is marked as base64, but is not valid base64.
    #[error("the body is not base64")]
    NotBase64,
    /// It is not UTF-8.
    #[error("the body is not UTF-8")]
    NotText,
}

impl Request {
    /// Parses an event.
    ///
    /// # Errors
    ///
    /// [`UnknownEvent`], which contains the position but nothing of the content.
    pub fn parse(event: &str) -> Result<Self, UnknownEvent> {
        let unknown = |line, column| UnknownEvent { found: scheduled::UNKNOWN, line, column };
        let event: Event = serde_json::from_str(event).map_err(|error| unknown(error.line(), error.column()))?;
        let is_balanced = event.request_context.elb.is_some();
        let method = event.http_method.or(event.request_context.http.map(|http| http.method));
        Ok(Self {
            method: method.ok_or(unknown(1, 1))?,
            wants_multi_value_headers: is_balanced && event.headers.is_none() && event.multi_value_headers.is_some(),
            headers: headers(event.multi_value_headers, event.headers),
            query: query(event.multi_value_query_string_parameters, event.query_string_parameters, is_balanced),
            body: event.body.map(|body| body.0).unwrap_or_default(),
            is_base64: event.is_base64_encoded.unwrap_or_default(),
        })
    }

    /// The method, such as `GET`.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// A header, by its name in lower case. If it has several values, the last one.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.last().map(Text::expose)
    }

    /// The header `Authorization`. An empty one counts as absent.
    ///
    /// # Errors
    ///
    /// [`Ambiguous`] if it has several values, because choosing one could select the wrong user.
    pub fn credentials(&self) -> Result<Option<&str>, Ambiguous> {
        let mut values = self.headers.get("authorization").into_iter().flatten().filter(|value| !value.is_empty());
        match (values.next(), values.next()) {
            (value, None) => Ok(value.map(Text::expose)),
            _ => Err(Ambiguous),
        }
    }

    /// Whether the request comes from a load balancer that only accepts multi-value headers.
    #[must_use]
    pub const fn wants_multi_value_headers(&self) -> bool {
        self.wants_multi_value_headers
    }

    /// A query parameter.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The body as the client sent it.
    ///
    /// # Errors
    ///
    /// If it is too large, or not text.
    pub fn body(&self) -> Result<Zeroizing<String>, BodyError> {
        let sent = self.body.expose();
        // Base64 encodes three bytes as four characters.
        let max = if self.is_base64 { MAX_BODY.div_ceil(3) * 4 } else { MAX_BODY };
        if sent.len() > max {
            return Err(BodyError::TooLarge);
        }
        if !self.is_base64 {
            return Ok(Zeroizing::new(sent.to_owned()));
        }
        let bytes = STANDARD.decode(sent).map_err(|_| BodyError::NotBase64)?;
        if bytes.len() > MAX_BODY {
            return Err(BodyError::TooLarge);
        }
        String::from_utf8(bytes).map(Zeroizing::new).map_err(|error| {
            drop(Zeroizing::new(error.into_bytes()));
            BodyError::NotText
        })
    }
}

fn headers(lists: Option<Lists>, singles: Option<Pairs<Option<Lossy>>>) -> BTreeMap<String, Vec<Text>> {
    let mut headers: BTreeMap<String, Vec<Text>> = BTreeMap::new();
    for (name, value) in each(lists, singles) {
        let values = headers.entry(name.0.expose().to_ascii_lowercase()).or_default();
        if !values.contains(&value.0) {
            values.push(value.0);
        }
    }
    headers
}

/// The query parameters. If a parameter has several values, the last one counts. Load balancers leave names and values
/// percent-encoded.
fn query(lists: Option<Lists>, singles: Option<Pairs<Option<Lossy>>>, is_encoded: bool) -> HashMap<String, String> {
    let decoded = |text: &str| {
        let whole = |(name, _): (std::borrow::Cow<'_, str>, _)| name.into_owned();
        // Contains no raw `&` or `=`, because these are encoded.
        form_urlencoded::parse(text.as_bytes()).next().map(whole).unwrap_or_default()
    };
    let text = |text: &Lossy| if is_encoded { decoded(text.0.expose()) } else { text.0.expose().to_owned() };
    each(lists, singles).map(|(name, value)| (text(&name), text(&value))).collect()
}

/// Pairs of names and values, without values that are `null`.
fn each(lists: Option<Lists>, singles: Option<Pairs<Option<Lossy>>>) -> impl Iterator<Item = (Lossy, Lossy)> {
    let lists = lists
        .into_iter()
        .flat_map(|lists| lists.0)
        .flat_map(|(name, values)| values.into_iter().flatten().flatten().map(move |value| (name.clone(), value)));
    let singles = singles.into_iter().flat_map(|singles| singles.0);
    lists.chain(singles.filter_map(|(name, value)| Some((name, value?))))
}

/// Shows only the method.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
