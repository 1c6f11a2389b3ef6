use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    keys {}
    secrets {
        /// In a region that cannot be.
        Key: Text = "app/key", owner: external, region: "Frankfurt";
    }
    handlers {}
}

fn main() {}
