//! A name that a function cannot have.

paypulse_runtime::declare! {
    source: "spec.rs";
    handlers {
        Fetch = "fetch invoices" {}
    }
}

fn main() {}
