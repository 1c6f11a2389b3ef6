//! A misspelled owner is answered with the one that was meant.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    secrets {
        ApiKey: Text = "app/api", owner: extrenal;
    }
}

fn main() {}
