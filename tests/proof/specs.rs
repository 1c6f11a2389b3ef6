//! Random specs, and the property over them.

use std::cell::Cell;

use paypulse_runtime::model::{
    Delivery, Grant, HandlerOptions, HandlerSpec, KmsKey, Owner, Password, PayloadSpec, Prefixes, Problem, Replica,
    Role, Rotation, SecretOptions, SecretSpec, Spec, SpecFormat, Template, Verb, WriteOnly, lint,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};
use xtask::render;

use super::audit;
use super::environments::environments;
use super::module::World;
use super::proof::findings;

const CASES: u32 = 64;

#[derive(Clone, Debug)]
struct SecretSeed {
    shape: usize,
    texts: (String, String),
    between: &'static str,
    owner: usize,
    description: String,
    is_json: bool,
    key: usize,
    region: usize,
    copies: Vec<(usize, bool)>,
}

fn secret_seed() -> impl Strategy<Value = SecretSeed> {
    let text = || {
        prop_oneof![
            6 => "[A-Za-z0-9_+=.@-]{1,10}",
            2 => "[A-Za-z0-9/_+=.@-]{1,20}",
            1 => "[a-z]{60}",
        ]
    };
    let description = prop_oneof![
        2 => Just(String::new()),
        2 => "[ -~]{0,40}",
        1 => "\\PC{0,20}",
        // Text that would end a string, a comment or a block if it were copied as it is.
        1 => Just("\"\n}\n# ${var.x} %{ if true }\\".to_owned()),
    ];
    let between = prop_oneof![Just("/"), Just("-"), Just("."), Just("/x/"), Just("--")];
    let copies = vec((0..4_usize, any::<bool>()), 0..=COPIES.len());
    let places = (0..6_usize, 0..8_usize, copies);
    (0..10_usize, (text(), text()), between, 0..4_usize, description, any::<bool>(), places).prop_map(
        |(shape, texts, between, owner, description, is_json, (key, region, copies))| SecretSeed {
            shape,
            texts,
            between,
            owner,
            description,
            is_json,
            key,
            region,
            copies,
        },
    )
}

/// Where copies are: in one of these there are secrets too.
const COPIES: [&str; 3] = ["eu-central-1", "us-west-2", "ap-south-1"];

impl SecretSeed {
    /// The secret at a place of a spec. The place makes its name, its id and its variable unlike any other's.
    fn build(self, index: usize) -> SecretSpec {
        let (a, b, between) = (&self.texts.0, &self.texts.1, self.between);
        let mut name = match self.shape {
            0 => format!("t{index}.{a}"),
            1..=3 => format!("s{index}/{a}"),
            4 => format!("s{index}/{a}/{{user_id}}"),
            5 => format!("s{index}/{a}/{{user_id}}{between}{b}"),
            6 => format!("s{index}/{{tenant}}{between}{{key2}}"),
            7 => format!("s{index}/{{tenant}}/{a}/{{key2}}{between}{b}"),
            8 => format!("s{index}/{a}{between}{{user_id}}"),
            _ => format!("s{index}/{a}{{tenant}}{between}{{key2}}/{b}"),
        };
        // AWS can take a hyphen and six characters for a suffix, so the spec may not end in them.
        while name.len() >= 7 && name.as_bytes()[name.len() - 7] == b'-' && !name[name.len() - 7..].contains('}') {
            name.push('x');
        }
        let owner = match (name.contains('{'), self.owner) {
            (true, _) | (false, 0) => Owner::Runtime,
            (false, 1) => Owner::Terraform(delivery(index, self.is_json)),
            (false, 2) => Owner::External,
            (false, _) => Owner::Rotation { function: None },
        };
        let region = [Some("eu-central-1"), Some("ap-southeast-2")].get(self.region).copied().flatten();
        let options = match owner {
            Owner::Terraform(_) | Owner::Rotation { .. } => with_copies(&self.copies, region, self.key),
            Owner::External | Owner::Runtime => SecretOptions::default(),
        };
        SecretSpec {
            kms_key: match self.key {
                0 => Some(KmsKey::alias("alias/team/one")),
                1 => Some(KmsKey::alias("alias/two")),
                // A key is of one region.
                2 => Some(KmsKey::Variable { variable: format!("key_arn_{}", self.region.min(2)).into() }),
                _ => None,
            },
            id: format!("{}Secret{index}", char::from(b'A' + u8::try_from(index).expect("there are few secrets"))),
            name: Template::parse(&name).expect("the shapes are valid"),
            description: self.description,
            payload: if self.is_json { PayloadSpec::json(login()) } else { PayloadSpec::text() },
            owner,
            region: region.map(str::to_owned),
            options,
        }
    }
}

