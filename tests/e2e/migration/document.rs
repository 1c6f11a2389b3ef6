//! The commands, files and results of docs/migration.md.

use std::collections::BTreeSet;

/// A fenced block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The number of its step, or the heading that it is under.
    step: String,
    is_undo: bool,
    pub language: String,
    pub text: String,
}

impl Block {
    /// The command lines, those that go on behind a `\` as one.
    pub fn lines(&self) -> Vec<String> {
        self.text.replace("\\\n", " ").lines().map(str::to_owned).collect()
    }
}

pub struct Document {
    pub text: String,
    blocks: Vec<Block>,
}

impl Document {
    pub fn parse(text: &str) -> Self {
        let (mut step, mut is_undo, mut blocks) = (String::new(), false, Vec::new());
        let mut open: Option<Block> = None;
        for line in text.lines() {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(language)) => {
                    let language = language.to_owned();
                    open = Some(Block { step: step.clone(), is_undo, language, text: String::new() });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(block), None) => block.text = format!("{}{line}\n", block.text),
                (None, None) if line.starts_with('#') => {
                    let heading = line.trim_start_matches(['#', ' ']);
                    heading.split_once(". ").map_or(heading, |(number, _)| number).clone_into(&mut step);
                    is_undo = false;
                }
                (None, None) => is_undo |= line.starts_with("Undo:"),
            }
        }
        Self { text: text.to_owned(), blocks }
    }

    /// The blocks of a step, on the way there or back, each with its place.
    pub fn of(&self, step: &str, is_undo: bool) -> impl Iterator<Item = (usize, &Block)> {
        self.blocks.iter().enumerate().filter(move |(_, block)| block.step == step && block.is_undo == is_undo)
    }

    /// The blocks with commands that are not among these.
    pub fn left(&self, done: &BTreeSet<usize>) -> impl Iterator<Item = &Block> {
        let left = self.blocks.iter().enumerate().filter(|(at, block)| block.language == "sh" && !done.contains(at));
        left.map(|(_, block)| block)
    }
}
