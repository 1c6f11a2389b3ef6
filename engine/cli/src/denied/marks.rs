//! Characters that mark places in a text while it is normalized.

/// The end of a line.
pub const BREAK: char = '\n';

/// The end of a line that has the width at which the text is wrapped.
pub const FULL: char = '\u{1}';

/// A position where something was removed.
pub const GONE: char = '\u{2}';

/// Whether the character separates words, or may do so.
pub const fn separates(char: char) -> bool {
    matches!(char, ' ' | BREAK | FULL)
}
