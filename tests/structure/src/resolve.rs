//! Finds the module that defines what a path names, through imports and re-exports.

use std::collections::{HashMap, HashSet};

use crate::modules::Module;

/// No path in code has more names.
const LONGEST: usize = 16;

/// The modules in which a path was looked up before.
type Seen = HashSet<(Vec<String>, Vec<String>)>;

/// The modules of a crate by their path.
pub struct Names<'a> {
    modules: HashMap<&'a [String], &'a Module>,
}

impl<'a> Names<'a> {
    pub fn new(modules: &'a [Module]) -> Self {
        Self { modules: modules.iter().map(|module| (module.path.as_slice(), module)).collect() }
    }

    /// The path of the module that defines what `path` names in the module `from`; nothing for other crates, local
    /// variables and the like.
    pub fn resolve(&self, from: &'a [String], path: &[String]) -> Option<&'a [String]> {
        self.find(from, path, false, &mut Seen::new())
    }

    /// `is_import`: the path is that of a `use`, which is not resolved by itself.
    fn find(&self, from: &'a [String], path: &[String], is_import: bool, seen: &mut Seen) -> Option<&'a [String]> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => self.walk(&from[..0], rest, seen),
            "self" if !rest.is_empty() || is_import => self.walk(from, rest, seen),
            "super" => {
                let levels = path.iter().take_while(|name| *name == "super").count();
                let base = &from[..from.len().checked_sub(levels)?];
                self.walk(base, &path[levels..], seen)
            }
            _ => self.enter(from, first, rest, seen),
        }
    }

    /// Follows a path from a module down.
    fn walk(&self, at: &'a [String], path: &[String], seen: &mut Seen) -> Option<&'a [String]> {
        match path.split_first() {
            None => self.modules.get_key_value(at).map(|(path, _)| *path),
            Some((first, rest)) => self.enter(at, first, rest, seen).or(Some(at)),
        }
    }

    /// What a name means in a module: a child, an item, an import, or a name that a glob import brings.
    fn enter(&self, at: &'a [String], name: &str, rest: &[String], seen: &mut Seen) -> Option<&'a [String]> {
        let module = self.modules.get(at)?;
        // Modules can import every name of each other, and `use name::name` names another crate.
        let question: Vec<String> =
            [name].into_iter().chain(rest.iter().map(String::as_str)).map(str::to_owned).collect();
        if question.len() > LONGEST || !seen.insert((at.to_vec(), question)) {
            return None;
        }
        let child: Vec<String> = at.iter().map(String::as_str).chain([name]).map(str::to_owned).collect();
        if let Some((child, _)) = self.modules.get_key_value(child.as_slice()) {
            return self.walk(child, rest, seen);
        }
        if module.items.iter().any(|item| item == name) {
            return Some(&module.path);
        }
        let appended = |path: &[String]| path.iter().chain(rest).cloned().collect::<Vec<_>>();
        if let Some((_, target)) = module.uses.iter().find(|(here, _)| here == name) {
            return self.find(at, &appended(target), true, seen);
        }
        for glob in &module.globs {
            let Some(base) = self.find(at, glob, true, &mut seen.clone()) else { continue };
            if let Some(found) = self.enter(base, name, rest, seen) {
                return Some(found);
            }
        }
        None
    }
}
