//! Two of PayPulse's functions behind API Gateway, complete examples of handlers that use the typed client.
//!
//! - [`gmail_store_tokens`]: stores the tokens that the iOS app received when a user connected Gmail;
//! - [`fetch_invoices`]: stores the PDF invoices from a user's mailbox, with a fresh access token.
//!
//! Each function is a separate program under `src/bin/`, with its own role. Shared modules: [`contract`] is the HTTP
//! API of the app, [`event`] and [`answer`] are API Gateway's requests and responses, [`session`] authenticates the
//! user, [`function`] is Lambda's event loop with its deadline, [`logging`] sets up the logs, [`storage`] stores
//! invoices, [`users`] lists all accounts, [`aws`] signs requests to AWS, and [`endpoint`] chooses their addresses. `local`, with the feature of that name,
//! is a local Lambda, Google and AWS.
//!
//! ```sh
//! cargo run -p paypulse-handlers --example local
//! ```

pub mod answer;
pub mod aws;
pub mod contract;
pub mod endpoint;
pub mod event;
pub mod fetch_invoices;
pub mod function;
pub mod gmail_store_tokens;
mod hs256;
#[cfg(feature = "local")]
pub mod local;
pub mod logging;
mod sentence;
pub mod session;
pub mod storage;
pub mod users;
