//! Characters of a kind that does not exist.

paypulse_runtime::declare! {
    source: "spec.rs";
    keys {}
    secrets {
        /// A secret.
        ApiKey: paypulse_runtime::model::Text = "app/api", owner: terraform(generated { length: 32, alphabet: [letters] });
    }
    handlers {}
}

fn main() {}
