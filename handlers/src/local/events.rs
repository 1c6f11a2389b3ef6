//! Events that API Gateway or a load balancer creates for HTTP requests.
//!
//! Sources: those of [`event`](crate::event).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::contract::Route;

/// A request before API Gateway turns it into an event.
#[derive(Clone, Debug, Default)]
pub struct HttpRequest {
    /// `GET`, `POST` and so on.
    pub method: &'static str,
    /// Names, spelled as the client sends them, and values.
    pub headers: Vec<(&'static str, String)>,
    /// Names and values, not encoded.
    pub query: Vec<(&'static str, String)>,
    /// Absent in a `GET`.
    pub body: Option<String>,
    /// Whether API Gateway encodes the body in base64, as it does for types that are configured as binary.
    pub is_base64: bool,
}

impl HttpRequest {
    /// A `GET` by a user with a session.
    #[must_use]
    pub fn get(session: &str) -> Self {
        let headers = vec![("Authorization", format!("Bearer {session}"))];
        Self { method: "GET", headers, ..Self::default() }
    }

    /// A `POST` without a body by a user with a session.
    #[must_use]
    pub fn plain_post(session: &str) -> Self {
        Self { method: "POST", ..Self::get(session) }
    }

    /// A `POST` by a user with a session.
    #[must_use]
    pub fn post(session: &str, content_type: &str, body: impl Into<String>) -> Self {
        let mut request = Self { method: "POST", body: Some(body.into()), ..Self::get(session) };
        request.headers.push(("Content-Type", content_type.to_owned()));
        request
    }

    /// The same with a body in base64.
    #[must_use]
    pub fn encoded(self) -> Self {
        Self { is_base64: true, ..self }
    }

    /// The event in payload format 1.0, of a REST API.
    #[must_use]
    pub fn v1(&self) -> Value {
        let multi: Map<_, _> = self.headers.iter().map(|(name, value)| ((*name).to_owned(), json!([value]))).collect();
        json!({
            "resource": "/gmail", "path": "/gmail", "httpMethod": self.method,
            "headers": object(self.headers.iter().map(|(name, value)| ((*name).to_owned(), value))),
            "multiValueHeaders": multi,
            "queryStringParameters": (!self.query.is_empty()).then(|| self.query()),
            "multiValueQueryStringParameters": null, "pathParameters": null, "stageVariables": null,
            "requestContext": {
                "accountId": "123456789012", "apiId": "1234567890", "httpMethod": self.method, "path": "/prod/gmail",
                "protocol": "HTTP/1.1", "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef", "stage": "prod",
                "identity": { "sourceIp": "192.0.2.1", "userAgent": "PayPulse/1 CFNetwork/1485" },
            },
            "body": self.body(), "isBase64Encoded": self.is_base64,
        })
    }

    /// The event in payload format 2.0, of an HTTP API or a function URL.
    #[must_use]
    pub fn v2(&self) -> Value {
        let mut event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/gmail", "rawQueryString": "",
            "headers": object(self.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value))),
            "requestContext": {
                "accountId": "123456789012", "apiId": "api-id", "domainName": "id.execute-api.eu-west-1.amazonaws.com",
                "http": { "method": self.method, "path": "/gmail", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1" },
                "requestId": "id", "routeKey": "$default", "stage": "$default", "timeEpoch": 1_583_348_638_390_u64,
            },
            "isBase64Encoded": self.is_base64,
        });
        // This format omits absent members.
        if let Some(body) = self.body() {
            event["body"] = body.into();
        }
        if !self.query.is_empty() {
            event["queryStringParameters"] = self.query();
        }
        event
    }

    /// The event of PayPulse's HTTP API for a route of the contract.
    #[must_use]
    pub fn of_route(&self, route: &Route) -> Value {
        let mut event = self.v2();
        let (key, path) = (format!("{} {}", route.method, route.path), route.path.replace("{type}", "rental"));
        event["requestContext"]["http"]["path"] = path.as_str().into();
        event["requestContext"]["routeKey"] = key.as_str().into();
        event["rawPath"] = path.into();
        event["routeKey"] = key.into();
        if route.path.contains("{type}") {
            event["pathParameters"] = json!({ "type": "rental" });
        }
        event
    }

    /// The event of a load balancer, which does not decode the query.
    #[must_use]
    pub fn balanced(&self) -> Value {
        let mut event = self.balanced_multi_value();
        event["headers"] = object(self.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value)));
        event["queryStringParameters"] = Value::Object(self.encoded_query().collect());
        for list in ["multiValueHeaders", "multiValueQueryStringParameters"] {
            if let Some(members) = event.as_object_mut() {
                members.remove(list);
            }
        }
        event
    }

    /// The event of a load balancer whose target group has multi-value headers.
    #[must_use]
    pub fn balanced_multi_value(&self) -> Value {
        let headers: Map<_, _> =
            self.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), json!([value]))).collect();
        let query: Map<_, _> = self.encoded_query().map(|(name, value)| (name, json!([value]))).collect();
        let group = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/lambda/49e9d65c45c6791a";
        json!({
            "requestContext": { "elb": { "targetGroupArn": group } },
            "httpMethod": self.method, "path": "/gmail",
            "multiValueHeaders": headers, "multiValueQueryStringParameters": query,
            "body": self.body().unwrap_or_default(), "isBase64Encoded": self.is_base64,
        })
    }

    fn encoded_query(&self) -> impl Iterator<Item = (String, Value)> {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        self.query.iter().map(move |(name, value)| (encoded(name), encoded(value).into()))
    }

    fn body(&self) -> Option<String> {
        let body = self.body.as_ref()?;
        Some(if self.is_base64 { STANDARD.encode(body) } else { body.clone() })
    }

    fn query(&self) -> Value {
        object(self.query.iter().map(|(name, value)| ((*name).to_owned(), value)))
    }
}

fn object<'a>(entries: impl Iterator<Item = (String, &'a String)>) -> Value {
    Value::Object(entries.map(|(name, value)| (name, value.as_str().into())).collect())
}

/// An event of a schedule with this detail.
///
/// Source: [the event of a rule](https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html).
#[must_use]
pub fn scheduled(detail: &Value) -> Value {
    json!({
        "version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event", "source": "aws.events",
        "account": "123456789012", "time": "2026-11-30T05:00:00Z", "region": "eu-west-1",
        "resources": ["arn:aws:events:eu-west-1:123456789012:rule/daily_lambda_trigger"], "detail": detail,
    })
}
