//! Of an entry with a mistake, everything else is declared: its uses are not reported.

use paypulse_runtime::client::Secrets;
use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    keys {
        UserId;
    }
    secrets {
        ApiKey: Text = "app api", owner: external;
        Tokens { user_id: UserId }: Text = "app/{user_id}", owner: runtim;
        MailKey: Text = "app/mail", owner: terraform(mail_key), retention: 7;
    }
    handlers {
        Fetch = "fetch me" {
            ApiKey: read;
            Tokens: read, stor;
            MailKey: read;
        }
    }
}

async fn handler(secrets: Secrets<Fetch>, user_id: UserId) {
    let _ = secrets.read(&ApiKey).await;
    let _ = secrets.read(&MailKey).await;
    let _ = secrets.read(&Tokens { user_id }).await;
    let _ = spec();
}

fn main() {}
