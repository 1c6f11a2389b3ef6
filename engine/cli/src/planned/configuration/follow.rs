//! Follows references through variables and outputs of modules to their origin.

use std::collections::BTreeSet;

use super::expression::Expression;
use super::{Configuration, End, Source};
use crate::adopt::{Key, ModulePath as Path};

/// Maximum number of variables and outputs through which a value is followed.
const DEEPEST: usize = 32;

impl Configuration {
    /// The origin of the `for_each` of a module call.
    pub(in crate::planned) fn for_each(&self, module: &[String], call: &str) -> Option<Source> {
        let end = self.modules.get(module)?.for_each.get(call)?.clone();
        Some(self.follow(Source::new(end, module.to_vec())))
    }

    /// The origin of an argument's value, if the argument is a single reference.
    pub(in crate::planned) fn one(&self, module: &Path, address: &str, argument: &str) -> Option<Source> {
        let references = self.references(module, address, argument)?;
        let end = Expression { constant: None, references: references.clone() }.end();
        Some(self.follow(Source::new(end, module.names())))
    }

    /// The origin of the value of a module's variable.
    pub(in crate::planned) fn variable(&self, module: &Path, name: &str) -> Source {
        self.follow(Source::new(End::Reference(format!("var.{name}")), module.names()))
    }

    /// The origin of the value of a reference in a module.
    pub(in crate::planned) fn follow_reference(&self, module: &Path, reference: &str) -> Source {
        self.follow(Source::new(End::Reference(reference.to_owned()), module.names()))
    }

    /// The module and the references of the output that a reference ends in, if the output has several references.
    pub(in crate::planned) fn outputs_of(
        &self,
        module: &Path,
        reference: &str,
    ) -> Option<(Vec<String>, &BTreeSet<String>)> {
        let mut source = Source::new(End::Reference(reference.to_owned()), module.names());
        for _ in 0..DEEPEST {
            let End::Reference(reference) = &source.end else { return None };
            if let Some((module, _, output)) = called(&source.module, reference)
                && let Some(parts) = self.modules.get(&module).and_then(|shown| shown.parts.get(output))
            {
                return Some((module, parts));
            }
            source = self.step(&source)?;
        }
        None
    }

    /// Follows variables and outputs to the origin.
    pub(in crate::planned) fn follow(&self, mut source: Source) -> Source {
        for _ in 0..DEEPEST {
            if !matches!(source.end, End::Reference(_)) {
                return source;
            }
            let Some(next) = self.step(&source) else { return source };
            source = next;
        }
        Source { end: Expression::hidden(), ..source }
    }

    fn step(&self, source: &Source) -> Option<Source> {
        let (module, End::Reference(reference)) = (&source.module, &source.end) else { return None };
        if let Some(variable) = reference.strip_prefix("var.") {
            let (name, rest) = variable.split_once('.').map_or((variable, None), |(name, rest)| (name, Some(rest)));
            // A variable of the root module is set by the user.
            let (_, above) = module.split_last()?;
            let given = self.modules.get(module)?.given.get(name).cloned();
            let (end, element) = input(given, rest, source.element, above.len());
            let keys = source.keys.range(..above.len()).map(|(at, key)| (*at, key.clone())).collect();
            return Some(Source { end, module: above.to_vec(), keys, element });
        }
        let (module, key, output) = called(module, reference)?;
        let end = self.modules.get(&module)?.outputs.get(output).cloned().unwrap_or_else(Expression::hidden);
        let mut keys = source.keys.clone();
        keys.extend(key.map(|key| (source.module.len(), key)));
        Some(Source { end, module, keys, element: source.element })
    }
}

/// The end of an input of a module, of which an attribute can be meant, and the call whose key selects an element.
fn input(given: Option<End>, rest: Option<&str>, element: Option<usize>, above: usize) -> (End, Option<usize>) {
    let end = match (given, rest) {
        (Some(End::Reference(reference)), Some(rest)) => End::Reference(format!("{reference}.{rest}")),
        (Some(End::Constant(value)), Some(rest)) if element.is_none() => {
            value.get(rest).map_or_else(Expression::hidden, |value| End::Constant(value.clone()))
        }
        (Some(End::Keyed(reference)), None) if element.is_none() => return (End::Reference(reference), Some(above)),
        (None | Some(End::Keyed(_)), _) | (Some(End::Constant(_)), Some(_)) => Expression::hidden(),
        (Some(end), _) => end,
    };
    (end, element)
}

/// The module, the key of its instance if it is named, and the output of `module.NAME.OUTPUT`.
fn called<'r>(module: &[String], reference: &'r str) -> Option<(Vec<String>, Option<Key>, &'r str)> {
    let call = reference.strip_prefix("module.")?;
    let (name, rest) = call.split_at(call.find(['.', '[']).unwrap_or(call.len()));
    let (key, output) = match rest.strip_prefix('[') {
        None => (None, rest.strip_prefix('.')?),
        Some(key) if key.starts_with('"') => {
            let (key, output) = key.split_at(key.find("\"].")? + 1);
            (serde_json::from_str(key).ok().map(Key::Text), &output[2..])
        }
        Some(key) => {
            let (key, output) = key.split_once("].")?;
            (key.parse().ok().map(Key::Number), output)
        }
    };
    let output = output.split(['[', '.']).next().unwrap_or(output);
    Some((module.iter().cloned().chain([name.to_owned()]).collect(), key, output))
}
