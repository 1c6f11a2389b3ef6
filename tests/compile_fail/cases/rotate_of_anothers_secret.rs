use paypulse_runtime::client::{Rotate, RotationEvent, Secrets};
use paypulse_tests::warehouse::{DatabaseLogin, Reorder};

async fn handler<R: Rotate<DatabaseLogin>>(secrets: Secrets<Reorder>, event: RotationEvent, rotation: R) {
    let _ = secrets.rotate(&DatabaseLogin, &event, &rotation).await;
}

fn main() {}
