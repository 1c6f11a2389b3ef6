//! Describes the facts of a denial in words.

use driftless_model::{HandlerSpec, Verb, shown};

use super::caller::Caller;
use super::denial::Denial;
use super::principal::Principal;
use super::reason::Reason;
use super::resource::DeniedResource;
use super::runs::SessionService;
use super::verdict::Explanation;
use crate::output::one_line;

impl Explanation<'_> {
    /// The facts, each with a label.
    #[must_use]
    pub fn facts(&self, denial: &Denial) -> Vec<(&'static str, String)> {
        let mut facts = vec![("caller", self.caller_in_words())];
        facts.extend(self.purpose().map(|purpose| ("purpose", one_line(purpose).into_owned())));
        facts.extend(self.session_in_words(denial).map(|words| ("session", words)));
        facts.push(("denied", format!("{}{}", action(denial), on(&denial.resource))));
        facts.extend(denial.policy.as_deref().map(|arn| ("policy", shown(arn))));
        if let Some(secret) = self.secret {
            let what = if secret.name.is_family() { "of the family" } else { "which is" };
            facts.push(("secret", format!("{what} {} ({})", shown(&secret.id), shown(secret.name.as_str()))));
        }
        if !self.verbs.is_empty() {
            facts.push(("verbs", format!("{} {} that call", words(&self.verbs), makes(&self.verbs))));
        }
        if let Some(handler) = self.caller.handler() {
            facts.extend(self.shared_role(handler).map(|words| ("role", words)));
        }
        if let (Some(handler), false) = (self.caller.handler(), self.verbs.is_empty()) {
            let granted = if self.granted.is_empty() { "nothing".to_owned() } else { words(&self.granted) };
            let on = self.secret.map_or("in all".to_owned(), |secret| format!("on {}", shown(&secret.id)));
            let reason = self.reason().map(|reason| format!(": {}", one_line(reason))).unwrap_or_default();
            facts.push(("granted", format!("{} has {granted} {on}{reason}", shown(&handler.id))));
        }
        facts
    }

    /// The purpose of the handler that called, if the spec says it.
    #[must_use]
    pub fn purpose(&self) -> Option<&str> {
        self.caller.handler().map(|handler| handler.description.as_str()).filter(|purpose| !purpose.is_empty())
    }

    /// Why the handler is granted something on the secret, if the spec says it.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        let (handler, secret) = (self.caller.handler()?, self.secret?);
        let grant = handler.grants.iter().find(|grant| grant.secret == secret.id)?;
        Some(grant.reason.as_str()).filter(|reason| !reason.is_empty())
    }

    /// States that other functions share the role, if they do.
    fn shared_role(&self, handler: &HandlerSpec) -> Option<String> {
        let others: Vec<String> = self.others.iter().filter(|it| it.id != handler.id).map(|it| shown(&it.id)).collect();
        let tied = self.others.iter().any(|it| it.options.source_function);
        let but = if tied { ", except those that are tied to one function" } else { "" };
        let them = others.join(", ");
        (!others.is_empty()).then(|| format!("{them} run under it too, so each has the grants of all of them{but}"))
    }

    /// What the name of the session says about the program that called.
    fn session_in_words(&self, denial: &Denial) -> Option<String> {
        let Principal::Session { session, .. } = &denial.principal else { return None };
        SessionService::of(session).in_words(session, self.caller.handler()?)
    }

    fn caller_in_words(&self) -> String {
        match &self.caller {
            Caller::Handler { handler, role } if handler.created_role().unwrap_or(&handler.name) == role => {
                format!("{}, under its own role {}", shown(&handler.id), shown(role))
            }
            Caller::Handler { handler, role } => format!("{}, under the role {}", shown(&handler.id), shown(role)),
            Caller::Misplaced { handler, role } => {
                format!("{}, under the role {}, which is not its own", shown(&handler.id), shown(role))
            }
            Caller::OtherRole { role, .. } => format!("the role {}, which is of no handler", shown(role)),
            Caller::Function(handler) => format!("{}, under a role that the message does not name", shown(&handler.id)),
            Caller::Other(who) => format!("{}, which is not a role", shown(who)),
            Caller::Masked { likely: Some(handler) } => {
                format!(
                    "the message does not say who: the role's name is masked; the session's is that of {}",
                    shown(&handler.id)
                )
            }
            Caller::Masked { likely: None } => "the message does not say who: the name is masked".to_owned(),
            Caller::Unsaid => "the message does not say who".to_owned(),
        }
    }
}

fn action(denial: &Denial) -> String {
    match (&denial.action, &denial.client, &denial.encoded) {
        (Some(action), ..) => shown(action),
        (None, Some(client), _) => format!("the verb {} on {}", shown(&client.verb), shown(&client.secret)),
        (None, None, Some(_)) => "what the encoded message says".to_owned(),
        (None, None, None) if denial.resource == DeniedResource::Unsaid && denial.reason == Reason::Unsaid => {
            "the message does not say what".to_owned()
        }
        (None, None, None) => "the use of a key".to_owned(),
    }
}

fn on(resource: &DeniedResource) -> String {
    match resource {
        DeniedResource::Whole(name) => format!(" on {}", shown(name)),
        DeniedResource::Last(name) => format!(" on {}, if that is the whole name", shown(name)),
        DeniedResource::Cut(name) => format!(" on {}, which is cut off", shown(name)),
        DeniedResource::Masked(name) => format!(" on {}, which is masked", shown(name)),
        DeniedResource::Unsaid => String::new(),
    }
}

fn words(verbs: &[Verb]) -> String {
    verbs
        .iter()
        .map(|verb| format!("`{verb}`{}", if verb.is_temporary() { " (temporary)" } else { "" }))
        .collect::<Vec<_>>()
        .join(", ")
}

const fn makes(verbs: &[Verb]) -> &'static str {
    if verbs.len() == 1 { "makes" } else { "make" }
}
