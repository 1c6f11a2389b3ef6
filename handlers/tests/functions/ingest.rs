//! `fetch_invoices`: what of a mailbox is stored, and under which name.

use paypulse_handlers::local::{Aws, Google, Reply};
use serde_json::{Value, json};

use crate::world::{USER, World, account, ingest, object};

const MESSAGE: &str = "/gmail/v1/users/me/messages/";

/// The object of the user's attachment with this name.
fn named(file: &str) -> String {
    format!("/{}/rental-invoices/{USER}/{file}", Aws::BUCKET)
}

/// A message whose attachments have these types and names, and the content `%PDF`.
fn message(subject: &str, attached: &[(&str, &str)]) -> Reply {
    let part = |(kind, file): &(&str, &str)| json!({ "mimeType": kind, "filename": file, "body": { "size": 4, "data": "JVBERg" } });
    let parts: Vec<Value> = attached.iter().map(part).collect();
    let headers = [json!({ "name": "SUBJECT", "value": subject })];
    Reply::json(
        200,
        json!({ "id": "m1", "payload": { "mimeType": "multipart/mixed", "headers": headers, "parts": parts } }),
    )
}

/// Has the search find one message, and Gmail answer so to what is asked of it.
fn find_one(world: &World, reply: Reply) {
    world.google.answer_next(Google::MESSAGES, Reply::json(200, json!({ "messages": [{ "id": "m1" }] })));
    world.google.answer_next(MESSAGE, reply);
}

#[tokio::test]
async fn every_invoice_of_every_page_is_stored_once() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    let answer = world.ask(&ingest()).await;
    assert_eq!((answer.status, answer.count()), (200, Some(4)));
    let objects = world.aws.objects();
    assert_eq!(
        objects.keys().cloned().collect::<Vec<_>>(),
        (1..=4).map(|number| object(USER, number)).collect::<Vec<_>>()
    );
    assert_eq!(objects[&object(USER, 2)][..], *b"%PDF-1.4 invoice 2 of hush1@gmail.com");
    assert_eq!(world.aws.credentials()[0], "aws4_request s3 eu-west-1");
    let asked = world.google.take_asked();
    assert_eq!(asked[0].query, "q=from%3Akundservice%40wallenstam.se+subject%3A%22hyresavi%22&maxResults=500");
    assert!(asked.iter().all(|asked| asked.line.starts_with("GET /gmail/")), "{asked:?}");
    assert_eq!(world.calls(), ["GetSecretValue"; 3]);

    let answer = world.ask_v1(&ingest()).await;
    assert_eq!((answer.status, answer.count()), (200, Some(0)), "what is stored is not stored again");
    assert_eq!(world.aws.objects(), objects);
    // The token too is in the cache.
    assert_eq!(world.calls(), [""; 0]);
}

#[tokio::test]
async fn the_search_is_the_environment_s() {
    for (environment, query, count) in [
        (
            vec![("EMAIL_SENDER", "a@example.com"), ("EMAIL_SUBJECT", "HyresAvi")],
            "q=from%3Aa%40example.com+subject%3A%22HyresAvi%22&",
            4,
        ),
        (vec![("EMAIL_SUBJECT", "faktura")], "q=from%3Akundservice%40wallenstam.se+subject%3A%22faktura%22&", 0),
        (vec![("GMAIL_QUERY", "has:attachment")], "q=has%3Aattachment&", 4),
    ] {
        let mut world = World::with_environment("fetch_invoices", &environment).await;
        world.connect(&account(1), 3600);
        assert_eq!(world.ask(&ingest()).await.count(), Some(count), "{environment:?}");
        let asked = &world.google.take_asked()[0].query;
        assert!(asked.starts_with(query), "{asked}");
    }
}

#[tokio::test]
async fn a_directory_takes_the_place_of_the_bucket() {
    let directory = std::env::temp_dir().join(format!("paypulse-invoices-{}", std::process::id()));
    let path = directory.to_str().expect("a path");
    let environment = [("S3_BUCKET", ""), ("INVOICE_DIRECTORY", path)];
    let mut world = World::with_environment("fetch_invoices", &environment).await;
    world.connect(&account(1), 3600);
    assert_eq!(world.ask(&ingest()).await.count(), Some(4));
    let file = directory.join("rental-invoices").join(USER).join("Hyresavi_1.pdf");
    assert_eq!(std::fs::read(file).expect("the invoice"), b"%PDF-1.4 invoice 1 of hush1@gmail.com");
    assert_eq!(world.ask(&ingest()).await.count(), Some(0));
    std::fs::remove_dir_all(directory).expect("the directory is the test's");
}

