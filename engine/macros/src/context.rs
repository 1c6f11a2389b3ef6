//! What all parts of the macro share: the path of the model, and the mistakes found so far.

use std::fmt::Display;

use driftless_model::{closest, unknown_word};
use proc_macro2::{Ident, Span, TokenStream};
use syn::{Error, Result};

use crate::cursor::Cursor;

/// Reads one part of a declaration into `T`.
pub(crate) type Reader<T> = fn(&mut Context, &mut Cursor, &mut T) -> Result<()>;

/// The words that a place of the syntax knows, each with its reader.
pub(crate) struct Table<T: 'static> {
    /// What the words are, in messages, and its article.
    pub(crate) what: &'static str,
    pub(crate) article: &'static str,
    pub(crate) rows: &'static [(&'static str, Reader<T>)],
}

pub(crate) struct Context {
    /// The path of `driftless_model`, as the crate of the call sees it.
    pub(crate) model: TokenStream,
    mistakes: Option<Error>,
}

impl Context {
    pub(crate) const fn new(model: TokenStream) -> Self {
        Self { model, mistakes: None }
    }

    pub(crate) fn report(&mut self, error: Error) {
        match &mut self.mistakes {
            Some(mistakes) => mistakes.combine(error),
            none => *none = Some(error),
        }
    }

    pub(crate) fn mistake(&mut self, at: Span, message: impl Display) {
        self.report(Error::new(at, message));
    }

    /// The value, or `None` after the report of its mistake.
    pub(crate) fn keep<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.report(error)).ok()
    }

    /// Reports a word that is not one of the known ones.
    pub(crate) fn unknown(&mut self, word: &Ident, what: &str, known: &[&str]) {
        let (message, hint) = unknown_word(what, &word.to_string(), known);
        self.mistake(word.span(), format!("{message}: {hint}"));
    }

    /// Reads what follows a word by the word's reader, and returns whether it was read.
    ///
    /// A word that is not in the table is reported, and then read as the one that was most likely meant, so that what it
    /// declares is known to the rest. A word that was there before is reported too.
    pub(crate) fn read<T>(
        &mut self,
        word: &Ident,
        cursor: &mut Cursor,
        table: &Table<T>,
        (seen, target): (&mut Vec<&'static str>, &mut T),
    ) -> Result<bool> {
        let text = word.to_string();
        let find = |text: &str| table.rows.iter().find(|(known, _)| *known == text);
        if let Some((known, read)) = find(&text) {
            if seen.contains(known) {
                self.mistake(word.span(), format!("`{text}` is given twice: remove one of the two"));
            }
            seen.push(known);
            return read(self, cursor, target).map(|()| true);
        }
        let words: Vec<&str> = table.rows.iter().map(|(known, _)| *known).collect();
        self.unknown(word, table.what, &words);
        let Some((known, read)) = closest(&text, words).and_then(find) else { return Ok(false) };
        seen.push(known);
        Ok(read(self, cursor, target).is_ok())
    }

    /// Reads `{ word: value, … }` by a table.
    pub(crate) fn fields<T>(&mut self, cursor: &mut Cursor, table: &Table<T>, target: &mut T) {
        let mut seen = Vec::new();
        while !cursor.is_empty() {
            let result = self.field(cursor, table, (&mut seen, target));
            if !self.keep(result).is_some_and(|is_read| is_read) {
                cursor.skip_to(&[',']);
            }
            self.comma(cursor);
        }
    }

    /// Reads `word: value` by a table, and returns whether it was read.
    pub(crate) fn field<T>(
        &mut self,
        cursor: &mut Cursor,
        table: &Table<T>,
        target: (&mut Vec<&'static str>, &mut T),
    ) -> Result<bool> {
        let word = cursor.ident(&format!("{} {}", table.article, table.what))?;
        cursor.punct(':')?;
        self.read(&word, cursor, table, target)
    }

    /// Reads the comma after an item that is not the last.
    fn comma(&mut self, cursor: &mut Cursor) {
        if !cursor.is_empty() && !cursor.eat(',') {
            let expected = cursor.expected("`,`");
            self.report(expected);
            cursor.skip_to(&[',']);
            cursor.eat(',');
        }
    }

    /// Reads the items of a list, with a comma after each but the last.
    pub(crate) fn list<T>(
        &mut self,
        cursor: &mut Cursor,
        mut item: impl FnMut(&mut Self, &mut Cursor) -> Result<T>,
    ) -> Vec<T> {
        let mut items = Vec::new();
        while !cursor.is_empty() {
            let result = item(self, cursor);
            match self.keep(result) {
                Some(item) => items.push(item),
                None => cursor.skip_to(&[',']),
            }
            self.comma(cursor);
        }
        items
    }

    /// Reads the semicolon at the end of an entry. If it is missing, the next entry is still read.
    pub(crate) fn semicolon(&mut self, cursor: &mut Cursor) {
        if cursor.eat(';') {
            return;
        }
        if cursor.is_punct(',') && cursor.is_before_entry() {
            self.mistake(cursor.span(), "expected `;`, found `,`");
            cursor.next();
        } else if cursor.is_empty() || cursor.is_word() || cursor.is_punct('#') {
            self.mistake(cursor.previous(), "expected `;` after this");
        } else {
            let expected = cursor.expected("`,` or `;`");
            self.report(expected);
            cursor.skip_entry();
        }
    }

    pub(crate) const fn has_mistakes(&self) -> bool {
        self.mistakes.is_some()
    }

    /// The mistakes as calls of `compile_error!`.
    pub(crate) fn into_errors(self) -> Option<TokenStream> {
        self.mistakes.map(Error::into_compile_error)
    }
}
