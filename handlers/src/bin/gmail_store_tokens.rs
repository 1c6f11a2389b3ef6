//! The program that Lambda starts for the function `gmail_store_tokens`.

use std::process::ExitCode;

use paypulse_handlers::{function, gmail_store_tokens};

fn main() -> ExitCode {
    function::main(gmail_store_tokens::run())
}
