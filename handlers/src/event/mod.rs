//! A request as API Gateway, a function URL or a load balancer hands it over, in payload format 1.0, 2.0 or the balancer's.
//!
//! Nothing here repeats what is in a request: it holds tokens. One rule for all formats: a header's values are those of
//! `multiValueHeaders`, then that of `headers`, in the order of the event, whatever the case of its name, and each once. What
//! is `null` is not there. Of a header that is there more than once the last value counts, and of the credentials none does.
//!
//! Sources: [format 1.0][one], [format 2.0][two], [function URLs][url], which are of format 2.0, [load balancers][alb].
//!
//! [one]: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
//! [two]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
//! [url]: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
//! [alb]: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer

mod json;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use paypulse_runtime::model::Text;
use zeroize::Zeroizing;

use json::{Event, Lists, Lossy, Pairs};

/// Tokens and scopes of the longest kind that is stored, written in the least compact way, have less.
pub const MAX_BODY: usize = 64 * 1024;

/// One HTTP request.
pub struct Request {
    method: String,
    /// By their names in lower case: some formats have them as the client wrote them.
    headers: BTreeMap<String, Vec<Text>>,
    query: HashMap<String, String>,
    body: Text,
    is_base64: bool,
    wants_multi_value_headers: bool,
}

/// A header that can be there only once has several values, so that nobody can tell which one the client means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the header is there more than once, with different values")]
pub struct Ambiguous;

/// The event is not one of API Gateway or a function URL: something else invokes the function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event is no HTTP request of API Gateway or a function URL (line {line}, column {column})")]
pub struct NotARequest {
    /// Where reading ended, counted from 1.
    pub line: usize,
    /// Where in that line.
    pub column: usize,
}

/// Why there is no body to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// It is longer than [`MAX_BODY`].
    #[error("the body has more than {MAX_BODY} bytes")]
    TooLarge,
    /// It is said to be base64, and is not.
    #[error("the body is not base64")]
    NotBase64,
    /// It is not UTF-8.
    #[error("the body is not UTF-8")]
    NotText,
}

impl Request {
    /// Reads an event.
    ///
    /// # Errors
    ///
    /// [`NotARequest`], which says where, and nothing of what is there.
    pub fn parse(event: &str) -> Result<Self, NotARequest> {
        let event: Event =
            serde_json::from_str(event).map_err(|error| NotARequest { line: error.line(), column: error.column() })?;
        let is_balanced = event.request_context.elb.is_some();
        let method = event.http_method.or(event.request_context.http.map(|http| http.method));
        Ok(Self {
            method: method.ok_or(NotARequest { line: 1, column: 1 })?,
            wants_multi_value_headers: is_balanced && event.headers.is_none() && event.multi_value_headers.is_some(),
            headers: headers(event.multi_value_headers, event.headers),
            query: query(event.multi_value_query_string_parameters, event.query_string_parameters, is_balanced),
            body: event.body.map(|body| body.0).unwrap_or_default(),
            is_base64: event.is_base64_encoded.unwrap_or_default(),
        })
    }

