//! Audit of the resource policy of a secret: which principals it allows beyond the spec's shares, and which handlers
//! it denies.

use std::collections::{BTreeMap, BTreeSet};

use driftless_model::{SecretSpec, shown};

use super::super::finding::{AuditFinding, Place, Rule};
use super::super::inventory::FoundSecret;
use super::{AuditedAccess, NamedPrincipal, outsider, some};
use crate::aws::arn::region;
use crate::iam::evaluate::{ResourcePolicy, Target, TargetKind, Whom};
use crate::iam::meaning::{Effect, Pattern, PolicyPrincipal, PolicyStatement, Principals};
use crate::iam::resource_of;

impl AuditedAccess<'_> {
    /// Every way in which the policy of a secret differs from the spec. Also reports handlers whose policies name an
    /// earlier secret of the same name.
    #[must_use]
    pub fn judge_secret(
        &self,
        found: &FoundSecret,
        secret: &SecretSpec,
        place: &Place,
        policy: Option<&str>,
    ) -> Vec<AuditFinding> {
        let mut findings = self.named_otherwise(found, secret);
        let Some(named) = self.places.get(secret.id.as_str()).map(|place| &self.secrets[*place]) else {
            return findings;
        };
        let policy = match policy.map(ResourcePolicy::read).transpose() {
            Ok(policy) => policy.unwrap_or(ResourcePolicy::empty()),
            Err(error) => {
                let message = format!("what the policy on it allows is not known: {error}");
                let hint = "look at it with `aws secretsmanager get-resource-policy`";
                findings.push(AuditFinding::new(Rule::UndecidedPolicy, place.clone(), message, hint));
                return findings;
            }
        };
        let policy = SecretPolicy { access: self, named, arn: Pattern::new(&found.arn), policy };
        findings.extend(policy.judge(place));
        findings
    }

    /// A secret that was deleted and recreated has a different ARN from the one in policies that were written before.
    fn named_otherwise(&self, found: &FoundSecret, secret: &SecretSpec) -> Vec<AuditFinding> {
        let named = self.named.get(secret.id.as_str()).into_iter().flatten();
        // That of a copy differs in the Region.
        let own = |arn: &str| arn.replacen(&format!(":{}:", region(arn)), "::", 1);
        let others = named.filter(|(arn, _)| own(arn) != own(&found.arn)).flat_map(|(_, handlers)| handlers);
        let findings = others.map(|handler| {
            let message =
                format!("its role is granted another secret of the name {}, which is gone", shown(&found.name));
            let hint = "apply the Terraform, which looks the secret's ARN up again";
            AuditFinding::new(Rule::PolicyNarrower, Place::Handler { id: (*handler).to_owned() }, message, hint)
        });
        findings.collect()
    }
}

struct SecretPolicy<'p> {
    access: &'p AuditedAccess<'p>,
    named: &'p NamedPrincipal,
    arn: Pattern,
    policy: ResourcePolicy,
}

