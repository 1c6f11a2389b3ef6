//! Renders the Python class of a handler, with a method for each granted verb that accepts the secrets it is granted
//! on.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::{Fingerprint, HandlerSpec, Spec, Verb, environment_variable};

use super::literal::quote;
use super::names::PythonNames;
use super::payloads::{PythonPayloads, is_token_bundle};

/// A method: verb, name, arguments after the secret, return type, call, and documentation. `{P}` is the type of the
/// payload.
struct Method {
    verb: Verb,
    name: &'static str,
    arguments: &'static str,
    returns: &'static str,
    call: &'static str,
    documentation: &'static str,
    /// Whether it exists only for secrets with OAuth tokens.
    of_tokens: bool,
}

const METHODS: [Method; 13] = [
    Method {
        verb: Verb::Read,
        name: "read",
        arguments: "",
        returns: "Versioned[{P}]",
        call: "_read(secret)",
        documentation: "Reads the value.",
        of_tokens: false,
    },
    Method {
        verb: Verb::Read,
        name: "cached",
        arguments: "",
        returns: "Versioned[{P}]",
        call: "_cached(secret)",
        documentation: "Reads the value, from the cache where it is known.",
        of_tokens: false,
    },
    Method {
        verb: Verb::Read,
        name: "get_tokens",
        arguments: "",
        returns: "TokenRecord",
        call: "_get_tokens(secret)",
        documentation: "Reads the tokens of a user, and whether the access token has expired.",
        of_tokens: true,
    },
    Method {
        verb: Verb::ReadPrevious,
        name: "read_previous",
        arguments: "",
        returns: "Versioned[{P}]",
        call: "_read_previous(secret)",
        documentation: "Reads the value before the present one.",
        of_tokens: false,
    },
    Method {
        verb: Verb::Describe,
        name: "describe",
        arguments: "",
        returns: "dict[str, Any]",
        call: "_describe(secret)",
        documentation: "Reads what is known of the secret, without its value.",
        of_tokens: false,
    },
    Method {
        verb: Verb::Store,
        name: "store",
        arguments: ", value: {P}",
        returns: "Written[{P}]",
        call: "_store(secret, value)",
        documentation: "Creates the secret, or replaces its value.",
        of_tokens: false,
    },
    Method {
        verb: Verb::Store,
        name: "store_with",
        arguments: ", change: Callable[[Found[{P}]], {P} | None]",
        returns: "Written[{P}]",
        call: "_store_with(secret, change)",
        documentation: "As `store`, with a value that depends on what is there; `None` keeps that.",
        of_tokens: false,
    },
    Method {
        verb: Verb::Store,
        name: "store_tokens",
        arguments: ", new: OauthTokens",
        returns: "StoredTokens",
        call: "_store_tokens(secret, new)",
        documentation: "Stores what the consent of a user gave.",
        of_tokens: true,
    },
    Method {
        verb: Verb::Update,
        name: "update",
        arguments: ", change: Callable[[Found[{P}]], {P} | None]",
        returns: "Written[{P}]",
        call: "_update(secret, change)",
        documentation: "Changes the value of a secret that exists, and loses no other writer's change; `None` keeps what is there.",
        of_tokens: false,
    },
    Method {
        verb: Verb::Update,
        name: "update_tokens",
        arguments: ", access_token: str, expires_in: int, *, refresh_token: str | None = None, \
                    refreshed_from: TokenRecord | None = None",
        returns: "TokenRecord",
        call: "_update_tokens(secret, access_token, expires_in, refresh_token=refresh_token, refreshed_from=refreshed_from)",
        documentation: "Writes what a refresh gave, and keeps every other field.",
        of_tokens: true,
    },
    Method {
        verb: Verb::Delete,
        name: "delete",
        arguments: "",
        returns: "bool",
        call: "_delete(secret)",
        documentation: "Deletes the secret at once. `False` where AWS says that there was none.",
        of_tokens: false,
    },
    Method {
        verb: Verb::Rotate,
        name: "rotate",
        arguments: ", event: RotationEvent, rotation: Rotation[{P}]",
        returns: "StepOutcome",
        call: "_rotate(secret, event, rotation)",
        documentation: "Does the step of a rotation that the event asks for.",
        of_tokens: false,
    },
    Method {
        verb: Verb::Generate,
        name: "random_password",
        arguments: "",
        returns: "str",
        call: "_random_password(**rules)",
        documentation: "A random password of AWS, by the arguments of GetRandomPassword.",
        of_tokens: false,
    },
];

/// Whether a handler rotates a secret.
pub(super) fn rotates(handler: &HandlerSpec) -> bool {
    handler.grants.iter().any(|grant| grant.verbs.contains(&Verb::Rotate))
}

