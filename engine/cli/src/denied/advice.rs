//! Advice for every cause of a denial: why it happened, and what to do next.

use driftless_model::{HandlerSpec, KmsKey, Owner, Role, SecretSpec, Spec, Verb, closest, shown};

use super::caller::Caller;
use super::denial::Denial;
use super::fault::Fault;
use super::resource::DeniedResource;
use super::runs::{look_at_role, look_at_variable};
use super::shell::shell;
use super::verdict::{Crossed, Explanation, stored_name};
use crate::program;

/// Why a call was denied, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// The cause, and what has to be fixed.
    pub why: String,
    /// Commands to run, or what to ask for if there is none.
    pub next: Vec<String>,
}

/// Actions that the Terraform provider needs to manage secrets, and that handlers do not use.
const APPLIES: [&str; 6] =
    ["GetResourcePolicy", "PutResourcePolicy", "TagResource", "UntagResource", "UpdateSecret", "ListSecretVersionIds"];

/// At most this many handlers are named.
const SHOWN: usize = 3;

const WHOLE: &str = "find the whole message: it is the `errorMessage` of the event in CloudTrail";
const ADMINISTRATORS: &str = "ask the administrators of the organization";
const ENDPOINTS: &str = "aws ec2 describe-vpc-endpoints --query 'VpcEndpoints[].[ServiceName, PolicyDocument]'";
const IDENTITY: &str = "aws sts get-caller-identity   # where the call was made";

