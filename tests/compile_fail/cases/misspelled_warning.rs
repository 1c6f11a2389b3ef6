//! A misspelled name of a warning is answered with the one that was meant.

paypulse_runtime::declare! {
    source: "spec.rs";
    allow: ["missing-descriptions"];
}

fn main() {}
