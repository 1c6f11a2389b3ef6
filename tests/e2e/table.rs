//! The table at the end: who may do what, as it was seen to be.

use std::fmt::Write;

use crate::chain::Rig;
use crate::expected::{SECRETS, TABLE};
use crate::findings::Report;
use crate::provider::Provider;
use crate::terraform;

/// The table, and what stands behind it.
pub fn of(report: &Report, rig: &Rig) -> String {
    let mut text = String::from("\n");
    let width = |cells: &mut dyn Iterator<Item = usize>| cells.max().unwrap_or_default();
    let first = width(&mut TABLE.iter().map(|row| row.handler.len()));
    let _ = write!(text, "{:first$}", "handler");
    for (secret, _) in SECRETS {
        let _ = write!(text, "  {secret:20}");
    }
    for row in &TABLE {
        let _ = write!(text, "\n{:first$}", row.handler);
        for (secret, _) in SECRETS {
            let verbs: Vec<_> = row.verbs(secret).collect();
            let cell = if verbs.is_empty() { "-".to_owned() } else { verbs.join(" ") };
            let _ = write!(text, "  {cell:20}");
        }
    }
    let _ = writeln!(text, "\n");
    for (step, time) in &report.steps {
        let _ = writeln!(text, "{:>6.1} s  {step}", time.as_secs_f64());
    }
    let version = terraform::version(&rig.tools).unwrap_or_else(|error| error.to_string());
    let provider = rig.provider().map_or_else(|error| error.to_string(), Provider::name);
    let _ = writeln!(text, "\n{version}, {provider}, ministack with IAM enforced");
    let verdict = match report.findings.len() {
        0 => "it is so: nothing more and nothing less is allowed".to_owned(),
        1 => "1 thing is not so; see above".to_owned(),
        number => format!("{number} things are not so; see above"),
    };
    let _ =
        writeln!(text, "{} granted verbs worked, {} other calls were denied; {verdict}", report.worked, report.denied);
    text
}
