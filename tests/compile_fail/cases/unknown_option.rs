//! An option that does not exist, and one whose value is not of its form, are named with those that exist.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    keys {}
    secrets {
        /// A secret.
        Key: Text = "app/key", owner: terraform(key), retention: 7;
        /// Another.
        Other: Text = "app/other", owner: terraform(other), recovery_window_days: seven;
    }
    handlers {}
}

fn main() {}
