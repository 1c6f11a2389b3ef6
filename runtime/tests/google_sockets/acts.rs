//! What the process of a test does: one request to Google.

use std::env;
use std::time::Duration;

use paypulse_runtime::google::{Endpoints, Google};

use crate::{ENDPOINT, child};

#[tokio::test]
#[ignore = "it is a part of other tests, which start it"]
async fn acts() {
    child::act(user_info).await;
}

async fn user_info(_: &str, within: Duration) -> (String, String) {
    let google = match Google::new() {
        Ok(google) => google.with_time_limits(within, within),
        Err(error) => return ("config".into(), error.to_string()),
    };
    let google = match env::var(ENDPOINT) {
        Ok(url) => google.with_endpoints(&Endpoints { token: url.clone(), user_info: url }).expect("it is loopback"),
        Err(_) => google,
    };
    match google.user_info(&"hush-token".into()).await {
        Ok(_) => ("ok".into(), String::new()),
        Err(error) => (error.kind().to_string(), error.to_string()),
    }
}
