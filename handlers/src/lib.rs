//! Two of PayPulse's functions behind API Gateway, complete: what a handler on the typed client looks like.
//!
//! - [`gmail_store_tokens`]: keeps the tokens that the iOS app received when a user connected Gmail;
//! - [`fetch_invoices`]: stores the PDF invoices of a user's mailbox, with an access token that is fresh.
//!
//! Each is a program of its own under `src/bin/`, with a role of its own. What they share: [`contract`] is what the app calls
//! and understands, [`event`] and [`answer`] are HTTP as API Gateway hands it over, [`session`] says who the user is,
//! [`function`] is Lambda's loop and its deadline, [`logging`] is what may be logged; [`storage`] is where invoices go,
//! [`users`] lists who has an account, and [`aws`] signs the requests of both. `local`, with the feature of that name, is a
//! Lambda, a Google and an AWS on this machine.
//!
//! ```sh
//! cargo run -p paypulse-handlers --example local
//! ```

pub mod answer;
pub mod aws;
pub mod contract;
pub mod event;
pub mod fetch_invoices;
pub mod function;
pub mod gmail_store_tokens;
mod hs256;
#[cfg(feature = "local")]
pub mod local;
pub mod logging;
pub mod session;
pub mod storage;
pub mod users;
