//! A way to give a value that does not exist.

paypulse_runtime::declare! {
    source: "spec.rs";
    keys {}
    secrets {
        /// A secret.
        ApiKey: paypulse_runtime::model::Text = "app/api", owner: terraform(write_once(api_key));
    }
    handlers {}
}

fn main() {}
