//! The vocabulary that a spec is written in: names, secrets, verbs, grants, API calls, handlers, and the rules that a
//! whole spec must keep.
//!
//! This crate performs no I/O, does not use the AWS SDK, and generates neither IAM policies nor Terraform code: those
//! are derived elsewhere from what is declared here.

mod api_call;
mod delivery;
mod environment;
mod fingerprint;
mod form;
mod form_error;
pub mod freshness;
mod handler;
mod handler_options;
mod key;
mod kms_key;
pub mod lint;
mod member;
mod name;
mod name_byte;
mod options;
mod overlap;
mod pattern;
mod payload;
mod payload_spec;
mod prefix_index;
mod prefixes;
mod problem;
mod read;
mod region;
mod required_version;
mod roles;
mod rotation;
mod schedule;
mod secret;
mod sentence;
mod service_principal;
mod spec;
pub mod stage;
#[cfg(feature = "toml")]
mod to_toml;
pub mod verb;
mod warning;

pub use api_call::ApiCall;
pub use delivery::{Characters, Delivery, Password, WriteOnly};
pub use environment::{FINGERPRINT_VARIABLE, REGION_VARIABLE, endpoint_variable, environment_variable, key_variables};
#[doc(hidden)]
pub use fingerprint::Relied;
pub use fingerprint::{Difference, Fingerprint, UnreadableFingerprint};
pub use form::{Checked, TextForm};
pub use form_error::FormError;
pub use handler::{Granted, Handler, RotatedBy};
pub use handler_options::{HandlerOptions, ManagedPolicies};
pub use key::{Key, KeyError, KeyText, MAX_KEY_LEN};
pub use kms_key::KmsKey;
#[doc(hidden)]
pub use lint::handler_name_hint;
pub use name::{Fault, MAX_NAME_LEN, NameError, Segment, Template};
pub use options::{Principal, Replica, SecretOptions, Share};
pub use overlap::{NamePattern, matches_pattern};
pub use pattern::{Pattern, PatternError, PatternFault};
pub use payload::{JsonPayload, Payload, PayloadError, Text, property_names};
pub use payload_spec::{PayloadKind, PayloadSpec};
#[doc(hidden)]
pub use prefixes::prefix_fault;
pub use prefixes::{Prefixes, deployed_name};
#[doc(hidden)]
pub use problem::unknown_word;
pub use problem::{Problem, closest, is_printed, shown};
pub use read::SpecFormat;
#[cfg(feature = "toml")]
pub use read::locate_in_toml;
#[doc(hidden)]
pub use region::region_fault;
pub use region::{REGIONS, is_region, meant_region};
pub use roles::{RoleGrant, RoleHandlers};
pub use rotation::Rotation;
pub use schedule::{CronField, Schedule, ScheduleError};
pub use secret::{MAX_VALUE_BYTES, Owner, Secret};
#[doc(hidden)]
pub use sentence::{sentence, write_with_causes};
pub use service_principal::ServicePrincipal;
pub use spec::{Grant, HandlerSpec, KeySpec, Role, SPEC_VERSION, SecretSpec, Spec};
pub use verb::{Effect, Verb};

/// The crates that the code of the derive macro `Payload` names.
#[doc(hidden)]
pub mod __private {
    pub use {schemars, serde};
}
