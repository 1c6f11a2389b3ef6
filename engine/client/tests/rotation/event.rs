//! Events: those of AWS, and everything else that a function can be invoked with.

use std::sync::{Arc, Mutex};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_secretsmanager::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_secretsmanager::error::BoxError;
use driftless::{RotationEvent, RotationEventError, RotationStep, Secrets};

use crate::shared::mark::debugged_with_name;
use crate::world::{AtDatabase, Database, DatabaseLogin, NAME, RotateLogin, server};

const ARN: &str = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/database-AbCdEf";
const VERSION: &str = "51f72378-6a5d-5dc7-8fd8-29e4319f482a";

fn of(step: &str, arn: &str, version: &str) -> String {
    serde_json::json!({ "Step": step, "SecretId": arn, "ClientRequestToken": version }).to_string()
}

#[track_caller]
fn check(json: &str, expected: RotationEventError) {
    let error = RotationEvent::parse(json.as_bytes()).expect_err("it is no event");
    assert_eq!(error, expected, "{}", json.chars().take(200).collect::<String>());
}

#[test]
fn the_four_steps_are_read() {
    for (word, step) in [
        ("createSecret", RotationStep::Create),
        ("setSecret", RotationStep::Set),
        ("testSecret", RotationStep::Test),
        ("finishSecret", RotationStep::Finish),
    ] {
        let event = RotationEvent::parse(of(word, ARN, VERSION).as_bytes()).expect("it is one");
        assert_eq!((event.step(), event.arn(), event.version()), (step, ARN, VERSION));
        assert_eq!(event.secret_name(), "shop/database");
    }
}

#[test]
fn what_others_name_versions_by_and_fields_to_come_are_taken() {
    for version in ["AF585B8F-AA06-4EAB-8827-EFF43E6FD896", "terraform-20260102030405000000000001", &"x".repeat(64)] {
        assert!(RotationEvent::parse(of("setSecret", ARN, version).as_bytes()).is_ok(), "{version}");
    }
    let more = r#""RotationToken":"9f3c1b9e-0000-4000-8000-1234567890ab","Later":{"a":[1,2]},"#;
    let json = of("setSecret", ARN, VERSION).replacen('{', &format!("{{{more}"), 1);
    assert!(RotationEvent::parse(json.as_bytes()).is_ok());
    for arn in [
        "arn:aws-us-gov:secretsmanager:us-gov-west-1:123456789012:secret:a-b-c-AbCdEf",
        "arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:x/y+z=@.-000000",
    ] {
        assert!(RotationEvent::parse(of("setSecret", arn, VERSION).as_bytes()).is_ok(), "{arn}");
    }
}

#[test]
fn err_an_unknown_step() {
    for step in ["", "create", "create_secret", "CREATESECRET", "createSecret ", "deleteSecret", "\u{1b}[2J"] {
        check(&of(step, ARN, VERSION), RotationEventError::UnknownStep);
    }
}

