//! The type of a secret's value is required.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    secrets {
        ApiKey = "app/api", owner: external;
        MailKey: = "app/mail", owner: external;
        MapKey: Vec< = "app/map", owner: external;
        ShopKey: Text "app/shop", owner: external;
    }
}

fn main() {}