/// Copies under keys of every kind, of which some are read.
fn with_copies(copies: &[(usize, bool)], region: Option<&str>, key: usize) -> SecretOptions {
    let mut options = SecretOptions::default();
    let places = COPIES.into_iter().zip(copies).enumerate().filter(|(_, (place, _))| Some(*place) != region);
    for (number, (place, (kind, is_read))) in places {
        let kms_key = match (kind + key) % 4 {
            0 => Some(KmsKey::alias("alias/team/one")),
            1 => Some(KmsKey::Variable { variable: format!("copy_key_arn_{number}").into() }),
            _ => None,
        };
        options.replicas.push(Replica { region: place.to_owned(), kms_key });
        // In another order than they are declared in.
        if *is_read {
            options.read_from.insert(0, place.to_owned());
        }
    }
    options
}

fn login() -> Value {
    json!({ "type": "object", "properties": { "password": { "type": "string" } }, "required": ["password"] })
}

/// Every way in which the infrastructure code can give a value, in turns.
fn delivery(index: usize, is_json: bool) -> Delivery {
    let variable = format!("value_{index}");
    match index % 4 {
        0 => Delivery::InState { variable },
        1 => Delivery::WriteOnly { variable, write_only: WriteOnly::default() },
        2 if !is_json => Delivery::Generated { generated: Password::of(32) },
        _ => Delivery::WriteOnly { variable, write_only: WriteOnly { version: Some(1) } },
    }
}

fn handler(index: usize, name: &str, is_created: bool) -> HandlerSpec {
    HandlerSpec {
        id: format!("Handler{index}"),
        name: format!("{index}{name}"),
        description: String::new(),
        role: if is_created { Role::Created } else { Role::Existing { variable: format!("role_{index}") } },
        options: HandlerOptions::default(),
        grants: Vec::new(),
    }
}

/// The verbs of a mask, as far as the owner leaves them to handlers; at least one.
fn verbs(mask: u8, owner: &Owner) -> Vec<Verb> {
    let all = [Verb::Delete, Verb::Read, Verb::Update, Verb::Describe, Verb::Store, Verb::ReadPrevious];
    let sensible =
        |verb: &Verb| *owner == Owner::Runtime || matches!(verb, Verb::Read | Verb::ReadPrevious | Verb::Describe);
    let chosen = all.into_iter().enumerate().filter(|(bit, verb)| mask & (1 << bit) != 0 && sensible(verb));
    let chosen: Vec<Verb> = chosen.map(|(_, verb)| verb).collect();
    if chosen.is_empty() { vec![Verb::Read] } else { chosen }
}

/// Schedules and windows that fit them.
fn rotation() -> impl Strategy<Value = Rotation> {
    let schedule = prop_oneof![
        (4..600_u32, 1..=4_u8).prop_map(|(hours, window)| (format!("rate({hours} hours)"), window)),
        (2..999_u32, 1..=24_u8).prop_map(|(days, window)| (format!("rate({days} days)"), window)),
        (0..=23_u8, 1..=28_u8).prop_map(|(hour, day)| (format!("cron(0 {hour} {day} * ? *)"), 24 - hour)),
    ];
    let with_schedule = (schedule, any::<bool>()).prop_map(|((schedule, window), has_window)| Rotation {
        schedule: Some(schedule),
        window_hours: has_window.then_some(window),
        ..Rotation::default()
    });
    let after = (1..=1000_u16).prop_map(|days| Rotation { after_days: Some(days), ..Rotation::default() });
    let immediately = proptest::option::of(any::<bool>());
    (prop_oneof![with_schedule, after], immediately)
        .prop_map(|(rotation, immediately)| Rotation { immediately, ..rotation })
}

/// Specs without problems: names apart from each other, every secret granted to somebody.
pub fn spec() -> impl Strategy<Value = Spec> {
    let masks = || vec(proptest::option::weighted(0.4, any::<u8>()), 6);
    let turned = || proptest::option::weighted(0.6, (rotation(), any::<bool>()));
    let secrets = vec((secret_seed(), masks(), 0..6_usize, turned()), 1..=12);
    let handlers = vec(("[A-Za-z_][A-Za-z0-9_-]{0,12}", proptest::bool::weighted(0.7)), 1..=6);
    (secrets, handlers).prop_map(|(seeds, handlers)| {
        let mut handlers: Vec<HandlerSpec> =
            handlers.iter().enumerate().map(|(index, (name, created))| handler(index, name, *created)).collect();
        let mut secrets = Vec::new();
        for (index, (seed, masks, user, turned)) in seeds.into_iter().enumerate() {
            let mut secret = seed.build(index);
            let user = user % handlers.len();
            let function_verbs =
                turned.filter(|_| matches!(secret.owner, Owner::Rotation { .. })).map(|(rotation, makes_up)| {
                    secret.owner = Owner::Rotation { function: Some(handlers[user].id.clone()) };
                    secret.options.rotation = Some(rotation);
                    if makes_up { vec![Verb::Generate, Verb::Rotate] } else { vec![Verb::Rotate] }
                });
            for (at, handler) in handlers.iter_mut().enumerate() {
                if let Some(mask) = masks[at].or((at == user).then_some(1)) {
                    let of_function = function_verbs.clone().filter(|_| at == user);
                    let verbs = of_function.unwrap_or_else(|| verbs(mask, &secret.owner));
                    handler.grants.push(Grant { secret: secret.id.clone(), verbs, reason: String::new() });
                }
            }
            let mut grants = handlers.iter().flat_map(|handler| &handler.grants).filter(|it| it.secret == secret.id);
            let reads = |verb: &Verb| matches!(verb, Verb::Read | Verb::ReadPrevious);
            if !grants.any(|grant| grant.verbs.iter().any(reads)) {
                secret.options.read_from.clear();
            }
            secrets.push(secret);
        }
        Spec { secrets, handlers, ..Spec::empty("tests/spec.rs".to_owned()) }
    })
}

