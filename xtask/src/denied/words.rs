//! An explanation in words: what is known of a denial, why it was denied, and what to do next.

use std::path::Path;

use paypulse_runtime::model::{KmsKey, Owner, Role, Spec, Verb, closest, shown};

use super::caller::Caller;
use super::message::{Denial, Reason};
use super::verdict::{Explanation, Fault, stored_name};
use crate::output::quoted;

/// Permissions that a provider needs to manage secrets, and that no handler does.
const APPLIES: [&str; 6] =
    ["GetResourcePolicy", "PutResourcePolicy", "TagResource", "UntagResource", "UpdateSecret", "ListSecretVersionIds"];

/// So many handlers are named at most.
const SHOWN: usize = 3;

impl Explanation<'_> {
    /// What is known: a label and what it says.
    #[must_use]
    pub fn facts(&self, denial: &Denial) -> Vec<(&'static str, String)> {
        let mut facts = vec![("caller", self.caller_in_words())];
        let action = denial.action.as_deref().map_or("the use of a key".to_owned(), shown);
        let on = denial.resource.as_deref().map(|resource| format!(" on {}", shown(resource))).unwrap_or_default();
        facts.push(("denied", format!("{action}{on}")));
        if let Some(secret) = self.secret {
            let what = if secret.name.is_family() { "of the family" } else { "which is" };
            facts.push(("secret", format!("{what} {} ({})", shown(&secret.id), shown(secret.name.as_str()))));
        }
        if !self.verbs.is_empty() {
            facts.push(("verbs", format!("{} {} that call", words(&self.verbs), makes(&self.verbs))));
        }
        if let (Some(handler), false) = (self.caller.handler(), self.verbs.is_empty()) {
            let granted = if self.granted.is_empty() { "nothing".to_owned() } else { words(&self.granted) };
            let on = self.secret.map_or("in all".to_owned(), |secret| format!("on {}", shown(&secret.id)));
            facts.push(("granted", format!("{} has {granted} {on}", shown(&handler.id))));
        }
        facts
    }

    fn caller_in_words(&self) -> String {
        match &self.caller {
            Caller::Handler { handler, role } if handler.name == *role => {
                format!("{}, under its own role {}", shown(&handler.id), shown(role))
            }
            Caller::Handler { handler, role } => format!("{}, under the role {}", shown(&handler.id), shown(role)),
            Caller::Misplaced { handler, role } => {
                format!("{}, under the role {}, which is not its own", shown(&handler.id), shown(role))
            }
            Caller::OtherRole { role, .. } => format!("the role {}, which is of no handler", shown(role)),
            Caller::Other(who) => format!("{}, which is no role", shown(who)),
            Caller::Unsaid => "the message does not say who".to_owned(),
        }
    }

    /// Why it was denied, and whose fault that is.
    #[must_use]
    pub fn why(&self, denial: &Denial) -> String {
        let name = || self.caller.handler().map(|handler| shown(&handler.name)).unwrap_or_default();
        match self.fault {
            Fault::CutOff => "the message does not say enough, or is cut off before it does".to_owned(),
            Fault::OtherService => "the call is none on secrets, so the spec says nothing of it".to_owned(),
            Fault::Caller => match &self.caller {
                Caller::OtherRole { close: Some(close), .. } => {
                    format!("no handler of the spec has this role; {} has one with a name like it", shown(&close.name))
                }
                _ if is_of_whoever_applies(denial) => {
                    "this is a call of whoever applies the Terraform, and no handler's".to_owned()
                }
                _ => "no handler of the spec has this role, so the spec grants it nothing".to_owned(),
            },
            Fault::Deployment => {
                format!("the deployment: {} runs under a role that does not have its policy", name())
            }
            Fault::NoVerb => "the code: it makes a call that no verb makes, and so no policy allows".to_owned(),
            Fault::NoSecret => "the code: it asks for a secret that the spec does not have".to_owned(),
            Fault::Code => {
                "the code: it does what the spec does not grant; the client that is compiled from this spec \
                            cannot, so the code was built from another spec or calls AWS past the client"
                    .to_owned()
            }
            Fault::Missing => format!(
                "the secret does not exist in that account and Region: AWS has no ARN of it, {}",
                self.who_makes_it()
            ),
            Fault::Apply => "the apply: the spec grants it, and the role does not have that policy, or has it for an \
                             earlier secret of this name"
                .to_owned(),
            Fault::IdentityPolicy => {
                "another policy on the role: the spec grants it, and its policies deny nothing".to_owned()
            }
            Fault::SecretPolicy => "the policy on the secret: the spec grants it".to_owned(),
            Fault::UnknownKey => "the spec: the secret is encrypted with a key that the spec does not name".to_owned(),
            Fault::KeyPolicy => "the policy on the key: the spec grants its use".to_owned(),
            Fault::Boundary => {
                "the permissions boundary of the role: the spec grants it, and the boundary does not".to_owned()
            }
            Fault::SessionPolicy => {
                "the policy that was given along when the role was assumed, which Lambda does not do: \
                                     somebody else called under this role"
                    .to_owned()
            }
            Fault::Organization => "a policy of the organization: the spec grants it".to_owned(),
            Fault::Endpoint => "the policy of the VPC endpoint: the spec grants it".to_owned(),
            Fault::Unsaid if denial.reason == Reason::Key => {
                "the key: the role may not use it, or the key's own policy does not let it".to_owned()
            }
            Fault::Unsaid => "the spec grants it, and the message does not say which policy denies it".to_owned(),
        }
    }

    fn who_makes_it(&self) -> &'static str {
        match self.secret.map(|secret| &secret.owner) {
            Some(Owner::External) => "and somebody else is to make it",
            _ => "and the apply makes it",
        }
    }

    /// What to do next: commands, and where there is none, what to ask for.
    #[must_use]
    pub fn next(&self, spec: &Spec, denial: &Denial) -> Vec<String> {
        let handler = self.caller.handler();
        let function = handler.map(|handler| shell(&handler.name)).unwrap_or_default();
        let role = match &self.caller {
            Caller::Handler { role, .. } | Caller::Misplaced { role, .. } | Caller::OtherRole { role, .. } => {
                shell(role)
            }
            Caller::Other(_) | Caller::Unsaid => String::new(),
        };
        match self.fault {
            Fault::CutOff => {
                vec!["find the whole message: it is the `errorMessage` of the event in CloudTrail".to_owned()]
            }
            Fault::OtherService => vec![format!("aws iam list-attached-role-policies --role-name {role}")],
            Fault::Caller if is_of_whoever_applies(denial) => {
                vec!["give it to the role or user that applies the Terraform".to_owned()]
            }
            Fault::Caller => {
                let existing = spec.handlers.iter().filter(|handler| handler.role != Role::Created).take(SHOWN);
                let again = existing.map(|handler| {
                    format!("cargo xtask explain --handler {} …   # if that is its role", shell(&handler.name))
                });
                again.chain(["aws sts get-caller-identity   # where the call was made".to_owned()]).collect()
            }
            Fault::Deployment => vec![
                format!("aws lambda get-function-configuration --function-name {function} --query Role"),
                "terraform -chdir=terraform output role_arns   # its own is there; deploy it with that".to_owned(),
            ],
            Fault::NoVerb | Fault::Code => self.grant_or_leave(spec),
            Fault::NoSecret => match (in_another_region(spec, denial), close_secret(spec, denial)) {
                (Some((name, region)), _) => {
                    vec![format!("see why it asks there: the spec has {} in {}", shown(name), shown(region))]
                }
                (None, Some(close)) => vec![format!("did you mean {close}?")],
                (None, None) => vec![format!("declare the secret in `{}`, or ask for one that is", spec.source)],
            },
            Fault::Missing => match self.secret.map(|secret| (&secret.owner, secret.name.as_str())) {
                Some((Owner::External, name)) => {
                    vec![format!("aws secretsmanager describe-secret --secret-id {}", shell(name))]
                }
                _ => apply(),
            },
            Fault::Apply => apply(),
            Fault::IdentityPolicy => vec![
                format!("aws iam list-attached-role-policies --role-name {role}"),
                format!("aws iam list-role-policies --role-name {role}"),
            ],
            Fault::SecretPolicy => {
                let name = denial.resource.as_deref().map(shell).unwrap_or_default();
                vec![format!("aws secretsmanager get-resource-policy --secret-id {name}")]
            }
            Fault::UnknownKey => {
                vec![format!(
                    "name the key in `{}`: `kms_key: alias(\"alias/…\")` behind the secret's owner",
                    spec.source
                )]
            }
            Fault::KeyPolicy => {
                let key = denial.resource.as_deref().map_or("KEY".to_owned(), shell);
                vec![format!("aws kms get-key-policy --policy-name default --key-id {key}")]
            }
            Fault::Boundary => vec![format!("aws iam get-role --role-name {role} --query Role.PermissionsBoundary")],
            Fault::SessionPolicy => vec!["aws sts get-caller-identity   # where the call was made".to_owned()],
            Fault::Organization => vec!["ask whoever administers the organization".to_owned()],
            Fault::Endpoint => {
                vec!["aws ec2 describe-vpc-endpoints --query 'VpcEndpoints[].[ServiceName, PolicyDocument]'".to_owned()]
            }
            Fault::Unsaid if denial.reason == Reason::Key => look_at_key(spec),
            Fault::Unsaid => [apply(), vec![format!("aws iam get-role --role-name {role}")]].concat(),
        }
    }

    /// The smallest verb that would allow the call, and where it would stand.
    fn grant_or_leave(&self, spec: &Spec) -> Vec<String> {
        let leave = "take the call out of the code".to_owned();
        let (Some(handler), Some(secret)) = (self.caller.handler(), self.secret) else { return vec![leave] };
        let granted = self.verbs.iter().filter(|verb| secret.owner.allows(**verb, &handler.id));
        let Some(verb) = granted.min_by_key(|verb| verb.api_calls().len()) else { return vec![leave] };
        vec![
            leave,
            format!(
                "or add `{}: {verb};` to `{}` in `{}`, and: cargo xtask gen-infra",
                secret.id, handler.id, spec.source
            ),
        ]
    }
}

