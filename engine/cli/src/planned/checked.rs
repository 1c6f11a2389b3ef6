//! The inputs of the checks.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::Spec;

use super::Plan;
use super::roles::Roles;
use crate::access::Module;
use crate::tf::ModulePath as Path;

/// The accounts of the resources and callers of each provider configuration.
pub(super) type Accounts = BTreeMap<String, BTreeSet<String>>;

/// The inputs of the checks.
pub(super) struct Check<'a> {
    pub(super) plan: &'a Plan,
    /// The spec, with names as in the planned environment.
    pub(super) spec: &'a Spec,
    /// The reference to the variable for the environment's prefix, and the prefix.
    pub(super) prefix: Option<(String, String)>,
    pub(super) path: &'a Path,
    pub(super) module: &'a Module,
    /// The Region and, in the next field, the account of the plan, as far as they are known.
    pub(super) region: Option<String>,
    pub(super) account: Option<String>,
    /// The accounts that each provider configuration reaches.
    pub(super) accounts: Accounts,
    pub(super) roles: Roles<'a>,
}
