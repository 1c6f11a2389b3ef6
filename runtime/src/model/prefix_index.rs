//! Which texts of a list begin one another: the pairs of names that can meet, without looking at all pairs.

use std::ops::Range;

/// Texts in their sorted order, in which all texts that begin with one text follow it directly.
pub(super) struct PrefixIndex {
    /// For each place in the order the number of the text there.
    order: Vec<usize>,
    /// For each text the group of equal texts that it belongs to.
    group_of: Vec<usize>,
    groups: Vec<Group>,
}

/// Equal texts.
struct Group {
    /// Their places in the order.
    equal: Range<usize>,
    /// The places of these and of all longer texts that begin with them.
    longer: Range<usize>,
    /// The group of the next shorter text that begins these.
    shorter: Option<usize>,
}

impl PrefixIndex {
    pub(super) fn new(texts: &[impl AsRef<str>]) -> Self {
        let text = |number: usize| texts[number].as_ref();
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|number| text(*number));
        let mut groups: Vec<Group> = Vec::new();
        let mut group_of = vec![0; texts.len()];
        // The groups that begin the text at hand, the shortest first.
        let mut open: Vec<usize> = Vec::new();
        for (place, number) in order.iter().enumerate() {
            while let Some(last) =
                open.pop_if(|last| !text(*number).starts_with(text(order[groups[*last].equal.start])))
            {
                groups[last].longer.end = place;
            }
            match open.last() {
                Some(last) if text(order[groups[*last].equal.start]) == text(*number) => groups[*last].equal.end += 1,
                shorter => {
                    groups.push(Group {
                        equal: place..place + 1,
                        longer: place..texts.len(),
                        shorter: shorter.copied(),
                    });
                    open.push(groups.len() - 1);
                }
            }
            group_of[*number] = groups.len() - 1;
        }
        Self { order, group_of, groups }
    }

    /// The numbers of the texts that begin the text of this number, are equal to it, or begin with it; itself too.
    pub(super) fn related(&self, number: usize) -> impl Iterator<Item = usize> + Clone + '_ {
        let group = &self.groups[self.group_of[number]];
        let shorter = std::iter::successors(group.shorter, |shorter| self.groups[*shorter].shorter);
        let shorter = shorter.flat_map(|group| self.groups[group].equal.clone());
        shorter.chain(group.longer.clone()).map(|place| self.order[place])
    }
}

#[cfg(test)]
mod tests {
    use super::PrefixIndex;

    #[test]
    fn related_texts_are_those_of_which_one_begins_the_other() {
        let texts = ["b", "", "ab", "a", "abc", "ab", "b", "ac", "abd", "c", "a"];
        let index = PrefixIndex::new(&texts);
        for (number, text) in texts.iter().enumerate() {
            let mut found: Vec<usize> = index.related(number).collect();
            found.sort_unstable();
            let expected: Vec<usize> = (0..texts.len())
                .filter(|other| texts[*other].starts_with(text) || text.starts_with(texts[*other]))
                .collect();
            assert_eq!(found, expected, "{text:?}");
        }
        assert_eq!(PrefixIndex::new(&[""; 0]).groups.len(), 0);
    }
}
