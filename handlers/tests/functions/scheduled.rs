//! A schedule invokes the functions: for named users, for all of them, and where it cannot be done.

use paypulse_handlers::local::events::scheduled;
use paypulse_handlers::local::{Google, Outcome, Reply};
use serde_json::{Value, json};

use crate::world::{SECRET, World, account, object};

const USERS: [&str; 3] = ["whisper1", "whisper2", "whisper3"];

/// Each of these users has an account of their own, with the number at the end of the id.
fn connect(world: &World, users: &[u32]) {
    for user in users.iter().rev() {
        world.connect(&account(*user), 3600);
        // The first user's bundle is where each is made, and so the last one.
        let bundle = world.secrets.value(SECRET).expect("it was put there");
        world.secrets.put(&format!("gmail/user/whisper{user}"), bundle);
    }
}

async fn done(world: &mut World, detail: &Value) -> Value {
    match world.invoke(&scheduled(detail)).await {
        Outcome::Answered(value) => value,
        other => panic!("{other:?}"),
    }
}

async fn failed(world: &mut World, event: &Value) -> (String, String) {
    let Outcome::Failed(error) = world.invoke(event).await else { panic!("it did not fail") };
    let text = |field: &str| error[field].as_str().expect("a text").to_owned();
    (text("errorType"), text("errorMessage"))
}

#[tokio::test]
async fn invoices_are_fetched_for_the_users_that_the_event_names() {
    let mut world = World::fetch_invoices().await;
    connect(&world, &[1, 2]);
    let expected = json!({ "users": 3, "invoiceCount": 8, "notConnected": 1 });
    assert_eq!(done(&mut world, &json!({ "user_ids": USERS })).await, expected);
    assert_eq!(world.aws.objects()[&object("whisper2", 4)][..], *b"%PDF-1.4 invoice 4 of hush2@gmail.com");
    // As the scheduler sends its detail.
    let text = json!({ "user_ids": ["whisper1"] }).to_string();
    assert_eq!(done(&mut world, &json!(text)).await["invoiceCount"], json!(0));
    assert_eq!(done(&mut world, &json!({ "user_ids": [] })).await["users"], json!(0));
}

#[tokio::test]
async fn without_names_they_are_fetched_for_every_user_of_the_table() {
    let mut world = World::fetch_invoices().await;
    connect(&world, &[1, 2, 3]);
    world.aws.set_users(&[USERS[0], USERS[1], USERS[2], "not/an/id"]);
    let expected = json!({ "users": 3, "invoiceCount": 12, "notConnected": 0 });
    assert_eq!(done(&mut world, &json!({})).await, expected);
    assert_eq!(world.aws.credentials()[..2], ["aws4_request dynamodb eu-west-1"; 2], "two pages");
}

/// The endpoint that is set for all services is also that of S3 and DynamoDB.
#[tokio::test]
async fn one_endpoint_can_be_that_of_all_services() {
    let mut world = World::with_one_endpoint_of_aws().await;
    connect(&world, &[1]);
    world.aws.set_users(&USERS[..1]);
    assert_eq!(done(&mut world, &json!({})).await["invoiceCount"], json!(4));
    assert_eq!(world.aws.objects().len(), 4);
}

/// The status of DynamoDB's limits is 400.
#[tokio::test]
async fn a_limit_of_the_table_is_waited_for() {
    let mut world = World::quiet().await;
    connect(&world, &[1]);
    world.aws.set_users(&USERS[..1]);
    let limited = |code: &str| {
        Reply::json(400, json!({ "__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "hush" }))
    };
    world.aws.answer_next(limited("ProvisionedThroughputExceededException"));
    world.aws.answer_next(limited("ThrottlingException"));
    assert_eq!(done(&mut world, &json!({})).await["users"], json!(1));
    for _ in 0..3 {
        world.aws.answer_next(limited("RequestLimitExceeded"));
    }
    assert_eq!(failed(&mut world, &scheduled(&json!({}))).await.0, "UsersUnavailable");
    world.aws.answer_next(limited("ResourceNotFoundException"));
    assert_eq!(failed(&mut world, &scheduled(&json!({}))).await.0, "UsersUnavailable");
    let log = world.end();
    assert!(log.contains("dynamodb: status 400, RequestLimitExceeded; it may work in a while"), "{log}");
    assert!(log.contains("dynamodb: status 400, ResourceNotFoundException"), "{log}");
}

#[tokio::test]
async fn err_one_user_s_failure_stops_no_other_and_fails_the_invocation() {
    let mut world = World::quiet().await;
    connect(&world, &[1, 2]);
    world.google.answer_next(Google::MESSAGES, Reply::json(200, "[]"));
    let (kind, message) = failed(&mut world, &scheduled(&json!({ "user_ids": USERS }))).await;
    assert_eq!((kind.as_str(), message.as_str()), ("Unserved", "1 of 3 users could not be served; the log says why"));
    assert_eq!(world.aws.objects().len(), 4);
    assert!(world.end().contains("a user's invoices are not fetched"));
}

#[tokio::test]
async fn err_a_schedule_without_users_or_for_another_function_is_refused_by_name() {
    let mut world = World::with_environment("fetch_invoices", &[("USERS_TABLE", "")]).await;
    let (kind, message) = failed(&mut world, &scheduled(&json!({}))).await;
    assert!(kind == "NoUsers" && message.contains("`detail.user_ids`, or set `USERS_TABLE`"), "{kind}: {message}");
    let mut world = World::fetch_invoices().await;
    for _ in 0..2 {
        world.aws.answer_next(Reply::json(400, r#"{"__type":"AccessDeniedException","message":"hush"}"#));
        assert_eq!(failed(&mut world, &scheduled(&json!({}))).await.0, "UsersUnavailable");
    }
    let (kind, message) = failed(&mut world, &json!({ "Records": [{ "eventSource": "aws:sqs" }] })).await;
    assert!(kind == "UnknownEvent" && message.contains("the event is of Amazon SQS"), "{kind}: {message}");
    let mut world = World::gmail_store_tokens().await;
    let (kind, message) = failed(&mut world, &scheduled(&json!({}))).await;
    assert!(kind == "UnknownEvent" && message.contains("takes only HTTP requests"), "{kind}: {message}");
}
