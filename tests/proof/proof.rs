//! The property itself: the rendered policies allow what the spec grants, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use paypulse_runtime::model::{HandlerSpec, ManagedPolicies, Role as RoleSpec, Spec};

use super::condition::Context;
use super::environments::{Environment, environments, in_common};
use super::evaluator::{Decision, Request, decide};
use super::grants::{self, CALLS, MAKE_UP, Standing, Standings, Why};
use super::limits;
use super::module::{Module, SUFFIX, World};
use super::probes;
use super::regions::{self, Place};
use super::roles::{self, Role};
use super::rotations;
use super::shares;
use super::versions;

/// A suffix that a secret gets when it is created again.
const OTHER_SUFFIX: &str = "0zZ9aQ";

/// Operations that no verb makes, in Secrets Manager and around it.
const OTHER_ACTIONS: &[&str] = &[
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:CancelRotateSecret",
    "secretsmanager:DeleteResourcePolicy",
    "secretsmanager:GetResourcePolicy",
    "secretsmanager:ListSecretVersionIds",
    "secretsmanager:ListSecrets",
    "secretsmanager:PutResourcePolicy",
    "secretsmanager:RemoveRegionsFromReplication",
    "secretsmanager:ReplicateSecretToRegions",
    "secretsmanager:RotateSecret",
    "secretsmanager:StopReplicationToReplica",
    "secretsmanager:TagResource",
    "secretsmanager:UntagResource",
    "secretsmanager:ValidateResourcePolicy",
    "iam:AttachRolePolicy",
    "iam:PassRole",
    "iam:PutRolePolicy",
    "kms:CreateGrant",
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "lambda:InvokeFunction",
    "s3:GetObject",
    "ssm:GetParameter",
    "sts:AssumeRole",
];

/// What a secret's key is used for.
const KEY_ACTIONS: [&str; 2] = ["kms:Decrypt", "kms:GenerateDataKey"];

const OTHER_KEY_ACTIONS: [&str; 4] = ["kms:CreateGrant", "kms:Encrypt", "kms:ReEncryptFrom", "kms:ScheduleKeyDeletion"];

/// After this many findings the rest tells nothing new.
const ENOUGH: usize = 12;

/// In what rendered files differ from their spec, and for what AWS would refuse them. Empty if they are right.
pub fn findings(spec: &Spec, files: &BTreeMap<String, String>, world: &World) -> Vec<String> {
    some(ENOUGH, spec, files, world)
}

/// The first of these findings, where the question is only whether there are any.
pub fn first_findings(spec: &Spec, files: &BTreeMap<String, String>, world: &World) -> Vec<String> {
    some(1, spec, files, world)
}

fn some(enough: usize, spec: &Spec, files: &BTreeMap<String, String>, world: &World) -> Vec<String> {
    let world = &world.clone().with_keys_of(spec);
    let found = || -> Result<Vec<String>, String> {
        let environments = environments(spec).ok_or("a name with its prefix is longer than a spec's own can be")?;
        let mut findings = Vec::new();
        let mut worlds = Vec::new();
        for Environment { spec: there, variable, deployed, elsewhere } in &environments {
            let mut world = world.clone().with_functions_of(spec, deployed);
            world.variables.extend(variable.clone());
            let home = world.clone();
            let module = Module::read(files, world.clone())?;
            let roles = roles::roles(&module)?;
            for Place { spec: part, world } in regions::places(there, &world) {
                findings.extend(of_roles(enough, (there, &part), &roles, (&home, &world), elsewhere)?);
                if findings.len() >= enough {
                    return Ok(findings);
                }
            }
            findings.extend(regions::findings(&module)?);
            findings.extend(shares::findings(there, &module)?);
            findings.extend(rotations::findings(there, &module)?);
            worlds.push(world);
        }
        findings.extend(in_common(files, &worlds)?);
        Ok(findings)
    };
    found().unwrap_or_else(|fault| vec![fault])
}

