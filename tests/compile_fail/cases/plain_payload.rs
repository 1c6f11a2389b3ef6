//! A payload that is a type of its own says once what to do.

#[derive(serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
pub struct Login {
    username: String,
}

paypulse_runtime::declare! {
    source: "spec.rs";
    secrets {
        ApiKey: Login = "app/api", owner: external;
    }
    handlers {
        Fetch = "fetch" {
            ApiKey: read;
        }
    }
}

fn main() {}
