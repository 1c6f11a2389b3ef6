//! Keys, secrets and handlers have one name each.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    keys {
        UserId;
        UserId;
    }
    secrets {
        ApiKey: Text = "app/api", owner: external;
        ApiKey: Text = "app/other", owner: external;
        UserId: Text = "app/user", owner: external;
    }
    handlers {
        Fetch = "fetch" {}
        Fetch = "fetch2" {}
    }
}

fn main() {}