/// What the roles may do in one region, in which there is this part of the spec; functions are at home.
fn of_roles(
    enough: usize,
    (whole, spec): (&Spec, &Spec),
    roles: &BTreeMap<String, Role>,
    (home, world): (&World, &World),
    elsewhere: &[String],
) -> Result<Vec<String>, String> {
    let of_role = |name: &str| whole.handlers.iter().find(|handler| handler.created_role() == Some(name));
    let principal = |name: &str| of_role(name).map(|handler| handler.options.principal.clone()).unwrap_or_default();
    let limited = |(name, role): (&String, &Role)| limits::findings(name, role, &principal(name), home);
    let mut findings: Vec<String> = roles.iter().flat_map(limited).collect();
    let mut names = probes::names(spec);
    // What has a name that the spec has elsewhere is a stranger here.
    names.extend(whole.secrets.iter().flat_map(probes::members));
    names.extend(elsewhere.iter().cloned());
    let names: Vec<_> = names.iter().map(|name| (name.as_str(), grants::standings(spec, name))).collect();
    let exact = grants::exact_names(spec);
    let mut expected = BTreeSet::new();
    let nothing = Role::default();
    for (handler, all) in spec.handlers.iter().zip(&whole.handlers) {
        let (name, created) = match &handler.role {
            RoleSpec::Created => (handler.created_role().unwrap_or_default().to_owned(), true),
            RoleSpec::Existing { variable } => (world.variable(variable), false),
        };
        let role = roles.get(&name).unwrap_or(&nothing);
        if role.trust.is_some() != created {
            findings.push(format!("handler {}: whether its role is created is not as the spec says", handler.id));
        }
        let is_function = handler.options.principal.is_lambda();
        let also = handler.options.also.iter().filter_map(ManagedPolicies::aws_policy).map(str::to_owned);
        let besides: BTreeSet<String> = also.chain((created && is_function).then(|| roles::LOGS.to_owned())).collect();
        if role.aws_managed != besides {
            findings.push(format!("handler {}: its role has of AWS's policies {:?}", handler.id, role.aws_managed));
        }
        let makes_up = grants::makes_up(whole, all);
        let function = regions::function(whole, handler, home);
        let asked = Asked { spec, handler, function, makes_up, role, world };
        for (name, standings) in &names {
            if findings.len() >= enough {
                return Ok(findings);
            }
            findings.extend(asked.about(name, standings, exact.contains(name))?);
            findings.extend(asked.about_versions(name, standings)?);
            findings.extend(asked.about_keys(name, standings, exact.contains(name))?);
        }
        findings.extend(asked.about_the_rest()?);
        expected.insert(name);
    }
    let unknown = roles.keys().filter(|name| !expected.contains(*name));
    findings.extend(unknown.map(|name| format!("role {name} belongs to no handler")));
    Ok(findings)
}

struct Asked<'a> {
    spec: &'a Spec,
    handler: &'a HandlerSpec,
    /// The ARN of its function, whose code asks.
    function: String,
    makes_up: bool,
    role: &'a Role,
    world: &'a World,
}

