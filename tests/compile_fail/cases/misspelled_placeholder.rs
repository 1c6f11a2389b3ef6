//! A misspelled placeholder is answered with the key that was meant.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    keys {
        UserId;
    }
    secrets {
        Tokens { user_id: UserId }: Text = "app/{user_ids}", owner: runtime;
    }
}

fn main() {}