/// Another subject, another type, no name: as the Python functions have it.
#[tokio::test]
async fn only_pdfs_with_a_name_and_of_messages_with_that_subject_are_stored() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    let pdf = "application/pdf";
    find_one(&world, message("Re: Hyresavi", &[(pdf, "a.pdf")]));
    assert_eq!(world.ask(&ingest()).await.count(), Some(0));
    let attached = [(pdf, "b.pdf"), ("Application/PDF", "c.pdf"), ("text/html", "d.pdf"), (pdf, ""), (pdf, " ")];
    find_one(&world, message(" HYRESAVI ", &attached));
    assert_eq!(world.ask(&ingest()).await.count(), Some(2));
    assert_eq!(world.aws.objects().into_keys().collect::<Vec<_>>(), [named("b.pdf"), named("c.pdf")]);
}

/// An attachment's name comes from the sender of a mail.
#[tokio::test]
async fn a_hostile_file_name_is_no_path() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    let names = [
        "../../../other/a.pdf",
        "/etc/passwd",
        "..",
        "a%2f..%2fb?c#d",
        "\u{202e}fdp.exe",
        "a\r\nx: y\u{0}.pdf",
        "å 1.pdf",
    ];
    find_one(&world, message("hyresavi", &names.map(|name| ("application/pdf", name))));
    assert_eq!(world.ask(&ingest()).await.count(), Some(names.len() as u64));
    let objects: Vec<String> = world.aws.objects().into_keys().collect();
    let prefix = named("");
    for object in &objects {
        let file = object.strip_prefix(&prefix).expect("it is below the user's own");
        let is_one_segment = !file.starts_with('.') && !file.contains(['/', '?', '#']) && !file.contains("%2F");
        assert!(is_one_segment && file.is_ascii(), "{object}");
    }
    assert!(objects.contains(&named("%C3%A5_1.pdf")), "{objects:?}");
}

#[tokio::test]
async fn err_what_is_too_large_or_broken_is_left_out_and_the_rest_is_stored() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    let part = |file: &str, body: Value| json!({ "mimeType": "application/pdf", "filename": file, "body": body });
    let payload = json!({ "headers": [{ "name": "Subject", "value": "hyresavi" }], "parts": [
        part("large.pdf", json!({ "attachmentId": "a1", "size": 10 * 1024 * 1024 + 1 })),
        part("path.pdf", json!({ "attachmentId": "../../../hush", "size": 4 })),
        part("broken.pdf", json!({ "size": 4, "data": "hush!" })),
        part("empty.pdf", json!({ "size": 0, "data": "" })),
        part("gone.pdf", json!({ "attachmentId": "gone", "size": 4 })),
        part("none.pdf", json!({})),
        json!({ "mimeType": "application/pdf", "filename": "none.pdf" }),
        part("good.pdf", json!({ "size": 4, "data": "JVBERg==" })),
    ] });
    find_one(&world, Reply::json(200, json!({ "payload": payload })));
    assert_eq!(world.ask(&ingest()).await.count(), Some(1));
    assert_eq!(world.aws.objects().into_keys().collect::<Vec<_>>(), [named("good.pdf")]);
    let asked = world.asked();
    assert!(
        asked.iter().all(|line| !line.contains("hush")) && asked.iter().any(|line| line.ends_with("/gone")),
        "{asked:?}"
    );

    // Parts in parts without end.
    let deep =
        (0..60).fold(part("deep.pdf", json!({ "size": 4, "data": "JVBERg" })), |inner, _| json!({ "parts": [inner] }));
    let mut payload = deep;
    payload["headers"] = json!([{ "name": "Subject", "value": "hyresavi" }]);
    find_one(&world, Reply::json(200, json!({ "payload": payload })));
    assert_eq!(world.ask(&ingest()).await.count(), Some(0));
}

