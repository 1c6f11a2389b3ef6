//! The function `charge`, and the payload that it reads.

use driftless::model::{KeyError, Text};
use driftless::{Error, Payload, Secrets};
use serde::{Deserialize, Serialize};

use crate::spec::{Charge, MailKey, PaymentKey};

/// A shop's access to the payment provider. `Text` hides the key in `Debug` and wipes it from memory when it is dropped.
#[derive(Clone, PartialEq, Eq, Payload)]
pub struct ApiKey {
    /// The shop's account.
    pub account: String,
    /// The key of this account.
    pub key: Text,
}

/// What `charge` is asked for.
#[derive(Deserialize)]
pub struct Order {
    /// The shop that sells.
    pub shop_id: String,
    /// The price.
    pub cents: u32,
}

/// What was charged.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// The account of the shop at the payment provider.
    pub account: String,
    /// The price.
    pub cents: u32,
}

/// Why an order is not charged. The messages contain no value.
#[derive(Debug, thiserror::Error)]
pub enum ChargeError {
    /// The shop's id is not valid.
    #[error("the order's `shop_id` is not the id of a shop")]
    Shop(#[from] KeyError),
    /// A secret cannot be read.
    #[error("a secret cannot be read")]
    Secret(#[from] Error),
}

/// Charges an order.
///
/// # Errors
///
/// [`ChargeError`].
pub async fn charge(secrets: &Secrets<Charge>, order: Order) -> Result<Receipt, ChargeError> {
    let key = secrets.read(&PaymentKey { shop_id: order.shop_id.parse()? }).await?;
    let _mail_key = secrets.read(&MailKey).await?;
    // A real function calls the payment provider with `key.key.expose()` here, and then the mail service.
    Ok(Receipt { account: key.account.clone(), cents: order.cents })
}
