//! A grant on a secret that the spec does not declare.

paypulse_runtime::declare! {
    source: "spec.rs";
    keys {}
    secrets {}
    handlers {
        /// A handler.
        Fetch = "fetch" {
            ApiKey: read;
        }
    }
}

fn main() {}
