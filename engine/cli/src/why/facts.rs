//! What is known about a question: the names and places of what it asks about.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::{ApiCall, KmsKey, SecretSpec, Verb};
use serde_json::Value;

use super::environment::Environment;
use super::question::Question;
use super::resource::{Asked, Placed};
use crate::access::{Known, REGION};
use crate::audit::Site;
use crate::aws::partition_of;
use crate::iam::evaluate::{Target, TargetKind};
use crate::iam::meaning::Pattern;
use crate::iam::{self, Versions};
use crate::labels::key_address;

/// Words for the parts of an ARN that nothing says, where only their equality matters.
const DEFAULT_REGION: &str = "REGION";
const ACCOUNT: &str = "ACCOUNT";

/// What is asked in addition.
#[derive(Clone, Debug, Default)]
pub struct AlsoGiven {
    /// The Region in which the Terraform is applied.
    pub region: Option<String>,
    /// The staging label that the request names.
    pub stage: Option<String>,
    /// Values of the Terraform's variables.
    pub variables: BTreeMap<String, String>,
}

/// The parts of a question that the search for a cause needs too.
pub(super) struct QuestionFacts<'q, 's> {
    pub(super) environment: &'s Environment<'s>,
    pub(super) question: &'q Question<'s>,
    pub(super) given: &'q AlsoGiven,
    /// The verbs that make a call which needs the action.
    pub(super) verbs: Vec<Verb>,
    /// The Region in which the resource is; `REGION` for the default one.
    pub(super) region: String,
    /// The default Region, or `REGION`.
    pub(super) default_region: String,
    /// The account of the role, or `ACCOUNT`.
    pub(super) account: String,
}

impl<'q, 's> QuestionFacts<'q, 's> {
    pub(super) fn of(environment: &'s Environment<'s>, question: &'q Question<'s>, given: &'q AlsoGiven) -> Self {
        let (secret, place) = match &question.resource {
            Asked::Secret { secret, place, .. } => (*secret, place.clone()),
            Asked::Key { arn } => (None, place_of(arn)),
            Asked::Everything => (None, None),
        };
        let of_arn = place.as_ref().map(|place| place.region.clone());
        // The secret of a spec that names no Region is in the default one, unless the ARN is that of a copy.
        let names_default = |region: &String| secret.is_some_and(|it| it.region.is_none() && !it.has_copy_in(region));
        let names_default = |region: &String| secret.is_none() || names_default(region);
        let default_region = given.region.clone().or_else(|| of_arn.clone().filter(names_default));
        let default_region = default_region.unwrap_or_else(|| DEFAULT_REGION.to_owned());
        let own = || secret.and_then(|secret| secret.region.clone()).unwrap_or_else(|| default_region.clone());
        let account = question.account.clone().or_else(|| place.map(|place| place.account));
        Self {
            verbs: verbs(&question.action),
            region: of_arn.unwrap_or_else(own),
            account: account.unwrap_or_else(|| ACCOUNT.to_owned()),
            environment,
            question,
            given,
            default_region,
        }
    }

    pub(super) fn partition(&self) -> String {
        let own = self.question.resource.partition().or(self.question.partition.as_deref());
        own.unwrap_or_else(|| partition_of(&self.default_region)).to_owned()
    }

    pub(super) fn known(&self) -> Known {
        let site = Site { region: self.default_region.clone(), account: self.account.clone() };
        let variables = self.given.variables.iter().map(|(name, value)| (format!("var.{name}"), value.as_str().into()));
        let places = [
            ("data.aws_partition.current.partition", self.partition()),
            ("data.aws_partition.current.dns_suffix", site.suffix().to_owned()),
            ("data.aws_caller_identity.current.account_id", self.account.clone()),
            (REGION, self.default_region.clone()),
        ];
        let places = places.map(|(name, value)| (name.to_owned(), Value::from(value)));
        self.other_keys().chain(places).chain(variables).collect()
    }

    /// An ARN for each key of the spec that is not the one that is asked about: all, if the question names a secret, because
    /// then the address of its key decides, otherwise those in other Regions than the key's ARN.
    pub(super) fn other_keys(&self) -> impl Iterator<Item = (String, Value)> {
        let is_by_arn = matches!(self.question.resource, Asked::Key { .. });
        let keys = self.environment.spec.secrets.iter().flat_map(|secret| {
            let own = secret.kms_key.iter().map(|key| (key, secret.region.as_deref()));
            let copies = secret.options.replicas.iter();
            own.chain(copies.filter_map(|copy| Some((copy.kms_key.as_ref()?, Some(copy.region.as_str())))))
        });
        let others =
            keys.filter(move |(_, region)| !is_by_arn || region.unwrap_or(&self.default_region) != self.region);
        others.map(|(key, region)| {
            let address = key_address(key, region);
            let (partition, place) = (self.partition(), region.unwrap_or(&self.default_region));
            let arn = format!("arn:{partition}:kms:{place}:{}:key/{address}", self.account);
            (address, arn.into())
        })
    }

