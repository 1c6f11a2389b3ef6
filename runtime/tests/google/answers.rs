//! Answers that nobody should give: each is an error in time, keeps the tokens, and repeats nothing.

use std::time::{Duration, Instant};

use paypulse_runtime::client::ErrorKind;
use paypulse_runtime::google::{Endpoints, GoogleConfigError, GoogleError, RefreshError};

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::playing::{Playing, Reply};
use crate::support::{connected, fresh, granted, stored_tokens};

/// The problem that is reported of an answer, after one request.
async fn problem(reply: Reply) -> &'static str {
    let server = connected().await;
    let google = Playing::new([reply]).await;
    let error = fresh(&server, google.google()).await.expect_err("it cannot be used");
    assert_eq!(stored_tokens(&server), ("old".into(), Some("r1".into())), "{error:?}");
    assert_eq!((error.kind(), google.asked().len()), (ErrorKind::Transport, 1), "{error:?}");
    match error {
        RefreshError::Google(GoogleError::Answer { problem }) => problem,
        other => panic!("{other:?}"),
    }
}

async fn check(body: &str, expected: &str) {
    assert_eq!(problem(Reply::json(200, body)).await, expected, "{body}");
}

const NO_OBJECT: &str = "it is not a JSON object";
const NOT_TOKENS: &str = "it is not what the token endpoint answers";

