//! Names of secrets and families, checked at compile time or when they are read.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::key::MAX_KEY_LEN;
use super::name_byte::is_name_byte;

/// The longest name that a spec may give a secret, in characters.
///
/// [`CreateSecret`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html) documents
/// names of 1 to 512 characters. Half of that is reserved, so that an environment's prefix and the longest ARN still
/// fit.
pub const MAX_NAME_LEN: usize = 256;

/// A fault of a name template. Offsets are in bytes from the start of the template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The template is empty.
    Empty,
    /// Its longest member would have this many characters, more than [`MAX_NAME_LEN`].
    TooLong(usize),
    /// A character that Secrets Manager does not accept in a name.
    Character(usize),
    /// A `{` without its `}`, or a `}` without its `{`.
    Brace(usize),
    /// The text between braces is not a `snake_case` word.
    Placeholder(usize),
    /// A placeholder directly follows another, so that a name could be parsed in two ways.
    Adjacent(usize),
    /// Two placeholders have the same name.
    Repeated(usize),
}

impl Fault {
    /// The fault's message.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Empty => "a secret's name is empty",
            Self::TooLong(_) => "a secret's name is too long: at most 256 characters, each placeholder counted as 64",
            Self::Character(_) => "a secret's name has a character outside `A-Za-z0-9/_+=.@-`",
            Self::Brace(_) => "a secret's name has a brace without its partner",
            Self::Placeholder(_) => "a placeholder in a secret's name is not a snake_case word",
            Self::Adjacent(_) => "two placeholders in a secret's name are adjacent, with no text between them",
            Self::Repeated(_) => "a secret's name has a placeholder twice",
        }
    }

    const fn offset(self) -> Option<usize> {
        match self {
            Self::Empty | Self::TooLong(_) => None,
            Self::Character(at) | Self::Brace(at) | Self::Placeholder(at) | Self::Adjacent(at) | Self::Repeated(at) => {
                Some(at)
            }
        }
    }
}

/// An invalid name template.
#[derive(Clone, PartialEq, Eq)]
pub struct NameError {
    /// What is wrong with it.
    pub fault: Fault,
    template: String,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.fault.message())?;
        match (self.fault, self.fault.offset()) {
            (Fault::TooLong(len), _) => write!(f, "; this one can have {len} or more"),
            (_, Some(at)) => match self.template[at..].chars().next() {
                Some(found) => write!(f, ": {found:?} at byte {at}"),
                None => write!(f, ", at its end"),
            },
            _ => Ok(()),
        }
    }
}

impl std::error::Error for NameError {}

