//! A missing semicolon is reported where it belongs, and the next entry is read.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    secrets {
        ApiKey: Text = "app/api", owner: external
        /// The next one.
        MailKey: Text = "app/mail", owner: external;
    }
    handlers {
        Fetch = "fetch" {
            ApiKey: read
            MailKey: read
        }
        Send = "send" {
            ApiKey: read,
            MailKey: read;
        }
    }
}

fn main() {}
