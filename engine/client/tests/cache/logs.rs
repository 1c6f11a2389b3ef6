//! What a cached read logs is captured. That no line of any test holds a value or a member's key is seen to where it is
//! logged.

use driftless::model::ApiCall;
use driftless_testing::{Fault, FaultKind};

use crate::shared::log;
use crate::support::{TTL, config, pass, settle, world};

#[tokio::test(start_paused = true)]
async fn what_is_logged_is_captured_even_at_trace() {
    let world = world(config());
    world.code().await.expect("it is there");
    world.server.inject(Fault::on(ApiCall::GetSecretValue, FaultKind::ExpiredToken));
    pass(TTL.mul_f64(0.9)).await;
    world.code().await.expect("it is refreshed in the background");
    settle().await;
    let lines = log::ours();
    for event in ["calling AWS", "refresh of a cached value failed"] {
        assert!(lines.contains(event), "`{event}` is not logged");
    }
    assert!(log::has_logged("aws_smithy_runtime"), "the SDK logs nothing");
}

#[tokio::test(start_paused = true)]
async fn the_span_of_a_load_says_why_it_began() {
    let world = world(config());
    world.code().await.expect("it is there");
    pass(TTL.mul_f64(0.9)).await;
    world.code().await.expect("it is refreshed in the background");
    settle().await;
    pass(TTL * 2).await;
    world.code().await.expect("it is read again");
    let lines = log::ours();
    for why in ["miss", "refresh", "expired"] {
        let field = format!("cache=\"{why}\"");
        assert!(
            lines.lines().any(|line| line.contains("calling AWS") && line.contains(&field)),
            "no load says {field}"
        );
    }
}
