//! The embedded Secrets Manager held against independent emulators: one script, run on each, and every difference
//! either known or a failure.

mod answer;
mod call;
mod compare;
mod itself;
mod known;
mod script;
mod send;
mod servers;
mod turning;

use libtest_mimic::Trial;

use self::compare::compare;
use self::servers::Emulator;
use crate::tools::Tools;
use crate::{Result, check};

/// The comparison with each emulator, and of the comparison with itself.
pub fn checks(tools: &Tools) -> Vec<Trial> {
    let against = |name, emulator| {
        let tools = tools.clone();
        check(name, move || hold(emulator, &tools))
    };
    vec![
        check("embedded_comparison_can_fail", itself::check),
        against("embedded_against_moto", Emulator::Moto),
        against("embedded_against_ministack", Emulator::Ministack),
    ]
}

fn hold(emulator: Emulator, tools: &Tools) -> Result {
    let script = script::script();
    let embedded = servers::embedded(&script)?;
    let other = servers::emulator(emulator, tools, &script)?;
    let problems = compare(&script, &embedded, &other, &known::of(emulator));
    if problems.is_empty() {
        return Ok(());
    }
    let list: Vec<_> = problems.iter().map(ToString::to_string).collect();
    Err(format!("the embedded server and {emulator:?} differ in {} ways:\n{}", list.len(), list.join("\n")).into())
}
