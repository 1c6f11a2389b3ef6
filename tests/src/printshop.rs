//! The spec of a print shop: roles of every kind, and a program that does not use the client yet.

use paypulse_runtime::model::Text;

paypulse_runtime::declare! {
    source: "tests/src/printshop.rs";

    keys {
        /// The id of a customer.
        CustomerId;
    }

    secrets {
        /// Key of the press.
        PressKey: Text = "printshop/press", owner: terraform(press_key);
        /// Key of the proof reader, which exists already.
        ProofKey: Text = "PrintShop+Proofs", owner: external;
        /// A customer's login.
        CustomerLogin { customer_id: CustomerId }: Text = "printshop/customers/{customer_id}/login", owner: runtime,
            kms_key: alias("alias/printshop");
    }

    handlers {
        /// Prints an order.
        PrintOrder = "print-order", role: existing(press_role) {
            PressKey: read;
            CustomerLogin: read, describe;
        }
        /// Prints an order again.
        Reprint = "reprint", role: existing(press_role) {
            CustomerLogin: update;
            ProofKey: read;
        }
        /// Forgets a customer, under the role of those that print.
        ForgetCustomer = "forget-customer", source_function: true, role: existing(press_role) {
            CustomerLogin: delete;
        }
        /// Writes invoices, by a program of its own.
        WriteInvoice = "write-invoice", name: "Invoice-Lambda+Role@print",
            also: [
                aws_policy("AWSXRayDaemonWriteAccess"),
                aws_policy("service-role/AWSLambdaVPCAccessExecutionRole"),
                variable(invoice_policy_arns),
                map(role_policy_arns),
            ] {
            CustomerLogin: read, legacy_update;
        }
        /// Delivers.
        Deliver = "deliver", source_function: true, also: [map(role_policy_arns)] {
            PressKey: read;
            CustomerLogin: store;
        }
    }
}
