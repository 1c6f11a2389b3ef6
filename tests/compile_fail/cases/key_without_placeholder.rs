//! A key that the name does not use.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    keys {
        UserId;
    }
    secrets {
        Tokens { user_id: UserId, shop: UserId }: Text = "app/{user_id}", owner: runtime;
    }
}

fn main() {}
