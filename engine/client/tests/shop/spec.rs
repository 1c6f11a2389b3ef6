// The spec of the examples in the documentation: a shop, its payment provider and its suppliers.

use driftless::model::Text;

driftless::declare! {
    source: "tests/shop/spec.rs";

    keys {
        /// The id of a shop.
        ShopId;
    }

    secrets {
        /// Key of the payment provider.
        PaymentKey: Text = "shop-payment-key", owner: external;
        /// Key of the mail service.
        MailKey: Text = "shop-mail-key", owner: external;
        /// Each shop's login at its supplier.
        SupplierLogin { shop_id: ShopId }: Text = "shop/{shop_id}/supplier", owner: runtime;
    }

    handlers {
        /// Orders what has run out, and sends a mail.
        Reorder = "reorder" {
            PaymentKey: read;
            MailKey: read;
            SupplierLogin: read, update;
        }
        /// Charges a customer.
        Charge = "charge" {
            PaymentKey: read;
        }
    }
}
