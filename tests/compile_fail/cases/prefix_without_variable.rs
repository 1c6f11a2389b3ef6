//! The prefix of an environment comes from a variable, which has to be named.

paypulse_runtime::declare! {
    source: "spec.rs";
    prefixes: { "dev/", "prod/" };
    keys {}
    secrets {}
    handlers {}
}

fn main() {}
