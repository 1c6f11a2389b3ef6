//! Follows a paginated list to its end, or to a point at which the server must be wrong.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use super::error::Error;
use crate::audit::Look;

/// Maximum number of consecutive empty pages: a filtered list has some, but a list of only empty pages does not end.
const MAX_EMPTY: u32 = 1_000;
/// Ten times the number of pages that the maximum number of secrets fills, with a hundred secrets per page.
const MAX_PAGES: usize = 50_000;

/// Progress in a list.
pub(super) struct Pages {
    call: Look,
    /// Hashes of the tokens seen so far: tokens can be long, and are only compared.
    seen: HashSet<u64>,
    hasher: RandomState,
    empty: u32,
}

impl Pages {
    pub(super) fn of(call: Look) -> Self {
        Self { call, seen: HashSet::new(), hasher: RandomState::new(), empty: 0 }
    }

    /// Records a page and the token of the next one. Returns `None` after the last page.
    ///
    /// # Errors
    ///
    /// If the list does not end: a token is repeated, or there are too many pages.
    pub(super) fn next(&mut self, entries: usize, token: Option<&str>) -> Result<Option<String>, Error> {
        let Some(token) = token.filter(|token| !token.is_empty()) else { return Ok(None) };
        self.empty = if entries == 0 { self.empty + 1 } else { 0 };
        let is_new = self.seen.insert(self.hasher.hash_one(token));
        if !is_new || self.empty == MAX_EMPTY || self.seen.len() == MAX_PAGES {
            return Err(Error::Malformed { call: self.call, what: "its list has no end" });
        }
        Ok(Some(token.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pages: &[(usize, &str)]) -> Result<Option<String>, String> {
        let mut list = Pages::of(Look::ListSecrets);
        let mut next = Ok(None);
        for (entries, token) in pages {
            next = list.next(*entries, Some(*token)).map_err(|error| error.to_string());
        }
        next
    }

    #[test]
    fn a_list_ends_where_no_token_is() {
        assert_eq!(read(&[(1, "a"), (0, "b"), (1, "")]), Ok(None));
        assert!(Pages::of(Look::ListSecrets).next(1, None).is_ok_and(|next| next.is_none()));
        assert_eq!(read(&[(1, "a"), (0, "b")]), Ok(Some("b".into())));
    }

    #[test]
    fn a_list_without_an_end_is_an_error() {
        let expected = Err("ListSecrets returned a malformed response: its list has no end".to_owned());
        assert_eq!(read(&[(1, "a"), (1, "a")]), expected);
        assert_eq!(read(&[(1, "a"), (1, "b"), (1, "c"), (1, "a")]), expected);
        let tokens: Vec<String> = (0..MAX_PAGES).map(|number| number.to_string()).collect();
        let with = |entries| tokens.iter().map(|token| (entries, token.as_str())).collect::<Vec<_>>();
        assert_eq!(read(&with(1)), expected);
        assert_eq!(read(&with(1)[1..]).map(|next| next.is_some()), Ok(true));
        assert_eq!(read(&with(0)[..1_000]), expected);
        assert_eq!(read(&with(0)[..999]).map(|next| next.is_some()), Ok(true));
    }
}
