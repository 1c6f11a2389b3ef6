//! Reads one secret as `login_user`, configured by the environment as in a Lambda function, and says how long it took from
//! the start of `main`, and how large this program is.
//!
//! ```sh
//! AWS_REGION=eu-west-1 cargo run --release -p paypulse-runtime --example first_secret
//! ```

use std::error::Error;
use std::process::ExitCode;
use std::time::Instant;

use paypulse_runtime::client::Secrets;
use paypulse_runtime::spec::{JwtSigningKey, LoginUser};

fn main() -> ExitCode {
    match run(Instant::now()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn run(start: Instant) -> Result<(), Box<dyn Error>> {
    let secrets = Secrets::<LoginUser>::from_env().await?;
    let key = secrets.read(&JwtSigningKey).await?;
    let milliseconds = start.elapsed().as_secs_f64() * 1e3;
    let (bytes, version) = (key.expose().len(), key.version());
    println!("JwtSigningKey: {bytes} bytes, version {version}, after {milliseconds:.2} ms");
    let kilobytes = std::env::current_exe()?.metadata()?.len() / 1000;
    println!("this program: {kilobytes} kB");
    Ok(())
}
