//! Collects the resources and modules that hand-written files of a directory declare.

use std::collections::BTreeSet;

use hcl_edit::structure::BlockLabel;

use crate::tf::Address;

/// The resources and the modules of hand-written files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declared {
    resources: BTreeSet<String>,
    modules: BTreeSet<String>,
    /// The files that could not be parsed.
    pub unread: BTreeSet<String>,
}

impl Declared {
    /// Adds a file by its name. `text` is `None` if the file cannot be read.
    pub fn add(&mut self, name: &str, text: Option<&str>) {
        let Some(body) = text.and_then(|text| hcl_edit::parser::parse_body(text).ok()) else {
            self.unread.insert(name.to_owned());
            return;
        };
        for block in body.blocks() {
            let labels: Vec<&str> = block.labels.iter().map(BlockLabel::as_str).collect();
            match (block.ident.as_str(), labels.as_slice()) {
                ("resource", [kind, name]) => _ = self.resources.insert(format!("{kind}.{name}")),
                ("module", [name]) => _ = self.modules.insert((*name).to_owned()),
                _ => {}
            }
        }
    }

    /// Whether an address of a state is declared, or may be: the contents of modules are not examined.
    pub(super) fn has(&self, address: &Address) -> bool {
        match address.module().calls().next() {
            Some((module, _)) => self.modules.contains(module),
            None => self.resources.contains(&address.in_module()),
        }
    }
}
