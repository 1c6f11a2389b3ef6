//! Finds access-denied errors of this project's client, formatted by `Display` or `Debug`. They contain handler, verb
//! and secret, but no AWS message.

use super::denial::{ClientError, Denial};
use super::marks::{BREAK, FULL};
use super::principal::Principal;
use super::reason::{KeyProblem, Reason};
use super::scan::Scan;

/// Maximum length of such an error in bytes.
const FAR: usize = 600;

/// Every such error, with its position.
pub(super) fn find(scan: &Scan) -> Vec<(usize, Denial)> {
    let displayed =
        [("`:awsdeniesaccess", Reason::Unsaid), ("`:itsencryptionkeycannotbeused", Reason::Key(KeyProblem::Denied))];
    let displayed = displayed.into_iter().flat_map(|(phrase, reason)| {
        scan.all(phrase)
            .filter_map(|(place, _)| Some((place, display(scan, place, reason.clone())?)))
            .collect::<Vec<_>>()
    });
    let debugged =
        [("accessdenied{at:operation{", Reason::Unsaid), ("decryption{at:operation{", Reason::Key(KeyProblem::Denied))];
    let debugged = debugged.into_iter().flat_map(|(phrase, reason)| {
        scan.all(phrase).filter_map(|(place, end)| Some((place, debug(scan, end, reason.clone())?))).collect::<Vec<_>>()
    });
    displayed.chain(debugged).collect()
}

/// Parses `` `handler` cannot read `Secret`: … ``, given the position of the last quote.
fn display(scan: &Scan, place: usize, reason: Reason) -> Option<Denial> {
    let words = unbroken(scan.around(place.saturating_sub(FAR), place));
    let (before, secret) = words.rsplit_once('`')?;
    let (before, verb) = before.rsplit_once("cannot")?;
    let handler = before.trim_end().strip_suffix('`')?.rsplit('`').next()?;
    Some(denied(handler, verb, secret, reason))
}

/// Parses `handler: "…", verb: Read, secret: "…"`.
fn debug(scan: &Scan, from: usize, reason: Reason) -> Option<Denial> {
    let words = unbroken(scan.around(from, from + FAR));
    let field = |name: &str| words.split_once(name).map(|(_, rest)| rest.trim_start());
    let text = |name: &str| field(name)?.strip_prefix('"')?.split('"').next().map(str::to_owned);
    let verb = field("verb:")?.split([',', ' ', '}']).next()?;
    Some(denied(&text("handler:")?, verb, &text("secret:")?, reason))
}

/// Joins wrapped lines. Names and verbs contain no blanks, so no separator is lost.
fn unbroken(text: &str) -> String {
    text.chars().filter(|char| !matches!(char, &BREAK | &FULL)).collect()
}

fn denied(handler: &str, verb: &str, secret: &str, reason: Reason) -> Denial {
    let client = ClientError { verb: verb.trim().to_ascii_lowercase(), secret: secret.to_owned() };
    Denial { principal: Principal::Handler(handler.to_owned()), reason, client: Some(client), ..Denial::unsaid() }
}
