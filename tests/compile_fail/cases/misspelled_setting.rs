//! A misspelled setting of a handler is answered with the one that was meant.

paypulse_runtime::declare! {
    source: "spec.rs";
    handlers {
        Fetch = "fetch", rol: existing(fetch_role) {}
    }
}

fn main() {}
