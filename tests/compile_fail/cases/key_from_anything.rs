//! A key that nobody has checked.

use paypulse_runtime::spec::GmailUserTokens;

fn main() {
    let _ = GmailUserTokens { user_id: "../admin".to_owned() };
}
