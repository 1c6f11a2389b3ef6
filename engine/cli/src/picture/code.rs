//! Code in a cell of a Markdown table.

use driftless_model::is_printed;

/// Formats a text as code in a table cell.
#[must_use]
pub fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', " ").replace(|char| !is_printed(char), " ").replace('|', "\\|"))
}
