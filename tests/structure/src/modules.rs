//! Finds the modules of a crate from its root, by the `mod` items.

use std::path::{Path, PathBuf};

use quote::ToTokens;
use syn::{Attribute, Item, ItemMod, UseTree};

use crate::paths::{Reference, references};

/// Gives the text of a file, or nothing if it does not exist.
pub type Source<'a> = &'a dyn Fn(&Path) -> Option<String>;

/// A module of a crate, in a file of its own or within another.
#[derive(Debug, Default)]
pub struct Module {
    /// The names from the crate's root to the module; empty for the root.
    pub path: Vec<String>,
    /// The file that contains it.
    pub file: PathBuf,
    /// The names of all items that it defines.
    pub items: Vec<String>,
    /// The names of the structs, enums, unions, traits and type aliases among them, also of those within functions.
    pub types: Vec<String>,
    /// The kinds and names of the items that are more than `mod` and `use`, as in `fn load`.
    pub logic: Vec<String>,
    /// What it imports: the name here, and the path.
    pub uses: Vec<(String, Vec<String>)>,
    /// The paths from which it imports every name.
    pub globs: Vec<Vec<String>>,
    /// The paths in its code, also in the arguments of macros.
    pub references: Vec<Reference>,
}

/// Reads a crate from the file of its root.
#[must_use]
pub fn load(root: &Path, source: Source) -> Vec<Module> {
    let mut modules = Vec::new();
    let directory = root.parent().expect("a file is in a directory");
    let file = parse(root, source).unwrap_or_else(|| panic!("{} does not exist", root.display()));
    add(&mut modules, Vec::new(), root, directory, file.items, source);
    modules
}

fn parse(path: &Path, source: Source) -> Option<syn::File> {
    let text = source(path)?;
    Some(syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// Adds a module and those below it. The files of its children are in `directory`.
fn add(all: &mut Vec<Module>, path: Vec<String>, file: &Path, directory: &Path, items: Vec<Item>, source: Source) {
    let mut module = Module { path, file: file.to_owned(), ..Module::default() };
    let mut children = Vec::new();
    for item in items {
        if attributes(&item).iter().any(is_for_tests) {
            continue;
        }
        match item {
            Item::Mod(child) => children.push(child),
            Item::Use(import) => flatten(&import.tree, &mut Vec::new(), &mut module),
            item => module.read(&item),
        }
    }
    let path = module.path.clone();
    all.push(module);
    for child in children {
        add_child(all, &path, file, directory, child, source);
    }
}

fn add_child(all: &mut Vec<Module>, parent: &[String], file: &Path, directory: &Path, child: ItemMod, source: Source) {
    let name = child.ident.to_string();
    let path: Vec<String> = parent.iter().chain([&name]).cloned().collect();
    let below = directory.join(&name);
    if let Some((_, items)) = child.content {
        return add(all, path, file, &below, items, source);
    }
    for file in [directory.join(format!("{name}.rs")), below.join("mod.rs")] {
        if let Some(parsed) = parse(&file, source) {
            return add(all, path, &file, &below, parsed.items, source);
        }
    }
    panic!("{}: the file of `mod {name}` is not found", file.display());
}

impl Module {
    fn read(&mut self, item: &Item) {
        let (kind, name) = kind_and_name(item);
        self.logic.push(format!("{kind} {name}").trim_end().to_owned());
        if !name.is_empty() {
            self.items.push(name);
        }
        self.references.extend(references(item.to_token_stream()));
        types(item, &mut self.types);
    }

    /// The module's path as it is written in code.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.join("::")
    }
}

fn kind_and_name(item: &Item) -> (&'static str, String) {
    let (kind, name) = match item {
        Item::Const(it) => ("const", it.ident.to_string()),
        Item::Enum(it) => ("enum", it.ident.to_string()),
        Item::Fn(it) => ("fn", it.sig.ident.to_string()),
        Item::Static(it) => ("static", it.ident.to_string()),
        Item::Struct(it) => ("struct", it.ident.to_string()),
        Item::Trait(it) => ("trait", it.ident.to_string()),
        Item::TraitAlias(it) => ("trait", it.ident.to_string()),
        Item::Type(it) => ("type", it.ident.to_string()),
        Item::Union(it) => ("union", it.ident.to_string()),
        Item::Macro(it) => ("macro", it.ident.as_ref().map(ToString::to_string).unwrap_or_default()),
        Item::Impl(_) => ("impl", String::new()),
        _ => ("item", String::new()),
    };
    (kind, name)
}

/// Adds the name of a type that an item defines, and those of the types within a function or a method.
fn types(item: &Item, found: &mut Vec<String>) {
    match item {
        Item::Enum(_) | Item::Struct(_) | Item::Trait(_) | Item::Type(_) | Item::Union(_) => {
            found.push(kind_and_name(item).1);
        }
        Item::Fn(function) => types_in(&function.block, found),
        Item::Impl(implementation) => {
            for member in &implementation.items {
                if let syn::ImplItem::Fn(method) = member {
                    types_in(&method.block, found);
                }
            }
        }
        _ => {}
    }
}

fn types_in(block: &syn::Block, found: &mut Vec<String>) {
    for statement in &block.stmts {
        if let syn::Stmt::Item(item) = statement {
            types(item, found);
        }
    }
}

fn flatten(tree: &UseTree, path: &mut Vec<String>, module: &mut Module) {
    match tree {
        UseTree::Path(inner) => {
            path.push(inner.ident.to_string());
            flatten(&inner.tree, path, module);
            path.pop();
        }
        UseTree::Group(group) => group.items.iter().for_each(|item| flatten(item, path, module)),
        UseTree::Glob(_) => module.globs.push(path.clone()),
        UseTree::Name(name) if name.ident == "self" => {
            let last = path.last().expect("`self` follows a path").clone();
            module.uses.push((last, path.clone()));
        }
        UseTree::Name(name) => import(&name.ident.to_string(), &name.ident.to_string(), path, module),
        UseTree::Rename(rename) => import(&rename.rename.to_string(), &rename.ident.to_string(), path, module),
    }
}

fn import(here: &str, there: &str, path: &[String], module: &mut Module) {
    let full = path.iter().map(String::as_str).chain([there]).map(str::to_owned).collect();
    module.uses.push((here.to_owned(), full));
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

/// Whether an attribute is `#[test]`, or a `#[cfg(…)]` that only a build for tests fulfils.
fn is_for_tests(attribute: &Attribute) -> bool {
    let text: String = attribute.meta.to_token_stream().to_string().split_whitespace().collect();
    text == "test" || text == "cfg(test)" || text.starts_with("cfg(all(test,")
}