impl Asked<'_> {
    /// The calls on the secret of a name.
    fn about(&self, name: &str, standings: &Standings<'_>, is_exact: bool) -> Result<Vec<String>, String> {
        let mut findings = Vec::new();
        let arns = [SUFFIX, OTHER_SUFFIX].map(|suffix| (suffix, self.world.secret(name, suffix)));
        for call in CALLS {
            let action = format!("secretsmanager:{call}");
            let standing = grants::granted(self.spec, standings, self.handler, call);
            let of_others = grants::granted_to_others(self.spec, standings, self.handler, call);
            for (suffix, arn) in &arns {
                let expected = match standing {
                    // Of a secret that the module knows, only the very one is meant, not a later one of its name.
                    Standing::Member => Some(!is_exact || *suffix == SUFFIX),
                    Standing::Lookalike(_) => None,
                    Standing::Stranger => Some(false),
                };
                if let Some(expected) = expected
                    && self.allows(&action, arn, &Context::new())? != expected
                {
                    findings.push(self.finding(!expected, &action, arn));
                }
                // Under the same role, in no function or in another.
                if of_others == Standing::Stranger && self.allows_others(&action, arn)? {
                    findings.push(format!("{} outside its function", self.finding(true, &action, arn)));
                }
            }
        }
        Ok(findings)
    }

    /// Reads that name a version of the secret of a name.
    fn about_versions(&self, name: &str, standings: &Standings<'_>) -> Result<Vec<String>, String> {
        let (action, arn) = ("secretsmanager:GetSecretValue", self.world.secret(name, SUFFIX));
        let mut findings = Vec::new();
        for asked in versions::ALL {
            let expected = match versions::granted(self.spec, standings, self.handler, asked) {
                Standing::Member => true,
                Standing::Lookalike(_) => continue,
                Standing::Stranger => false,
            };
            if self.allows(action, &arn, &asked.context())? != expected {
                findings.push(format!("{}, {asked:?}", self.finding(!expected, action, &arn)));
            }
        }
        Ok(findings)
    }

    /// What the spec's keys may be used for, on the secret of a name: through Secrets Manager alone, and for that secret.
    fn about_keys(&self, name: &str, standings: &Standings<'_>, is_exact: bool) -> Result<Vec<String>, String> {
        let mut findings = Vec::new();
        let keys: BTreeSet<_> = self.spec.secrets.iter().filter_map(|secret| secret.kms_key.as_ref()).collect();
        for (key, action) in keys.iter().flat_map(|key| KEY_ACTIONS.map(|action| (*key, action))) {
            let arn = self.world.key_of(key);
            let standing = grants::granted_on_key(self.spec, standings, self.handler, key, action);
            for suffix in [SUFFIX, OTHER_SUFFIX] {
                let context = self.through_secrets_manager(&self.world.secret(name, suffix));
                let expected = match standing {
                    Standing::Member => Some(!is_exact || suffix == SUFFIX),
                    Standing::Lookalike(_) => None,
                    Standing::Stranger => Some(false),
                };
                if expected.is_some_and(|expected| self.allows(action, &arn, &context) != Ok(expected)) {
                    findings
                        .push(format!("{} for {name}-{suffix}", self.finding(expected == Some(false), action, &arn)));
                }
                // Where even the right use is denied, so is any other that these policies could allow.
                if expected != Some(true) {
                    continue;
                }
                let secret = self.world.secret(name, suffix);
                let in_its_partition = self.through(&secret, self.world.dns_suffix());
                if !self.allows(action, &arn, &in_its_partition)? {
                    findings.push(format!("{} with {in_its_partition:?}", self.finding(false, action, &arn)));
                }
                for context in self.other_ways(&context) {
                    if self.allows(action, &arn, &context)? {
                        findings.push(format!("{} with {context:?}", self.finding(true, action, &arn)));
                    }
                }
                for action in OTHER_KEY_ACTIONS {
                    if self.allows(action, &arn, &context)? {
                        findings.push(self.finding(true, action, &arn));
                    }
                }
            }
        }
        Ok(findings)
    }

    /// Uses of a key that are not Secrets Manager's here, for a secret that it names.
    fn other_ways(&self, context: &Context) -> Vec<Context> {
        let without = |key: &str| {
            let mut context = context.clone();
            context.remove(key);
            context
        };
        let through = |service: &str| {
            let mut context = context.clone();
            context.insert("kms:ViaService".to_owned(), vec![service.to_owned()]);
            context
        };
        // The same secret in another region: the copy of one that is here, or what this one is a copy of.
        let of_region = |region: &str| {
            let mut context = context.clone();
            for arn in context.entry("kms:EncryptionContext:SecretARN".to_owned()).or_default() {
                *arn = arn.replacen(&format!(":{}:", self.world.region), &format!(":{region}:"), 1);
            }
            context
        };
        let elsewhere = ["eu-west-1", "eu-central-1", "us-west-2", "ca-central-1"];
        let elsewhere = elsewhere.into_iter().filter(|region| *region != self.world.region);
        let mut ways: Vec<Context> = elsewhere.map(of_region).collect();
        ways.extend([
            Context::new(),
            without("kms:ViaService"),
            without("kms:EncryptionContext:SecretARN"),
            through(&format!("s3.{}.amazonaws.com", self.world.region)),
            through(&format!("secretsmanager.{}.example.com", self.world.region)),
            through("secretsmanager.ca-central-1.amazonaws.com"),
        ]);
        ways
    }

    /// Secrets of the same names elsewhere, operations that no verb makes, and resources that are no secrets.
    fn about_the_rest(&self) -> Result<Vec<String>, String> {
        let mut findings = Vec::new();
        let world = self.world;
        let elsewhere = [
            World { account: "999999999999", ..world.clone() },
            World { region: "ca-central-1".to_owned(), ..world.clone() },
            World { partition: if world.partition == "aws-cn" { "aws" } else { "aws-cn" }, ..world.clone() },
        ];
        let mut resources = vec!["*".to_owned(), world.key("any"), world.key("alias/aws/secretsmanager")];
        resources.push(format!("arn:{}:iam::{}:role/{}", world.partition, world.account, self.handler.name));
        for name in self.spec.secrets.iter().flat_map(probes::members) {
            resources.push(world.secret(&name, SUFFIX));
            for arn in elsewhere.iter().map(|world| world.secret(&name, SUFFIX)) {
                for action in CALLS.map(|call| format!("secretsmanager:{call}")) {
                    if self.allows(&action, &arn, &Context::new())? {
                        findings.push(self.finding(true, &action, &arn));
                    }
                }
            }
        }
        for (resource, action) in resources.iter().flat_map(|arn| OTHER_ACTIONS.iter().map(move |action| (arn, action)))
        {
            if self.allows(action, resource, &self.through_secrets_manager(resource))? {
                findings.push(self.finding(true, action, resource));
            }
        }
        let make_up = format!("secretsmanager:{MAKE_UP}");
        let expected = self.makes_up;
        if self.allows(&make_up, "*", &Context::new())? != expected {
            findings.push(self.finding(!expected, &make_up, "*"));
        }
        for action in CALLS.map(|call| format!("secretsmanager:{call}")) {
            for resource in &resources[..4] {
                if self.allows(&action, resource, &Context::new())? {
                    findings.push(self.finding(true, &action, resource));
                }
            }
        }
        Ok(findings)
    }

    /// The context in which a key would be used for a secret.
    fn through_secrets_manager(&self, secret: &str) -> Context {
        self.through(secret, "amazonaws.com")
    }

    /// The same where the name of Secrets Manager ends in this.
    fn through(&self, secret: &str, dns_suffix: &str) -> Context {
        let service = format!("secretsmanager.{}.{dns_suffix}", self.world.region);
        let entries = [("kms:ViaService", service), ("kms:EncryptionContext:SecretARN", secret.to_owned())];
        entries.map(|(key, value)| (key.to_owned(), vec![value])).into()
    }

    /// Whether the code of the handler's function may do it.
    fn allows(&self, action: &str, resource: &str, context: &Context) -> Result<bool, String> {
        self.decides(action, resource, &with_source(context, &self.function))
    }

    /// Whether somebody may do it under the handler's role who is not the code of one of the spec's functions.
    fn allows_others(&self, action: &str, resource: &str) -> Result<bool, String> {
        let other = with_source(&Context::new(), &self.world.function("somebody-else"));
        Ok(self.decides(action, resource, &Context::new())? || self.decides(action, resource, &other)?)
    }

    fn decides(&self, action: &str, resource: &str, context: &Context) -> Result<bool, String> {
        let decision = decide(self.role.policies(), &Request { action, resource, context })?;
        Ok(decision == Decision::Allowed)
    }

    fn finding(&self, allowed: bool, action: &str, resource: &str) -> String {
        let word = if allowed { "wrongly allowed" } else { "wrongly denied" };
        format!("handler {}: {action} on {resource} is {word}", self.handler.id)
    }
}

