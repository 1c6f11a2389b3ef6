//! Checks resources outside the spec that affect its roles and secrets. Functions and keys are checked in `functions`
//! and `keys`.

use std::borrow::Cow;

use driftless_model::{Owner, SecretSpec, shown};

use super::Planned;
use super::findings::{Check, Finding, Kind};
use super::gains::Gains;
use super::given::Given;
use super::granted::{Granted, denies_less, granted};
use super::kinds::{By, Does, Who};
use super::new_secrets::NewName;
use super::policies::Reader;
use super::seen::Seen;
use crate::access::Known;
use crate::iam::evaluate::TargetKind as Thing;

/// The secret that an argument of a resource refers to.
enum Meant<'a> {
    Spec(&'a SecretSpec),
    Other,
    Unknown,
}

impl Check<'_> {
    pub(super) fn foreign(&self, known: &Known, found: &mut Vec<Finding>) {
        let mut seen: Vec<Seen<'_>> = self.plan.seen();
        seen.retain(|seen| self.has(seen) || !self.is_of_another_account(seen));
        let targets = self.targets(known);
        targets.changed_tags(found);
        let gains = Gains::new(self, &seen, targets);
        gains.holders(found);
        gains.lost_denials(found);
        gains.trust(found);
        gains.sign_ins(found);
        self.besides(&gains, known, found);
        let reader = Reader::new(self.plan, &seen, self.has_rotation());
        let roles = self.role_places(&seen);
        for (index, seen) in seen.iter().enumerate().filter(|(_, seen)| !self.has(seen)) {
            match seen.does {
                Some(Does::Gives { to, by }) if seen.changes => {
                    self.on_role((seen, to, by), &reader, &roles, found);
                    self.detaches(seen, found);
                }
                Some(Does::OnSecret { by }) => self.on_secret(seen, by, &reader, &gains, found),
                Some(Does::Secret) => self.other_secret(seen, &gains, found),
                Some(Does::RunsAs { role, named_by }) if seen.changes => {
                    self.runs(seen, role, named_by, &reader, found);
                }
                Some(Does::Grant | Does::OnKey { .. }) if seen.changes => self.on_key(index, &reader, &gains, found),
                Some(Does::Alias) if seen.changes => self.alias(seen, found),
                Some(Does::Calls { .. }) if seen.changes => self.calls(seen, &reader, found),
                _ => {}
            }
            self.names_role(seen, &reader, found);
            if seen.changes {
                self.runs_other_code(seen, &reader, found);
            }
        }
    }

    pub(super) fn has(&self, seen: &Seen<'_>) -> bool {
        seen.address.module() == self.path && self.module.has(&seen.address.in_module())
    }

    /// The indices of the roles of the spec, with their names.
    fn role_places<'s>(&self, seen: &[Seen<'s>]) -> Vec<(usize, &'s str)> {
        let roles = seen.iter().enumerate().filter(|(_, seen)| seen.does == Some(Does::Role));
        let named = roles.filter_map(|(index, seen)| Some((index, seen.after?.word("name")?)));
        named.filter(|(_, name)| self.roles.has(name)).collect()
    }

    /// Reports a policy or a list of policies that a resource outside the spec puts on a role of the spec. `roles` are
    /// the roles of the spec in the plan.
    fn on_role(
        &self,
        (seen, to, by): (&Seen<'_>, &[(Who, &str)], By),
        reader: &Reader<'_>,
        roles: &[(usize, &str)],
        found: &mut Vec<Finding>,
    ) {
        let Some(after) = seen.after else { return };
        for (_, argument) in to.iter().filter(|(who, _)| *who == Who::Role) {
            let named = after.word(argument).into_iter().chain(after.words(argument));
            // A new role can be named by an attribute that is known only after the apply, such as its id.
            let is_unknown = seen.unknown.is_marked(argument);
            let meant = if is_unknown { reader.meant(seen, argument).all } else { [].into() };
            let new = roles.iter().filter(|(index, _)| meant.binary_search(index).is_ok()).map(|(_, name)| *name);
            for role in named.filter(|name| self.roles.has(name)).chain(new) {
                if !self.is_created(role) && self.roles.get(role).is_some_and(|handlers| !handlers.is_empty()) {
                    // What a role that the spec only uses is allowed is decided with the policies.
                    self.keeps_own(seen, role, by, found);
                    continue;
                }
                let what = match by {
                    By::Names(_) | By::Arns(_) => {
                        format!("it is a second exclusive list of the policies of the spec's role `{role}`")
                    }
                    _ => format!("it puts a policy on the role `{role}` of the spec that the spec does not have"),
                };
                found.push(Finding::new(Kind::Foreign, seen.address, what));
            }
        }
    }

    /// Reports `aws_iam_policy_attachment` of a policy that the spec attaches: it takes the policy off every identity that it
    /// does not name.
    ///
    /// Source: [the provider's warning][attachment].
    ///
    /// [attachment]: https://github.com/hashicorp/terraform-provider-aws/blob/main/website/docs/r/iam_policy_attachment.html.markdown
    fn detaches(&self, seen: &Seen<'_>, found: &mut Vec<Finding>) {
        let arn = seen.after.filter(|_| seen.kind == "aws_iam_policy_attachment").and_then(|it| it.word("policy_arn"));
        let Some(arn) = arn else { return };
        let attached = self.ours().filter(|planned| planned.kind == "aws_iam_role_policy_attachment");
        let mut attached = attached.filter_map(|planned| planned.after.as_ref()?.word("policy_arn"));
        if attached.any(|own| own == arn) {
            let what = format!("it takes `{arn}`, which the spec attaches, off every role that it does not name");
            found.push(Finding::new(Kind::Narrower, seen.address, what));
        }
    }

    /// Reports an exclusive list that takes a policy of the spec off a role.
    fn keeps_own(&self, seen: &Seen<'_>, role: &str, by: By, found: &mut Vec<Finding>) {
        let (By::Names(argument), Some(after)) = (by, seen.after) else { return };
        let of_role = |planned: &&Planned| {
            let name = planned.after.as_ref().and_then(|after| after.word("role"));
            planned.kind == "aws_iam_role_policy" && name.is_some_and(|name| name.eq_ignore_ascii_case(role))
        };
        let own = self.ours().filter(of_role).filter_map(|planned| planned.after.as_ref()?.word("name"));
        for name in own.filter(|name| !after.words(argument).any(|kept| kept == *name)) {
            let what = format!("it takes the policy `{name}` of the spec off the role `{role}`");
            found.push(Finding::new(Kind::Narrower, seen.address, what));
        }
    }

    /// Reports a policy, a rotation, a version or a tag of a secret.
    fn on_secret(&self, seen: &Seen<'_>, by: &str, reader: &Reader<'_>, gains: &Gains<'_>, found: &mut Vec<Finding>) {
        self.moved_policy(seen, by, found);
        let secret = match self.meant(seen, by, reader) {
            Meant::Other => return,
            Meant::Unknown if !seen.changes => return,
            Meant::Unknown => {
                let what = "which secret it is on is known only after the apply";
                found.push(Finding::new(Kind::Undecided, seen.address, what));
                return;
            }
            Meant::Spec(secret) => secret,
        };
        let is_elsewhere = matches!(secret.owner, Owner::External);
        match seen.kind {
            "aws_secretsmanager_secret_policy" if seen.changes => self.policy_on(seen, secret, gains, found),
            _ if seen.after.is_none() => {}
            "aws_secretsmanager_secret_rotation" if seen.changes && !is_elsewhere => {
                let function = seen.after.and_then(|after| after.word("rotation_lambda_arn"));
                let function = function.unwrap_or("a function that is not known yet");
                let what = format!("it has {function} rotate {}, which the spec does not say", secret.id);
                found.push(Finding::new(Kind::Foreign, seen.address, what));
            }
            "aws_secretsmanager_secret_version" if matches!(secret.owner, Owner::Terraform(_)) => {
                let what = format!("a second resource writes {}: the one that is applied last wins", secret.id);
                found.push(Finding::new(Kind::SecondWriter, seen.address, what));
            }
            "aws_secretsmanager_tag" if seen.changes && !is_elsewhere => {
                let what = format!("it tags {}, and conditions of policies can depend on a tag", secret.id);
                found.push(Finding::new(Kind::Different, seen.address, what));
            }
            _ => {}
        }
    }

    /// Reports a policy of a secret that is moved to another secret, and that denied something.
    fn moved_policy(&self, seen: &Seen<'_>, by: &str, found: &mut Vec<Finding>) {
        let (Some(before), Some(after)) = (seen.before, seen.after) else { return };
        let meant = |given: &Given| given.word(by).and_then(|id| self.meant_by(id)).map(|secret| secret.id.as_str());
        let Some(was) = meant(before).filter(|was| meant(after) != Some(was)) else { return };
        let denied = before.document("policy").is_some_and(|text| denies_less(Some(&text), None));
        if seen.kind == "aws_secretsmanager_secret_policy" && seen.changes && denied {
            let what = format!("the policy on {was} is moved, and other policies may allow what it denied");
            found.push(Finding::new(Kind::Undecided, seen.address, what));
        }
    }

    /// Reports what a policy on a secret newly allows, in addition to the spec's own policy.
    fn policy_on(&self, seen: &Seen<'_>, secret: &SecretSpec, gains: &Gains<'_>, found: &mut Vec<Finding>) {
        if seen.is_unknown("policy") {
            // The provider computes the `policy` of a new secret that is not configured.
            if seen.before.is_some() || self.is_given(seen, "policy") {
                let what = format!("it is a policy on {}, and known only after the apply", secret.id);
                found.push(Finding::new(Kind::Undecided, seen.address, what));
            }
            return;
        }
        let text = |given: Option<&Given>| given.and_then(|given| given.document("policy")).map(Cow::into_owned);
        let (old, new) = (text(seen.before), text(seen.after));
        if denies_less(old.as_deref(), new.as_deref()) {
            let what = format!(
                "a denial of the policy on {} is removed or changed, and other policies may allow what it denied",
                secret.id
            );
            found.push(Finding::new(Kind::Undecided, seen.address, what));
        }
        let Some(target) = gains.targets.of(Thing::Secret, &secret.id) else { return };
        // For the account itself, IAM policies decide, as without this policy.
        let is_here = |whom: &str| {
            self.account.as_deref().is_some_and(|it| whom == it || whom.ends_with(&format!(":iam::{it}:root")))
        };
        let granted = granted(old.as_deref(), new.as_deref(), target).into_iter();
        for Granted { kind, whom, what, .. } in granted.filter(|granted| !is_here(&granted.whom)) {
            let what = format!("it is a policy on {} that the spec does not have: it allows {whom} {what}", secret.id);
            found.push(Finding::new(kind, seen.address, what));
        }
    }

    /// Reports a resource elsewhere in the plan that manages a secret with the name of one of the spec's.
    fn other_secret(&self, seen: &Seen<'_>, gains: &Gains<'_>, found: &mut Vec<Finding>) {
        let Some(after) = seen.after else { return };
        let name = match self.name_of(seen.address, Some(after)) {
            NewName::As(name) => name,
            other if seen.changes => return self.may_be_of_spec(seen, other, found),
            _ => return,
        };
        let Some(secret) = self.named(name) else { return };
        let arn = after.word("arn");
        if !arn.map_or_else(|| self.may_be_there(seen, secret), |arn| self.is_there(arn, secret)) {
            if seen.changes && self.is_copied_over(seen, secret) {
                let what = format!("a copy of it gets the name of {}, in the same Region", secret.id);
                found.push(Finding::new(Kind::SecondWriter, seen.address, what));
            }
            return;
        }
        if seen.changes {
            self.policy_on(seen, secret, gains, found);
        }
        if matches!(secret.owner, Owner::Terraform(_) | Owner::Rotation { .. }) {
            let what = format!("a second resource manages {}", secret.id);
            found.push(Finding::new(Kind::SecondWriter, seen.address, what));
        }
    }

    /// Whether a secret of the same name in another Region has a copy where a secret of the spec is.
    fn is_copied_over(&self, seen: &Seen<'_>, secret: &SecretSpec) -> bool {
        let copies = seen.after.and_then(|after| after.get("replica")?.as_array()).into_iter().flatten();
        let mut regions = copies.filter_map(|copy| copy.get("region")?.as_str());
        regions.any(|region| self.is_in(region, secret)) && !self.is_foreign(seen)
    }

    /// Reports a new secret whose name, known only after the apply, can be one of the spec.
    fn may_be_of_spec(&self, seen: &Seen<'_>, name: NewName<'_>, found: &mut Vec<Finding>) {
        let Some(secret) = self.named_so(name, |secret| self.may_be_there(seen, secret)) else { return };
        let what = match name {
            NewName::Beginning(prefix) => {
                format!("its name begins with {}, and can be one of {}", shown(prefix), secret.id)
            }
            _ => "its name is known only after the apply, and can be one of the spec".to_owned(),
        };
        found.push(Finding::new(Kind::Undecided, seen.address, what));
    }

    /// The secret that an argument refers to.
    fn meant(&self, seen: &Seen<'_>, argument: &str, reader: &Reader<'_>) -> Meant<'_> {
        let of = |id: &str| {
            let secret = self.meant_by(id).filter(|secret| self.may_be_there(seen, secret));
            secret.map_or(Meant::Other, Meant::Spec)
        };
        if let Some(id) = seen.after.or(seen.before).and_then(|given| given.word(argument)) {
            return of(id);
        }
        if !self.spec.secrets.iter().any(|secret| self.may_be_there(seen, secret)) {
            return Meant::Other;
        }
        let (module, address) = (seen.address.module(), seen.address.in_module());
        let Some(source) = self.plan.configuration.one(module, &address, argument) else { return Meant::Unknown };
        let resources = reader.resources(module, &source).map(|index| &reader.seen[index]);
        let secrets: Vec<&Seen<'_>> = resources.filter(|other| other.does == Some(Does::Secret)).collect();
        let names: Vec<NewName<'_>> = secrets.iter().map(|secret| self.name_of(secret.address, secret.after)).collect();
        let may_be = |name: &NewName<'_>| {
            !matches!(name, NewName::As(_)) && self.named_so(*name, |secret| self.may_be_there(seen, secret)).is_some()
        };
        if names.is_empty() || names.iter().any(may_be) {
            return Meant::Unknown;
        }
        let known = names.iter().filter_map(|name| if let NewName::As(name) = name { Some(of(name)) } else { None });
        known.into_iter().find(|meant| matches!(meant, Meant::Spec(_))).unwrap_or(Meant::Other)
    }
}
