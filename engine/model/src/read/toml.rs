//! Reads a TOML document as the JSON value with the same members, and finds the line and column of a problem in it.

use std::borrow::Cow;
use std::collections::HashMap;

use ::toml::Spanned;
use ::toml::de::{DeFloat, DeInteger, DeTable, DeValue};
use serde_json::{Number, Value};

use crate::problem::{Problem, shorten, shown};

const HINT: &str =
    "correct that place; the command `spec --schema` prints the fields that a spec has, with their types";

/// A TOML document that is well formed.
pub(super) struct Document<'a> {
    text: &'a str,
    root: Spanned<DeValue<'a>>,
}

/// One step of the way from the root to a value.
#[derive(Clone, Copy)]
enum PathStep<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> Document<'a> {
    /// Parses a text.
    ///
    /// # Errors
    ///
    /// The first problem of a text that is not TOML.
    pub(super) fn parse(text: &'a str) -> Result<Self, Problem> {
        let table = DeTable::parse(text).map_err(|error| {
            let at = error.span().map(|span| position(text, &lines(text), span.start)).unwrap_or_default();
            Problem::new("malformed-spec", &format!("the spec{at}"), shorten(error.message()), HINT)
        })?;
        let span = table.span();
        Ok(Self { text, root: Spanned::new(span, DeValue::Table(table.into_inner())) })
    }

    /// A problem of a document of the wrong shape, with the hint for TOML.
    pub(super) fn hinted(problem: Problem) -> Problem {
        Problem { hint: HINT.to_owned(), ..problem }
    }

    /// The document as JSON.
    ///
    /// # Errors
    ///
    /// Each value that JSON does not have: dates, times, infinities, integers that need more than 64 bits.
    pub(super) fn value(&self) -> Result<Value, Vec<Problem>> {
        let mut reading = Reading { way: Vec::new(), problems: Vec::new() };
        let value = reading.json(&self.root);
        if reading.problems.is_empty() { Ok(value) } else { Err(reading.problems) }
    }

    /// Adds the line and the column to the place of each problem that is about a part of the document.
    pub(super) fn locate(&self, problems: &mut [Problem]) {
        if problems.is_empty() {
            return;
        }
        let (lines, entries) = (lines(self.text), Entries::of(&self.root));
        for problem in problems {
            if let Some(offset) = self.offset(&entries, problem) {
                problem.place.push_str(&position(self.text, &lines, offset));
            }
        }
    }

    fn offset(&self, entries: &Entries<'_>, problem: &Problem) -> Option<usize> {
        if let Some(named) = entries.0.get(problem.place.as_str()) {
            // Of entries with the same id, the last is the one too many.
            let mentioned = named.iter().find_map(|entry| mentioned(entry, &problem.message));
            return mentioned.or_else(|| named.last().and_then(|entry| Some(entry.get_ref().get("id")?.span().start)));
        }
        let place = problem.place.strip_prefix("the ").unwrap_or(&problem.place);
        let path = place.trim_matches('`').trim_start_matches("spec's ");
        let is_about_key = problem.lint != "malformed-spec";
        along(&self.root, path, is_about_key)
    }
}

/// The secrets and handlers, by the place that problems name.
struct Entries<'a>(HashMap<String, Vec<&'a Spanned<DeValue<'a>>>>);

impl<'a> Entries<'a> {
    fn of(root: &'a Spanned<DeValue<'a>>) -> Self {
        let mut found: HashMap<String, Vec<_>> = HashMap::new();
        for (word, list) in [("secret", "secrets"), ("handler", "handlers")] {
            let entries = root.get_ref().get(list).and_then(|list| list.get_ref().as_array());
            for entry in entries.into_iter().flatten() {
                if let Some(id) = entry.get_ref().get("id").and_then(|id| id.get_ref().as_str()) {
                    found.entry(format!("{word} {}", shown(id))).or_default().push(entry);
                }
            }
        }
        Self(found)
    }
}

/// Where an entry has a word that a message quotes: a field, or a text.
fn mentioned(entry: &Spanned<DeValue<'_>>, message: &str) -> Option<usize> {
    let quoted = || message.split('`').skip(1).step_by(2).filter(|word| !word.is_empty());
    let field = |word| if is_complete(entry, word) { along(entry, word, true) } else { None };
    quoted().find_map(field).or_else(|| quoted().find_map(|word| text(entry, word)))
}