impl Explanation<'_> {
    /// The advice for this denial.
    #[must_use]
    pub fn advice(&self, spec: &Spec, denial: &Denial) -> Advice {
        let (role, key) = (self.role(), key(denial));
        let why = || self.fault.why().to_owned();
        let boundary = format!("aws iam get-role --role-name {role} --query Role.PermissionsBoundary");
        let (why, mut next) = match self.fault {
            Fault::CutOff => (cut_off(&denial.resource), lines([WHOLE])),
            Fault::UnknownCaller => (why(), self.say_who(spec)),
            Fault::Encoded => (why(), Vec::new()),
            Fault::OtherService => (why(), lines([attached(&role)])),
            Fault::Caller => (self.stranger(denial), who_else(spec, denial)),
            Fault::Deployment => (self.misplaced(), self.deploy()),
            Fault::NoSecret => (why(), look_for_secret(spec, denial)),
            Fault::OtherAccount => (why(), see_account(denial)),
            Fault::OtherEnvironment => self.crossed(),
            Fault::NoVerb | Fault::Code => (why(), self.grant_or_leave(spec)),
            Fault::Copy => (why(), self.read_copies(spec, denial)),
            Fault::Missing => (self.missing(), self.make_it()),
            Fault::Apply => (why(), [self.tied(), apply()].concat()),
            Fault::IdentityPolicy => (why(), policies(&role)),
            Fault::ExplicitDeny => (why(), self.look_for_deny(denial)),
            Fault::SecretPolicy => (why(), lines([secret_policy(denial)])),
            Fault::UnknownKey => (why(), name_key(spec)),
            Fault::KeyPolicy => (why(), lines([key_policy(&key)])),
            Fault::KeyElsewhere => (why(), lines([describe_key(&key), key_policy(&key)])),
            Fault::KeyAwsManaged => (why(), own_key(spec)),
            Fault::KeyDisabled => (why(), lines([describe_key(&key), enable_key(&key)])),
            Fault::KeyPendingDeletion => (why(), lines([keep_key(&key), enable_key(&key)])),
            Fault::KeyMissing => (why(), lines([describe_key(&key), look_at_secret(denial)])),
            Fault::KeyDenied | Fault::KeyUnusable => (why(), look_at_key(spec)),
            Fault::Boundary => (why(), lines([boundary])),
            Fault::SessionPolicy => (why(), lines([IDENTITY])),
            Fault::Organization => (why(), lines([ADMINISTRATORS])),
            Fault::Endpoint => (why(), lines([ENDPOINTS])),
            Fault::Unsaid => (why(), [apply(), lines([format!("aws iam get-role --role-name {role}")])].concat()),
        };
        next.extend(denial.policy.as_deref().map(look_at_policy));
        next.extend(denial.encoded.as_deref().map(decode));
        Advice { why, next }
    }

    /// A function of one environment asks for what is in another.
    fn crossed(&self) -> (String, Vec<String>) {
        let Some(crossed) = &self.crossed else { return Default::default() };
        let Crossed { caller, secret, variable } = crossed;
        let of = match secret.as_str() {
            "" => "without a prefix, which is of no environment".to_owned(),
            prefix => format!("of the environment {}", shown(prefix)),
        };
        let why = format!(
            "the code: the {} is of the environment {}, and it asks for a secret {of}: no policy allows that",
            self.caller.handler().map_or("function", |handler| handler.options.principal.program()),
            shown(caller)
        );
        let look = format!("{}   # it has to be {caller}", look_at_variable(self.caller.handler(), variable));
        (why, vec![look])
    }

    fn misplaced(&self) -> String {
        let name = self.caller.handler().map(|handler| shown(&handler.name)).unwrap_or_default();
        format!("the deployment: {name} runs under a role that does not have its policy")
    }

    /// The role, quoted for a shell.
    fn role(&self) -> String {
        match (self.caller.role(), self.caller.handler()) {
            (Some(role), _) => shell(role),
            (None, handler) => handler.and_then(HandlerSpec::created_role).map_or("ROLE".to_owned(), shell),
        }
    }

    fn say_who(&self, spec: &Spec) -> Vec<String> {
        let likely = match &self.caller {
            Caller::Masked { likely } => *likely,
            _ => None,
        };
        let first = spec.handlers.iter().take(SHOWN);
        let handlers = likely.map_or_else(|| first.collect(), |handler| vec![handler]);
        let again = |name: &String| {
            format!("{} explain --handler {} …   # if that is its function", program::name(), shell(name))
        };
        let again = handlers.iter().map(|handler| again(&handler.name));
        again.chain(["find the event in CloudTrail: its `userIdentity.arn` says who called".to_owned()]).collect()
    }

    fn stranger(&self, denial: &Denial) -> String {
        match &self.caller {
            Caller::OtherRole { close: Some(close), .. } => {
                format!("no handler of the spec has this role; did you mean that of {}?", shown(&close.name))
            }
            _ if is_of_apply(denial) => "this is a call of what applies the Terraform, and not of a handler".to_owned(),
            _ => "no handler of the spec has this role, so the spec grants it nothing".to_owned(),
        }
    }

    fn deploy(&self) -> Vec<String> {
        lines([
            look_at_role(self.caller.handler()),
            "terraform -chdir=terraform output role_arns   # its own is there; deploy it with that".to_owned(),
        ])
    }

    /// An extra step for grants that are limited to a function (`source_function`).
    fn tied(&self) -> Vec<String> {
        let tied = self.caller.handler().filter(|handler| handler.options.source_function);
        let line = |handler: &HandlerSpec| {
            let name = shown(&handler.name);
            format!(
                "see that the code of the function {name} made the call: its grants are tied to it (`source_function`)"
            )
        };
        tied.map(line).into_iter().collect()
    }

    fn missing(&self) -> String {
        let who = match self.secret.map(|secret| &secret.owner) {
            Some(Owner::External) => "another system creates it",
            _ => "the apply makes it",
        };
        format!("the secret does not exist in that account and Region: AWS has no ARN of it, and {who}")
    }

    fn make_it(&self) -> Vec<String> {
        match self.secret.map(|secret| (&secret.owner, secret.name.as_str())) {
            Some((Owner::External, name)) => {
                lines([format!("aws secretsmanager describe-secret --secret-id {}", shell(name))])
            }
            _ => apply(),
        }
    }

    /// Every place where an explicit deny can be, the most likely first.
    fn look_for_deny(&self, denial: &Denial) -> Vec<String> {
        let role = self.role();
        let boundary = format!("aws iam get-role --role-name {role} --query Role.PermissionsBoundary");
        let others =
            "ask the administrators of the organization for its service and resource control policies".to_owned();
        let on_it = if denial.action.as_deref().is_some_and(|action| action.starts_with("kms:")) {
            key_policy(&key(denial))
        } else {
            secret_policy(denial)
        };
        [policies(&role), lines([on_it, boundary, others])].concat()
    }

    /// What lets handlers read the copy, where it is not another call.
    fn read_copies(&self, spec: &Spec, denial: &Denial) -> Vec<String> {
        let stay = "have the code ask the secret's own Region".to_owned();
        let region = denial.resource.whole().and_then(|arn| arn.split(':').nth(3));
        let (Some(secret), Some(region)) = (self.secret, region) else { return vec![stay] };
        if !self.verbs.iter().any(|verb| verb.reads_copies()) || secret.options.read_from.iter().any(|it| it == region)
        {
            return vec![stay];
        }
        let (id, source) = (&secret.id, &spec.source);
        vec![
            stay,
            format!(
                "or add `read_from: {{ \"{region}\" }}` to `{id}` in `{source}`, and: {} gen-infra",
                program::name()
            ),
        ]
    }

    /// Suggests the smallest verb that would allow the call and the place in the spec, and the alternative without a
    /// grant.
    fn grant_or_leave(&self, spec: &Spec) -> Vec<String> {
        let leave = "take the call out of the code".to_owned();
        let (Some(handler), Some(secret)) = (self.caller.handler(), self.secret) else { return vec![leave] };
        let Some(verb) = smallest_verb(&self.verbs, secret, handler) else { return vec![leave] };
        let (secret, handler) = (&secret.id, &handler.id);
        let grant =
            format!("add `{secret}: {verb};` to `{handler}` in `{}`, and: {} gen-infra", spec.source, program::name());
        if verb.is_temporary() {
            let client = "use a client of this spec in the place of the call".to_owned();
            return vec![client, format!("or until then {grant}   # temporary: every report counts it")];
        }
        vec![leave, format!("or {grant}")]
    }
}

