//! A misspelled option is answered with the one that was meant.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    secrets {
        ApiKey: Text = "app/api", owner: terraform(api_key), recovery_window: 7;
    }
}

fn main() {}