/// Where a text is this word.
fn text(value: &Spanned<DeValue<'_>>, word: &str) -> Option<usize> {
    match value.get_ref() {
        DeValue::String(text) => (shown(text).trim_matches('`') == word).then(|| value.span().start),
        DeValue::Array(values) => values.iter().find_map(|value| text(value, word)),
        DeValue::Table(table) => table.values().find_map(|value| text(value, word)),
        _ => None,
    }
}

/// The steps of a path as problems write it: `secrets[1].name`.
fn steps(path: &str) -> impl Iterator<Item = PathStep<'_>> {
    path.split(['.', '[']).filter(|part| !part.is_empty()).map(|part| {
        let index = part.strip_suffix(']').unwrap_or(part);
        index.parse().map_or(PathStep::Key(part), PathStep::Index)
    })
}

fn next<'a>(value: &'a Spanned<DeValue<'a>>, step: PathStep<'_>) -> Option<&'a Spanned<DeValue<'a>>> {
    match step {
        PathStep::Key(key) => value.get_ref().get(key),
        PathStep::Index(index) => value.get_ref().get(index),
    }
}

fn is_complete(value: &Spanned<DeValue<'_>>, path: &str) -> bool {
    steps(path).try_fold(value, next).is_some()
}

/// Where a path leads, as far as the document has it: to the key, or to the value.
fn along(root: &Spanned<DeValue<'_>>, path: &str, to_key: bool) -> Option<usize> {
    let (mut value, mut found) = (root, None);
    for step in steps(path) {
        let Some(below) = next(value, step) else { break };
        let key = match (step, value.get_ref()) {
            (PathStep::Key(key), DeValue::Table(table)) => table.get_key_value(key).map(|(key, _)| key.span().start),
            _ => None,
        };
        found = key.filter(|_| to_key).or(Some(below.span().start));
        value = below;
    }
    found
}

/// Where each line starts.
fn lines(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

fn position(text: &str, lines: &[usize], offset: usize) -> String {
    let line = lines.partition_point(|start| *start <= offset).max(1);
    let before = text.get(lines[line - 1]..offset).unwrap_or_default();
    format!(" (line {line}, column {})", before.chars().count() + 1)
}

/// The conversion to JSON.
struct Reading<'a> {
    way: Vec<PathStep<'a>>,
    problems: Vec<Problem>,
}

impl<'a> Reading<'a> {
    fn json(&mut self, value: &'a Spanned<DeValue<'a>>) -> Value {
        match value.get_ref() {
            DeValue::String(text) => Value::String(Cow::clone(text).into_owned()),
            DeValue::Boolean(is) => Value::Bool(*is),
            DeValue::Integer(number) => self.number(integer(number), "an integer that needs more than 64 bits"),
            DeValue::Float(number) => self.number(float(number), "an infinity, or not a number"),
            DeValue::Datetime(_) => {
                self.refuse(
                    "invalid type: a date or a time, which a spec does not have",
                    "put it in quotes if it is a text",
                );
                Value::Null
            }
            DeValue::Array(values) => Value::Array(
                values.iter().enumerate().map(|(i, value)| self.below(PathStep::Index(i), value)).collect(),
            ),
            DeValue::Table(table) => {
                let members = table.iter();
                members
                    .map(|(key, value)| (key.get_ref().to_string(), self.below(PathStep::Key(key.get_ref()), value)))
                    .collect()
            }
        }
    }

    fn below(&mut self, step: PathStep<'a>, value: &'a Spanned<DeValue<'a>>) -> Value {
        self.way.push(step);
        let json = self.json(value);
        self.way.pop();
        json
    }

    fn number(&mut self, number: Option<Number>, otherwise: &str) -> Value {
        if let Some(number) = number {
            return Value::Number(number);
        }
        self.refuse(&format!("invalid value: {otherwise}"), "write a number that JSON has too");
        Value::Null
    }

    fn refuse(&mut self, message: &str, hint: &str) {
        let mut path = String::new();
        for step in &self.way {
            match step {
                PathStep::Key(key) if path.is_empty() => path.push_str(key),
                PathStep::Key(key) => path.extend([".", key]),
                PathStep::Index(index) => path.extend(["[", &index.to_string(), "]"]),
            }
        }
        self.problems.push(Problem::new("malformed-spec", &shown(&path), message, hint));
    }
}

fn integer(number: &DeInteger<'_>) -> Option<Number> {
    let (digits, radix) = (number.as_str(), number.radix());
    let signed = i64::from_str_radix(digits, radix).ok().map(Number::from);
    signed.or_else(|| u64::from_str_radix(digits, radix).ok().map(Number::from))
}

fn float(number: &DeFloat<'_>) -> Option<Number> {
    number.as_str().parse().ok().and_then(Number::from_f64)
}
