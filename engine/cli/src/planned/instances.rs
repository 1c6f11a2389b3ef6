//! Resolves what depends on the key of a module's instance: `each.key`, `each.value`, `count.index`, and the instances that
//! references name.

use serde_json::{Map, Value};

use super::Plan;
use super::configuration::{End, Source};
use super::known::Stands;
use crate::adopt::{Address, Key, ModulePath as Path};

impl Source {
    /// Whether a module is the one that the end is relative to: the same calls, with the keys that references name.
    pub(super) fn is_in(&self, module: &Path) -> bool {
        let mut calls = self.module.iter().zip(module.calls()).enumerate();
        module.calls().count() == self.module.len()
            && calls.all(|(at, (name, (other, key)))| {
                name == other && self.keys.get(&at).is_none_or(|named| Some(named) == key)
            })
    }
}

impl Source {
    /// The same for an expression in the module `from`: a module call on the path of both is the same instance.
    pub(super) fn is_called_from(&self, from: &Path, module: &Path) -> bool {
        let mut calls = module.calls().zip(from.calls());
        self.is_in(module) && calls.all(|(mine, theirs)| mine.0 != theirs.0 || mine.1 == theirs.1)
    }

    /// Whether an address is of the instance that the end names, or of any instance if it names none.
    pub(super) fn is_instance(&self, address: &Address) -> bool {
        let End::Reference(reference) = &self.end else { return false };
        instance(reference).is_none_or(|it| is_at(&address.to_string(), it))
    }
}

/// The address of the instance that a reference names: `aws_iam_policy.x["a"]` for `aws_iam_policy.x["a"].arn`.
fn instance(reference: &str) -> Option<&str> {
    let at = reference.find('[').filter(|at| reference[..*at].matches('.').count() == 1)?;
    let end = if reference[at..].starts_with("[\"") { "\"]" } else { "]" };
    let length = reference[at..].find(end)? + end.len();
    Some(&reference[..at + length])
}

/// Whether an absolute address is of an address within its module.
fn is_at(absolute: &str, in_module: &str) -> bool {
    absolute.strip_suffix(in_module).is_some_and(|module| module.is_empty() || module.ends_with('.'))
}

impl Plan {
    /// The value of `each.key`, `each.value` or `count.index` in a module call on `path`, in the module where `source` ends.
    /// `None` for any other reference.
    pub(super) fn of_instance(&self, path: &Path, source: &Source) -> Option<Stands> {
        let End::Reference(reference) = &source.end else { return None };
        let number = source.module.len();
        let is_on_path = path.first(number).names() == source.module;
        let call = path.calls().nth(number).filter(|_| is_on_path);
        let hidden = || Stands::Hidden(format!("`{reference}`, whose value the plan does not show"));
        match (reference.as_str(), call) {
            ("each.key", Some((_, Some(Key::Text(key))))) => Some(Stands::For(key.as_str().into())),
            ("count.index", Some((_, Some(Key::Number(index))))) => Some(Stands::For(index.to_string().into())),
            ("each.key" | "count.index", _) => Some(hidden()),
            _ => {
                let rest = reference.strip_prefix("each.value")?;
                let Some((name, Some(Key::Text(key)))) = call else { return Some(hidden()) };
                let element = || self.element_of(path, &self.configuration.for_each(&source.module, name)?, key);
                let value = element().and_then(|value| field(&value, rest));
                Some(value.map_or_else(hidden, Stands::For))
            }
        }
    }

    /// The element of a value that belongs to the instance of a module call.
    pub(super) fn element(&self, path: &Path, source: &Source, at: usize) -> Option<Value> {
        let whole = Source { element: None, ..source.clone() };
        match path.calls().nth(at)?.1? {
            Key::Text(key) => self.element_of(path, &whole, key),
            Key::Number(index) => self.element_of(path, &whole, &index.to_string()),
        }
    }

    /// The element with a key of a constant, or of a variable of the root.
    fn element_of(&self, path: &Path, source: &Source, key: &str) -> Option<Value> {
        match &source.end {
            End::Constant(Value::Array(items)) => items.get(key.parse::<usize>().ok()?).cloned(),
            End::Constant(value) => value.get(key).cloned(),
            End::Reference(reference) if source.module.is_empty() && reference.starts_with("var.") => {
                let element = format!("{reference}.{key}");
                self.variables.get(&element).cloned().or_else(|| self.fields_of(&element))
            }
            End::Reference(_) => match self.of_instance(path, source)? {
                Stands::For(value) => value.get(key).cloned(),
                _ => None,
            },
            _ => None,
        }
    }

    /// The known fields of an element of a variable.
    fn fields_of(&self, element: &str) -> Option<Value> {
        let start = format!("{element}.");
        let all = self.variables.range(start.clone()..).take_while(|(name, _)| name.starts_with(&start));
        let fields: Map<String, Value> =
            all.map(|(name, value)| (name[start.len()..].to_owned(), value.clone())).collect();
        (!fields.is_empty()).then_some(Value::Object(fields))
    }

    /// Whether a value is only `each.value` of a set, whose elements are its keys. The configuration shows no set.
    pub(super) fn is_key_of_set(&self, path: &Path, name: &str, value: &str) -> bool {
        let source = self.configuration.variable(path, name);
        let Some((call, Some(Key::Text(key)))) = path.calls().nth(source.module.len()) else { return false };
        let of_call = self.configuration.for_each(&source.module, call);
        source.element.is_none()
            && source.end == End::Reference("each.value".to_owned())
            && key == value
            && path.first(source.module.len()).names() == source.module
            && !matches!(of_call.map(|source| source.end), Some(End::Constant(_)))
    }
}

/// The field that an attribute such as `.role` means.
fn field(value: &Value, rest: &str) -> Option<Value> {
    let mut names = rest.split('.');
    if !names.next()?.is_empty() {
        return None;
    }
    names.try_fold(value, |value, name| value.get(name)).cloned()
}
