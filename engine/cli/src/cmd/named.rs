//! Looks up handlers, secrets and prefixes that a command line names, by any of their names. The error for an unknown
//! name suggests the closest known one.

use driftless_model::{HandlerSpec, SecretSpec, Spec, closest, deployed_name, shown};

use crate::program;

/// A name that the spec does not have.
#[derive(Debug, thiserror::Error)]
#[error("the spec has no {what} {}", shown(name))]
pub struct Unknown {
    what: &'static str,
    name: String,
    /// What to do instead.
    pub hint: String,
}

impl Unknown {
    fn new<'a>(what: &'static str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let hint = closest(name, known)
            .map_or_else(|| format!("`{} spec` prints the {what}s with their names", program::name()), did_you_mean);
        Self { what, name: name.to_owned(), hint }
    }
}

/// The hint that suggests a name.
#[must_use]
pub fn did_you_mean(close: &str) -> String {
    format!("did you mean {}?", shown(close))
}

/// The handler with this id or deployed name, in any environment.
///
/// # Errors
///
/// If no handler of the spec has that name.
pub fn handler<'a>(spec: &'a Spec, name: &str) -> Result<&'a HandlerSpec, Unknown> {
    let found = spec.handlers.iter().find(|handler| {
        handler.name == name
            || handler.id == name
            || prefixes(spec).iter().any(|prefix| deployed_name(prefix, &handler.name) == name)
    });
    found.ok_or_else(|| {
        let known = spec.handlers.iter().flat_map(|handler| [handler.name.as_str(), &handler.id]);
        Unknown::new("handler", name, known)
    })
}

/// The secret with this id or stored name, in any environment.
///
/// # Errors
///
/// If no secret of the spec has that name.
pub fn secret<'a>(spec: &'a Spec, name: &str) -> Result<&'a SecretSpec, Unknown> {
    let found = spec.secrets.iter().find(|secret| {
        let is_it = |name: &str| secret.id == name || secret.name.as_str() == name;
        is_it(name) || prefixes(spec).iter().any(|prefix| name.strip_prefix(prefix.as_str()).is_some_and(is_it))
    });
    found.ok_or_else(|| {
        let known = spec.secrets.iter().flat_map(|secret| [secret.id.as_str(), secret.name.as_str()]);
        Unknown::new("secret", name, known)
    })
}

/// The declared prefix of an environment.
///
/// # Errors
///
/// If the spec does not declare it.
pub fn prefix<'a>(spec: &'a Spec, name: &str) -> Result<&'a str, Unknown> {
    let known = || prefixes(spec).iter().map(String::as_str);
    known().find(|prefix| *prefix == name).ok_or_else(|| {
        let hint = closest(name, known()).map_or_else(|| one_prefix_of(spec), did_you_mean);
        Unknown { what: "environment with the prefix", name: name.to_owned(), hint }
    })
}

/// The hint that lists every prefix of the spec.
#[must_use]
pub fn one_prefix_of(spec: &Spec) -> String {
    let known: Vec<String> = prefixes(spec).iter().map(|prefix| shown(prefix)).collect();
    match known.as_slice() {
        [] => "leave `--prefix` out: the spec declares no prefixes".to_owned(),
        _ => format!("pass `--prefix` with one of: {}", known.join(", ")),
    }
}

fn prefixes(spec: &Spec) -> &[String] {
    spec.prefixes.as_ref().map(|prefixes| prefixes.values.as_slice()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{handler, prefix, secret};
    use crate::shop::spec;

    #[test]
    fn an_entry_is_found_by_each_of_its_names() {
        let spec = spec();
        let named = spec
            .handlers
            .iter()
            .all(|it| [&it.id, &it.name].iter().all(|name| handler(&spec, name).is_ok_and(|found| found.id == it.id)));
        assert!(named);
        let named = spec.secrets.iter().all(|it| {
            [it.id.as_str(), it.name.as_str()]
                .iter()
                .all(|name| secret(&spec, name).is_ok_and(|found| found.id == it.id))
        });
        assert!(named);
    }

    #[test]
    fn err_a_name_that_is_not_there_is_said_with_the_closest_one() {
        let spec = spec();
        let close = |name: &str| name.replacen('e', "", 1);
        let (known_handler, known_secret) = (&spec.handlers[1].name, &spec.secrets[0].id);
        let unknown = handler(&spec, &close(known_handler)).expect_err("there is none such");
        assert_eq!(unknown.to_string(), format!("the spec has no handler `{}`", close(known_handler)));
        assert_eq!(unknown.hint, format!("did you mean `{known_handler}`?"));
        let unknown = secret(&spec, &close(known_secret)).expect_err("there is none such");
        assert_eq!(unknown.hint, format!("did you mean `{known_secret}`?"));
        let hostile = handler(&spec, "\x1b[2J'\n").expect_err("there is none such");
        assert_eq!(hostile.to_string(), r"the spec has no handler `\u{1b}[2J\'\n`");
        assert_eq!(hostile.hint, "`cargo xtask spec` prints the handlers with their names");
        let unknown = secret(&spec, &"x".repeat(1_000_000)).expect_err("there is none such");
        assert!(unknown.to_string().len() < 200 && unknown.hint.starts_with("`cargo xtask spec`"));
        let unknown = prefix(&spec, "dev/").expect_err("there are none");
        assert_eq!(unknown.hint, "leave `--prefix` out: the spec declares no prefixes");
    }
}