/// The verb among these that makes the fewest calls and that the handler can be granted on the secret.
pub(crate) fn smallest_verb(verbs: &[Verb], secret: &SecretSpec, handler: &HandlerSpec) -> Option<Verb> {
    let possible = verbs.iter().copied().filter(|verb| secret.owner.allows(*verb, &handler.id));
    possible.min_by_key(|verb| verb.api_calls().len())
}

/// The accounts of the caller and of what it asked for.
fn see_account(denial: &Denial) -> Vec<String> {
    let asked = denial.resource.whole().and_then(|arn| arn.split(':').nth(4)).unwrap_or_default();
    let own = denial.account.as_deref().unwrap_or_default();
    lines([
        format!("see why it asks there: the role is in the account {}, the secret in {}", shown(own), shown(asked)),
        "have the code name the secret as the client of this spec does, and not by an ARN of its own".to_owned(),
    ])
}

fn lines<T: Into<String>, const N: usize>(lines: [T; N]) -> Vec<String> {
    lines.into_iter().map(Into::into).collect()
}

fn cut_off(resource: &DeniedResource) -> String {
    let what = match resource {
        DeniedResource::Cut(_) => "is cut off in the middle of the name of what was asked for",
        DeniedResource::Last(_) => {
            "gives no reason, and its last word is not a whole name of the spec: it is cut off there, or before"
        }
        DeniedResource::Masked(_) => "has a mask over the name of what was asked for",
        DeniedResource::Whole(_) | DeniedResource::Unsaid => "does not say enough, or is cut off before it does",
    };
    format!("the message {what}")
}

fn is_of_apply(denial: &Denial) -> bool {
    let action = denial.action.as_deref().and_then(|action| action.strip_prefix("secretsmanager:"));
    action.is_some_and(|action| APPLIES.contains(&action))
}

fn who_else(spec: &Spec, denial: &Denial) -> Vec<String> {
    if is_of_apply(denial) {
        return lines(["give it to the role or user that applies the Terraform"]);
    }
    let existing = spec.handlers.iter().filter(|handler| handler.role != Role::Created).take(SHOWN);
    let again = existing.map(|handler| {
        format!("{} explain --handler {} …   # if that is its role", program::name(), shell(&handler.name))
    });
    again.chain([IDENTITY.to_owned()]).collect()
}

fn look_for_secret(spec: &Spec, denial: &Denial) -> Vec<String> {
    match (in_another_region(spec, denial), close_secret(spec, denial)) {
        (Some((name, region)), _) => {
            lines([format!("see why it asks there: the spec has {} in {}", shown(name), shown(region))])
        }
        (None, Some(close)) => lines([format!("did you mean {close}?")]),
        (None, None) => lines([format!("declare the secret in `{}`, or ask for one that is", spec.source)]),
    }
}

