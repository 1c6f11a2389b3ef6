//! The bookshops' secrets, functions and grants. After a change: `cargo bookshop gen-infra`.

use driftless::model::Text;

use crate::catalog::DatabaseLogin;
use crate::payments::ApiKey;

driftless::declare! {
    source: "src/spec.rs";
    tags: { "app": "bookshop" };
    prefixes: stage { "dev/", "prod/" };

    keys {
        /// The id of a shop.
        ShopId;
    }

    secrets {
        /// A shop's key at the payment provider.
        PaymentKey { shop_id: ShopId }: ApiKey = "shops/{shop_id}/payment-key", owner: runtime,
            kms_key: alias("alias/bookshop");
        /// Login at the catalog's database.
        CatalogLogin: DatabaseLogin = "catalog-login", owner: rotation(RotateCatalogLogin), rotation: { after_days: 30 };
        /// Key of the mail service.
        MailKey: Text = "mail-key", owner: terraform(write_only(mail_key));
    }

    handlers {
        /// Stores the payment key that a shop enters in its settings.
        ConnectShop = "connect-shop" {
            PaymentKey: store; "keeps the key that the shop entered"
        }
        /// Charges a customer and sends a receipt.
        Charge = "charge" {
            PaymentKey: read; "charges the customer in the name of the shop"
            MailKey: read; "sends the receipt"
        }
        /// Searches for books.
        Search = "search" {
            CatalogLogin: read; "queries the catalog"
        }
        /// Replaces the password at the catalog's database.
        RotateCatalogLogin = "rotate-catalog-login" {
            CatalogLogin: rotate, generate; "makes, sets and tests the new password"
        }
    }
}
