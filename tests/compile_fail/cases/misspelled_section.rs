//! The entries of a misspelled section are still declared, so that their uses are not reported.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    secrts {
        ApiKey: Text = "app/api", owner: external;
    }
    handlers {
        Fetch = "fetch" {
            ApiKey: read;
        }
    }
}

fn main() {}
