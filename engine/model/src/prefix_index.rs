//! Index of strings that are prefixes of each other, to find related names without comparing all pairs.

use std::ops::Range;

/// The texts in sorted order. All texts that start with a given text follow it directly.
pub(super) struct PrefixIndex {
    /// The index of the text at each place of the order.
    order: Vec<usize>,
    /// The group of equal texts to which each text belongs.
    group_of: Vec<usize>,
    groups: Vec<Group>,
}

/// Equal texts.
struct Group {
    /// Their places in the order.
    equal: Range<usize>,
    /// The places of these texts and of all longer texts that start with them.
    longer: Range<usize>,
    /// The group of the longest shorter text that is a prefix of these.
    shorter: Option<usize>,
}

impl PrefixIndex {
    pub(super) fn new(texts: &[impl AsRef<str>]) -> Self {
        let text = |number: usize| texts[number].as_ref();
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|number| text(*number));
        let mut groups: Vec<Group> = Vec::new();
        let mut group_of = vec![0; texts.len()];
        // The groups that are prefixes of the current text, the shortest first.
        let mut open: Vec<usize> = Vec::new();
        for (place, number) in order.iter().enumerate() {
            // The texts are sorted: no later text starts with a group that is not a prefix of this text.
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

    /// The indices of the texts that are prefixes of this text, equal to it (the text itself included), or start with
    /// it.
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
