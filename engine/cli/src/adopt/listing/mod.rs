//! Parses a listing of an account: unchanged outputs of AWS CLI commands, concatenated in one file.
//!
//! | command | content |
//! |---|---|
//! | `aws secretsmanager list-secrets` | secrets, with the id of the current version and whether rotation is enabled |
//! | `aws secretsmanager describe-secret` | the same for one secret |
//! | `aws secretsmanager get-resource-policy` | the resource policy of a secret |
//! | `aws lambda get-policy` | the principals that may call a function |
//! | `aws iam get-account-authorization-details` | roles with their policies, and managed policies |
//! | `aws iam list-roles`, `get-role`, `list-policies`, `get-policy` | roles, and managed policies |
//! | `aws iam get-role-policy` | an inline policy |
//! | `aws lambda list-functions` | the role of each function |
//! | `aws iam list-role-policies`, `list-attached-role-policies` | a role's policies; `RoleName` must be added |
//!
//! Source: the output of each in the [AWS CLI reference](https://docs.aws.amazon.com/cli/latest/reference/).

mod document;
mod facts;

use std::collections::BTreeSet;
use std::io::{BufReader, Read};

use serde::Deserialize;
use serde_json::error::Category;

use super::Facts;
use super::facts::HolderKind;
use super::state::State;
use crate::aws::arn::{function_name, in_region, is_function, is_of_function, region};
use crate::render::{Object, PolicyName};
use crate::tf::Malformed;
use crate::tf::lenient::{Few, Text};
use document::{ListedDocument, ListedPolicy, ListedStatement, OnePolicy, Secret};

/// The objects of an account, as far as a listing contains them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each tells whether another command's output is there")]
pub struct Listing {
    /// Every object that a spec's Terraform could manage, sorted.
    pub found: BTreeSet<Found>,
    /// Whether it lists secrets. If so, it lists all of them, with the ids of their current versions.
    pub has_secrets: bool,
    /// Whether it has the output of `list-secrets`, with all secrets of its Region.
    pub has_all_secrets: bool,
    /// Whether it lists roles.
    pub has_roles: bool,
    /// Whether it lists the policies of roles. `list-roles` and `get-role` do not.
    pub has_policies_of_roles: bool,
    /// The names of the secrets whose versions it tells; a secret among them can have none.
    pub with_versions: BTreeSet<String>,
    /// Whether it lists users and groups. With `--filter`, the AWS CLI prints the lists empty.
    pub has_users: bool,
    /// The facts of the objects.
    pub facts: Facts,
}

/// An object that exists in an account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// What it is.
    pub object: Object,
    /// The import id.
    ///
    /// | resource | id |
    /// |---|---|
    /// | [secret][secret], [policy on a secret][secret_policy], [rotation of a secret][rotation] | the secret's ARN |
    /// | [version of a secret][secret_version] | the secret's ARN, `\|`, the version's id |
    /// | [permission to call a function][permission] | the function's ARN, `/`, the statement's id |
    /// | [role][role], its [inline][inline] and [managed][managed] policies as a whole | the role's name |
    /// | [inline policy of a role][role_policy] | the role's name, `:`, the policy's name |
    /// | [managed policy][policy] | its ARN |
    /// | [managed policy on a role][attachment] | the role's name, `/`, the policy's ARN |
    ///
    /// [secret]: https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/secretsmanager_secret.html.markdown#import
    /// [secret_policy]: https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/secretsmanager_secret_policy.html.markdown#import
    /// [secret_version]: https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/secretsmanager_secret_version.html.markdown#import
    /// [rotation]: https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/secretsmanager_secret_rotation.html.markdown#import
    /// [permission]: https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/lambda_permission.html.markdown#import
    /// [role]: https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/iam_role.html.markdown#import
    /// [inline]: https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/iam_role_policies_exclusive.html.markdown#import
    /// [managed]: https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/iam_role_policy_attachments_exclusive.html.markdown#import
    /// [role_policy]: https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/iam_role_policy.html.markdown#import
    /// [policy]: https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/iam_policy.html.markdown#import
    /// [attachment]: https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/iam_role_policy_attachment.html.markdown#import
    pub id: String,
    /// Whether it is a secret that is scheduled for deletion.
    pub is_pending_deletion: bool,
}

const HINT: &str = "pass what the AWS CLI printed with `--output json`; `import --help` names the commands";
const PAGES_HINT: &str = "run the AWS CLI without `--max-items` and `--no-paginate`, so that it prints everything";
const ROLE_HINT: &str = "add the role's name to each: `--query '{RoleName: `NAME`, PolicyNames: PolicyNames}'`";

