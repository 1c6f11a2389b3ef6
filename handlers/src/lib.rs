//! Two complete PayPulse functions behind API Gateway, as examples of handlers on the typed client.
//!
//! - [`gmail_store_tokens`]: stores the tokens that the iOS app received when a user connected Gmail;
//! - [`fetch_invoices`]: stores the PDF invoices of a user's mailbox, with a fresh access token.
//!
//! Each function is a separate program in `src/bin/`, with its own role. They share these modules: [`contract`] is the
//! interface with the app, [`event`] and [`answer`] are HTTP requests and responses in the format of API Gateway,
//! [`session`] identifies the user, [`function`] is the Lambda loop with its deadline, [`logging`] decides what may be
//! logged, [`storage`] stores invoices, [`users`] lists the users, and [`aws`] signs the requests of both. `local`, with
//! the feature of that name, simulates Lambda, Google and AWS on this machine.
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
