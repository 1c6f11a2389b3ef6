//! The policies on secrets themselves: each allows exactly what the spec shares, to exactly those with whom it is shared.

use std::collections::BTreeSet;

use paypulse_runtime::model::{Principal, Spec, Verb};
use serde_json::Value;

use super::limits;
use super::module::{Module, SUFFIX};

/// The longest policy on a secret, in characters without white space.
///
/// Source: <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>
const LONGEST: usize = 20_480;

/// Who may do what with which secret.
type Allowed = BTreeSet<(String, String, String)>;

/// In what the policies on secrets differ from the spec.
pub fn findings(spec: &Spec, module: &Module) -> Result<Vec<String>, String> {
    let expected = expected(spec, module);
    let mut rendered = Allowed::new();
    for address in module.of_kind("aws_secretsmanager_secret_policy") {
        if module.argument(address, "block_public_policy")? != Value::Bool(true) {
            return Err(format!("{address}: AWS is not asked to refuse a policy for everybody"));
        }
        let text = module.text(address, "policy")?;
        if limits::counted(&text) > LONGEST {
            return Err(format!("{address}: the policy is too long"));
        }
        let arn = module.text(address, "secret_arn")?;
        let allowed =
            allowed(&text).ok_or_else(|| format!("{address}: the policy is not a plain list of permissions"))?;
        if let Some((.., other)) = allowed.iter().find(|(.., resource)| *resource != arn) {
            return Err(format!("{address}: the policy on {arn} speaks of {other}"));
        }
        rendered.extend(allowed);
    }
    let said =
        |what: &str, (who, action, arn): &(String, String, String)| format!("{who}: {action} on {arn} is {what}");
    let wide = rendered.difference(&expected).map(|entry| said("wrongly shared", entry));
    let narrow = expected.difference(&rendered).map(|entry| said("not shared", entry));
    Ok(wide.chain(narrow).collect())
}

fn expected(spec: &Spec, module: &Module) -> Allowed {
    let world = &module.world;
    let mut expected = Allowed::new();
    for secret in &spec.secrets {
        for share in &secret.options.shared_with {
            let who = match &share.principal {
                Principal::Account { account } => format!("arn:{}:iam::{account}:root", world.partition),
                Principal::Role { account, role } => format!("arn:{}:iam::{account}:role/{role}", world.partition),
            };
            for verb in &share.verbs {
                let call = match verb {
                    Verb::Read => "GetSecretValue",
                    Verb::Describe => "DescribeSecret",
                    other => panic!("a checked spec does not share `{other}`"),
                };
                let arn = world.within(secret.region.as_deref()).secret(secret.name.as_str(), SUFFIX);
                expected.insert((who.clone(), format!("secretsmanager:{call}"), arn));
            }
        }
    }
    expected
}

/// What a policy of statements without any condition or exception allows.
fn allowed(policy: &str) -> Option<Allowed> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let mut allowed = Allowed::new();
    if policy["Version"] != "2012-10-17" || policy.as_object()?.len() != 2 {
        return None;
    }
    for statement in policy["Statement"].as_array()? {
        if statement["Effect"] != "Allow"
            || statement.as_object()?.len() != 4
            || statement["Principal"].as_object()?.len() != 1
        {
            return None;
        }
        for who in statement["Principal"]["AWS"].as_array()? {
            for action in statement["Action"].as_array()? {
                let words = [who, action, &statement["Resource"]].map(|word| word.as_str().map(str::to_owned));
                let [who, action, resource] = words;
                allowed.insert((who?, action?, resource?));
            }
        }
    }
    Some(allowed)
}