/// The same in one environment or in many.
fn staged_spec() -> impl Strategy<Value = Spec> {
    let values = prop_oneof![
        6 => Just(Vec::new()),
        3 => Just(vec!["dev/", "prod/"]),
        3 => Just(vec!["a-b/", "a/b", "b"]),
        1 => vec("[A-Za-z0-9/_-]{1,8}", 1..3).prop_map(|values| values.into_iter().map(|it| &*it.leak()).collect()),
    ];
    (spec(), values).prop_map(|(spec, values)| {
        let values: Vec<String> = values.into_iter().map(str::to_owned).collect();
        let prefixes = (!values.is_empty()).then(|| Prefixes { variable: "stage".to_owned(), values });
        Spec { prefixes, ..spec }
    })
}

#[test]
fn a_random_spec_comes_back_from_toml() {
    run(CASES, &staged_spec(), |spec| {
        let (back, mut problems) = Spec::read_part_as(&spec.to_toml(), SpecFormat::Toml);
        // Only a file has lines.
        for problem in &mut problems {
            problem.place = problem.place.split(" (line ").next().unwrap_or_default().to_owned();
        }
        assert_eq!(problems, lint::check(&spec), "{}", spec.to_toml());
        assert_eq!((&back, back.to_json()), (&spec, spec.to_json()));
        Ok(())
    });
}

#[test]
fn rendered_policies_allow_exactly_what_a_random_spec_grants() {
    let (tried, refused) = (Cell::new(0_u32), Cell::new(0_u32));
    run(CASES, &staged_spec(), |spec| {
        tried.set(tried.get() + 1);
        let refuse = |problems: Vec<Problem>| {
            refused.set(refused.get() + 1);
            TestCaseError::reject(format!("{problems:?}"))
        };
        let problems = lint::check(&spec);
        if !problems.is_empty() {
            return Err(refuse(problems));
        }
        if environments(&spec).is_none() {
            return Err(refuse(Vec::new()));
        }
        let files = render::files(&spec).map_err(refuse)?;
        let world = [World::ireland, World::gov_cloud, World::china][tried.get() as usize % 3]();
        let found = findings(&spec, &files, &world);
        prop_assert!(found.is_empty(), "{}", found.join("\n"));
        audit::agrees(&spec, &files, &world, &found);
        Ok(())
    });
    let (tried, refused) = (tried.get(), refused.get());
    assert!(refused * 5 <= tried, "{refused} of {tried} specs were refused: the property says too little");
}

/// The proof sees what is missing and what is too much in any spec, not only in those that it was written beside.
#[test]
fn an_action_dropped_and_a_grant_taken_back_are_found_in_random_specs() {
    run(CASES / 2, &(spec(), any::<prop::sample::Index>()), |(mut spec, index)| {
        let Ok(files) = render::files(&spec) else { return Err(TestCaseError::reject("it has problems")) };
        let world = World::ireland();
        let iam = &files["iam.tf"];
        let actions: Vec<usize> = iam.match_indices("          \"secretsmanager:").map(|(at, _)| at).collect();
        let at = actions[index.index(actions.len())];
        let end = at + iam[at..].find('\n').expect("lines end") + 1;
        let mut spoilt = files.clone();
        spoilt.insert("iam.tf".to_owned(), format!("{}{}", &iam[..at], &iam[end..]));
        let found = findings(&spec, &spoilt, &world);
        prop_assert!(!found.is_empty(), "without {}", &iam[at..end]);
        audit::agrees(&spec, &spoilt, &world, &found);

        let places = spec.handlers.iter().enumerate();
        let places: Vec<_> = places.flat_map(|(at, it)| (0..it.grants.len()).map(move |grant| (at, grant))).collect();
        let (handler, grant) = places[index.index(places.len())];
        let taken = spec.handlers[handler].grants.remove(grant);
        let found = findings(&spec, &files, &world);
        prop_assert!(!found.is_empty(), "without {:?}", taken);
        audit::agrees(&spec, &files, &world, &found);
        Ok(())
    });
}

#[track_caller]
fn run<S: Strategy>(cases: u32, strategy: &S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    // A failure prints the whole spec, shrunk; nothing is written beside the sources.
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    if let Err(error) = runner.run(strategy, test) {
        panic!("{error}");
    }
}
