//! Finds modules that depend on each other in a circle.
//!
//! What counts: module `a` depends on `b` if a path in `a` names something that is defined in `b` or below it, as found
//! through every import and re-export. Compared are modules with the same parent, each with all modules below it. So two
//! directories also form a cycle if no two of their files do.
//!
//! What does not count: paths between a module and a module that contains it. A child uses what its parent defines for
//! all of its children, and the parent is the entrance to them. How much a parent may define is another rule: that of
//! `mod.rs` files. Paths in documentation and in `pub(in …)` do not count either.

use std::collections::{BTreeMap, BTreeSet};

use crate::modules::Module;
use crate::resolve::Names;

/// Modules of one parent, each of which depends on each other one, directly or through others.
#[derive(Debug, PartialEq, Eq)]
pub struct Cycle {
    /// Their paths, sorted.
    pub modules: Vec<String>,
    /// The dependencies among them: from, to, and an example of the file and the path.
    pub edges: Vec<(String, String, String)>,
}

type Path = Vec<String>;
type Graph = BTreeMap<Path, BTreeMap<Path, String>>;

/// The cycles among the modules of a crate.
#[must_use]
pub fn cycles(modules: &[Module]) -> Vec<Cycle> {
    let graph = graph(modules);
    let reachable: BTreeMap<&Path, BTreeSet<&Path>> = graph.keys().map(|from| (from, reach(&graph, from))).collect();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for (from, targets) in &reachable {
        if !targets.contains(from) || seen.contains(from) {
            continue;
        }
        let together = targets.iter().filter(|to| reachable.get(**to).is_some_and(|back| back.contains(from)));
        let members: BTreeSet<&Path> = together.copied().collect();
        found.push(Cycle {
            modules: members.iter().map(|path| path.join("::")).collect(),
            edges: edges(&graph, &members),
        });
        seen.extend(members);
    }
    found
}

fn edges(graph: &Graph, members: &BTreeSet<&Path>) -> Vec<(String, String, String)> {
    let from = members.iter().filter_map(|from| Some((from, graph.get(*from)?)));
    let pairs = from.flat_map(|(from, targets)| targets.iter().map(move |(to, example)| (*from, to, example)));
    let within = pairs.filter(|(_, to, _)| members.contains(to));
    within.map(|(from, to, example)| (from.join("::"), to.join("::"), example.clone())).collect()
}

/// The modules that can be reached in one or more steps.
fn reach<'a>(graph: &'a Graph, from: &'a Path) -> BTreeSet<&'a Path> {
    let mut found = BTreeSet::new();
    let mut pending = vec![from];
    while let Some(at) = pending.pop() {
        for to in graph.get(at).into_iter().flat_map(BTreeMap::keys) {
            if found.insert(to) {
                pending.push(to);
            }
        }
    }
    found
}

fn graph(modules: &[Module]) -> Graph {
    let names = Names::new(modules);
    let mut graph = Graph::new();
    for module in modules {
        let imports = module.uses.iter().map(|(_, path)| path).chain(&module.globs);
        for path in imports.chain(&module.references) {
            let Some(target) = names.resolve(&module.path, path) else { continue };
            let common = module.path.iter().zip(target).take_while(|(a, b)| a == b).count();
            if common < module.path.len() && common < target.len() {
                let (from, to) = (module.path[..=common].to_vec(), target[..=common].to_vec());
                let example = || format!("{}: {}", module.file.display(), path.join("::"));
                graph.entry(from).or_default().entry(to).or_insert_with(example);
            }
        }
    }
    graph
}
