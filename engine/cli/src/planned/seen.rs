//! The resources of a plan as they were and as they will be, with changes outside Terraform.

use std::collections::{BTreeMap, BTreeSet};

use super::given::Given;
use super::kinds::{Does, does};
use super::{Plan, Planned};
use crate::tf::Address;

/// A resource before and after the apply.
pub(super) struct Seen<'a> {
    pub(super) address: &'a Address,
    pub(super) kind: &'a str,
    pub(super) does: Option<Does>,
    pub(super) before: Option<&'a Given>,
    pub(super) after: Option<&'a Given>,
    pub(super) unknown: &'a Given,
    /// Whether the apply changes it, or it was changed outside Terraform.
    pub(super) changes: bool,
    /// Whether it was only changed outside Terraform.
    pub(super) is_outside: bool,
}

impl Plan {
    /// Every resource of the plan. Resources that were changed outside Terraform have the state before that change.
    pub(super) fn seen(&self) -> Vec<Seen<'_>> {
        let drift: BTreeMap<String, &Planned> = self.drift.iter().map(|it| (it.address.to_string(), it)).collect();
        let mut there = BTreeSet::new();
        let mut all = Vec::new();
        for planned in self.resources.iter().filter(|planned| !planned.is_deposed) {
            let outside = drift.get(&planned.address.to_string());
            let changes = planned.changes() || planned.has_action("delete");
            there.insert(planned.address.to_string());
            all.push(Seen {
                before: outside.map_or(planned.before.as_ref(), |outside| outside.before.as_ref()),
                // What Terraform only forgets stays as it is.
                after: planned.after.as_ref().or(planned.before.as_ref().filter(|_| planned.has_action("forget"))),
                changes: changes || outside.is_some(),
                is_outside: outside.is_some() && (!changes || self.shape.is_refresh_only),
                ..Seen::of(planned)
            });
        }
        for outside in self.drift.iter().filter(|outside| !there.contains(&outside.address.to_string())) {
            all.push(Seen { changes: true, is_outside: true, ..Seen::of(outside) });
        }
        all
    }
}

impl<'a> Seen<'a> {
    fn of(planned: &'a Planned) -> Self {
        Self {
            address: &planned.address,
            kind: &planned.kind,
            does: does(&planned.kind),
            before: planned.before.as_ref(),
            after: planned.after.as_ref(),
            unknown: &planned.unknown,
            changes: false,
            is_outside: false,
        }
    }

    pub(super) fn is_unknown(&self, argument: &str) -> bool {
        self.unknown.is_unknown(argument)
    }

    pub(super) fn given(&self, is_after: bool) -> Option<&'a Given> {
        if is_after { self.after } else { self.before }
    }
}