/// Parses a listing.
///
/// # Errors
///
/// If the input contains anything other than complete outputs of these commands. The error gives the position and
/// contains nothing of the listing.
pub fn read(input: impl Read) -> Result<Listing, Malformed> {
    let mut listing = Listing::default();
    let mut json = serde_json::Deserializer::from_reader(BufReader::new(input));
    for number in 1.. {
        match json.end() {
            Ok(()) if number == 1 => return Err(Malformed::new("it is empty", HINT)),
            Ok(()) => break,
            // Another document follows.
            Err(error) if error.classify() == Category::Syntax => {}
            Err(error) => return Err(Malformed::json(&error, "", HINT)),
        }
        let place = format!(", in document {number}");
        let document = ListedDocument::deserialize(&mut json).map_err(|error| Malformed::json(&error, &place, HINT))?;
        listing
            .add(document)
            .map_err(|(what, hint)| Malformed::new(format!("document {number} of it {what}"), hint))?;
    }
    Ok(listing)
}

impl Listing {
    /// Adds the objects in another configuration's state.
    pub fn add_state(&mut self, state: &State) {
        let current =
            state.held.iter().filter(|held| !matches!(held.object, Object::Value(_)) || held.is_current == Some(true));
        self.found.extend(current.filter_map(|held| {
            let (object, id) = (held.object.clone(), held.import_id.clone()?);
            Some(Found { object, id, is_pending_deletion: false })
        }));
        self.facts.join(&state.facts);
    }
}

type ListingFault = (&'static str, &'static str);

impl Listing {
    fn add(&mut self, mut document: ListedDocument) -> Result<(), ListingFault> {
        let more = [&document.next_token, &document.marker].into_iter().any(|text| text.word().is_some());
        if more || document.is_truncated.as_str() == "true" {
            return Err(("is one page of several", PAGES_HINT));
        }
        let is_one_secret = document.arn.word().is_some();
        let is_one_role = document.role_name.word().is_some();
        let lists = [
            document.secret_list.is_some(),
            document.role_detail_list.is_some() || document.roles.is_some() || document.role.is_some(),
            document.policies.is_some() || document.policy.is_some(),
            document.policy_names.is_some() || document.attached_policies.is_some(),
            document.user_detail_list.is_some() || document.group_detail_list.is_some(),
            document.functions.is_some(),
        ];
        if !lists.contains(&true) && !is_one_secret && !is_one_role {
            return Err(("is not the output of a command that this knows", HINT));
        }
        self.has_secrets |= lists[0] || is_one_secret;
        self.has_all_secrets |= lists[0];
        self.has_roles |= lists[1];
        self.has_policies_of_roles |= document.role_detail_list.is_some() || lists[3];
        if is_one_secret {
            let secret = document.take_secret();
            self.add_secret(&secret)?;
            if document.resource_policy.word().is_some() {
                let object = Object::SecretPolicy(secret.name.as_str().to_owned());
                self.found(object, secret.arn.as_str().to_owned());
                self.facts.add_policy_on(secret.arn.as_str(), document.resource_policy.as_str());
            }
        }
        for secret in document.secret_list.unwrap_or_default().0 {
            self.add_secret(&secret)?;
        }
        let details = document.role_detail_list.unwrap_or_default().0;
        for role in details.into_iter().chain(document.roles.unwrap_or_default().0).chain(document.role) {
            let name = role.name.word().ok_or(("has a role without `RoleName`", HINT))?;
            self.add_role(name);
            self.facts.add_role(name, &role);
            self.add_policies_of(name, &role.inline.0, &role.attached.0);
        }
        for user in document.user_detail_list.unwrap_or_default().0 {
            self.has_users = true;
            self.facts.add_holder(HolderKind::User, &user);
        }
        for group in document.group_detail_list.unwrap_or_default().0 {
            self.has_users = true;
            self.facts.add_holder(HolderKind::Group, &group);
        }
        for function in document.functions.unwrap_or_default().0 {
            self.facts.add_function(&function);
        }
        for policy in document.policies.unwrap_or_default().0 {
            self.add_policy(&policy)?;
        }
        match document.policy {
            Some(OnePolicy::Managed(policy)) => self.add_policy(&policy)?,
            Some(OnePolicy::OfFunction(statements)) => self.add_callers(&statements)?,
            None => {}
        }
        let inline = ListedPolicy { name: document.policy_name, json: document.json, ..ListedPolicy::default() };
        self.add_one_role(&document.role_name, document.policy_names, document.attached_policies, inline)
    }

