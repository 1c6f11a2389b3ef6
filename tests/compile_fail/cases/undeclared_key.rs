//! A key that the spec does not declare.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    keys {
        UserId;
    }
    secrets {
        Tokens { user_id: UsersId }: Text = "app/{user_id}", owner: runtime;
    }
}

fn main() {}
