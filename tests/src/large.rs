//! A spec of 200 handlers and 500 secrets, of which every handler uses 40.

use paypulse_runtime::model::{
    Grant, HandlerOptions, HandlerSpec, KmsKey, Owner, PayloadSpec, Role, SecretOptions, SecretSpec, Spec, Template,
    Verb,
};

/// How many handlers there are.
pub const HANDLERS: usize = 200;
/// How many secrets there are.
pub const SECRETS: usize = 500;
/// Of each handler.
const GRANTS: usize = 40;

/// Every third secret is a family of its own service, and every tenth has a key of its own.
///
/// # Panics
///
/// Never: these names are valid.
#[must_use]
pub fn spec() -> Spec {
    let secrets = (0..).map(|number| {
        let is_family = number % 3 == 0;
        let name =
            if is_family { format!("service/{number}/user/{{user_id}}") } else { format!("service/{number}/key") };
        SecretSpec {
            id: format!("Service{number}{}", if is_family { "Tokens" } else { "Key" }),
            name: Template::parse(&name).expect("a valid name"),
            description: format!("What service {number} asks for."),
            payload: PayloadSpec::text(),
            owner: if number % 5 == 4 { Owner::External } else { Owner::Runtime },
            kms_key: (number % 10 == 0).then(|| KmsKey::alias("alias/services")),
            region: None,
            options: SecretOptions::default(),
        }
    });
    // What exists already is no family.
    let secrets = secrets.filter(|it| !(it.name.is_family() && it.owner == Owner::External));
    let secrets: Vec<SecretSpec> = secrets.take(SECRETS).collect();
    let handlers = (0..HANDLERS).map(|number| {
        // Each secret is some handler's, and no two handlers have the same.
        let grants = (0..GRANTS).map(|place| &secrets[(number * 7 + place * (1 + number % 11)) % secrets.len()]);
        let mut grants: Vec<Grant> = grants
            .enumerate()
            .map(|(place, secret)| {
                let is_writer = secret.owner == Owner::Runtime && (number + place) % 3 == 0;
                let verbs = if is_writer { vec![Verb::Read, Verb::Update] } else { vec![Verb::Read] };
                Grant { secret: secret.id.clone(), verbs, reason: String::new() }
            })
            .collect();
        grants.sort_by(|a, b| a.secret.cmp(&b.secret));
        grants.dedup_by(|a, b| a.secret == b.secret);
        let name = format!("handler-{number}-of-the-shop");
        HandlerSpec {
            id: format!("Handler{number}"),
            name,
            description: String::new(),
            role: Role::Created,
            options: HandlerOptions::default(),
            grants,
        }
    });
    Spec { handlers: handlers.collect(), secrets, ..Spec::empty("large.json".into()) }
}