    fn add_one_role(
        &mut self,
        role: &Text,
        names: Option<Few<Text>>,
        attached: Option<Few<ListedPolicy>>,
        inline: ListedPolicy,
    ) -> Result<(), ListingFault> {
        let Some(role) = role.word() else {
            let is_of_one = names.is_some() || attached.is_some();
            return if is_of_one { Err(("lists the policies of a role without its name", ROLE_HINT)) } else { Ok(()) };
        };
        let names =
            names.unwrap_or_default().0.into_iter().map(|name| ListedPolicy { name, ..ListedPolicy::default() });
        let inline: Vec<ListedPolicy> = names.chain([inline]).collect();
        self.add_role(role);
        self.add_policies_of(role, &inline, &attached.unwrap_or_default().0);
        Ok(())
    }

    fn add_secret(&mut self, secret: &Secret) -> Result<(), ListingFault> {
        let words = secret.name.word().zip(secret.arn.word());
        let (name, arn) = words.ok_or(("has a secret without `Name` or `ARN`", HINT))?;
        if let Some(primary) = secret.primary_region.word().filter(|primary| *primary != region(arn)) {
            // A replica is handled with its primary secret, which exists.
            let primary = in_region(arn, primary);
            self.facts.see_secret(&primary);
            self.facts.replicas.insert((name.to_owned(), region(arn).to_owned()), primary);
            return Ok(());
        }
        if secret.deleted_date.word().is_some() {
            let object = Object::Secret(name.to_owned());
            self.found.insert(Found { object, id: arn.to_owned(), is_pending_deletion: true });
            return Ok(());
        }
        self.found(Object::Secret(name.to_owned()), arn.to_owned());
        self.facts.add_secret(arn, secret);
        if secret.is_whole() || secret.stages.is_there {
            self.with_versions.insert(name.to_owned());
        }
        if let Some(version) = &secret.stages.current {
            self.found(Object::Value(name.to_owned()), format!("{arn}|{version}"));
        }
        if secret.rotation_enabled.as_str() == "true" {
            self.found(Object::Rotation(name.to_owned()), arn.to_owned());
            if secret.rotation_function.word().is_some() {
                self.facts.add_rotation(name, secret);
            }
        }
        Ok(())
    }

    /// Adds the statements that apply to a function itself. Those for a version or an alias are ignored, because a
    /// rotation calls the unqualified function.
    fn add_callers(&mut self, statements: &[ListedStatement]) -> Result<(), ListingFault> {
        if !statements.iter().any(|statement| is_of_function(statement.resource.as_str())) {
            return Err(("has a policy that is not that of a function", HINT));
        }
        for ListedStatement { sid, resource } in statements {
            if let (Some(statement), Some(arn)) = (sid.word(), resource.word().filter(|id| is_function(id))) {
                let (function, statement) = (function_name(arn).to_owned(), statement.to_owned());
                // With the ARN, as in the rendered resource: with the name, the provider would replace it.
                let id = format!("{arn}/{statement}");
                self.found(Object::Permission { function, statement }, id);
            }
        }
        Ok(())
    }

    fn add_role(&mut self, name: &str) {
        self.found(Object::Role(name.to_owned()), name.to_owned());
    }

    fn add_policies_of(&mut self, role: &str, inline: &[ListedPolicy], attached: &[ListedPolicy]) {
        for name in inline.iter().filter_map(|policy| policy.name.word()) {
            let object = Object::InlinePolicy { role: Some(role.to_owned()), name: name.to_owned() };
            self.found(object, format!("{role}:{name}"));
        }
        for arn in attached.iter().filter_map(|policy| policy.arn.word()) {
            if let Some(policy) = PolicyName::of_arn(arn) {
                self.found(Object::Attachment { role: Some(role.to_owned()), policy }, format!("{role}/{arn}"));
            }
        }
        self.facts.add_policies_of(HolderKind::Role, role, inline, attached);
    }

    fn add_policy(&mut self, policy: &ListedPolicy) -> Result<(), ListingFault> {
        let words = policy.name.word().zip(policy.arn.word());
        let (name, arn) = words.ok_or(("has a policy without `PolicyName` or `Arn`", HINT))?;
        // Without `--scope Local`, the list also contains AWS managed policies.
        if let Some(PolicyName::Own(_)) = PolicyName::of_arn(arn) {
            self.found(Object::ManagedPolicy(name.to_owned()), arn.to_owned());
        }
        self.facts.add_managed(name, arn, policy);
        Ok(())
    }

    fn found(&mut self, object: Object, id: String) {
        self.found.insert(Found { object, id, is_pending_deletion: false });
    }
}