fn is_of_whoever_applies(denial: &Denial) -> bool {
    let action = denial.action.as_deref().and_then(|action| action.strip_prefix("secretsmanager:"));
    action.is_some_and(|action| APPLIES.contains(&action))
}

/// The secret of the spec that has the very name, and where it is.
fn in_another_region<'a>(spec: &'a Spec, denial: &Denial) -> Option<(&'a str, &'a str)> {
    let stored = denial.resource.as_deref().and_then(stored_name)?;
    let name = stored.rsplit_once('-').map_or(stored, |(name, _)| name);
    let secret = spec.secrets.iter().find(|secret| secret.name.as_str() == name)?;
    Some((secret.name.as_str(), secret.region.as_deref()?))
}

fn close_secret(spec: &Spec, denial: &Denial) -> Option<String> {
    let name = denial.resource.as_deref().and_then(stored_name)?;
    let name = name.rsplit_once('-').filter(|(_, suffix)| suffix.len() == 6).map_or(name, |(name, _)| name);
    closest(name, spec.secrets.iter().map(|secret| secret.name.as_str())).map(shown)
}

fn look_at_key(spec: &Spec) -> Vec<String> {
    let keys = spec.secrets.iter().filter_map(|secret| secret.kms_key.as_ref());
    let aliases = keys.filter_map(|key| match key {
        KmsKey::Alias { alias } => Some(alias.to_string()),
        KmsKey::Variable { .. } => None,
    });
    let mut aliases: Vec<String> = aliases.collect();
    aliases.sort_unstable();
    aliases.dedup();
    let look = |alias: &String| format!("aws kms describe-key --key-id {}", shell(alias));
    [apply(), aliases.iter().map(look).collect()].concat()
}

fn apply() -> Vec<String> {
    vec!["cargo xtask gen-infra --check".to_owned(), "terraform -chdir=terraform plan   # then apply it".to_owned()]
}

/// A word of the message as a shell takes it. What no name of AWS can be is not put into a command at all.
fn shell(word: &str) -> String {
    const LONGEST: usize = 512;
    let is_plain = word.len() <= LONGEST && word.bytes().all(|byte| byte.is_ascii_graphic());
    if is_plain { quoted(Path::new(word)) } else { "NAME".to_owned() }
}

fn words(verbs: &[Verb]) -> String {
    verbs.iter().map(|verb| format!("`{verb}`")).collect::<Vec<_>>().join(", ")
}

const fn makes(verbs: &[Verb]) -> &'static str {
    if verbs.len() == 1 { "makes" } else { "make" }
}
