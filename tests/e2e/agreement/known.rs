//! In what the stand-in differs from hashicorp/aws 5.100.0, and why.

/// One difference, or several of the same reason.
pub struct Known {
    /// A place, in which `*` is any text.
    pub place: &'static str,
    #[expect(dead_code, reason = "it is for people")]
    pub reason: &'static str,
}

impl Known {
    pub fn covers(&self, place: &str) -> bool {
        let mut rest = place;
        let mut parts = self.place.split('*');
        let Some(start) = parts.next().and_then(|first| rest.strip_prefix(first)) else { return false };
        rest = start;
        let parts: Vec<&str> = parts.collect();
        for (index, part) in parts.iter().enumerate() {
            if index + 1 == parts.len() {
                return rest.ends_with(part);
            }
            match rest.find(part) {
                Some(at) => rest = &rest[at + part.len()..],
                None => return false,
            }
        }
        rest.is_empty()
    }
}

pub const KNOWN: &[Known] = &[];
