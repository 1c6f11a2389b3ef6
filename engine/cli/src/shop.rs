//! The spec of the unit tests: a shop, its payment provider and its suppliers.

use driftless_model::Text;

driftless_macros::declare! {
    source: "engine/cli/src/shop.rs";

    keys {
        /// The id of a shop.
        ShopId;
    }

    secrets {
        /// Key of the payment provider.
        PaymentKey: Text = "shop-payment-key", owner: external;
        /// Key of the mail service.
        MailKey: Text = "shop-mail-key", owner: terraform(mail_key);
        /// Each shop's login at its supplier.
        SupplierLogin { shop_id: ShopId }: Text = "shop/{shop_id}/supplier", owner: runtime;
    }

    handlers {
        /// Orders what has run out, and sends a mail.
        Reorder = "reorder" {
            MailKey: read;
            SupplierLogin: read, update;
        }
        /// Charges a customer.
        Charge = "charge" {
            PaymentKey: read;
        }
    }
}