    /// The ARN of a secret by the pattern of its stored name.
    pub(super) fn secret_arn(&self, stored: &str, place: Option<&Placed>) -> String {
        let account = place.map_or(&self.account, |place| &place.account);
        format!("arn:{}:secretsmanager:{}:{account}:secret:{stored}", self.partition(), self.region)
    }

    /// What the policies are evaluated for; `None` for the use of a key by a secret that has none.
    pub(super) fn target(&self, known: &Known) -> Option<Target> {
        let target = match &self.question.resource {
            Asked::Everything => Target::new(TargetKind::Secret, "*", ["*"]),
            Asked::Key { arn } => Target::new(TargetKind::Key, arn, [arn.as_str()]),
            Asked::Secret { stored, place, .. } => {
                let arn = self.secret_arn(stored, place.as_ref());
                if self.is_on_key() {
                    let (key, region) = self.key()?;
                    let key = known.get(&key_address(key, region)).and_then(Value::as_str)?;
                    let target = Target::new(TargetKind::Key, key, [key]);
                    target.with_fact("kms:encryptioncontext:secretarn", [Pattern::new(&arn)])
                } else {
                    Target::new(TargetKind::Secret, stored, [arn.as_str()])
                }
            }
        };
        let stage = self.given.stage.iter().map(|stage| Pattern::without_variables(stage)).collect::<Vec<_>>();
        let target = if stage.is_empty() { target } else { target.with_fact("secretsmanager:versionstage", stage) };
        Some(match self.function() {
            Some(function) => target.with_fact("lambda:sourcefunctionarn", [Pattern::new(&function)]),
            None => target,
        })
    }

    /// The pattern of the function's ARN, if the question names the handler.
    pub(super) fn function(&self) -> Option<String> {
        let name = &self.question.handler.name;
        let arn = || format!("arn:{}:lambda:*:{}:function:{name}", self.partition(), self.account);
        (self.question.is_function && self.question.handler.options.principal.is_lambda()).then(arn)
    }

    pub(super) fn is_on_key(&self) -> bool {
        self.question.action.to_ascii_lowercase().starts_with("kms:")
    }

    /// The key of the secret in the Region that is asked about, and that Region as a statement has it.
    pub(super) fn key(&self) -> Option<(&'s KmsKey, Option<&'s str>)> {
        let Asked::Secret { secret: Some(secret), .. } = &self.question.resource else { return None };
        let own = secret.region.as_deref().unwrap_or(&self.default_region);
        if own == self.region {
            return secret.kms_key.as_ref().map(|key| (key, secret.region.as_deref()));
        }
        let copy = secret.options.replicas.iter().find(|copy| copy.region == self.region)?;
        copy.kms_key.as_ref().map(|key| (key, Some(copy.region.as_str())))
    }

    /// Whether a verb makes the call, with the staging label that the request names, in the Region that is asked about.
    pub(super) fn makes_call(&self, verb: Verb, secret: &SecretSpec) -> bool {
        let is_copy = secret.region.as_deref().unwrap_or(&self.default_region) != self.region;
        let spec = &self.environment.spec;
        let reads = match (&self.given.stage, spec.with_versions_apart().contains(secret.id.as_str())) {
            (Some(stage), true) => match Versions::of(verb) {
                Versions::Any => true,
                Versions::Current => stage == driftless_model::stage::CURRENT,
                Versions::Previous => stage == driftless_model::stage::PREVIOUS,
            },
            _ => true,
        };
        self.verbs.contains(&verb) && reads && (!is_copy || verb.reads_copies())
    }
}

fn place_of(arn: &str) -> Option<Placed> {
    let mut parts = arn.split(':').skip(1).map(str::to_owned);
    let (partition, _, region, account) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    Some(Placed { partition, region, account })
}

/// The verbs that make a call for which the action is needed.
fn verbs(action: &str) -> Vec<Verb> {
    let needs = |call: &ApiCall| {
        let mut needed = iam::key_actions(*call).iter().chain([&iam::action(*call)]).copied().collect::<BTreeSet<_>>();
        needed.retain(|it| it.eq_ignore_ascii_case(action));
        !needed.is_empty()
    };
    Verb::ALL.into_iter().filter(|verb| verb.api_calls().iter().any(needs)).collect()
}
