//! Events of each format, and events that are not valid.

use paypulse_runtime::model::Key;

use super::{Ambiguous, BodyError, Invocation, MAX_BODY, Request, UnknownEvent};

fn with_body(body: &str, is_base64: bool) -> Result<String, BodyError> {
    let body = serde_json::to_string(body).expect("a string is JSON");
    let event = format!(r#"{{"httpMethod":"POST","requestContext":{{}},"body":{body},"isBase64Encoded":{is_base64}}}"#);
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

/// The examples in AWS's documentation, shortened.
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
        // With a hash map, the choice would be random.
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
        let error: UnknownEvent = Request::parse(event).expect_err(event);
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
    // 65,536 and 65,538 zero bytes, which are encoded in the same number of characters.
    let digits = MAX_BODY.div_ceil(3) * 4;
    assert_eq!(with_body(&format!("{}==", "A".repeat(digits - 2)), true).map(|body| body.len()), Ok(MAX_BODY));
    assert_eq!(with_body(&"A".repeat(digits), true), Err(BodyError::TooLarge));
    assert_eq!(with_body(&"A".repeat(digits + 4), true), Err(BodyError::TooLarge));
}

fn scheduled(event: &str) -> Option<Vec<String>> {
    match Invocation::parse(event).expect(event) {
        Invocation::Scheduled(event) => event.user_ids.map(|ids| ids.iter().map(|id| id.as_str().to_owned()).collect()),
        Invocation::Request(_) => panic!("it is no request: {event}"),
    }
}

/// The examples in AWS's documentation: the event of a rule, and the default event of the scheduler.
#[test]
fn a_scheduled_event_names_users_or_none() {
    let rule = r#"{"version":"0","id":"53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa","detail-type":"Scheduled Event","source":"aws.events",
        "account":"123456789012","time":"2015-10-08T16:53:06Z","region":"us-east-1",
        "resources":["arn:aws:events:us-east-1:123456789012:rule/my-scheduled-rule"],"detail":{}}"#;
    let scheduler = rule.replace("aws.events", "aws.scheduler").replace(r#""detail":{}"#, r#""detail":"{}""#);
    assert_eq!((scheduled(rule), scheduled(&scheduler)), (None, None));
    for detail in [r#"{"user_ids":["user_1","user_2","user_1"],"x":1}"#, r#""{\"user_ids\":[\"user_1\",\"user_2\"]}""#]
    {
        let event = rule.replace(r#""detail":{}"#, &format!(r#""detail":{detail}"#));
        assert_eq!(scheduled(&event), Some(vec!["user_1".into(), "user_2".into()]), "{detail}");
    }
}

#[test]
fn err_an_event_that_is_neither_is_named_and_not_repeated() {
    for (event, found) in [
        (r#"{"Records":[{"eventSource":"aws:sqs","body":"hush"}]}"#, "of Amazon SQS"),
        (r#"{"Records":[{"eventSource":"aws:s3","s3":{}}]}"#, "of Amazon S3"),
        (r#"{"Records":[{"EventSource":"aws:sns","Sns":{}}]}"#, "of Amazon SNS"),
        (r#"{"Records":[{"eventSource":"hush"}]}"#, "of an unknown form"),
        (r#"{"Records":[]}"#, "of an unknown form"),
        (r#"{"source":"aws.ec2","detail-type":"hush","detail":{}}"#, "of EventBridge, and not of a schedule"),
        (r#"{"source":"hush","detail-type":"Scheduled Event","detail":{}}"#, "of EventBridge, and not of a schedule"),
        (
            r#"{"source":"aws.events","detail-type":"Scheduled Event","detail":{"user_ids":["hush/hush"]}}"#,
            "of a schedule, with a `detail.user_ids` that is not a list of at most 1000 users' ids",
        ),
        (
            r#"{"source":"aws.events","detail-type":"Scheduled Event","detail":{"user_ids":"hush"}}"#,
            "of a schedule, with a `detail.user_ids` that is not a list of at most 1000 users' ids",
        ),
        (
            r#"{"source":"aws.scheduler","detail-type":"Scheduled Event","detail":"hush"}"#,
            "of a schedule, with a `detail.user_ids` that is not a list of at most 1000 users' ids",
        ),
        ("hush", "of an unknown form"),
        ("[[]]", "of an unknown form"),
    ] {
        let error = Invocation::parse(event).expect_err(event);
        assert_eq!(error.found, found, "{event}");
        assert!(!format!("{error} {error:?}").contains("hush"), "{error:?}");
    }
}