/// One message or attachment that cannot be read does not stop the others.
#[tokio::test]
async fn what_cannot_be_read_is_skipped_with_a_warning() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    let deep = format!(r#"{{"payload":{}{}}}"#, r#"{"parts":["#.repeat(200), "]}".repeat(200));
    for message in [
        Reply::json(200, json!({ "payload": { "x": "y".repeat(5 * 1024 * 1024) } })),
        Reply::json(200, deep),
        Reply::json(200, r#"{"payload":"#),
        Reply::json(200, json!({ "payload": { "headers": 7 } })),
    ] {
        world.google.answer_next(MESSAGE, message);
        let answer = world.ask(&ingest()).await;
        assert_eq!((answer.status, answer.count().map(|count| count >= 1)), (200, Some(true)), "{:?}", answer.body);
        world.aws.remove_objects();
    }
    let part = json!({ "mimeType": "application/pdf", "filename": "large.pdf", "body": { "attachmentId": "large", "size": 4 },
        "headers": [{ "name": "Subject", "value": "hyresavi" }] });
    find_one(&world, Reply::json(200, json!({ "payload": part })));
    world.google.answer_next(MESSAGE, Reply::json(200, json!({ "data": "A".repeat(15 * 1024 * 1024) })));
    assert_eq!(world.ask(&ingest()).await.count(), Some(0));
    // Without the list, nothing is known.
    world.google.answer_next(Google::MESSAGES, Reply::json(200, "[]"));
    assert_eq!(world.ask(&ingest()).await.code(), "google_refuses");
    let log = world.end();
    let warnings =
        log.lines().filter(|line| line.contains("WARN") && line.contains("is skipped, because it cannot be read"));
    assert_eq!(warnings.count(), 5, "{log}");
}

/// An attachment of several megabytes is read and stored whole.
#[tokio::test]
async fn a_large_attachment_is_stored_whole() {
    use base64::Engine as _;
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    let pdf: Vec<u8> = (0..6 * 1024 * 1024_u32).map(|at| at.to_le_bytes()[1]).collect();
    let body = json!({ "attachmentId": "large", "size": pdf.len() });
    let payload = json!({ "mimeType": "application/pdf", "filename": "large.pdf", "body": body,
        "headers": [{ "name": "Subject", "value": "hyresavi" }] });
    find_one(&world, Reply::json(200, json!({ "payload": payload })));
    let data = base64::engine::general_purpose::URL_SAFE.encode(&pdf);
    world.google.answer_next(MESSAGE, Reply::json(200, json!({ "size": pdf.len(), "data": data })));
    assert_eq!(world.ask(&ingest()).await.count(), Some(1));
    assert!(world.aws.objects()[&named("large.pdf")] == pdf, "it is another one");
}

#[tokio::test]
async fn err_what_the_bucket_refuses_is_ours_and_what_passes_is_tried_again() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    world.aws.answer_next(Reply::json(403, "<Error><Code>AccessDenied</Code><Message>hush</Message></Error>"));
    let answer = world.ask(&ingest()).await;
    assert_eq!((answer.status, answer.code(), answer.app_code()), (500, "internal", "DEPENDENCY_FAILURE"));
    for status in [503, 409] {
        world.aws.answer_next(Reply::json(status, "<Error><Code>SlowDown</Code></Error>"));
    }
    assert_eq!(world.ask(&ingest()).await.count(), Some(4));
    for _ in 0..3 {
        world.aws.answer_next(Reply::json(500, "hush"));
    }
    let answer = world.ask(&ingest()).await;
    assert_eq!((answer.status, answer.code()), (503, "try_again"));
    assert_eq!(answer.headers["retry-after"], json!("2"));
    let log = world.end();
    assert!(log.contains("s3: status 403, AccessDenied") && log.contains("s3: status 500"), "{log}");
}

/// Gmail's ids become parts of a path, and its lists have an end.
#[tokio::test]
async fn what_gmail_lists_is_not_trusted() {
    let mut world = World::fetch_invoices().await;
    world.connect(&account(1), 3600);
    let ids = ["../../hush", "m1", "", "gone", "a?b"].map(|id| json!({ "id": id }));
    world.google.answer_next(Google::MESSAGES, Reply::json(200, json!({ "messages": ids })));
    assert_eq!(world.ask(&ingest()).await.count(), Some(1));
    let asked = world.asked();
    let messages = asked.iter().filter_map(|line| line.strip_prefix("GET /gmail/v1/users/me/messages"));
    assert_eq!(messages.collect::<Vec<_>>(), ["", "/m1", "/m1/attachments/a1", "/gone"]);

    let endless = || Reply::json(200, json!({ "messages": [], "nextPageToken": "a&b=c" }));
    for _ in 0..9 {
        world.google.answer_next(Google::MESSAGES, endless());
    }
    assert_eq!(world.ask(&ingest()).await.count(), Some(0));
    let asked = world.google.take_asked();
    assert_eq!(asked.len(), 4);
    assert!(asked[1].query.ends_with("&pageToken=a%26b%3Dc"), "{}", asked[1].query);
}