impl SecretPolicy<'_> {
    fn judge(&self, place: &Place) -> Vec<AuditFinding> {
        let mut findings = Vec::new();
        for (who, actions) in self.let_in() {
            let message = format!("the policy on it lets {} {}", shown(&who), some(actions.iter().map(|it| short(it))));
            let hint = "take it out of the policy, or share the secret in the spec by `shared_with`";
            findings.push(AuditFinding::new(outsider::rule(&actions), place.clone(), message, hint));
        }
        let lacking = self.lacking();
        if !lacking.is_empty() {
            let message = format!("the policy on it does not let {}", some(lacking.iter().map(String::as_str)));
            findings.push(AuditFinding::new(Rule::PolicyNarrower, place.clone(), message, "apply the Terraform"));
        }
        if self.may_deny_a_handler() {
            let message = "the policy on it denies what the spec grants, at least under a condition";
            let hint = "take the denial out of the policy, or see that no handler meets it";
            findings.push(AuditFinding::new(Rule::PolicyNarrower, place.clone(), message, hint));
        }
        findings
    }

    /// The principals and actions that the policy allows beyond the spec.
    fn let_in(&self) -> BTreeMap<String, BTreeSet<&'static str>> {
        let mut let_in: BTreeMap<String, BTreeSet<&'static str>> = BTreeMap::new();
        let target = Target::new(TargetKind::Secret, "", [self.arn.as_str()]);
        for grantee in self.policy.grantees(&target) {
            for action in grantee.actions.keys() {
                let is_granted = match &grantee.whom {
                    Whom::One(principal) => self.is_granted(principal, action),
                    Whom::AllBut(_) => false,
                };
                if !is_granted {
                    let_in.entry(grantee.whom.to_string()).or_default().insert(action);
                }
            }
        }
        let_in
    }

    fn is_granted(&self, principal: &PolicyPrincipal, action: &str) -> bool {
        let name = principal.name.as_str();
        // A grant to the account itself delegates to identity policies, which are audited separately.
        if principal.kind == "AWS" && self.is_account(name, &self.access.site.account) {
            return true;
        }
        let is_handlers = self
            .access
            .handlers_of(name)
            .is_some_and(|handlers| handlers.wanted.has(&Pattern::of_action(action), &self.arn));
        let arn = principal_arn(name, self.access.site.partition());
        is_handlers || self.shares().any(|(shared, allowed)| shared == arn && allowed == action)
    }

    fn is_account(&self, name: &str, account: &str) -> bool {
        name == account || name == format!("arn:{}:iam::{account}:root", self.access.site.partition())
    }

    /// Every pair of principal ARN and action with which the spec shares the secret.
    fn shares(&self) -> impl Iterator<Item = (String, &'static str)> {
        let partition = self.access.site.partition();
        self.named.shares.iter().flat_map(move |statement| {
            statement.principals.iter().flat_map(move |principal| {
                let arn = format!("arn:{partition}:iam::{}:{}", principal.account(), resource_of(principal));
                statement.actions.iter().map(move |action| (arn.clone(), *action))
            })
        })
    }

    /// The shares of the spec that the policy does not allow.
    fn lacking(&self) -> BTreeSet<String> {
        let allowing = |statement: &&PolicyStatement| statement.effect == Effect::Allow;
        let lacking = self.shares().filter(|(who, action)| {
            let pattern = Pattern::of_action(action);
            !self.policy.statements().iter().filter(allowing).any(|statement| {
                let speaks_of_them = matches!(&statement.principals, Some(Principals::Of(principals))
                    if principals.iter().any(|it| principal_arn(&it.name, self.access.site.partition()) == *who));
                speaks_of_them && statement.surely_speaks_of(&pattern, &self.arn)
            })
        });
        lacking.map(|(who, action)| format!("{who} {}", short(action))).collect()
    }

    fn may_deny_a_handler(&self) -> bool {
        let denying = self.policy.statements().iter().filter(|it| it.effect == Effect::Deny);
        denying.into_iter().any(|statement| {
            let handlers = self.access.handlers.iter().filter(|(role, _)| may_speak_of_role(statement, role));
            handlers.into_iter().any(|(_, handlers)| {
                let of_this = handlers.wanted.actions.iter().filter(|wanted| wanted.arns.meets(&self.arn));
                of_this.into_iter().any(|wanted| statement.may_speak_of(&wanted.actions, &self.arn))
            })
        })
    }
}

impl AuditedAccess<'_> {
    /// The handlers of the role with this ARN, if it is in this account.
    fn handlers_of(&self, arn: &str) -> Option<&super::Handlers<'_>> {
        let role = arn.strip_prefix(&format!("arn:{}:iam::{}:role/", self.site.partition(), self.site.account))?;
        self.handlers.get(&role.rsplit('/').next().unwrap_or_default().to_ascii_lowercase())
    }
}

/// Whether a statement may apply to the role of this name.
fn may_speak_of_role(statement: &PolicyStatement, role: &str) -> bool {
    match &statement.principals {
        Some(Principals::Of(principals)) => principals.iter().any(|principal| {
            let last = principal.name.rsplit(['/', ':']).next().unwrap_or_default().to_ascii_lowercase();
            last == "*" || last == "root" || last == role || last.bytes().all(|byte| byte.is_ascii_digit())
        }),
        Some(Principals::AllBut(_)) | None => true,
    }
}

/// The ARN of a principal. An account can also be given by its twelve digits.
fn principal_arn(name: &str, partition: &str) -> String {
    let is_account = name.len() == 12 && name.bytes().all(|byte| byte.is_ascii_digit());
    if is_account { format!("arn:{partition}:iam::{name}:root") } else { name.to_owned() }
}

fn short(action: &str) -> &str {
    action.rsplit(':').next().unwrap_or(action)
}
