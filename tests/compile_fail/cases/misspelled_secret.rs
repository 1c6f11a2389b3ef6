//! A misspelled secret of a grant is answered with the one that was meant.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    secrets {
        ApiKey: Text = "app/api", owner: external;
    }
    handlers {
        Fetch = "fetch" {
            ApiKeys: read;
        }
    }
}

fn main() {}
