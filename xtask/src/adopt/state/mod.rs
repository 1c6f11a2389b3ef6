//! Reads a Terraform state, in the form of its file (version 4) or of `terraform show -json`, as a stream: what is kept
//! are addresses, names and settings, and never the value of a secret.
//!
//! Source: [the JSON output format](https://developer.hashicorp.com/terraform/internals/json-format). The form of the file
//! is documented by Terraform's code alone (`internal/states/statefile/version4.go`).

mod attributes;
mod copies;
mod document;
mod facts;
mod resource;

use std::collections::BTreeMap;
use std::io::{BufReader, Read};

use serde::de::DeserializeSeed;

use super::address::Address;
use super::facts::Facts;
use super::malformed::Malformed;
use crate::render::Object;

/// What a state knows of the kinds of things that a spec's Terraform manages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Every instance whose object is known, in the state's order.
    pub held: Vec<Held>,
    /// The instances of which the state says too little.
    pub unclear: Vec<Address>,
    /// Objects that Terraform replaced and is yet to delete, of any kind.
    pub deposed: Vec<Deposed>,
    /// The instances of kinds that no spec's Terraform has.
    pub others: BTreeMap<Address, usize>,
    /// How many more there are, at addresses that this does not understand.
    pub unnamed: usize,
    /// What it says beyond names.
    pub facts: Facts,
}

/// An object that Terraform deletes at the next apply, whatever that is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposed {
    /// The address of the resource whose object it was.
    pub address: Address,
    /// What it is, where that is a kind that a spec's Terraform has.
    pub object: Option<Object>,
    /// Its ARN, where the state says it.
    pub arn: Option<String>,
}

/// One instance in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Where the state has it.
    pub address: Address,
    /// What it is.
    pub object: Object,
    /// Its ARN, or that of what it belongs to, where the state says it.
    pub arn: Option<String>,
    /// How Terraform would import it, where the state says enough.
    pub import_id: Option<String>,
    /// Whether Terraform means to replace it.
    pub tainted: bool,
    /// For a value: whether it was the current one when the state was written.
    pub is_current: bool,
    /// For a value: whether it was another one than the current one then.
    pub is_stale: bool,
    /// For a value that is in no state: the number that says when to write it.
    pub write_only_version: Option<u32>,
}

const HINT: &str = "pass what `terraform state pull` or `terraform show -json` printed, whole";

/// Reads a state.
///
/// # Errors
///
/// If that is no state in a form that this reads. The error says where, and holds nothing of the state.
pub fn read(input: impl Read) -> Result<State, Malformed> {
    let mut reading = document::Reading::default();
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(input));
    let parsed = document::Document(&mut reading).deserialize(&mut json).and_then(|()| json.end());
    if let Some(fault) = reading.fault.take() {
        return Err(fault);
    }
    if !reading.has_begun && parsed.as_ref().is_err_and(serde_json::Error::is_eof) {
        let what = "it is empty, as `terraform state pull` prints it where there is no state";
        return Err(Malformed::new(what, HINT));
    }
    parsed.map_err(|error| Malformed::json(&error, &reading.place(), HINT))?;
    reading.judge()?;
    let mut state = reading.state;
    reading.copies.add_to(&mut state.facts);
    Ok(state)
}