/// The same request, made by the code of a function.
///
/// Source: [using source function ARN to control function access behavior][source].
///
/// [source]: https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html
fn with_source(context: &Context, function: &str) -> Context {
    let mut context = context.clone();
    context.insert("lambda:SourceFunctionArn".to_owned(), vec![function.to_owned()]);
    context
}

/// The names for which a policy takes a stranger for a member, with the reason, over all handlers.
pub fn lookalikes(
    spec: &Spec,
    files: &BTreeMap<String, String>,
    world: &World,
) -> Result<BTreeSet<(Why, String)>, String> {
    let world = &world.clone().with_keys_of(spec);
    let roles = Module::read(files, world.clone()).and_then(|module| roles::roles(&module))?;
    let mut found = BTreeSet::new();
    for handler in spec.handlers.iter().filter(|handler| handler.role == RoleSpec::Created) {
        let name = handler.created_role().unwrap_or_default();
        let role = roles.get(name).ok_or_else(|| format!("no role is named {name}"))?;
        let (function, makes_up) = (world.function(&handler.name), grants::makes_up(spec, handler));
        let asked = Asked { spec, handler, function, makes_up, role, world };
        for name in probes::names(spec) {
            let standings = grants::standings(spec, &name);
            for call in CALLS {
                if let Standing::Lookalike(why) = grants::granted(spec, &standings, handler, call)
                    && asked.allows(&format!("secretsmanager:{call}"), &world.secret(&name, SUFFIX), &Context::new())?
                {
                    found.insert((why, name.clone()));
                }
            }
        }
    }
    Ok(found)
}
