//! The HTML page: one file with its style, script and data, which makes no network requests.

use std::hash::{DefaultHasher, Hasher};

use driftless_model::Verb;

use super::json::AccessReport;
use super::{Picture, ShownPolicies};

use crate::program;

const HTML: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
/// In dependency order: later files use declarations of earlier ones.
const SCRIPTS: [&str; 6] = [
    include_str!("data.js"),
    include_str!("matrix.js"),
    include_str!("list.js"),
    include_str!("graph.js"),
    include_str!("details.js"),
    include_str!("page.js"),
];

/// The page as HTML.
///
/// # Panics
///
/// Never: the data consists of strings, numbers and lists.
#[must_use]
pub fn page(picture: &Picture<'_>, policies: &ShownPolicies) -> String {
    let data = serde_json::to_string(&AccessReport::of(picture, policies));
    let data = in_script(&data.expect("it is made of texts, numbers and lists"));
    let nonce = nonce(&data);
    let mut text = String::with_capacity(HTML.len() + STYLE.len() + data.len());
    // Inserted text is not searched for placeholders, whatever it contains.
    for (number, part) in HTML.split("{{").enumerate() {
        match part.split_once("}}") {
            Some((name, rest)) if number > 0 => {
                match name {
                    "nonce" => text.push_str(&nonce),
                    "program" => text.push_str(program::name()),
                    "style" => text.push_str(STYLE),
                    "data" => text.push_str(&data),
                    "script" => {
                        text.push_str(&effects());
                        text.extend(SCRIPTS);
                    }
                    _ => unreachable!("the template has no other parts"),
                }
                text.push_str(rest);
            }
            _ => text.push_str(part),
        }
    }
    text
}

/// The effect of each verb, in the order of the verbs, as a constant of the script.
fn effects() -> String {
    let rows: Vec<String> = Verb::ALL.map(|verb| format!("{}: \"{}\"", verb.name(), verb.effect().word())).into();
    format!("const EFFECTS = {{ {} }};\n", rows.join(", "))
}

/// Escapes JSON so that it cannot end the script element: the first character of `</script>` and `<!--` is written as
/// a Unicode escape.
///
/// Source: [restrictions for contents of script elements][script].
///
/// [script]: https://html.spec.whatwg.org/multipage/scripting.html#restrictions-for-contents-of-script-elements
fn in_script(json: &str) -> String {
    json.replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// The nonce of the content security policy. The data cannot contain it, because it is a hash of the data.
fn nonce(data: &str) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(data.as_bytes());
    format!("{:016x}", hasher.finish())
}