#[test]
fn err_a_missing_field() {
    check("{}", RotationEventError::Missing { field: "Step" });
    check(r#"{"Step":"setSecret"}"#, RotationEventError::Missing { field: "SecretId" });
    let json = format!(r#"{{"Step":"setSecret","SecretId":"{ARN}"}}"#);
    check(&json, RotationEventError::Missing { field: "ClientRequestToken" });
    check(r#"{"Step":null}"#, RotationEventError::Missing { field: "Step" });
    // The event of something else that invokes functions.
    check(r#"{"httpMethod":"POST","body":"{}"}"#, RotationEventError::Missing { field: "Step" });
}

#[test]
fn err_no_whole_arn() {
    for arn in [
        NAME,
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/database",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:-AbCdEf",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/database-AbCdE",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:shop/database-AbCd/f",
        "arn:aws:secretsmanager::123456789012:secret:shop/database-AbCdEf",
        "arn:aws:ssm:eu-west-1:123456789012:secret:shop/database-AbCdEf",
        "arn:aws:secretsmanager:eu-west-1:123456789012:shop/database-AbCdEf",
        "ARN:aws:secretsmanager:eu-west-1:123456789012:secret:shop/database-AbCdEf",
    ] {
        check(&of("setSecret", arn, VERSION), RotationEventError::NoArn);
    }
}

#[test]
fn err_a_field_that_aws_cannot_have_given() {
    for version in
        ["", "short", &"x".repeat(31), &"x".repeat(65), &format!("{VERSION} "), &"ä".repeat(20), &"\u{0}".repeat(32)]
    {
        check(&of("setSecret", ARN, version), RotationEventError::Impossible { field: "ClientRequestToken" });
    }
    let long = format!("arn:aws:secretsmanager:eu-west-1:123456789012:secret:{}-AbCdEf", "x".repeat(2048));
    for arn in ["", &long, &format!("{ARN}\n"), &ARN.replace("shop", "sh op")] {
        check(&of("setSecret", arn, VERSION), RotationEventError::Impossible { field: "SecretId" });
    }
    for token in ["", "short", "x y", &"x".repeat(257)] {
        let json = of("setSecret", ARN, VERSION).replacen('{', &format!(r#"{{"RotationToken":"{token}","#), 1);
        check(&json, RotationEventError::Impossible { field: "RotationToken" });
    }
}

#[test]
fn err_no_json_object() {
    for (json, line, column) in
        [("", 1, 0), ("null", 1, 4), ("7", 1, 1), ("\"setSecret\"", 1, 11), ("{\"Step\": 7}", 1, 10)]
    {
        check(json, RotationEventError::Malformed { line, column });
    }
    assert!(RotationEvent::parse(b"[]").is_err());
    let whole = of("setSecret", ARN, VERSION);
    for end in 1..whole.len() {
        assert!(RotationEvent::parse(&whole.as_bytes()[..end]).is_err(), "cut at {end}");
    }
    assert!(RotationEvent::parse(&[0xff, 0xfe, 0x00]).is_err());
    assert!(RotationEvent::parse(&[b'['; 10_000]).is_err(), "it nests deeply");
    assert!(RotationEvent::parse(format!("{whole}{whole}").as_bytes()).is_err(), "two events are none");
    let twice = whole.replacen('{', r#"{"Step":"createSecret","#, 1);
    assert!(RotationEvent::parse(twice.as_bytes()).is_err(), "a field that is given twice");
}

#[test]
fn err_an_event_that_is_too_large() {
    let large = of(&"x".repeat(16 * 1024), ARN, VERSION);
    check(&large, RotationEventError::TooLarge { bytes: large.len() });
}

/// As the runtime of Lambda functions reads it.
#[test]
fn an_event_deserializes_and_says_nothing_of_what_it_is_not() {
    let event: RotationEvent = serde_json::from_str(&of("testSecret", ARN, VERSION)).expect("it is one");
    assert_eq!(event.step(), RotationStep::Test);
    for json in [of("hush", ARN, VERSION), of("setSecret", "hush", VERSION), of("setSecret", ARN, "hush")] {
        let error = serde_json::from_str::<RotationEvent>(&json).expect_err("it is none").to_string();
        assert!(!error.contains("hush"), "{error}");
        let error = RotationEvent::parse(json.as_bytes()).expect_err("it is none");
        assert!(!format!("{error} {error:?}").contains("hush"), "{error}");
    }
}

/// Keeps the bodies of requests.
#[derive(Clone, Debug, Default)]
struct Bodies(Arc<Mutex<Vec<String>>>);

impl Intercept for Bodies {
    fn name(&self) -> &'static str {
        "Bodies"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let body = context.request().body().bytes().unwrap_or_default();
        self.0.lock().expect("nothing panics here").push(String::from_utf8_lossy(body).into_owned());
        Ok(())
    }
}

/// A function that has assumed a role proves with it that a write is part of the rotation.
#[tokio::test]
async fn the_rotations_token_goes_along_with_the_write_and_is_hidden() {
    let (server, database, bodies) = (server(), Database::new(), Bodies::default());
    let config = server.client_for::<RotateLogin>().config().to_builder().interceptor(bodies.clone()).build();
    let secrets: Secrets<RotateLogin> = Secrets::new(Client::from_conf(config));
    let version = server.begin_rotation(NAME);
    let token = "hush-0000-4000-8000-1234567890ab-0000000";
    let json = server.rotation_event(NAME, RotationStep::Create, &version);
    let json = json.replacen('{', &format!(r#"{{"RotationToken":"{token}","#), 1);
    let event = RotationEvent::parse(json.as_bytes()).expect("it is one");
    debugged_with_name(&event);
    let rotation = AtDatabase { secrets: secrets.clone(), database };
    secrets.rotate(&DatabaseLogin, &event, &rotation).await.expect("nothing is in its way");
    let bodies = bodies.0.lock().expect("nothing panics here");
    let with_token: Vec<&String> = bodies.iter().filter(|body| body.contains(token)).collect();
    let [write] = with_token[..] else { panic!("{} requests have it", with_token.len()) };
    assert!(write.contains(r#""VersionStages":["AWSPENDING"]"#) && write.contains(&version));
}
