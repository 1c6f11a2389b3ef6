//! Matches concrete names against a template.

use super::key::{MAX_KEY_LEN, is_key_byte};
use super::name::{Segment, Template};

impl Template {
    /// Whether this is the secret's name or, for a family, the name of a member: the template with a valid key in each
    /// placeholder. The answer is exact.
    ///
    /// ```
    /// use driftless_model::Template;
    ///
    /// let family = Template::parse("shops/{shop}/login")?;
    /// assert!(family.gives("shops/7/login"));
    /// assert!(!family.gives("shops/7/login-old") && !family.gives("shops/7/8/login"));
    /// # Ok::<(), driftless_model::NameError>(())
    /// ```
    #[must_use]
    pub fn gives(&self, name: &str) -> bool {
        // The offsets at which the segments so far can end: more than one if a key can also contain the text that
        // follows it.
        let mut ends = vec![0];
        for segment in self.segments() {
            let next = ends.iter().flat_map(|start| ends_of(segment, name.as_bytes(), *start));
            ends = next.collect();
            ends.sort_unstable();
            ends.dedup();
        }
        ends.last() == Some(&name.len())
    }
}

/// The offsets at which a segment can end that starts at `start`.
fn ends_of(segment: Segment<'_>, name: &[u8], start: usize) -> Vec<usize> {
    let rest = &name[start..];
    match segment {
        Segment::Literal(text) if rest.starts_with(text.as_bytes()) => vec![start + text.len()],
        Segment::Literal(_) => Vec::new(),
        Segment::Placeholder(_) => {
            let key = rest.iter().take(MAX_KEY_LEN).take_while(|byte| is_key_byte(**byte)).count();
            (start + 1..=start + key).collect()
        }
    }
}
