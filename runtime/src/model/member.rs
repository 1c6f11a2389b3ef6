//! Whether a name that was found is one that a template gives.

use super::key::{MAX_KEY_LEN, is_key_byte};
use super::name::{Segment, Template};

impl Template {
    /// Whether this is the secret's name, or that of a member of the family: some keys in place of the placeholders give
    /// it. Exact.
    ///
    /// ```
    /// use paypulse_runtime::model::Template;
    ///
    /// let family = Template::parse("shops/{shop}/login")?;
    /// assert!(family.gives("shops/7/login"));
    /// assert!(!family.gives("shops/7/login-old") && !family.gives("shops/7/8/login"));
    /// # Ok::<(), paypulse_runtime::model::NameError>(())
    /// ```
    #[must_use]
    pub fn gives(&self, name: &str) -> bool {
        // The offsets at which the segments so far can end: several, where a key can hold the text that follows it.
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

/// Where a segment that starts at an offset can end.
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
