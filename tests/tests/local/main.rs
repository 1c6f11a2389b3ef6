//! `serve` and `run` as a shell meets them: raw HTTP, the AWS CLI and boto3 with a handler's variables, exit codes, signals,
//! and what is explained at the end.
//!
//! The program under test is this executable, with `LOCAL_PROGRAM` set.

#[cfg(unix)]
mod program;
#[cfg(unix)]
mod runs;
#[cfg(unix)]
mod serves;

use std::process::ExitCode;

#[cfg(unix)]
fn main() -> ExitCode {
    if std::env::var_os(program::IS_PROGRAM).is_some() {
        return xtask::main();
    }
    let arguments = libtest_mimic::Arguments::from_args();
    let tests = [runs::tests(), serves::tests()].concat();
    let trials = tests.into_iter().map(|(name, test)| {
        libtest_mimic::Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit_code()
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    ExitCode::SUCCESS
}
