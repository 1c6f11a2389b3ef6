//! An owner that does not exist.

paypulse_runtime::declare! {
    source: "spec.rs";
    keys {}
    secrets {
        /// A secret.
        ApiKey: paypulse_runtime::model::Text = "app/api", owner: somebody;
    }
    handlers {}
}

fn main() {}
