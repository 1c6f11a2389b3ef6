//! The end-to-end rig: real Terraform, a server that enforces IAM, the real client. `cargo xtask e2e` prepares what it needs
//! and runs it; without that preparation it does nothing and says so.
//!
//! Each check opens an account of its own on 127.0.0.1, so that they can run side by side.

mod access;
mod account;
mod adopting;
mod agreement;
mod arguments;
mod audit;
mod bookshop;
mod chain;
mod command;
mod containers;
mod copies;
mod denied;
mod deployer;
mod differential;
mod environments;
mod expected;
mod explained;
mod findings;
mod granted;
mod listeners;
mod migration;
mod options;
mod partitions;
mod payloads;
mod plans;
mod previous;
mod process;
mod provider;
mod python_client;
mod recorded;
mod regions;
mod rotation;
mod self_test;
mod sharing;
mod table;
mod terraform;
mod tools;
mod upgrade;
mod valid;
mod values;

use std::error::Error;
use std::io::Read;
use std::process::ExitCode;
use std::thread;

use libtest_mimic::{Arguments, Trial};
use paypulse_runtime::model::closest;

use crate::chain::Rig;
use crate::tools::Tools;

/// How a part of the rig ends. A failure is a sentence for people.
type Result<T = ()> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let Some(tools) = Tools::from_env() else {
        println!("not run: `cargo xtask e2e` prepares what this needs, and runs it");
        return ExitCode::SUCCESS;
    };
    stop_when_told();
    let rig = Rig::new(tools);
    let checks = [
        chain::checks(&rig),
        self_test::checks(&rig),
        listeners::checks(&rig),
        options::checks(&rig),
        rotation::checks(&rig),
        partitions::checks(&rig),
        regions::checks(&rig),
        copies::checks(&rig),
        previous::checks(&rig),
        environments::checks(&rig),
        audit::checks(&rig),
        adopting::checks(&rig),
        migration::checks(&rig),
        explained::checks(&rig),
        python_client::checks(&rig),
        plans::checks(&rig),
        arguments::checks(&rig),
        recorded::checks(&rig),
        agreement::checks(&rig),
        upgrade::checks(&rig),
        valid::checks(&rig),
        values::checks(&rig),
        bookshop::checks(&rig),
        containers::checks(&rig),
        deployer::checks(&rig),
        payloads::checks(&rig.tools),
        differential::checks(&rig.tools),
        sharing::checks(&rig.tools),
    ];
    let checks: Vec<Trial> = checks.into_iter().flatten().collect();
    let names: Vec<String> = checks.iter().map(|check| check.name().to_owned()).collect();
    let conclusion = libtest_mimic::run(&arguments, checks);
    if let (0, Some(filter)) = (conclusion.num_passed + conclusion.num_failed, &arguments.filter) {
        eprintln!("error: no check has a name that holds `{filter}`; there are {}", names.join(", "));
        if let Some(close) = closest(filter, names.iter().map(String::as_str)) {
            eprintln!("  hint: did you mean `{close}`?");
        }
        return ExitCode::FAILURE;
    }
    if let Some(report) = chain::ended() {
        println!("{}", table::of(&report, &rig));
    }
    conclusion.exit_code()
}

/// Ctrl-C stops the rig, and so does the end of the program that started it.
fn stop_when_told() {
    ctrlc::set_handler(|| process::stop()).expect("no other handler is installed");
    if std::env::var_os("E2E_STOPS_WITH_STDIN").is_some() {
        thread::spawn(|| {
            // Nothing is ever written to it: this returns when the other end is gone.
            let _ = std::io::stdin().read(&mut [0]);
            process::stop();
        });
    }
}

/// A check by name.
fn check(name: &str, run: impl FnOnce() -> Result + Send + 'static) -> Trial {
    Trial::test(name, move || Ok(run()?))
}
