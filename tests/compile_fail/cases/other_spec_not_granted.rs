//! A spec that is declared outside the engine makes the same promise.

use paypulse_runtime::client::Secrets;
use paypulse_tests::warehouse::{CloseShop, SupplierLogin};

async fn handler(secrets: Secrets<CloseShop>, login: SupplierLogin) {
    let _ = secrets.read(&login).await;
}

fn main() {}
