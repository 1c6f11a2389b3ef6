//! A verb is granted once.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    secrets {
        ApiKey: Text = "app/api", owner: external;
    }
    handlers {
        Fetch = "fetch" {
            ApiKey: read, describe, read;
            ApiKey: describe;
        }
    }
}

fn main() {}
