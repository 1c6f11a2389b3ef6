//! The spec of a warehouse: every owner and every option, a family that ends in text, keys by variable and by
//! alias, a role that exists already, a JSON payload.

use paypulse_runtime::model::{Checked, Text};

pub use crate::payloads::Login;
use crate::payloads::{ListKeyForm, Mail, WebhookForm};

paypulse_runtime::declare! {
    source: "tests/src/warehouse.rs";
    tags: { "app": "warehouse", "cost center": "4711" };

    keys {
        /// The id of a shop.
        ShopId;
        /// The id of a supplier.
        SupplierId;
    }

    secrets {
        /// Key of the "payment" provider: 100% ${not} interpolated.
        PaymentKey: Text = "warehouse/payment.key", owner: terraform(payment_key), recovery_window_days: 7,
            tags: { "team": "billing", "app": "warehouse/pay" };
        /// Signs what the warehouse calls back to.
        WebhookKey: Checked<WebhookForm> = "warehouse/webhook", owner: terraform(write_only(webhook_key));
        /// Key of the label printer.
        PrinterKey: Text = "warehouse/printer", owner: terraform(write_only(printer_key, version: 3));
        /// How to send mail.
        MailAccess: Mail = "warehouse/mail", owner: terraform(write_only(mail_access));
        /// Signs the stock lists.
        ListSigningKey: Checked<ListKeyForm> = "warehouse/lists", owner: terraform(generated {
            length: 48, alphabet: [lowercase, digits, punctuation], exclude: "\"'\\`${", version: 2
        });
        /// Login of each shop at each of its suppliers.
        SupplierLogin { shop_id: ShopId, supplier_id: SupplierId }: Login =
            "shops/{shop_id}/suppliers/{supplier_id}/login", owner: runtime, kms_key: alias("alias/shops");
        /// The database's login.
        DatabaseLogin: Login = "warehouse/database", owner: rotation(RotateLogins), kms_key: variable(warehouse_key_arn),
            rotation: { schedule: "cron(0 2 ? * SUN *)", window_hours: 3 },
            replicas: { "eu-central-1", "us-east-1": variable(replica_key_arn), "us-west-2": alias("alias/warehouse") },
            read_from: { "us-west-2", "us-east-1" },
            shared_with: {
                role("210987654321", "audit/reader"): describe;
                account("123456789012"): read;
                role("123456789012", "night-watch"): read, describe;
            };
        /// The login at the customs of the United States, where it has to stay.
        CustomsLogin: Login = "warehouse/customs-login", owner: rotation(RotateAbroad), region: "us-east-1",
            kms_key: alias("alias/shops"), rotation: { after_days: 30 },
            shared_with: { account("123456789012"): read; };
        /// Login of each carrier abroad.
        CarrierLogin { supplier_id: SupplierId }: Login = "abroad/{supplier_id}/login", owner: runtime,
            region: "us-east-1", kms_key: alias("alias/shops");
        /// Key of the exchange, which somebody else keeps abroad.
        ExchangeKey: Text = "HeadOffice+Exchange", owner: external, region: "us-east-1";
        /// Key for duties.
        DutyKey: Text = "warehouse/duties", owner: terraform(duty_key), region: "ap-south-1";
        /// Key of the maps service,
        /// bought by the head office.
        MapsKey: Text = "HeadOffice+Maps@EU", owner: external;
        /// The login at the courier, who rotates no other way.
        CourierLogin: Login = "warehouse/courier", owner: rotation(RotateLogins),
            rotation: { after_days: 90, immediately: false };
        /// Key of the customs office, whose own function rotates it.
        CustomsKey: Text = "warehouse/customs", owner: rotation;
        /// Seed of the daily stock sample.
        SampleSeed: Text = "warehouse/sample", owner: runtime, kms_key: variable(warehouse_key_arn);
    }

    handlers {
        /// Orders what has run out.
        Reorder = "re-order" {
            PaymentKey: read;
            SupplierLogin: read, update;
            DatabaseLogin: read;
        }
        /// Signs a shop up with a supplier.
        AddSupplier = "add_supplier" {
            SupplierLogin: store, describe;
        }
        /// Closes a shop.
        CloseShop = "close-shop", role: existing(close_shop_role) {
            SupplierLogin: delete;
            MapsKey: describe;
        }
        /// Draws the daily sample.
        Sample = "2-sample" {
            SampleSeed: store;
            WebhookKey: read;
            PrinterKey: read;
            MailAccess: read;
            ListSigningKey: read;
            MapsKey: read;
            DatabaseLogin: read;
            CourierLogin: read;
        }
        /// Rotates the logins of others, with a key that is not its own.
        RotateLogins = "rotate-logins" {
            DatabaseLogin: rotate, generate;
            CourierLogin: rotate;
            CustomsKey: read;
        }
        /// Rotates what is abroad, and is deployed there.
        RotateAbroad = "rotate-abroad" {
            CustomsLogin: rotate;
        }
        /// Pays duties, in three regions.
        PayDuties = "pay-duties" {
            CustomsLogin: read;
            CarrierLogin: read, store;
            ExchangeKey: describe;
            DutyKey: read;
            PaymentKey: read;
            SupplierLogin: read;
        }
        /// Needs no secret at all.
        Heartbeat = "heartbeat" {}
    }
}
