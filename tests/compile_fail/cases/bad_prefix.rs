//! A prefix is held to the characters that can stand in the name of a secret and, with hyphens, of a role.

paypulse_runtime::declare! {
    source: "spec.rs";
    prefixes: stage { "dev/", "pre prod/" };
    keys {}
    secrets {}
    handlers {}
}

fn main() {}
