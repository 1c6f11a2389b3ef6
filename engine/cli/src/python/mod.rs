//! Renders a checked spec into a Python package: a class per handler with the granted methods, the secrets, the keys,
//! and payload classes that are validated against the spec's schemas.
//!
//! Parts that are the same for every spec are files in `infra-templates/python/`; this module renders the rest.

mod handlers;
mod literal;
mod names;
mod payloads;

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::{KmsKey, SecretSpec, Segment, Spec, environment_variable};
use driftless_templates::python as templates;

use self::handlers::handler_class;
use self::literal::{comment, inside, quote};
use self::names::PythonNames;
use self::payloads::{PythonPayloads, is_token_bundle};
use crate::files::{FileSet, after_generated_by, generated_by, names_source_twice};

const MARK: &str = "# ";
const COMMAND: &str = "gen-client";
const FROM: &str = " from ";
const MIDDLE: &str = ". Do not edit: change ";
const END: &str = " and run the command again.";

/// The files that `gen-client` writes, overwrites and deletes.
pub const OWN: FileSet = FileSet {
    names: &[
        "__init__.py",
        "bundle.py",
        "cache.py",
        "calls.py",
        "client.py",
        "copies.py",
        "errors.py",
        "fingerprint.py",
        "frozen.py",
        "payload.py",
        "py.typed",
        "rotation.py",
        "schema.py",
        "secret.py",
        "secretsmanager_utils.py",
        "tokens.py",
        "write.py",
    ],
    is_header: |line| {
        let rest = after_generated_by(line, MARK, COMMAND).and_then(|rest| rest.strip_prefix(FROM));
        rest.is_some_and(|rest| names_source_twice(rest, &[MIDDLE], END))
    },
    optional: &[],
};

/// Parts that are the same for every spec, by file name in the package.
const PARTS: [(&str, &str); 11] = [
    ("cache.py", templates::CACHE),
    ("calls.py", templates::CALLS),
    ("client.py", templates::CLIENT),
    ("copies.py", templates::COPIES),
    ("errors.py", templates::ERRORS),
    ("fingerprint.py", templates::FINGERPRINT),
    ("frozen.py", templates::FROZEN),
    ("payload.py", templates::PAYLOAD),
    ("schema.py", templates::SCHEMA),
    ("secret.py", templates::SECRET),
    ("write.py", templates::WRITE),
];
/// The parts of a spec with token bundles.
const TOKENS: [(&str, &str); 2] = [("bundle.py", templates::BUNDLE), ("tokens.py", templates::TOKENS)];
const ROTATION: (&str, &str) = ("rotation.py", templates::ROTATION);
const UTILS: (&str, &str) = ("secretsmanager_utils.py", templates::SECRETSMANAGER_UTILS);

/// A rendered package.
pub struct Package {
    /// The text of each file, by name.
    pub files: BTreeMap<String, String>,
    /// What the package does not check or offer, one sentence each.
    pub notes: Vec<String>,
}

/// Renders the package of this name for a checked spec.
#[must_use]
pub fn package(spec: &Spec, name: &str) -> Package {
    let header = format!("{1}{FROM}{0}{MIDDLE}{0}{END}\n", comment(&spec.source), generated_by(MARK, COMMAND));
    let bundles: Vec<&SecretSpec> = spec.secrets.iter().filter(|secret| is_token_bundle(&secret.payload)).collect();
    let rotates = spec.handlers.iter().any(handlers::rotates);
    let (module, notes) = module(spec, !bundles.is_empty(), rotates);
    let mut parts: Vec<(&str, String)> = PARTS.iter().map(|(name, text)| (*name, (*text).to_owned())).collect();
    parts.push(("__init__.py", module));
    // A marker file for type checkers, which may contain text.
    parts.push(("py.typed", String::new()));
    if !bundles.is_empty() {
        parts.extend(TOKENS.map(|(name, text)| (name, text.to_owned())));
    }
    if rotates {
        parts.push((ROTATION.0, ROTATION.1.to_owned()));
    }
    // The functions for a common layer identify a user by one key.
    if let [bundle] = bundles[..]
        && let [key] = &bundle_keys(bundle)[..]
    {
        parts.push((UTILS.0, utils(spec, bundle, key, name)));
    }
    let files = parts.into_iter().map(|(name, text)| (name.to_owned(), format!("{header}{text}"))).collect();
    Package { files, notes }
}

