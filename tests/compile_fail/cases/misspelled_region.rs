//! A misspelled Region is answered with the one that was meant.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    secrets {
        ApiKey: Text = "app/api", owner: terraform(api_key), region: "eu-centrl-1", replicas: { "us-esat-1" };
    }
}

fn main() {}
