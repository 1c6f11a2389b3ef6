//! The entries of a misspelled section are declared all the same, so that their uses are no mistakes.

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
