//! The search for invoice messages, configured by variables that PayPulse's functions already use, `EMAIL_SENDER` and
//! `EMAIL_SUBJECT`, or by a complete Gmail search in `GMAIL_QUERY`.

/// The landlord of PayPulse's users.
const SENDER: &str = "kundservice@wallenstam.se";
const SUBJECT: &str = "hyresavi";
/// The maximum length of a search, which is sent as a part of the URL.
const MAX_QUERY: usize = 1024;

/// A Gmail search, and a filter for the messages that it finds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// The search in Gmail's syntax.
    pub query: String,
    /// The complete subject, in lower case. Gmail also finds messages that only contain it in their subject.
    subject: Option<String>,
}

/// The value of a variable is not a valid search.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` must have 1 to {MAX_QUERY} characters, and no `\"` unless it is `GMAIL_QUERY`")]
pub struct BadSearch(&'static str);

impl Search {
    /// The search that the environment configures.
    ///
    /// # Errors
    ///
    /// [`BadSearch`].
    pub fn from_env() -> Result<Self, BadSearch> {
        Self::of(&|name| std::env::var(name).ok())
    }

    fn of(variables: &dyn Fn(&str) -> Option<String>) -> Result<Self, BadSearch> {
        let read = |name: &'static str| match variables(name) {
            Some(value) if !(1..=MAX_QUERY).contains(&value.trim().len()) => Err(BadSearch(name)),
            value => Ok(value.map(|value| value.trim().to_owned())),
        };
        if let Some(query) = read("GMAIL_QUERY")? {
            return Ok(Self { query, subject: None });
        }
        let part = |name, default: &str| match read(name)? {
            Some(value) if value.contains('"') => Err(BadSearch(name)),
            value => Ok(value.unwrap_or_else(|| default.to_owned())),
        };
        let (sender, subject) = (part("EMAIL_SENDER", SENDER)?, part("EMAIL_SUBJECT", SUBJECT)?);
        Ok(Self { query: format!("from:{sender} subject:\"{subject}\""), subject: Some(subject.to_lowercase()) })
    }

    /// Whether a message with this subject matches.
    pub fn takes(&self, subject: &str) -> bool {
        self.subject.as_ref().is_none_or(|wanted| *wanted == subject.trim().to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::{BadSearch, Search};

    fn of(set: &[(&str, &str)]) -> Result<Search, BadSearch> {
        Search::of(&|name| set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn a_search_is_that_of_the_python_functions_or_a_whole_one() {
        let default = of(&[]).expect("a search");
        assert_eq!(default.query, r#"from:kundservice@wallenstam.se subject:"hyresavi""#);
        assert!(default.takes(" Hyresavi ") && !default.takes("Re: Hyresavi") && !default.takes(""));
        let own = of(&[("EMAIL_SENDER", "a@example.com"), ("EMAIL_SUBJECT", "Räkning")]).expect("a search");
        assert_eq!((own.query.as_str(), own.takes("RÄKNING")), (r#"from:a@example.com subject:"Räkning""#, true));
        let whole = of(&[("GMAIL_QUERY", "subject:invoice"), ("EMAIL_SENDER", "\"")]).expect("a search");
        assert!(whole.query == "subject:invoice" && whole.takes("anything"));
    }

    #[test]
    fn err_an_empty_or_endless_variable_and_one_that_leaves_its_quotes() {
        for (name, value) in [
            ("GMAIL_QUERY", " ".to_owned()),
            ("GMAIL_QUERY", "a".repeat(1025)),
            ("EMAIL_SENDER", String::new()),
            ("EMAIL_SUBJECT", "a\" OR \"b".to_owned()),
        ] {
            assert_eq!(of(&[(name, &value)]), Err(BadSearch(name)), "{value}");
        }
    }
}
