//! Parses a Terraform state as a stream, from its file (version 4) or from `terraform show -json`. Only addresses,
//! names and settings are kept, and never a secret value.
//!
//! Source: [the JSON output format](https://developer.hashicorp.com/terraform/internals/json-format). The format of the
//! file is only documented by Terraform's code (`internal/states/statefile/version4.go`).

mod attributes;
mod copies;
mod document;
mod facts;
mod looked_up;
mod resource;

use std::collections::BTreeMap;
use std::io::{BufReader, Read};

use serde::de::DeserializeSeed;

use super::facts::Facts;
use crate::render::Object;
use crate::tf::Address;
use crate::tf::Malformed;

/// The content of a state that is relevant for a spec's Terraform.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Every instance with a known object, in the order of the state.
    pub held: Vec<Held>,
    /// The instances with insufficient attributes.
    pub unclear: Vec<Address>,
    /// Deposed objects of any kind, which Terraform replaced and has not deleted yet.
    pub deposed: Vec<Deposed>,
    /// The resources that attach one policy to several identities.
    pub shared_attachments: Vec<SharedAttachment>,
    /// The numbers of instances of types that no spec's Terraform has, by address.
    pub others: BTreeMap<Address, usize>,
    /// The number of further instances, at addresses that are not understood.
    pub unnamed: usize,
    /// The facts of the resources.
    pub facts: Facts,
}

/// An `aws_iam_policy_attachment`, which attaches one policy to several identities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedAttachment {
    /// Its address.
    pub address: Address,
    /// The ARN of the policy.
    pub policy: String,
    /// The names of the roles.
    pub roles: Vec<String>,
}

/// A deposed object, which Terraform deletes at the next apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deposed {
    /// The address of the resource whose object it was.
    pub address: Address,
    /// What it is, if a spec's Terraform can have such an object.
    pub object: Option<Object>,
    /// Its ARN, if the state contains it.
    pub arn: Option<String>,
}

/// An instance of a resource in a state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its address in the state.
    pub address: Address,
    /// What it is.
    pub object: Object,
    /// Its ARN or that of the object it belongs to, if the state contains it.
    pub arn: Option<String>,
    /// Its import id, if the state contains enough.
    pub import_id: Option<String>,
    /// Whether it is marked for replacement.
    pub tainted: bool,
    /// For a value: whether it was the current version when the state was written; `None` if the state does not say.
    pub is_current: Option<bool>,
    /// For a value: whether the resource names its secret by anything but its ARN, so that the first apply replaces it.
    pub is_by_another_id: bool,
    /// For a value: whether it is binary. The files write texts, and the first apply replaces it.
    pub is_binary: bool,
    /// For a write-only value: its version number.
    pub write_only_version: Option<u32>,
}

const HINT: &str = "pass what `terraform state pull` or `terraform show -json` printed, whole";

/// Parses a state.
///
/// # Errors
///
/// If the input is not a state in a supported format. The error gives the position and contains nothing of the state.
pub fn read(input: impl Read) -> Result<State, Malformed> {
    let mut reading = document::StateReading::default();
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