/// The verbs that a handler is granted on each secret.
fn granted(handler: &HandlerSpec) -> BTreeMap<&str, BTreeSet<Verb>> {
    let mut granted: BTreeMap<&str, BTreeSet<Verb>> = BTreeMap::new();
    for grant in &handler.grants {
        granted.entry(&grant.secret).or_default().extend(&grant.verbs);
    }
    granted
}

/// The class of a handler.
pub(super) fn handler_class(
    spec: &Spec,
    handler: &HandlerSpec,
    names: &PythonNames,
    payloads: &PythonPayloads,
) -> String {
    let granted = granted(handler);
    let bundles: BTreeSet<&str> =
        spec.secrets.iter().filter(|it| is_token_bundle(&it.payload)).map(|it| it.id.as_str()).collect();
    let bases = [("TokenClient", granted.keys().any(|id| bundles.contains(id))), ("RotationClient", rotates(handler))];
    let bases: Vec<&str> = bases.into_iter().filter(|(_, is_needed)| *is_needed).map(|(base, _)| base).collect();
    let bases = if bases.is_empty() { "Client".to_owned() } else { bases.join(", ") };
    let grants: Vec<String> = granted
        .iter()
        .map(|(id, verbs)| {
            let verbs: Vec<String> = verbs.iter().map(|verb| quote(verb.name())).collect();
            format!("        {}: frozenset({{{}}}),\n", quote(id), verbs.join(", "))
        })
        .collect();
    let long = Fingerprint::of(spec, handler);
    let mut text = format!(
        "class {}({bases}):\n    {}\n\n    HANDLER = {}\n    SPEC = {}\n    GRANTS: ClassVar[Mapping[str, frozenset[str]]] = {{\n{}    }}\n    FINGERPRINTS = (\n        \
         {},\n        {},\n    )\n",
        names.handler(&handler.id),
        super::literal::docstring(&format!("The handler `{}` of the spec.", handler.name), &handler.id),
        quote(&handler.name),
        quote(&spec.source),
        grants.concat(),
        quote(&long.to_string()),
        quote(&long.shortened().to_string()),
    );
    if let Some(prefixes) = &spec.prefixes {
        let values: Vec<String> = prefixes.values.iter().map(|value| quote(value)).collect();
        let variable = quote(&environment_variable(&prefixes.variable));
        text.push_str(
            &["    PREFIX_VARIABLE = ", &variable, "\n    PREFIXES = (", &values.join(", "), ",)\n"].concat(),
        );
    }
    for method in &METHODS {
        let on = |(id, verbs): &(&&str, &BTreeSet<Verb>)| {
            verbs.contains(&method.verb) && (!method.of_tokens || bundles.contains(**id))
        };
        let secrets: Vec<&str> = granted.iter().filter(on).map(|(id, _)| *id).collect();
        if !secrets.is_empty() {
            text += &method.text(&secrets, names, payloads);
        }
    }
    text
}

impl Method {
    fn text(&self, secrets: &[&str], names: &PythonNames, payloads: &PythonPayloads) -> String {
        if self.verb == Verb::Generate {
            return self.body("self, **rules: Any", self.returns);
        }
        // Secrets with the same payload share a signature.
        let mut by_payload: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for id in secrets {
            by_payload.entry(payloads.of_secret(id)).or_default().push(names.secret(id));
        }
        let signature = |payload: &str, classes: &[&str]| {
            let classes = match classes {
                [one] => (*one).to_owned(),
                many => many.join(" | "),
            };
            let fill = |text: &str| text.replace("{P}", payload);
            (format!("self, secret: {classes}{}", fill(self.arguments)), fill(self.returns))
        };
        let depends_on_payload = self.arguments.contains("{P}") || self.returns.contains("{P}");
        if !depends_on_payload {
            let all: Vec<&str> = by_payload.into_values().flatten().collect();
            let (arguments, returns) = signature("", &all);
            return self.body(&arguments, &returns);
        }
        if let [(payload, classes)] = &by_payload.iter().collect::<Vec<_>>()[..] {
            let (arguments, returns) = signature(payload, classes);
            return self.body(&arguments, &returns);
        }
        let overloads: Vec<String> = by_payload
            .iter()
            .map(|(payload, classes)| {
                let (arguments, returns) = signature(payload, classes);
                format!("\n    @overload\n    def {}({arguments}) -> {returns}: ...\n", self.name)
            })
            .collect();
        let (arguments, returns) = signature("Any", &["Secret[Any]"]);
        overloads.concat() + &self.body(&arguments, &returns)
    }

    fn body(&self, arguments: &str, returns: &str) -> String {
        let Self { name, call, documentation, .. } = self;
        format!(
            "\n    def {name}({arguments}) -> {returns}:\n        \"\"\"{documentation}\"\"\"\n        return self.{call}\n"
        )
    }
}
