//! A cursor over the tokens of a group. Where another token is found than the expected one, the error says both.

use std::collections::VecDeque;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::{Error, Lit, LitBool, LitInt, LitStr, Result};

/// The tokens of a group that are not read yet.
pub(crate) struct Cursor {
    tokens: VecDeque<TokenTree>,
    /// The last token that was read, at first the opening delimiter: a missing token is reported there.
    previous: Span,
    end: Span,
}

impl Cursor {
    /// All tokens of the macro's call.
    pub(crate) fn new(tokens: TokenStream) -> Self {
        Self::over(tokens, Span::call_site(), Span::call_site())
    }

    /// The tokens between a group's delimiters.
    pub(crate) fn inside(group: &Group) -> Self {
        Self::over(group.stream(), group.span_open(), group.span_close())
    }

    fn over(tokens: TokenStream, open: Span, end: Span) -> Self {
        let mut flat = VecDeque::new();
        flatten(tokens, &mut flat);
        Self { tokens: flat, previous: open, end }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tokens.is_empty()
    }

    /// The place of the next token, or of the closing delimiter.
    pub(crate) fn span(&self) -> Span {
        self.tokens.front().map_or(self.end, TokenTree::span)
    }

    /// The place of the token that was read last.
    pub(crate) fn previous(&self) -> Span {
        self.previous
    }

    pub(crate) fn next(&mut self) -> Option<TokenTree> {
        let token = self.tokens.pop_front()?;
        self.previous = match &token {
            TokenTree::Group(group) => group.span_close(),
            token => token.span(),
        };
        Some(token)
    }

    pub(crate) fn is_punct(&self, char: char) -> bool {
        self.is_punct_at(0, char)
    }

    fn is_punct_at(&self, index: usize, char: char) -> bool {
        matches!(self.tokens.get(index), Some(TokenTree::Punct(punct)) if punct.as_char() == char)
    }

    /// Whether another entry begins after the next token: `ApiKey: …`.
    pub(crate) fn is_before_entry(&self) -> bool {
        matches!(self.tokens.get(1), Some(TokenTree::Ident(_))) && self.is_punct_at(2, ':')
    }

    pub(crate) fn is_word(&self) -> bool {
        matches!(self.tokens.front(), Some(TokenTree::Ident(_)))
    }

    pub(crate) fn is_ident(&self, name: &str) -> bool {
        matches!(self.tokens.front(), Some(TokenTree::Ident(ident)) if ident == name)
    }

    /// Whether a string literal is next.
    pub(crate) fn is_text(&self) -> bool {
        is_text(self.tokens.front())
    }

    pub(crate) fn is_followed_by_text(&self) -> bool {
        is_text(self.tokens.get(1))
    }

    pub(crate) fn is_group(&self, delimiter: Delimiter) -> bool {
        matches!(self.tokens.front(), Some(TokenTree::Group(group)) if group.delimiter() == delimiter)
    }

    /// Reads the character if it is next.
    pub(crate) fn eat(&mut self, char: char) -> bool {
        let is_next = self.is_punct(char);
        if is_next {
            self.next();
        }
        is_next
    }

    pub(crate) fn punct(&mut self, char: char) -> Result<()> {
        if self.eat(char) { Ok(()) } else { Err(self.expected(&format!("`{char}`"))) }
    }

    pub(crate) fn ident(&mut self, what: &str) -> Result<Ident> {
        match self.tokens.front() {
            Some(TokenTree::Ident(ident)) => {
                let ident = ident.clone();
                self.next();
                Ok(ident)
            }
            _ => Err(self.expected(what)),
        }
    }

    /// Reads a group if one with this delimiter is next.
    pub(crate) fn eat_group(&mut self, delimiter: Delimiter) -> Option<Group> {
        if !self.is_group(delimiter) {
            return None;
        }
        match self.next() {
            Some(TokenTree::Group(group)) => Some(group),
            _ => None,
        }
    }

    pub(crate) fn group(&mut self, delimiter: Delimiter, what: &str) -> Result<Group> {
        self.eat_group(delimiter).ok_or_else(|| self.expected(what))
    }

    pub(crate) fn string(&mut self, what: &str) -> Result<LitStr> {
        match self.literal() {
            Some(Lit::Str(text)) => {
                self.next();
                Ok(text)
            }
            _ => Err(self.expected(what)),
        }
    }

    pub(crate) fn number(&mut self, what: &str) -> Result<LitInt> {
        match self.literal() {
            Some(Lit::Int(number)) => {
                self.next();
                Ok(number)
            }
            _ => Err(self.expected(what)),
        }
    }

    pub(crate) fn bool(&mut self, what: &str) -> Result<LitBool> {
        match self.literal() {
            Some(Lit::Bool(bool)) => {
                self.next();
                Ok(bool)
            }
            _ => Err(self.expected(what)),
        }
    }

    fn literal(&self) -> Option<Lit> {
        match self.tokens.front()? {
            TokenTree::Literal(literal) => Some(Lit::new(literal.clone())),
            TokenTree::Ident(word) if word == "true" || word == "false" => {
                Some(Lit::Bool(LitBool::new(word == "true", word.span())))
            }
            _ => None,
        }
    }

    /// Reads to the next of these characters, or to the end.
    pub(crate) fn skip_to(&mut self, stops: &[char]) {
        while !self.is_empty() && !stops.iter().any(|stop| self.is_punct(*stop)) {
            self.next();
        }
    }

    /// Reads the rest of an entry, including its semicolon. Stops at a doc comment, which belongs to the next entry.
    pub(crate) fn skip_entry(&mut self) {
        self.skip_to(&[';', '#']);
        self.eat(';');
    }

    /// Reads the rest of an entry that can have no doc comment, including its semicolon.
    pub(crate) fn skip_past_semicolon(&mut self) {
        self.skip_to(&[';']);
        self.eat(';');
    }

    /// Refuses more tokens than were read.
    pub(crate) fn finish(&self) -> Result<()> {
        if self.is_empty() { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(crate) fn unexpected(&self) -> Error {
        Error::new(self.span(), format!("unexpected {}", self.found()))
    }

    /// The error that something else is next, or nothing.
    pub(crate) fn expected(&self, what: &str) -> Error {
        Error::new(self.span(), format!("expected {what}, found {}", self.found()))
    }

    fn found(&self) -> String {
        match self.tokens.front() {
            None => "the end".to_owned(),
            Some(TokenTree::Group(group)) => match group.delimiter() {
                Delimiter::Parenthesis => "`(`".to_owned(),
                Delimiter::Brace => "`{`".to_owned(),
                Delimiter::Bracket | Delimiter::None => "`[`".to_owned(),
            },
            Some(TokenTree::Punct(punct)) if punct.as_char() == '#' => "an attribute or a doc comment".to_owned(),
            Some(token) => format!("`{token}`"),
        }
    }
}

fn is_text(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Literal(literal)) if matches!(Lit::new(literal.clone()), Lit::Str(_)))
}

/// Takes tokens out of the invisible groups in which macros by example pass what they matched.
fn flatten(tokens: TokenStream, flat: &mut VecDeque<TokenTree>) {
    for token in tokens {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => flatten(group.stream(), flat),
            token => flat.push_back(token),
        }
    }
}
