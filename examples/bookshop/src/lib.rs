//! Functions of a chain of bookshops. `spec` declares their secrets and who may use them.
//!
//! `Charge` may read a shop's payment key. It may not delete it, so this does not compile:
//!
//! ```compile_fail,E0277
//! use bookshop::spec::{Charge, PaymentKey};
//! use driftless::Secrets;
//!
//! async fn forget(secrets: &Secrets<Charge>, key: &PaymentKey) {
//!     let _ = secrets.delete(key).await;
//! }
//! ```

pub mod catalog;
pub mod payments;
pub mod spec;
