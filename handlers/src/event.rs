//! A request as API Gateway or a function URL hands it over, in payload format 1.0 or 2.0.
//!
//! Nothing here repeats what is in a request: it holds tokens.
//!
//! Sources: [format 1.0][one], [format 2.0][two], [function URLs][url], which are of format 2.0.
//!
//! [one]: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
//! [two]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
//! [url]: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads

use std::collections::HashMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use paypulse_runtime::model::Text;
use serde::Deserialize;
use zeroize::Zeroizing;

/// Tokens and scopes of the longest kind that is stored, written in the least compact way, have less.
pub const MAX_BODY: usize = 64 * 1024;

/// One HTTP request.
pub struct Request {
    method: String,
    /// Names in lower case: format 1.0 has them as the client wrote them.
    headers: HashMap<String, Text>,
    query: HashMap<String, String>,
    body: Text,
    is_base64: bool,
}

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

/// What both formats have. All else in an event is not read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    /// Of format 1.0.
    http_method: Option<String>,
    request_context: Context,
    headers: Option<HashMap<String, Text>>,
    query_string_parameters: Option<HashMap<String, String>>,
    body: Option<Text>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
struct Context {
    /// Of format 2.0.
    http: Option<Http>,
}

#[derive(Deserialize)]
struct Http {
    method: String,
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
        let method = event.http_method.or(event.request_context.http.map(|http| http.method));
        Ok(Self {
            method: method.ok_or(NotARequest { line: 1, column: 1 })?,
            headers: event
                .headers
                .into_iter()
                .flatten()
                .map(|(name, value)| (name.to_ascii_lowercase(), value))
                .collect(),
            query: event.query_string_parameters.unwrap_or_default(),
            body: event.body.unwrap_or_default(),
            is_base64: event.is_base64_encoded,
        })
    }

    /// `GET`, `POST` and so on.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// A header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(Text::expose)
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

/// The method alone.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("method", &self.method).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::{BodyError, MAX_BODY, NotARequest, Request};

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
