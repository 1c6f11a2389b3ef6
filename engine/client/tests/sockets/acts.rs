//! What the process of a test does: one call of the typed client.

use std::time::Duration;

use driftless::Secrets;

use crate::{Copied, Mark, Marker, Remote, child};

#[tokio::test]
#[ignore = "it is a part of other tests, which start it"]
async fn acts() {
    child::act(aws).await;
}

async fn aws(action: &str, within: Duration) -> (String, String) {
    let secrets = match Secrets::<Marker>::from_env().await {
        Ok(secrets) => secrets.within(within),
        Err(error) => return ("config".into(), error.to_string()),
    };
    let result = match action {
        "start" => Ok(()),
        "read" => secrets.read(&Mark).await.map(drop),
        "twice" => match secrets.read(&Mark).await {
            Ok(_) => secrets.read(&Mark).await.map(drop),
            Err(error) => Err(error),
        },
        "remote" => secrets.read(&Remote).await.map(drop),
        "copied" => secrets.read(&Copied).await.map(drop),
        "update" => secrets.update(&Mark, |_| Some("hush-new".into())).await.map(drop),
        "delete" => secrets.delete(&Mark).await.map(drop),
        other => panic!("no action: {other}"),
    };
    match result {
        Ok(()) => ("ok".into(), String::new()),
        Err(error) => (error.kind().to_string(), error.to_string()),
    }
}
