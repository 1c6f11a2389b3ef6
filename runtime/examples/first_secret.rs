//! Reads one secret as `login_user`, configured by the environment as in a Lambda function, and says how long it took.
//!
//! ```sh
//! AWS_REGION=eu-west-1 cargo run --release -p paypulse-runtime --example first_secret
//! ```

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use paypulse_runtime::client::Secrets;
use paypulse_runtime::spec::{JwtSigningKey, LoginUser};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let secrets = Secrets::<LoginUser>::from_env().await?;
    let key = secrets.read(&JwtSigningKey).await?;
    let (bytes, version) = (key.expose().len(), key.version());
    println!("JwtSigningKey: {bytes} bytes, version {version}, after {:.1} ms", start.elapsed().as_secs_f64() * 1e3);
    Ok(())
}
