//! The program of the function `charge`.

use bookshop::payments::{Order, charge};
use bookshop::spec::Charge;
use driftless::Secrets;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    let secrets = &Secrets::<Charge>::from_env().await?;
    run(service_fn(async move |event: LambdaEvent<Order>| charge(secrets, event.payload).await.map_err(Error::from)))
        .await
}
