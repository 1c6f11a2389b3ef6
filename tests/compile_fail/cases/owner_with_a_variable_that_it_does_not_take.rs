//! A variable for an owner that takes none.

paypulse_runtime::declare! {
    source: "spec.rs";
    keys {}
    secrets {
        /// A secret.
        ApiKey: paypulse_runtime::model::Text = "app/api", owner: runtime(api_key);
    }
    handlers {}
}

fn main() {}
