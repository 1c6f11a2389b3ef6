//! Compares the policies in a plan with those of the rendered module.

use std::collections::BTreeSet;

use serde_json::Value;

use super::findings::{Check, Finding, Kind};
use super::given::Given;
use super::{Planned, Word};
use crate::access::{Access, Attributes, Change, Known, NOT_KNOWN, Terms, difference};
use crate::iam::meaning::TOO_LONG;

/// A planned resource of the spec, with what the rendered module defines for it.
struct Arguments<'a> {
    planned: &'a Planned,
    /// Its address in the module.
    address: &'a str,
    check: &'a Check<'a>,
    known: &'a Known,
}

impl Attributes for Arguments<'_> {
    fn text(&self, name: &str) -> Option<String> {
        match self.planned.after(name) {
            // A known text must not be mistaken for an unresolved reference, so a space is put before it.
            Some(Word::Known(word)) if word.starts_with("${") => Some(format!(" {word}")),
            Some(Word::Known(word)) => Some(word.to_owned()),
            // Unknown arguments are taken from the rendered module here; `own` checks whether they can have these
            // values.
            Some(Word::Unknown) => self.check.module.text(self.address, name, self.known),
            None => None,
        }
    }
}

impl Check<'_> {
    /// Policies whose meaning differs from that of the spec.
    pub(super) fn policies(&self, known: &Known, found: &mut Vec<Finding>) {
        let shape = &self.plan.shape;
        let there: BTreeSet<String> = self.ours().filter(|it| it.will_be()).map(|it| it.address.in_module()).collect();
        let is_wanted = |address: &str| {
            let is_gone = shape.is_whole() && !self.module.may_be_absent(address) && !self.is_left_out(address);
            // A recorded role also shows the policies of resources that did not change.
            there.contains(address) || is_gone || shape.is_refresh_only
        };
        let wanted = self.module.access_of(known, is_wanted);
        let mut planned = self.access(known);
        for allowed in planned.subjects.values_mut() {
            for (address, why) in std::mem::take(&mut allowed.unread) {
                // A policy that is present and cannot be read may allow anything. Unknown policies were reported
                // before.
                if why != NOT_KNOWN {
                    found.push(Finding::new(Kind::Wider, &address, why));
                }
            }
        }
        for Change { subject, gained, lost, .. } in difference(&wanted, &planned).changes {
            let sides = [(Kind::Wider, gained, "it allows"), (Kind::Narrower, lost, "it does not allow")];
            for (kind, side, word) in sides.into_iter().filter(|(kind, ..)| !shape.is_refresh_only || kind.widens()) {
                // A plan to refresh only does not show the ARNs of what did not change.
                let terms = side.terms.iter().filter(|terms| !shape.is_refresh_only || !terms.is_undecided);
                let is_left = |terms: &&Terms| terms.remark.as_deref() == Some(TOO_LONG);
                let (left, terms): (Vec<&Terms>, Vec<&Terms>) = terms.partition(is_left);
                found.extend(terms.iter().map(|it| Finding::new(kind, &subject, format!("{word} {it}"))));
                if !left.is_empty() {
                    let than = if kind.widens() { "more than the spec" } else { "less than the spec" };
                    let what = format!("whether it allows {than} is undecided: {TOO_LONG} its statements");
                    found.push(Finding::new(Kind::Undecided, &subject, what));
                }
            }
        }
    }

    /// The permissions that the spec's resources will grant.
    fn access(&self, known: &Known) -> Access {
        let mut access = Access::default();
        for planned in self.ours().filter(|planned| planned.will_be()) {
            let address = planned.address.in_module();
            access.add(&address, &Arguments { planned, address: &address, check: self, known });
            match planned.kind.as_str() {
                "aws_iam_role" => self.add_in_role(planned, &address, &mut access),
                "aws_secretsmanager_secret" => add_on_secret(planned, &address, &mut access),
                _ => {}
            }
        }
        access.joined()
    }

    /// Adds the policies that a role itself will have. Policies that it had before only count if no other resource of
    /// the spec defines them and if nothing removes them.
    fn add_in_role(&self, planned: &Planned, address: &str, access: &mut Access) {
        let (Some(after), Some(Word::Known(role))) = (&planned.after, planned.after("name")) else { return };
        let before = planned.before.as_ref();
        let label = address.trim_start_matches("aws_iam_role.");
        let own = |kind: &'static str| self.ours().filter(move |planned| planned.kind == kind);
        let stays = |list: &str| {
            let list = self.plan.resource(self.path, &format!("{list}.{label}"));
            list.is_some_and(|list| list.will_be() && !list.changes())
        };
        let names: BTreeSet<&str> = own("aws_iam_role_policy").flat_map(Planned::names).collect();
        let had: BTreeSet<(&str, &str)> = before.into_iter().flat_map(inline).collect();
        let is_given = |policy: &(&str, &str)| {
            let is_kept = || !names.contains(policy.0) && stays("aws_iam_role_policies_exclusive");
            if had.contains(policy) { is_kept() } else { planned.changes() }
        };
        let policies = inline(after).filter(is_given).map(|(_, text)| text);
        let arns = |planned: &'_ Planned| -> Vec<String> {
            let both = [&planned.before, &planned.after].into_iter().flatten();
            both.filter_map(|given| given.word("policy_arn")).map(str::to_owned).collect()
        };
        let attachments: BTreeSet<String> = own("aws_iam_role_policy_attachment").flat_map(arns).collect();
        let had: BTreeSet<&str> = before.into_iter().flat_map(|given| given.words("managed_policy_arns")).collect();
        let is_given = |arn: &&str| {
            let is_kept = || !attachments.contains(*arn) && stays("aws_iam_role_policy_attachments_exclusive");
            if had.contains(arn) { is_kept() } else { planned.changes() }
        };
        let attached = after.words("managed_policy_arns").filter(is_given);
        access.add_in_role(address, role, policies, attached);
    }
}

/// Adds the policy that a secret has as an argument. The provider also reports a policy there that is attached to the
/// secret by other means.
fn add_on_secret(planned: &Planned, address: &str, access: &mut Access) {
    if let (Some(Word::Known(name)), Some(Word::Known(text))) = (planned.after("name"), planned.after("policy")) {
        access.add_on_secret(address, name, text);
    }
}

/// The inline policies of a role: their names and texts.
pub(super) fn inline(given: &Given) -> impl Iterator<Item = (&str, &str)> {
    let all = given.get("inline_policy").and_then(Value::as_array).into_iter().flatten();
    let both = all.filter_map(|policy| {
        let name = policy.get("name").and_then(Value::as_str).unwrap_or_default();
        Some((name, policy.get("policy")?.as_str()?))
    });
    both.filter(|(_, text)| !text.is_empty())
}
