//! The program that Lambda starts for the function `fetch_invoices`.

use std::process::ExitCode;

use paypulse_handlers::{fetch_invoices, function};

fn main() -> ExitCode {
    function::main(fetch_invoices::run())
}
