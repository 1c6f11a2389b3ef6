//! Renders a shape as an example value to fill in.

use super::{Field, PayloadShape, Presence, Shape};
use crate::hcl::quote;

impl PayloadShape {
    /// The lines of an example value. Optional parts are commented out.
    #[must_use]
    pub fn example(&self) -> String {
        example(&self.shape, 0)
    }
}

fn example(shape: &Shape, depth: usize) -> String {
    match shape {
        Shape::Text(_) => "\"\"".to_owned(),
        Shape::Choice(words) => quote(words.first().map_or("", String::as_str)),
        Shape::Bool => "false".to_owned(),
        Shape::Number(_) => "0".to_owned(),
        Shape::List { item, .. } => format!("[{}]", example(item, depth)),
        Shape::Map { value, .. } => format!("{{ name = {} }}", example(value, depth)),
        Shape::Object(fields) if fields.is_empty() => "{}".to_owned(),
        Shape::Object(fields) => {
            let lines: String = fields.iter().map(|field| of_field(field, depth + 1)).collect();
            format!("{{\n{lines}{}}}", "  ".repeat(depth))
        }
    }
}

fn of_field(Field { name, shape, presence }: &Field, depth: usize) -> String {
    let indent = "  ".repeat(depth);
    let text = format!("{name} = {}", example(shape, depth));
    if *presence != Presence::Optional {
        return format!("{indent}{text}\n");
    }
    // Every line gets its own comment mark, at the indentation of the field.
    let lines = text.lines().map(|line| [&indent, "# ", line.strip_prefix(&indent).unwrap_or(line), "\n"].concat());
    lines.collect()
}
