//! The stand-in and the real provider, side by side on the same configuration: their schemas, what a plan says and leaves open,
//! and what they keep after the apply. Each difference is in `known` with its reason, and what is there no more is found too.

mod known;
mod sides;

use std::collections::BTreeMap;

use libtest_mimic::Trial;
use serde_json::Value;

use crate::chain::Rig;
use crate::{Result, check};

/// Where both differ, and what each has.
type Differences = BTreeMap<String, String>;

pub fn checks(rig: &Rig) -> Vec<Trial> {
    let rig = rig.clone();
    vec![check("stand_in_agrees_with_the_provider", move || run(&rig))]
}

fn run(rig: &Rig) -> Result {
    let provider = rig.provider()?;
    if !provider.is_real() {
        eprintln!("stand_in_agrees_with_the_provider: not looked at, as no real provider can be had");
        return Ok(());
    }
    let real = sides::side(rig, provider)?;
    let ours = sides::side(rig, rig.stand_in()?)?;
    let mut found = Differences::new();
    for (part, ours) in &ours {
        // What the stand-in does not have is not asked of it; the schemas say so themselves when it is used.
        compare(part, ours, real.get(part).unwrap_or(&Value::Null), &mut found);
    }
    judge(&found)
}

/// What differs below a place. Of two objects, every name of either counts.
fn compare(place: &str, ours: &Value, real: &Value, found: &mut Differences) {
    match (ours, real) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            for name in names {
                let get = |map: &serde_json::Map<String, Value>| map.get(name).cloned().unwrap_or_default();
                compare(&format!("{place}.{name}"), &get(a), &get(b), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                compare(&format!("{place}[{index}]"), a, b, found);
            }
        }
        _ if ours == real => {}
        _ => _ = found.insert(place.to_owned(), format!("{ours} of the stand-in, {real} of the provider")),
    }
}

fn judge(found: &Differences) -> Result {
    let mut lines = Vec::new();
    for (place, what) in found {
        if !known::KNOWN.iter().any(|known| known.covers(place)) {
            lines.push(format!("{place}: {what}"));
        }
    }
    for known in known::KNOWN {
        if !found.keys().any(|place| known.covers(place)) {
            lines.push(format!("`{}` is listed as a difference and is none", known.place));
        }
    }
    if lines.is_empty() { Ok(()) } else { Err(lines.join("\n").into()) }
}
