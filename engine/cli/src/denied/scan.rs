//! Searches a [plain](super::plain) text for phrases and words, wherever its lines are wrapped.

use super::marks::{FULL, separates};

/// A text, and a copy in lower case without separators, in which phrases are found however they are wrapped.
pub struct Scan {
    text: String,
    squeezed: String,
    /// For each byte of `squeezed`, and for its end, the position in `text`.
    places: Vec<usize>,
}

/// A word that starts at or after a given position.
#[derive(Debug, PartialEq, Eq)]
pub struct ScannedWord {
    pub text: String,
    /// The end position in the text.
    pub end: usize,
    /// Whether the word is known to end there, and does not continue on the next line.
    pub is_certain: bool,
}

impl Scan {
    pub fn new(text: String) -> Self {
        let (mut squeezed, mut places) = (String::with_capacity(text.len()), Vec::with_capacity(text.len() + 1));
        for (place, char) in text.char_indices().filter(|(_, char)| !separates(*char)) {
            let small = char.to_ascii_lowercase();
            squeezed.push(small);
            places.extend((0..small.len_utf8()).map(|_| place));
        }
        places.push(text.len());
        Self { text, squeezed, places }
    }

    /// The text between two positions.
    pub fn slice(&self, from: usize, to: usize) -> &str {
        &self.text[from..to]
    }

    /// The same, with both positions rounded down to character boundaries.
    pub fn around(&self, from: usize, to: usize) -> &str {
        let near = |place: usize| (0..=place.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at));
        let (from, to) = (near(from).unwrap_or_default(), near(to).unwrap_or_default());
        &self.text[from..to.max(from)]
    }

    pub const fn len(&self) -> usize {
        self.text.len()
    }

    /// The start and end of every occurrence of a phrase, given in the form of `squeezed`.
    pub fn all<'a>(&'a self, phrase: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
        self.squeezed.match_indices(phrase).map(|(at, _)| (self.places[at], self.after(at + phrase.len())))
    }

    /// The end of the phrase, if it directly follows a position.
    pub fn next(&self, from: usize, phrase: &str) -> Option<usize> {
        let at = self.squeezed_place(from);
        self.squeezed[at..].starts_with(phrase).then(|| self.after(at + phrase.len()))
    }

    /// The text after a position without separators, at most `most` bytes.
    pub fn ahead(&self, from: usize, most: usize) -> &str {
        let at = self.squeezed_place(from);
        let mut end = self.squeezed.len().min(at + most);
        while !self.squeezed.is_char_boundary(end) {
            end -= 1;
        }
        &self.squeezed[at..end]
    }

    /// The position in the text that is `bytes` bytes of [`Scan::ahead`] after `from`.
    pub fn skip(&self, from: usize, bytes: usize) -> usize {
        self.after(self.squeezed_place(from) + bytes)
    }

    fn squeezed_place(&self, from: usize) -> usize {
        self.places.partition_point(|place| *place < from)
    }

    /// The position directly after the character that ends at this byte of `squeezed`.
    fn after(&self, squeezed: usize) -> usize {
        let Some(last) = squeezed.checked_sub(1) else { return 0 };
        let place = self.places[last];
        place + self.text[place..].chars().next().map_or(0, char::len_utf8)
    }

    /// Reads the next word. A line break may be the end of the word or the middle of a wrapped one. The end is certain
    /// if one of `phrases` or a delimiter follows, or if `is_whole` accepts the word.
    pub fn word(
        &self,
        from: usize,
        belongs: fn(char) -> bool,
        phrases: &[&str],
        is_whole: impl Fn(&str) -> bool,
    ) -> ScannedWord {
        let start = from + self.text[from..].len() - self.text[from..].trim_start_matches(separates).len();
        let mut word = String::new();
        // Candidates for the end of the word: length, position in the text, and the separator that follows.
        let mut ends: Vec<(usize, usize, char)> = Vec::new();
        let is_ahead = |place: usize| phrases.iter().any(|phrase| self.next(place, phrase).is_some());
        let mut stop = self.text.len();
        for (offset, char) in self.text[start..].char_indices() {
            let place = start + offset;
            if char != ' ' && separates(char) {
                if is_ahead(place) {
                    return ScannedWord { text: word, end: place, is_certain: true };
                }
                ends.push((word.len(), place, char));
            } else if char == ' ' || !belongs(char) || self.text[place..].starts_with("</") {
                stop = place;
                break;
            } else {
                word.push(char);
            }
        }
        ends.push((word.len(), stop, ' '));
        // Without a certain end, prefer the longest candidate that `is_whole` accepts, then the end of the text, then
        // the first line break that is not at the full width.
        let is_sure =
            ends.len() == 1 || is_ahead(stop) || self.text[stop..].starts_with(['"', '\'', '`', ',', ';', '<']);
        let whole = ends.iter().rev().find(|(length, ..)| is_whole(&word[..*length]));
        let full = ends.iter().find(|(_, _, mark)| *mark != FULL);
        let (end, is_certain) = match (is_sure, whole) {
            (true, _) => (ends.last(), true),
            (false, Some(whole)) => (Some(whole), true),
            (false, None) if stop == self.text.len() => (ends.last(), false),
            (false, None) => (full, false),
        };
        let (length, end, _) = *end.unwrap_or(&(word.len(), stop, ' '));
        word.truncate(length);
        ScannedWord { text: word, end, is_certain }
    }
}
