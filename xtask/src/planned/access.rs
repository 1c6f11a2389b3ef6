//! Whom a plan allows what: its resources, as the comparison with a rendered module needs them.

use serde_json::Value;

use super::{Plan, Planned, Word};
use crate::access::{Access, Attributes, Known, Module, REGION, unknown};
use crate::adopt::Module as Path;
use crate::adopt::lenient::Text;

/// A planned resource, with what its module says of it.
struct Arguments<'a> {
    planned: &'a Planned,
    /// Its address in the module.
    address: &'a str,
    module: &'a Module,
}

impl Attributes for Arguments<'_> {
    fn text(&self, name: &str) -> Option<String> {
        match self.planned.after(name)? {
            Word::Known(word) => Some(word.to_owned()),
            Word::Unknown => Some(unknown(&self.attached().unwrap_or_else(|| format!("{}.{name}", self.address)))),
        }
    }
}

impl Arguments<'_> {
    /// The policy that an attachment is for, where that has no ARN yet: the spec's two have one name.
    fn attached(&self) -> Option<String> {
        let label = self.address.strip_prefix("aws_iam_role_policy_attachment.")?;
        let policy = format!("aws_iam_policy.{label}");
        self.module.has(&policy).then(|| format!("{policy}.arn"))
    }
}

impl Plan {
    /// What is known of the references in a module that is called at `path`.
    pub(super) fn known(&self, path: &Path) -> Known {
        // What a module is called with stands in no plan; what decides names shows in the names.
        let mut known = if *path == Path::default() { self.variables.clone() } else { Known::new() };
        for (address, given) in self.data.iter().filter(|(address, _)| address.module() == path) {
            for (name, word) in &given.words {
                if let Some(word) = word.word() {
                    known.insert(format!("data.{}.{name}", address.in_module()), word.into());
                }
            }
        }
        // Where only the name stands in the plan, as one that was made by hand has it.
        let names = ["region", "name", "id"].map(|name| format!("data.aws_region.current.{name}"));
        if let Some(region) = names.iter().find_map(|name| known.get(name)).cloned() {
            known.insert(REGION.to_owned(), region);
        }
        for planned in
            self.resources.iter().filter(|planned| planned.is_in(path) && planned.kind == "aws_secretsmanager_secret")
        {
            let address = planned.address.in_module();
            for name in ["arn", "id"] {
                if let Some(Word::Known(word)) = planned.after(name) {
                    known.insert(format!("{address}.{name}"), Value::from(word));
                }
            }
        }
        known
    }

    /// What the resources of a module that is called at `path` will allow.
    pub(super) fn access(&self, path: &Path, module: &Module) -> Access {
        let mut access = Access::default();
        for planned in self.resources.iter().filter(|planned| planned.is_in(path) && planned.after.is_some()) {
            let address = planned.address.in_module();
            if module.has(&address) {
                access.add(&address, &Arguments { planned, address: &address, module });
                planned.add_in_role(&address, &mut access);
            }
        }
        access.joined()
    }
}

impl Planned {
    /// What a role that changes is to have in itself. Of one that does not, that is only what somebody gave it before.
    fn add_in_role(&self, address: &str, access: &mut Access) {
        let (Some(after), Some(Word::Known(role))) = (&self.after, self.after("name")) else { return };
        if self.kind == "aws_iam_role" && self.changes() {
            let attached = after.lists.get("managed_policy_arns").into_iter().flatten().filter_map(Text::word);
            access.add_in_role(address, role, after.inline.iter().filter_map(Text::word), attached);
        }
    }

    pub(super) fn is_in(&self, path: &Path) -> bool {
        self.address.module() == path
    }
}
