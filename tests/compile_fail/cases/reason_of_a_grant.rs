//! The reason of a grant follows its semicolon, and says something.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    secrets {
        ApiKey: Text = "app/api", owner: external;
        MailKey: Text = "app/mail", owner: external;
    }
    handlers {
        Fetch = "fetch" {
            ApiKey: read "asks the API"
            MailKey: read; ""
        }
        Send = "send" {
            MailKey: read; "sends" "mails"
        }
    }
}

fn main() {}
