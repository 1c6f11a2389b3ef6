//! The SDK as its first page shows it: default features, configured by the environment, one secret.

use std::time::Instant;

use aws_config::BehaviorVersion;
use aws_sdk_secretsmanager::Client;

fn main() {
    run(Instant::now());
}

#[tokio::main(flavor = "current_thread")]
async fn run(start: Instant) {
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let answer = Client::new(&config).get_secret_value().secret_id("PayPulseAppJWTSecret").send().await;
    let answer = answer.expect("the secret is there");
    let bytes = answer.secret_string().map_or(0, str::len);
    println!("{bytes} bytes, after {:.2} ms", start.elapsed().as_secs_f64() * 1e3);
}