/// A part of a [`Template`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Segment<'a> {
    /// Literal text.
    Literal(&'a str),
    /// A placeholder, by its name.
    Placeholder(&'a str),
}

/// The name of a secret, or the name template of a family: `gmail/user/{user_id}`.
///
/// Only valid templates can be built, and all members of a valid template have valid names, because placeholders are
/// filled with [`Key`](super::Key)s, whose length is bounded.
///
/// ```
/// use driftless_model::Template;
///
/// let template = Template::parse("gmail/user/{user_id}")?;
/// assert!(template.is_family());
/// assert!(Template::parse("gmail user").is_err());
/// # Ok::<(), driftless_model::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Template(Cow<'static, str>);

impl Template {
    /// A template from a literal, checked at compile time if used in a `const`.
    ///
    /// # Panics
    ///
    /// Panics with the fault's message; in a `const`, this is a compile error.
    #[must_use]
    #[track_caller]
    pub const fn new(template: &'static str) -> Self {
        match find_fault(template.as_bytes()) {
            None => Self(Cow::Borrowed(template)),
            Some(fault) => panic!("{}", fault.message()),
        }
    }

    /// Like [`Template::new`], and also checks that the placeholders are the fields of a type, in the same order.
    ///
    /// # Panics
    ///
    /// If the template is not valid, or its placeholders are not the given fields; in a `const`, this is a compile
    /// error.
    #[must_use]
    #[track_caller]
    pub const fn with_fields(template: &'static str, fields: &[&str]) -> Self {
        let checked = Self::new(template);
        assert!(
            has_placeholders(template.as_bytes(), fields),
            "the placeholders in a secret's name are not the fields of its type, in the same order"
        );
        checked
    }

    /// A template read from outside.
    ///
    /// # Errors
    ///
    /// The first [`Fault`] from the left.
    ///
    /// ```
    /// use driftless_model::Template;
    ///
    /// assert!(Template::parse("shop/{shop_id}/login").is_ok());
    /// assert!(Template::parse("not a name").is_err());
    /// ```
    pub fn parse(template: &str) -> Result<Self, NameError> {
        match find_fault(template.as_bytes()) {
            None => Ok(Self(Cow::Owned(template.to_owned()))),
            Some(fault) => Err(NameError { fault, template: template.to_owned() }),
        }
    }

    /// The template as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it has a placeholder, and therefore names many secrets.
    ///
    /// ```
    /// use driftless_model::Template;
    ///
    /// assert!(Template::new("shop/{shop_id}").is_family());
    /// assert!(!Template::new("payment-key").is_family());
    /// ```
    #[must_use]
    pub fn is_family(&self) -> bool {
        self.0.contains('{')
    }

    /// Its literal and placeholder segments, from left to right.
    ///
    /// ```
    /// use driftless_model::{Segment, Template};
    ///
    /// let template = Template::new("shop/{shop_id}/login");
    /// let segments: Vec<Segment<'_>> = template.segments().collect();
    /// assert_eq!(segments, [Segment::Literal("shop/"), Segment::Placeholder("shop_id"), Segment::Literal("/login")]);
    /// ```
    pub fn segments(&self) -> impl Iterator<Item = Segment<'_>> {
        // In a valid template the pieces between braces alternate: text, placeholder, text, …
        self.0.split(['{', '}']).enumerate().filter_map(|(index, piece)| match (index % 2, piece) {
            (0, "") => None,
            (0, text) => Some(Segment::Literal(text)),
            (_, name) => Some(Segment::Placeholder(name)),
        })
    }

    /// The text before the first placeholder.
    ///
    /// ```
    /// assert_eq!(driftless_model::Template::new("shop/{shop_id}/login").literal_prefix(), "shop/");
    /// ```
    #[must_use]
    pub fn literal_prefix(&self) -> &str {
        self.0.split('{').next().unwrap_or_default()
    }

    /// The text after the last placeholder.
    ///
    /// ```
    /// assert_eq!(driftless_model::Template::new("shop/{shop_id}/login").literal_suffix(), "/login");
    /// ```
    #[must_use]
    pub fn literal_suffix(&self) -> &str {
        self.0.rsplit('}').next().unwrap_or_default()
    }

    /// The same names after a prefix, which must be valid. They can exceed the length limit of a template.
    #[must_use]
    pub(super) fn under(&self, prefix: &str) -> Self {
        Self(Cow::Owned(format!("{prefix}{self}")))
    }

    /// The maximum length of one of its names, in characters.
    #[must_use]
    pub(super) fn longest(&self) -> usize {
        let longest = |segment| match segment {
            Segment::Literal(text) => str::len(text),
            Segment::Placeholder(_) => MAX_KEY_LEN,
        };
        self.segments().map(longest).sum()
    }

    /// The name of one member, with each placeholder replaced by the key at its position.
    ///
    /// # Panics
    ///
    /// If there are fewer keys than placeholders. Types that a spec declares always pass the right number.
    ///
    /// ```
    /// assert_eq!(driftless_model::Template::new("shop/{shop_id}/login").member(&["berlin"]), "shop/berlin/login");
    /// ```
    #[must_use]
    pub fn member(&self, keys: &[&str]) -> String {
        let mut keys = keys.iter();
        self.segments()
            .map(|segment| match segment {
                Segment::Literal(text) => text,
                Segment::Placeholder(name) => {
                    keys.next().unwrap_or_else(|| panic!("no key for the placeholder `{name}`"))
                }
            })
            .collect()
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first fault of a template. Loops with `while` over bytes, because it runs at compile time.
const fn find_fault(template: &[u8]) -> Option<Fault> {
    if template.is_empty() {
        return Some(Fault::Empty);
    }
    let mut longest = 0;
    let mut previous_end = None;
    let mut at = 0;
    // Stops at the length limit: the result no longer changes, and the search for repeated placeholders is quadratic.
    while at < template.len() && longest <= MAX_NAME_LEN {
        if template[at] == b'{' {
            let end = placeholder_end(template, at);
            if end == template.len() {
                return Some(Fault::Brace(at));
            }
            if !is_snake_case(template, at + 1, end) {
                return Some(Fault::Placeholder(at + 1));
            }
            if let Some(previous) = previous_end
                && previous == at
            {
                return Some(Fault::Adjacent(at));
            }
            if is_repeated(template, at, end) {
                return Some(Fault::Repeated(at));
            }
            longest += MAX_KEY_LEN;
            at = end + 1;
            previous_end = Some(at);
        } else if template[at] == b'}' {
            return Some(Fault::Brace(at));
        } else if is_name_byte(template[at]) {
            longest += 1;
            at += 1;
        } else {
            return Some(Fault::Character(at));
        }
    }
    if longest > MAX_NAME_LEN { Some(Fault::TooLong(longest)) } else { None }
}

/// The offset of the `}` that closes the `{` at `open`, or the template's length.
const fn placeholder_end(template: &[u8], open: usize) -> usize {
    let mut at = open + 1;
    while at < template.len() && template[at] != b'}' && template[at] != b'{' {
        at += 1;
    }
    if at < template.len() && template[at] == b'{' { template.len() } else { at }
}

const fn is_snake_case(template: &[u8], start: usize, end: usize) -> bool {
    if start == end || !template[start].is_ascii_lowercase() {
        return false;
    }
    let mut at = start;
    while at < end {
        if !(template[at].is_ascii_lowercase() || template[at].is_ascii_digit() || template[at] == b'_') {
            return false;
        }
        at += 1;
    }
    true
}

/// Whether the placeholder at `open..=end` also occurs earlier in the template.
const fn is_repeated(template: &[u8], open: usize, end: usize) -> bool {
    let len = end - open + 1;
    let mut start = 0;
    while start + len <= open {
        let mut same = 0;
        while same < len && template[start + same] == template[open + same] {
            same += 1;
        }
        if same == len {
            return true;
        }
        start += 1;
    }
    false
}

/// Whether a valid template's placeholders are exactly these, in this order.
const fn has_placeholders(template: &[u8], fields: &[&str]) -> bool {
    let mut field = 0;
    let mut at = 0;
    while at < template.len() {
        if template[at] == b'{' {
            let end = placeholder_end(template, at);
            if field == fields.len() || !is_text(template, at + 1, end, fields[field].as_bytes()) {
                return false;
            }
            field += 1;
            at = end;
        }
        at += 1;
    }
    field == fields.len()
}

const fn is_text(template: &[u8], start: usize, end: usize, text: &[u8]) -> bool {
    if end - start != text.len() {
        return false;
    }
    let mut at = 0;
    while at < text.len() {
        if template[start + at] != text[at] {
            return false;
        }
        at += 1;
    }
    true
}