fn bundle_keys(bundle: &SecretSpec) -> Vec<String> {
    placeholders(bundle).into_iter().map(str::to_owned).collect()
}

fn utils(spec: &Spec, bundle: &SecretSpec, key: &str, package: &str) -> String {
    let names = PythonNames::of(spec);
    let prefixes = spec.prefixes.as_ref().map_or_else(String::new, |prefixes| {
        let values: Vec<String> = prefixes.values.iter().map(|value| quote(value)).collect();
        format!(
            "    PREFIX_VARIABLE = {}\n    PREFIXES = ({},)\n",
            quote(&environment_variable(&prefixes.variable)),
            values.join(", ")
        )
    });
    let (template, key) = (UTILS.1, names.key(key));
    template
        .replace("__PACKAGE__", package)
        .replace("__SECRET__", names.secret(&bundle.id))
        .replace("__KEY__", &key)
        .replace("__SOURCE__", &inside(&spec.source))
        .replace("    __PREFIXES__ = ()\n", &prefixes)
}

fn placeholders(secret: &SecretSpec) -> Vec<&str> {
    let placeholder = |segment| match segment {
        Segment::Placeholder(name) => Some(name),
        Segment::Literal(_) => None,
    };
    secret.name.segments().filter_map(placeholder).collect()
}

/// Renders `__init__.py`. Also returns the notes.
fn module(spec: &Spec, has_tokens: bool, rotates: bool) -> (String, Vec<String>) {
    let names = PythonNames::of(spec);
    let payloads = PythonPayloads::of(spec, &names);
    let mut classes = payloads.classes.clone();
    let keys: BTreeSet<String> =
        spec.secrets.iter().flat_map(placeholders).map(|placeholder| names.key(placeholder)).collect();
    classes.extend(keys.iter().map(|key| {
        format!("class {key}(Key):\n    \"\"\"The key of a placeholder in the names of families.\"\"\"\n\n    __slots__ = ()\n")
    }));
    classes.extend(spec.secrets.iter().map(|secret| secret_class(secret, &names, &payloads)));
    classes.extend(spec.handlers.iter().map(|handler| handler_class(spec, handler, &names, &payloads)));
    let table: Vec<String> = spec
        .handlers
        .iter()
        .map(|handler| format!("    {}: {},\n", quote(&handler.name), names.handler(&handler.id)))
        .collect();
    let handlers = format!(
        "#: The class of each handler, by its deployed name.\nHANDLERS: dict[str, type[Client]] = {{\n{}}}\n",
        table.concat()
    );
    classes.push(handlers);
    let mut exported = exported(&keys, &payloads, spec, &names);
    if rotates {
        exported.extend(["Rotation", "RotationEvent", "RotationEventError"].map(str::to_owned));
    }
    let exported = listed(&exported);
    let text = [preamble(spec, has_tokens, rotates, &classes), exported, classes.join("\n\n")].join("\n");
    (text, payloads.notes)
}