#[tokio::test]
async fn a_lifetime_is_between_a_second_and_a_day() {
    for lifetime in ["0", "-1", "86401", "\"86401\"", "18446744073709551615"] {
        let body = format!(r#"{{"access_token":"hush-new","token_type":"Bearer","expires_in":{lifetime}}}"#);
        check(&body, "`expires_in` is not a lifetime").await;
    }
    for lifetime in ["18446744073709551616", "[]", "true", "\"soon\""] {
        let body = format!(r#"{{"access_token":"hush-new","token_type":"Bearer","expires_in":{lifetime}}}"#);
        check(&body, NOT_TOKENS).await;
    }
}

/// As Google's own library reads it.
#[tokio::test]
async fn a_lifetime_can_be_a_text_a_fraction_or_absent() {
    for (lifetime, seconds) in [
        (r#","expires_in":"3599""#, 3599),
        (r#","expires_in":3599.5"#, 3599),
        (r#","expires_in": 1e3 "#, 1000),
        (r#","expires_in":null"#, 3600),
        ("", 3600),
    ] {
        let server = connected().await;
        let body = format!(r#"{{"access_token":"hush-new","token_type":"Bearer"{lifetime}}}"#);
        let google = Playing::new([Reply::json(200, &body)]).await;
        assert_eq!(fresh(&server, google.google()).await.as_deref(), Ok("new"), "{lifetime}");
        assert_eq!(crate::support::stored(&server).expires_in, seconds, "{lifetime}");
    }
}

#[tokio::test]
async fn a_token_is_presented_as_a_bearer_token_or_not_at_all() {
    check(r#"{"access_token":"hush-new","token_type":"mac","expires_in":3599}"#, "`token_type` is not `Bearer`").await;
    check(r#"{"access_token":"hush-new","token_type":"","expires_in":3599}"#, "`token_type` is not `Bearer`").await;
    check(r#"{"access_token":"hush-new","token_type":7,"expires_in":3599}"#, NOT_TOKENS).await;
    check(r#"{"access_token":"hush-new","expires_in":3599}"#, NOT_TOKENS).await;
}

#[tokio::test]
async fn a_token_is_some_visible_characters() {
    let long = "hush".repeat(2049);
    for token in ["", " ", "hush b", r"hush\nb", r"hush\u0000", "hüsh", &long] {
        let body = format!(r#"{{"access_token":"{token}","token_type":"Bearer","expires_in":3599,"id_token":"hush"}}"#);
        check(&body, "`access_token` is not a token").await;
    }
    for token in [" ", "hush b", r"hush\r\nb", &long[..2049]] {
        let more =
            format!(r#"{{"access_token":"hush-a","token_type":"Bearer","expires_in":1,"refresh_token":"{token}"}}"#);
        check(&more, "`refresh_token` is not a token").await;
    }
}

#[tokio::test]
async fn an_answer_is_one_json_object_with_each_field_once() {
    for body in [
        "{}",
        r#"{"id_token":"hush","token_type":"Bearer","expires_in":3599}"#,
        r#"{"id_token":"hush","access_token":null,"token_type":"Bearer","expires_in":3599}"#,
        r#"{"access_token":["hush-new"],"token_type":"Bearer","expires_in":3599}"#,
        r#"{"access_token":"hush-a","access_token":"hush-b","token_type":"Bearer","expires_in":3599}"#,
        r#"{"access_token":"hush-a","token_type":"Bearer","expires_in":3599,"refresh_token":7}"#,
        r#"{"access_token":"hush-a","token_type":"Bearer","expires_in":3599,"scope":["a"]}"#,
    ] {
        check(body, NOT_TOKENS).await;
    }
    for body in [
        "",
        "hush",
        "[]",
        "null /* hush */",
        "\"hush\"",
        r#"["hush","Bearer",3599]"#,
        "<html><title>hush: sign in to the hotel</title></html>",
        r#"{"access_token":"hush-new","#,
        r#"{"access_token":"hush-a","token_type":"Bearer","expires_in":3599} {}"#,
        r#"{"access_token":"hush-a","token_type":"Bearer","expires_in":3599}garbage"#,
    ] {
        check(body, NO_OBJECT).await;
    }
    let deep = "[".repeat(10_000);
    check(&deep, NO_OBJECT).await;
}

#[tokio::test]
async fn an_answer_is_json_by_its_content_type_too() {
    let body = r#"{"access_token":"hush-new","token_type":"Bearer","expires_in":3599}"#;
    for content_type in ["text/html", "text/plain; charset=utf-8", "application/jsonp", ""] {
        let reply = Reply::with_headers(200, &[("Content-Type", content_type)], body);
        assert_eq!(problem(reply).await, "its content type is not JSON", "{content_type}");
    }
    assert_eq!(problem(Reply::with_headers(200, &[], body)).await, "its content type is not JSON");
}

#[tokio::test]
async fn a_long_answer_is_not_read_to_its_end() {
    let body = format!(
        r#"{{"access_token":"hush-new","token_type":"Bearer","expires_in":3599,"pad":"{}"}}"#,
        "x".repeat(70_000)
    );
    check(&body, "it is longer than the largest answer that is read").await;
    let endless = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned()
        + &format!("1000\r\n{}\r\n", " ".repeat(0x1000)).repeat(100);
    assert_eq!(problem(Reply::raw(endless)).await, "it is longer than the largest answer that is read");
}

/// A redirect names another host; nobody comes there.
#[tokio::test]
async fn a_redirect_is_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Playing::always(granted("stolen")).await;
        let headers = [("Location", elsewhere.url("/hush")), ("Content-Type", "application/json".to_owned())];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        assert_eq!(problem(Reply::with_headers(status, &headers, "{}")).await, "it is a redirect", "{status}");
        assert_eq!(elsewhere.asked(), []);
    }
}

/// The error of an answer that never comes whole, within the time that all requests together may take.
async fn broken(reply: Reply, limit: Duration, expected: GoogleError) {
    let server = connected().await;
    let google = Playing::always(reply).await;
    let began = Instant::now();
    let error = fresh(&server, google.google().with_time_limits(limit, limit)).await;
    assert_eq!(error, Err(expected.into()));
    assert!(began.elapsed() < limit * 2, "{:?}", began.elapsed());
    assert_eq!(stored_tokens(&server), ("old".into(), Some("r1".into())));
}

#[tokio::test]
async fn an_answer_that_drips_is_given_up() {
    let limit = Duration::from_millis(700);
    broken(granted("new").dripping(Duration::from_millis(20)), limit, GoogleError::Timeout).await;
    broken(
        Reply::raw("HTTP/1.1 200 OK\r\nX-Token: hush\r\n").after(Duration::from_mins(1)),
        limit,
        GoogleError::Timeout,
    )
    .await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_a_broken_connection() {
    let limit = Duration::from_secs(5);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n";
    broken(Reply::raw(format!("{head}{{\"access_token\":\"hush-new\"")), limit, GoogleError::Connection).await;
    broken(Reply::hang_up(), limit, GoogleError::Connection).await;
    broken(Reply::raw("SSH-2.0-hush\r\n"), limit, GoogleError::Connection).await;
    let headers = "X-Pad: hush".to_owned() + &"x".repeat(1_000_000);
    broken(Reply::raw(format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n{{}}")), limit, GoogleError::Connection).await;
}

#[tokio::test]
async fn where_nobody_listens_there_is_no_connection() {
    let server = connected().await;
    let google = Playing::new([]).await;
    let nobody = google.google();
    drop(google);
    tokio::task::yield_now().await;
    assert_eq!(fresh(&server, nobody).await, Err(GoogleError::Connection.into()));
}

/// What goes over the wire to an `https` address is a TLS handshake; to one who does not answer it nothing is said.
#[tokio::test]
async fn an_https_address_is_spoken_to_in_tls() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("it has an address");
    let endpoints = Endpoints { token: format!("https://{address}/token"), ..Endpoints::default() };
    let google = Playing::new([]).await.google().with_endpoints(&endpoints).expect("it is encrypted");
    let listening = async {
        let (mut stream, _) = listener.accept().await.expect("it connects");
        let mut said = vec![0; 4096];
        let length = stream.read(&mut said).await.expect("it speaks");
        said.truncate(length);
        drop((stream, listener));
        said
    };
    let server = connected().await;
    let (error, said) = tokio::join!(fresh(&server, google), listening);
    assert_eq!(error, Err(GoogleError::Connection.into()));
    // A record of the type handshake, with a client's hello in it: RFC 8446, 5.1 and 4.
    assert_eq!((said[0], said[1], said[5]), (22, 3, 1));
}

#[tokio::test]
async fn tokens_are_not_sent_unencrypted() {
    let google = Playing::new([]).await.google();
    let endpoints = Endpoints { token: "http://oauth2.example.com/token".into(), ..Endpoints::default() };
    assert_eq!(google.with_endpoints(&endpoints).map(drop), Err(GoogleConfigError::Endpoint));
}
