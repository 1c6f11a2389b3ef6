//! An option is given once.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    keys {}
    secrets {
        /// A secret.
        Key: Text = "app/key", owner: terraform(key), tags: { "a": "b" }, tags: { "c": "d" };
    }
    handlers {}
}

fn main() {}
