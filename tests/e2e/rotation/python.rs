//! The same steps by the generated Python client, in a program of its own.

use serde_json::{Value, json};

use super::{same, spec};
use crate::Result;
use crate::account::Account;
use crate::python_client::program;
use crate::tools::Tools;

/// Each step twice under the role of its function, and once under another one.
pub(super) fn steps_are_done(tools: &Tools, account: &Account) -> Result {
    let roles: Value = account.manage(&["sessions"])?;
    let found: Value = program(tools, account, "rotation/rotates.py", ("rig_secrets", spec()), &roles)?;
    let outcomes = ["created", "kept", "set", "set", "tested", "tested", "finished", "already_finished"];
    let denied = ["access_denied"; 4];
    same(&found, &json!({ "outcomes": outcomes, "taken": true, "ends": denied }))
}
