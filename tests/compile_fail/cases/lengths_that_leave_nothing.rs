//! A least length above the most.

use paypulse_runtime::model::{Checked, TextForm};

pub struct ApiKeyForm;

impl TextForm for ApiKeyForm {
    const MIN_LENGTH: Option<u32> = Some(9);
    const MAX_LENGTH: Option<u32> = Some(8);
}

paypulse_runtime::declare! {
    source: "spec.rs";
    keys {}
    secrets {
        /// A secret.
        ApiKey: Checked<ApiKeyForm> = "app/api", owner: external;
    }
    handlers {}
}

fn main() {}
