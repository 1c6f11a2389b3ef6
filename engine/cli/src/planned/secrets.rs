//! Checks what a plan does to the spec's secrets, and whether it contains a secret value.

use std::collections::BTreeMap;

use driftless_model::{Delivery, NamePattern, Owner, SecretSpec};

use super::configuration::End;
use super::findings::{Check, Finding, Kind};
use super::{Planned, Word};
use crate::aws::arn::{account, region, secret_name};
use crate::iam::meaning::Pattern;
use crate::labels::secret_label;

/// The resource type of a secret's value.
const VERSION: &str = "aws_secretsmanager_secret_version";

/// What follows from the deletion of a secret with a recovery window.
///
/// Source: [`DeleteSecret`](https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html).
const BLOCKED: &str = "is deleted: its value is lost when the recovery window ends, and until then no secret can be created with its \
                       name; `aws secretsmanager restore-secret` takes the deletion back";

const NOT_EPHEMERAL: &str = "the variable is not ephemeral";

impl Check<'_> {
    pub(super) fn secrets(&self, found: &mut Vec<Finding>) {
        let deliveries = self.deliveries();
        for planned in &self.plan.resources {
            match planned.kind.as_str() {
                "aws_secretsmanager_secret" => self.secret(planned, found),
                VERSION => self.version(planned, &deliveries, found),
                _ => {}
            }
        }
        self.variables(found);
    }

    /// Reports a secret that is destroyed, or one that Terraform must not manage.
    fn secret(&self, planned: &Planned, found: &mut Vec<Finding>) {
        let found_by = |name| Some((name, self.named(name)?));
        let Some((name, secret)) = planned.names().find_map(found_by) else { return };
        let sides = [&planned.before, &planned.after].into_iter().flatten();
        let mut arns = sides.filter_map(|given| given.word("arn")).peekable();
        let is_elsewhere = match arns.peek() {
            Some(_) => arns.any(|arn| !self.is_there(arn, secret)),
            None => !self.may_be_there(planned, secret),
        };
        if is_elsewhere {
            return;
        }
        let place = &planned.address;
        if planned.has_action("create") && planned.has_action("forget") {
            let what = format!("the secret `{name}` is created again, and Terraform forgets the one with the value");
            found.push(Finding::new(Kind::Replaced, place, what));
        }
        if planned.has_action("delete") {
            let window = planned.before.as_ref().and_then(|before| before.get("recovery_window_in_days")?.as_u64());
            let (kind, what) = match window {
                _ if planned.is_deposed => {
                    (Kind::Destroyed, "has an object that an earlier apply left behind (deposed), which is deleted now")
                }
                _ if planned.has_action("create") => (Kind::Replaced, "is replaced, and its value is lost"),
                Some(0) => (Kind::Destroyed, "is deleted at once, and its value is lost: it has no recovery window"),
                _ => (Kind::Destroyed, BLOCKED),
            };
            found.push(Finding::new(kind, place, format!("the secret `{name}` {what}")));
        }
        if planned.will_be() && matches!(secret.owner, Owner::Runtime) {
            let what = format!("it would manage the secret `{name}` ({}), which handlers write", secret.id);
            found.push(Finding::new(Kind::RuntimeOwned, place, what));
        }
    }

    /// Reports a version of a secret that handlers write, or one with a value that must not be in a plan.
    fn version(&self, planned: &Planned, deliveries: &BTreeMap<String, &Delivery>, found: &mut Vec<Finding>) {
        let ids = match planned.after("secret_id") {
            Some(Word::Known(id)) => vec![id],
            _ => self.new_secrets(planned.address.module(), &planned.address.in_module()).unwrap_or_default(),
        };
        let mut meant = ids.into_iter().filter_map(|id| self.meant_by(id));
        let secret = meant.find(|secret| self.may_be_there(planned, secret));
        if let Some(secret) = secret
            && planned.will_be()
            && matches!(secret.owner, Owner::Runtime | Owner::Rotation { .. })
        {
            let what = format!("it would write a value of {}, which handlers write", secret.id);
            found.push(Finding::new(Kind::RuntimeOwned, &planned.address, what));
        }
        let delivery = deliveries.get(&planned.address.in_module()).filter(|_| planned.is_in(self.path));
        let is_of_spec = delivery.is_some() || secret.is_some();
        let may = matches!(delivery, Some(Delivery::InState { .. }));
        if planned.has_value() && is_of_spec && !may {
            let what = "a value of the secret is in the plan, and so in the state";
            found.push(Finding::new(Kind::ValueInPlan, &planned.address, what));
        }
    }

    /// Reports a variable whose value must not be in a file.
    fn variables(&self, found: &mut Vec<Finding>) {
        for secret in &self.spec.secrets {
            let Some(Delivery::WriteOnly { variable, .. }) = secret.owner.delivery() else { continue };
            let source = self.plan.configuration.variable(self.path, variable);
            let (place, why) = match &source.end {
                End::Withheld => (self.place(&format!("var.{variable}")), "it is a constant of the configuration"),
                // The plan does not show which variable an expression refers to.
                End::Hidden(_) | End::Keyed(_) => (format!("var.{variable}"), NOT_EPHEMERAL),
                End::Reference(reference) if source.module.is_empty() => (reference.clone(), NOT_EPHEMERAL),
                End::Constant(_) | End::Reference(_) => continue,
            };
            let is_given = |name: &str| self.plan.given.iter().any(|given| given == name);
            if source.end == End::Withheld || place.strip_prefix("var.").is_some_and(is_given) {
                let what = format!("the value of {} is in the plan: {why}", secret.id);
                found.push(Finding::new(Kind::ValueInPlan, &place, what));
            }
        }
    }

    /// The delivery of each version resource of the spec, by address.
    fn deliveries(&self) -> BTreeMap<String, &Delivery> {
        let with_value = self.spec.secrets.iter().filter_map(|secret| Some((secret, secret.owner.delivery()?)));
        let address = |secret: &SecretSpec| format!("{VERSION}.{}_value", secret_label(secret));
        with_value.map(|(secret, delivery)| (address(secret), delivery)).collect()
    }

    /// The secret of the spec that an id refers to. The id is a name or an ARN.
    pub(super) fn meant_by(&self, id: &str) -> Option<&SecretSpec> {
        self.named(secret_name(id)).filter(|secret| self.is_there(id, secret))
    }

    /// Whether an ARN belongs to the account and the Region of a secret of the spec, as far as these are known.
    pub(super) fn is_there(&self, arn: &str, secret: &SecretSpec) -> bool {
        let is = |part: &str, known: Option<&str>| part.is_empty() || known.is_none_or(|known| known == part);
        is(account(arn), self.account.as_deref()) && (region(arn).is_empty() || self.is_in(region(arn), secret))
    }

    /// Whether a secret of the spec, or a copy of it, is in a Region, as far as this is known.
    pub(super) fn is_in(&self, region: &str, secret: &SecretSpec) -> bool {
        let here = secret.region.as_deref().or(self.region.as_deref());
        here.is_none_or(|here| here == region) || secret.has_copy_in(region)
    }

    /// The secret of the spec with a stored name.
    pub(super) fn named(&self, name: &str) -> Option<&SecretSpec> {
        let stored = Pattern::new(&format!("{name}-AbCdEf"));
        self.spec.secrets.iter().find(|secret| {
            secret.name.as_str() == name || Pattern::new(NamePattern::of(&secret.name).as_str()).covers(&stored)
        })
    }
}
