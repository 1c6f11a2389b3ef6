//! A name that Secrets Manager would refuse, or that does not fit its type.

paypulse_runtime::declare! {
    source: "spec.rs";
    keys {}
    secrets {
        /// A secret.
        Broken: paypulse_runtime::model::Text = "app/{user_id}", owner: external;
    }
    handlers {}
}

fn main() {}