    /// `GET`, `POST` and so on.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// A header, by its name in lower case. Of several values the last one.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.last().map(Text::expose)
    }

    /// The header `Authorization`. An empty one counts as none.
    ///
    /// # Errors
    ///
    /// [`Ambiguous`] where it has two values: to choose one of them could be to choose the wrong user.
    pub fn credentials(&self) -> Result<Option<&str>, Ambiguous> {
        let mut values = self.headers.get("authorization").into_iter().flatten().filter(|value| !value.is_empty());
        match (values.next(), values.next()) {
            (value, None) => Ok(value.map(Text::expose)),
            _ => Err(Ambiguous),
        }
    }

    /// Whether a load balancer asks that takes headers as lists only.
    #[must_use]
    pub const fn wants_multi_value_headers(&self) -> bool {
        self.wants_multi_value_headers
    }

    /// A parameter of the query.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The body as the client sent it.
    ///
    /// # Errors
    ///
    /// Where it is too large, or no text.
    pub fn body(&self) -> Result<Zeroizing<String>, BodyError> {
        let sent = self.body.expose();
        // Base64 makes four of three bytes.
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

/// Of several values the last one. A load balancer hands names and values over as they were in the address.
fn query(lists: Option<Lists>, singles: Option<Pairs<Option<Lossy>>>, is_encoded: bool) -> HashMap<String, String> {
    let decoded = |text: &str| {
        let whole = |(name, _): (std::borrow::Cow<'_, str>, _)| name.into_owned();
        // A `&` or `=` in it is encoded.
        form_urlencoded::parse(text.as_bytes()).next().map(whole).unwrap_or_default()
    };
    let text = |text: &Lossy| if is_encoded { decoded(text.0.expose()) } else { text.0.expose().to_owned() };
    each(lists, singles).map(|(name, value)| (text(&name), text(&value))).collect()
}

/// Names and values, without those that are `null`.
fn each(lists: Option<Lists>, singles: Option<Pairs<Option<Lossy>>>) -> impl Iterator<Item = (Lossy, Lossy)> {
    let lists = lists
        .into_iter()
        .flat_map(|lists| lists.0)
        .flat_map(|(name, values)| values.into_iter().flatten().flatten().map(move |value| (name.clone(), value)));
    let singles = singles.into_iter().flat_map(|singles| singles.0);
    lists.chain(singles.filter_map(|(name, value)| Some((name, value?))))
}

/// The method alone.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{Ambiguous, BodyError, MAX_BODY, NotARequest, Request};

    fn with_body(body: &str, is_base64: bool) -> Result<String, BodyError> {
        let body = serde_json::to_string(body).expect("a string is JSON");
        let event =
            format!(r#"{{"httpMethod":"POST","requestContext":{{}},"body":{body},"isBase64Encoded":{is_base64}}}"#);
        Request::parse(&event).expect("an event").body().map(|body| body.to_string())
    }

    #[test]
    fn both_formats_are_one_request() {
        let one = r#"{"httpMethod":"GET","requestContext":{"stage":"prod"},"headers":{"Authorization":"a"},"body":null,
            "queryStringParameters":{"page":"2"},"isBase64Encoded":false}"#;
        let two = r#"{"version":"2.0","requestContext":{"http":{"method":"GET"}},"headers":{"authorization":"a"},
            "queryStringParameters":{"page":"2"}}"#;
        for event in [one, two] {
            let request = Request::parse(event).expect("an event");
            assert_eq!((request.method(), request.header("authorization")), ("GET", Some("a")));
            assert_eq!((request.query("page"), request.query("none")), (Some("2"), None));
            assert_eq!(request.body().expect("no body").as_str(), "");
            assert_eq!(format!("{request:?}"), r#"Request { method: "GET", .. }"#);
        }
    }

    fn parsed(event: &str) -> Request {
        Request::parse(event).expect(event)
    }

    /// The examples of AWS's documents, shortened.
    #[test]
    fn each_format_is_one_request() {
        let balancer =
            r#""requestContext":{"elb":{"targetGroupArn":"arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/a/b"}}"#;
        let single = format!(
            r#"{{{balancer},"httpMethod":"GET","path":"/","queryStringParameters":{{"page":"a%2Bb%3D"}},
            "headers":{{"accept":"text/html","Authorization":"a"}},"body":"","isBase64Encoded":false}}"#
        );
        let lists = format!(
            r#"{{{balancer},"httpMethod":"GET","multiValueQueryStringParameters":{{"page":["x","a%2Bb%3D"]}},
            "multiValueHeaders":{{"authorization":["a"],"cookie":["n=1","m=2"]}},"body":"","isBase64Encoded":false}}"#
        );
        let gateway = r#"{"version":"1.0","httpMethod":"GET","headers":{"Authorization":"a"},"multiValueHeaders":{"Authorization":["a"]},
            "queryStringParameters":{"page":"a+b="},"multiValueQueryStringParameters":{"page":["x","a+b="]},
            "requestContext":{"authorizer":{"claims":null}},"body":null,"isBase64Encoded":false}"#;
        for (event, wants_lists) in [(single.as_str(), false), (&lists, true), (gateway, false)] {
            let request = parsed(event);
            assert_eq!((request.method(), request.credentials()), ("GET", Ok(Some("a"))), "{event}");
            assert_eq!(request.query("page"), Some("a+b="), "{event}");
            assert_eq!(request.wants_multi_value_headers(), wants_lists, "{event}");
        }
    }

    #[test]
    fn err_two_credentials_are_none() {
        for (headers, credentials) in [
            (r#""headers":{"Authorization":"a","authorization":"b"}"#, Err(Ambiguous)),
            (r#""headers":{"authorization":"b","Authorization":"a"}"#, Err(Ambiguous)),
            (r#""headers":{"Authorization":"a","Authorization":"b"}"#, Err(Ambiguous)),
            (r#""multiValueHeaders":{"Authorization":["a","b"]}"#, Err(Ambiguous)),
            (r#""headers":{"Authorization":"b"},"multiValueHeaders":{"Authorization":["a","b"]}"#, Err(Ambiguous)),
            (r#""headers":{"Authorization":"b"},"multiValueHeaders":{"authorization":["a"]}"#, Err(Ambiguous)),
            (r#""headers":{"Authorization":"a","AUTHORIZATION":"a"}"#, Ok(Some("a"))),
            (r#""headers":{"Authorization":"","authorization":"a"}"#, Ok(Some("a"))),
            (r#""headers":{"Authorization":null,"authorization":"a"}"#, Ok(Some("a"))),
            (r#""headers":{"x":null},"multiValueHeaders":{"Authorization":[null,"a"],"y":null}"#, Ok(Some("a"))),
            (r#""headers":null,"multiValueHeaders":null"#, Ok(None)),
            (r#""headers":{}"#, Ok(None)),
        ] {
            // A hash map would choose by chance.
            for _ in 0..20 {
                let request = parsed(&format!(r#"{{"httpMethod":"GET","requestContext":{{}},{headers}}}"#));
                assert_eq!(request.credentials(), credentials, "{headers}");
            }
        }
    }

    #[test]
    fn of_another_header_the_last_value_counts() {
        let event = r#"{"httpMethod":"GET","requestContext":{},"headers":{"Content-Type":"c"},
            "multiValueHeaders":{"Content-Type":["a","b","c"]}}"#;
        assert_eq!(parsed(event).header("content-type"), Some("c"));
    }

    #[test]
    fn what_is_no_text_stands_in_no_way() {
        let event = r#"{"httpMethod":"GET","requestContext":{},"headers":{"x-name":"J\ud83drgen","authorization":"a"},
            "body":"\udc00","isBase64Encoded":null,"queryStringParameters":{"page":null,"q\ud800":"\ud800"}}"#;
        let request = parsed(event);
        assert_eq!((request.credentials(), request.header("x-name").is_some()), (Ok(Some("a")), true));
        assert_eq!(request.query("page"), None);
        assert!(request.body().expect("a body").contains('\u{fffd}'));
    }

    #[test]
    fn err_what_is_no_request_is_not_repeated() {
        for event in [
            "",
            "null",
            "[]",
            "{",
            r#"{"Records":[{"body":"hush"}]}"#,
            r#"{"requestContext":{}}"#,
            r#"{"httpMethod":7,"requestContext":{}}"#,
            r#"{"httpMethod":"GET","requestContext":"hush"}"#,
            r#"{"httpMethod":"GET","requestContext":{},"headers":{"a":["hush"]}}"#,
            r#"{"httpMethod":"GET","requestContext":{},"body":{"access_token":"hush"}}"#,
        ] {
            let error: NotARequest = Request::parse(event).expect_err(event);
            assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
        }
    }

    #[test]
    fn a_body_is_text_or_base64_of_text_up_to_the_limit() {
        assert_eq!(with_body("a=ü", false), Ok("a=ü".into()));
        assert_eq!(with_body("YT3DvA==", true), Ok("a=ü".into()));
        assert_eq!(with_body("YT3DvA", true), Err(BodyError::NotBase64));
        assert_eq!(with_body("a=b", true), Err(BodyError::NotBase64));
        assert_eq!(with_body("/w==", true), Err(BodyError::NotText));
        let full = "x".repeat(MAX_BODY);
        assert_eq!(with_body(&full, false).map(|body| body.len()), Ok(MAX_BODY));
        assert_eq!(with_body(&format!("{full}x"), false), Err(BodyError::TooLarge));
        // 65,536 and 65,538 zero bytes, which need as many characters.
        let digits = MAX_BODY.div_ceil(3) * 4;
        assert_eq!(with_body(&format!("{}==", "A".repeat(digits - 2)), true).map(|body| body.len()), Ok(MAX_BODY));
        assert_eq!(with_body(&"A".repeat(digits), true), Err(BodyError::TooLarge));
        assert_eq!(with_body(&"A".repeat(digits + 4), true), Err(BodyError::TooLarge));
    }
}