/// The secret of the spec with exactly that name, and its Region, if it names one.
fn in_another_region<'a>(spec: &'a Spec, denial: &Denial) -> Option<(&'a str, &'a str)> {
    let stored = denial.resource.whole().and_then(stored_name)?;
    let name = stored.rsplit_once('-').map_or(stored, |(name, _)| name);
    let secret = spec.secrets.iter().find(|secret| secret.name.as_str() == name)?;
    Some((secret.name.as_str(), secret.region.as_deref()?))
}

fn close_secret(spec: &Spec, denial: &Denial) -> Option<String> {
    if let Some(client) = &denial.client {
        return closest(&client.secret, spec.secrets.iter().map(|secret| secret.id.as_str())).map(shown);
    }
    let name = denial.resource.whole().and_then(stored_name)?;
    let name = name.rsplit_once('-').filter(|(_, suffix)| suffix.len() == 6).map_or(name, |(name, _)| name);
    closest(name, spec.secrets.iter().map(|secret| secret.name.as_str())).map(shown)
}

fn name_key(spec: &Spec) -> Vec<String> {
    lines([format!("name the key in `{}`: `kms_key: alias(\"alias/…\")` behind the secret's owner", spec.source)])
}

fn own_key(spec: &Spec) -> Vec<String> {
    let encrypt = "have the secret's owner encrypt it with a customer-managed key, whose policy lets this role decrypt";
    [lines([encrypt]), name_key(spec)].concat()
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
    [apply(), aliases.iter().map(|alias| describe_key(&shell(alias))).collect()].concat()
}

/// The key that the message names, quoted for a shell.
fn key(denial: &Denial) -> String {
    let whole = denial.resource.whole();
    whole.filter(|name| name.contains(":kms:")).map_or("KEY".to_owned(), shell)
}

fn describe_key(key: &str) -> String {
    format!("aws kms describe-key --key-id {key}")
}

fn enable_key(key: &str) -> String {
    format!("aws kms enable-key --key-id {key}   # unless it was disabled on purpose")
}

fn keep_key(key: &str) -> String {
    format!("aws kms cancel-key-deletion --key-id {key}")
}

fn key_policy(key: &str) -> String {
    format!("aws kms get-key-policy --policy-name default --key-id {key}")
}

fn secret_policy(denial: &Denial) -> String {
    let name = denial.resource.whole().map_or("SECRET".to_owned(), shell);
    format!("aws secretsmanager get-resource-policy --secret-id {name}")
}

fn look_at_secret(denial: &Denial) -> String {
    let name = denial.resource.whole().filter(|name| !name.contains(":kms:")).map_or("SECRET".to_owned(), shell);
    format!("aws secretsmanager describe-secret --secret-id {name} --query KmsKeyId")
}

fn attached(role: &str) -> String {
    format!("aws iam list-attached-role-policies --role-name {role}")
}

fn policies(role: &str) -> Vec<String> {
    lines([attached(role), format!("aws iam list-role-policies --role-name {role}")])
}

/// How to read the policy that the message names: an IAM policy, one of the organization, or that of a VPC endpoint.
fn look_at_policy(arn: &str) -> String {
    match arn.split(':').nth(2) {
        Some("organizations") => {
            let id = arn.rsplit('/').next().unwrap_or_default();
            format!(
                "aws organizations describe-policy --policy-id {}   # in the organization's management account",
                shell(id)
            )
        }
        Some("ec2") => {
            let id = arn.rsplit('/').next().unwrap_or_default();
            format!("aws ec2 describe-vpc-endpoints --vpc-endpoint-ids {}", shell(id))
        }
        _ => format!("aws iam get-account-authorization-details --query 'Policies[?Arn==`{}`]'", shell(arn)),
    }
}

/// How to decode an encoded authorization message. Source: [`DecodeAuthorizationMessage`][decode]. The command needs
/// the permission `sts:DecodeAuthorizationMessage`.
///
/// [decode]: https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
fn decode(encoded: &str) -> String {
    format!(
        "aws sts decode-authorization-message --query DecodedMessage --output text --encoded-message {encoded}   \
         # then give what it prints to this command"
    )
}

fn apply() -> Vec<String> {
    vec![
        format!("{} gen-infra --check", program::name()),
        "terraform -chdir=terraform plan   # then apply it".to_owned(),
    ]
}
