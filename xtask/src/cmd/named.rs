//! Handlers and secrets that a command line names.

use paypulse_runtime::model::{HandlerSpec, SecretSpec, Spec, closest, deployed_name, shown};

/// A name that nothing in the spec has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the spec has no {kind} {}", shown(name))]
pub struct Unknown {
    kind: &'static str,
    name: String,
    close: Option<String>,
}

impl Unknown {
    fn new<'a>(kind: &'static str, name: &str, names: impl Iterator<Item = &'a str>) -> Self {
        Self { kind, name: name.to_owned(), close: closest(name, names).map(str::to_owned) }
    }

    /// The way out.
    pub fn hint(&self) -> String {
        match &self.close {
            Some(close) => format!("did you mean {}?", shown(close)),
            None => format!("`cargo xtask spec` prints the {}s with their names", self.kind),
        }
    }
}

/// The handler of a deployed name, in any environment, or of an id.
pub fn handler<'a>(spec: &'a Spec, name: &str) -> Result<&'a HandlerSpec, Unknown> {
    let prefixes = || spec.prefixes.iter().flat_map(|prefixes| &prefixes.values);
    let found = spec.handlers.iter().find(|handler| {
        handler.name == name
            || handler.id == name
            || prefixes().any(|prefix| deployed_name(prefix, &handler.name) == name)
    });
    let names = spec.handlers.iter().flat_map(|handler| [handler.name.as_str(), &handler.id]);
    found.ok_or_else(|| Unknown::new("handler", name, names))
}

/// The secret of an id, or of a name or its template.
pub fn secret<'a>(spec: &'a Spec, name: &str) -> Result<&'a SecretSpec, Unknown> {
    let found = spec.secrets.iter().find(|secret| secret.id == name || secret.name.as_str() == name);
    let names = spec.secrets.iter().flat_map(|secret| [secret.id.as_str(), secret.name.as_str()]);
    found.ok_or_else(|| Unknown::new("secret", name, names))
}
