//! Phrases and words in a [plain](super::plain) text, wherever its lines are broken.

use super::plain::{FULL, separates};

/// A text, and the same in small letters without anything between words, in which phrases are found however they are wrapped.
pub struct Scan {
    text: String,
    squeezed: String,
    /// For each byte of `squeezed`, and for its end, where it is in `text`.
    places: Vec<usize>,
}

/// A word, from the place that was asked for.
#[derive(Debug, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    /// Where it ends in the text.
    pub end: usize,
    /// Whether it is known that it ends there, and does not go on in the next line.
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

    /// The text from one place to another.
    pub fn slice(&self, from: usize, to: usize) -> &str {
        &self.text[from..to]
    }

    /// The same, between the nearest places where characters begin.
    pub fn around(&self, from: usize, to: usize) -> &str {
        let near = |place: usize| (0..=place.min(self.text.len())).rev().find(|at| self.text.is_char_boundary(*at));
        let (from, to) = (near(from).unwrap_or_default(), near(to).unwrap_or_default());
        &self.text[from..to.max(from)]
    }

    pub const fn len(&self) -> usize {
        self.text.len()
    }

    /// Where a phrase begins and ends, each time that it is there. It is given as `squeezed` has it.
    pub fn all<'a>(&'a self, phrase: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
        self.squeezed.match_indices(phrase).map(|(at, _)| (self.places[at], self.after(at + phrase.len())))
    }

    /// Where the phrase ends, if it is the next thing from a place.
    pub fn next(&self, from: usize, phrase: &str) -> Option<usize> {
        let at = self.squeezed_place(from);
        self.squeezed[at..].starts_with(phrase).then(|| self.after(at + phrase.len()))
    }

    /// What comes next, without anything between words; at most `most` bytes.
    pub fn ahead(&self, from: usize, most: usize) -> &str {
        let at = self.squeezed_place(from);
        let mut end = self.squeezed.len().min(at + most);
        while !self.squeezed.is_char_boundary(end) {
            end -= 1;
        }
        &self.squeezed[at..end]
    }

    /// Where a number of bytes of [`Scan::ahead`] end in the text.
    pub fn skip(&self, from: usize, bytes: usize) -> usize {
        self.after(self.squeezed_place(from) + bytes)
    }

    fn squeezed_place(&self, from: usize) -> usize {
        self.places.partition_point(|place| *place < from)
    }

    /// Behind the character that ends at this byte of `squeezed`, before what separates it from the next.
    fn after(&self, squeezed: usize) -> usize {
        let Some(last) = squeezed.checked_sub(1) else { return 0 };
        let place = self.places[last];
        place + self.text[place..].chars().next().map_or(0, char::len_utf8)
    }

    /// The next word: characters that belong to it, over the ends of lines as far as they are in its middle. That is known
    /// where one of `phrases` or a sure end comes next, or `is_whole` says so.
    pub fn word(
        &self,
        from: usize,
        belongs: fn(char) -> bool,
        phrases: &[&str],
        is_whole: impl Fn(&str) -> bool,
    ) -> Word {
        let start = from + self.text[from..].len() - self.text[from..].trim_start_matches(separates).len();
        let mut word = String::new();
        // The ends of what it may be, each with the mark behind it.
        let mut ends: Vec<(usize, usize, char)> = Vec::new();
        let is_ahead = |place: usize| phrases.iter().any(|phrase| self.next(place, phrase).is_some());
        let mut stop = self.text.len();
        for (offset, char) in self.text[start..].char_indices() {
            let place = start + offset;
            if char != ' ' && separates(char) {
                if is_ahead(place) {
                    return Word { text: word, end: place, is_certain: true };
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
        Word { text: word, end, is_certain }
    }
}
