//! The least that a handler can do with the SDK on rustls with ring: configured by the environment, one secret.

use std::time::Instant;

use aws_config::BehaviorVersion;
use aws_sdk_secretsmanager::Client;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

fn main() {
    run(Instant::now());
}

#[tokio::main(flavor = "current_thread")]
async fn run(start: Instant) {
    let https = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring)).build_https();
    let config = aws_config::defaults(BehaviorVersion::latest()).http_client(https).load().await;
    let answer = Client::new(&config).get_secret_value().secret_id("PayPulseAppJWTSecret").send().await;
    let answer = answer.expect("the secret is there");
    let bytes = answer.secret_string().map_or(0, str::len);
    println!("{bytes} bytes, after {:.2} ms", start.elapsed().as_secs_f64() * 1e3);
}