/// The docstring of the module, and its imports.
fn preamble(spec: &Spec, has_tokens: bool, rotates: bool, classes: &[String]) -> String {
    let uses = |word: &str| classes.iter().any(|class| class.contains(word));
    let typing = [("Any", "Any"), ("ClassVar", "ClassVar["), ("Literal", "Literal["), ("overload", "@overload")];
    let typing: Vec<&str> = typing.into_iter().filter(|(_, used)| uses(used)).map(|(name, _)| name).collect();
    let typing = if typing.is_empty() { String::new() } else { format!("from typing import {}\n", typing.join(", ")) };
    let mut imports = String::new();
    let abc: Vec<&str> =
        ["Callable", "Mapping", "Sequence"].into_iter().filter(|name| uses(&format!("{name}["))).collect();
    if !abc.is_empty() {
        imports.push_str(&["from collections.abc import ", &abc.join(", "), "\n"].concat());
    }
    if uses("@dataclass") {
        imports += "from dataclasses import dataclass, field\n";
    }
    let payload: Vec<&str> =
        ["Field", "Json", "Nested", "Structure", "Text"].into_iter().filter(|it| uses(it)).collect();
    let payload =
        if payload.is_empty() { String::new() } else { format!("from .payload import {}\n", payload.join(", ")) };
    let tokens =
        if has_tokens { "from .tokens import OauthTokens, StoredTokens, TokenClient, TokenRecord\n" } else { "" };
    let rotation = if rotates {
        "from .rotation import (\n    Rotation,\n    RotationClient,\n    RotationEvent,\n    RotationEventError,\n    \
         StepOutcome,\n)\n"
    } else {
        ""
    };
    let of_python =
        if imports.is_empty() && typing.is_empty() { String::new() } else { format!("{imports}{typing}\n") };
    let secret = ["Found", "Key", "Secret", "Versioned", "Written"].into_iter();
    let secret: Vec<&str> =
        secret.filter(|name| !["Key", "Secret"].contains(name) || uses(&format!("({name}"))).collect();
    let secret = secret.join(", ");
    let source = inside(&spec.source);
    format!(
        "\"\"\"The secrets of {source} in AWS Secrets Manager: a class for each handler, with the methods that it is granted.\n\n\
         A call that is not granted fails under a type checker, and at run time before anything is sent.\n\"\"\"\n\n\
         from __future__ import annotations\n\n{of_python}\
         from .cache import CachePolicy\n\
         from .client import Client\n{payload}{rotation}from .secret import {secret}\n{tokens}"
    )
}

fn exported(keys: &BTreeSet<String>, payloads: &PythonPayloads, spec: &Spec, names: &PythonNames) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = ["CachePolicy", "Found", "Versioned", "Written"].map(str::to_owned).into();
    all.extend(keys.iter().cloned());
    all.extend(payloads.exported.iter().cloned());
    all.extend(spec.secrets.iter().map(|secret| names.secret(&secret.id).to_owned()));
    all.extend(spec.handlers.iter().map(|handler| names.handler(&handler.id).to_owned()));
    all
}

fn listed(names: &BTreeSet<String>) -> String {
    let lines: Vec<String> = names.iter().map(|name| format!("    {},\n", quote(name))).collect();
    format!("__all__ = [\n    \"HANDLERS\",\n{}]\n\n", lines.concat())
}

fn secret_class(secret: &SecretSpec, names: &PythonNames, payloads: &PythonPayloads) -> String {
    let class = names.secret(&secret.id);
    let payload = payloads.of_secret(&secret.id);
    let mut lines = vec![
        format!("class {class}(Secret[{payload}]):"),
        format!("    {}", literal::docstring(&secret.description, &secret.id)),
        String::new(),
        format!("    ID = {}", quote(&secret.id)),
        format!("    PAYLOAD = {payload}"),
    ];
    lines.extend(secret.region.as_ref().map(|region| format!("    REGION = {}", quote(region))));
    if !secret.options.read_from.is_empty() {
        let regions: Vec<String> =
            secret.options.read_from.iter().map(|region| format!("{}, ", quote(region))).collect();
        lines.push(format!("    READ_FROM = ({})", regions.concat().trim_end()));
    }
    lines.extend(secret.kms_key.as_ref().map(|key| match key {
        KmsKey::Variable { variable } => format!("    KMS_VARIABLE = {}", quote(&environment_variable(variable))),
        KmsKey::Alias { alias } => format!("    KMS_ALIAS = {}", quote(alias)),
    }));
    lines.extend(secret.options.outside_prefixes.then(|| "    OUTSIDE_PREFIXES = True".to_owned()));
    lines.push("\n    __slots__ = ()\n".to_owned());
    let fields = placeholders(secret);
    let arguments: Vec<String> =
        fields.iter().map(|field| format!(", {}: {}", names::identifier(field), names.key(field))).collect();
    lines.push(format!("    def __init__(self{}) -> None:", arguments.concat()));
    let name: Vec<String> = secret
        .name
        .segments()
        .map(|segment| match segment {
            Segment::Literal(text) => quote(text),
            Segment::Placeholder(field) => format!("{}.text", names::identifier(field)),
        })
        .collect();
    lines.push(format!("        super().__init__({})\n", name.join(" + ")));
    lines.join("\n")
}
