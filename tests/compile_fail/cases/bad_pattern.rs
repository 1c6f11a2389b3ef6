//! A pattern that not every engine reads alike.

use paypulse_runtime::model::{Checked, Pattern, TextForm};

pub struct ApiKeyForm;

impl TextForm for ApiKeyForm {
    const PATTERN: Option<Pattern> = Some(Pattern::new("^(?i)key$"));
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
