//! Entries have doc comments and no other attributes.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    secrets {
        #[cfg(test)]
        ApiKey: Text = "app/api", owner: external;
    }
}

fn main() {}
