//! Specs of any size.

use paypulse_runtime::model::{
    Delivery, Grant, HandlerOptions, HandlerSpec, Owner, PayloadSpec, Role, SecretOptions, SecretSpec, Spec, Template,
    Verb,
};

/// The sizes that the benches run: secrets, handlers, and grants of each handler.
pub const SIZES: [(usize, usize, usize); 4] = [(2, 12, 2), (200, 100, 5), (2_000, 1_000, 8), (10_000, 2_000, 20)];

/// A spec of a number of secrets, half of them families, and handlers with a number of grants each, dealt out in turn. Every
/// second handler only reads; the others also update what a handler may.
///
/// # Panics
///
/// Never: the names are valid by construction.
#[must_use]
pub fn spec(secrets: usize, handlers: usize, grants: usize) -> Spec {
    let mut next = 0;
    let handlers = (0..handlers).map(|number| {
        let dealt = (0..grants.min(secrets)).map(|_| {
            let secret = next % secrets;
            next += 1;
            let writes = number % 2 == 1 && is_family(secret);
            let verbs = if writes { vec![Verb::Read, Verb::Update] } else { vec![Verb::Read] };
            Grant { secret: id(secret), verbs, reason: String::new() }
        });
        HandlerSpec {
            id: format!("Handler{number}"),
            name: format!("handler-{number}"),
            description: String::new(),
            role: Role::Created,
            options: HandlerOptions::default(),
            grants: dealt.collect(),
        }
    });
    let handlers = handlers.collect();
    Spec { secrets: (0..secrets).map(secret).collect(), handlers, ..Spec::empty("synthetic.json".to_owned()) }
}

fn is_family(number: usize) -> bool {
    number % 2 == 1
}

fn id(number: usize) -> String {
    format!("Secret{number}")
}

fn secret(number: usize) -> SecretSpec {
    let (name, owner) = if is_family(number) {
        (format!("team{}/secret{number}/{{id}}", number % 50), Owner::Runtime)
    } else {
        let delivery = Delivery::InState { variable: format!("secret_{number}") };
        (format!("team{}/secret{number}", number % 50), Owner::Terraform(delivery))
    };
    SecretSpec {
        id: id(number),
        name: Template::parse(&name).expect("a valid name"),
        description: format!("Synthetic secret {number}."),
        payload: PayloadSpec::text(),
        owner,
        kms_key: None,
        region: None,
        options: SecretOptions::default(),
    }
}
