//! The owner of a secret is required, and where Terraform has the value from.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "spec.rs";
    secrets {
        ApiKey: Text = "app/api", region: "eu-central-1";
        MailKey: Text = "app/mail", owner: terraform;
    }
}

fn main() {}
