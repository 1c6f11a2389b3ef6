//! All policies of one identity, taken together.

use std::borrow::Cow;
use std::collections::HashMap;

use super::super::inventory::Identity;
use crate::iam::meaning::{Document, Effect, Pattern, Statement};

/// What an identity's policies say.
pub(super) struct Policies<'p> {
    /// Each statement with the name of its policy.
    pub(super) statements: Vec<(String, Cow<'p, Statement>)>,
    /// The policies that cannot be read, with the reason.
    pub(super) unread: Vec<(String, String)>,
    /// The statements of the boundary, if there is one.
    boundary: Option<&'p Document>,
}

impl<'p> Policies<'p> {
    /// The policies of an identity, but for AWS's own one that ends in `ignored`.
    pub(super) fn of(identity: &Identity, managed: &'p HashMap<String, Option<Document>>, ignored: &str) -> Self {
        let mut policies = Self { statements: Vec::new(), unread: Vec::new(), boundary: None };
        for document in &identity.inline {
            match Document::read(&document.text) {
                Ok(read) => {
                    let named = read.statements.into_iter().map(|it| (document.name.clone(), Cow::Owned(it)));
                    policies.statements.extend(named);
                }
                Err(error) => policies.unread.push((document.name.clone(), error.to_string())),
            }
        }
        for arn in identity.attached.iter().filter(|arn| !arn.ends_with(ignored)) {
            if let Some(document) = policies.managed(arn, managed) {
                let named = document.statements.iter().map(|it| (arn.clone(), Cow::Borrowed(it)));
                policies.statements.extend(named);
            }
        }
        if let Some(arn) = &identity.boundary {
            policies.boundary = policies.managed(arn, managed);
        }
        policies
    }

    fn managed(&mut self, arn: &str, managed: &'p HashMap<String, Option<Document>>) -> Option<&'p Document> {
        let document = managed.get(arn).and_then(Option::as_ref);
        if document.is_none() {
            self.unread.push((arn.to_owned(), "its document is not there, or cannot be read".into()));
        }
        document
    }

    /// The statements that allow, each with the name of its policy.
    pub(super) fn allowing(&self) -> impl Iterator<Item = (&str, &Statement)> {
        let all = self.statements.iter().map(|(name, statement)| (name.as_str(), statement.as_ref()));
        all.filter(|(_, statement)| statement.effect == Effect::Allow)
    }

    fn denying(&self) -> impl Iterator<Item = &Statement> {
        let own = self.statements.iter().map(|(_, statement)| statement.as_ref());
        own.chain(self.boundary.into_iter().flat_map(|it| &it.statements)).filter(|it| it.effect == Effect::Deny)
    }

    /// Whether an action on all of a pattern is surely kept out: by a denial, or by a boundary that does not let it through.
    pub(super) fn surely_keep_out(&self, action: &Pattern, resource: &Pattern) -> bool {
        let is_bounded = self.boundary.is_some_and(|boundary| {
            let mut allowing = boundary.statements.iter().filter(|it| it.effect == Effect::Allow);
            !allowing.any(|statement| statement.may_speak_of(action, resource))
        });
        is_bounded || self.denying().any(|statement| statement.surely_speaks_of(action, resource))
    }

    /// Whether an action on some of a pattern may be denied, though something allows it.
    pub(super) fn may_deny(&self, action: &Pattern, resource: &Pattern) -> bool {
        self.denying().any(|statement| statement.may_speak_of(action, resource))
    }
}
