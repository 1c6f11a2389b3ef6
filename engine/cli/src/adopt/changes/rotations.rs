//! Finds the changes that the first apply makes to rotations, and what a first plan shows for imported resources.

use driftless_model::{Problem, shown};

use crate::adopt::adoption::{AdoptionStep, How};
use crate::adopt::left::Left;
use crate::adopt::problems::{self, changes as say};
use crate::aws::arn::function_name;
use crate::labels::function_variable;
use crate::render::Object;
use crate::tf::Address;

impl Left<'_> {
    /// Settings that the plan shows for imported secrets although nothing changes in AWS.
    pub(in crate::adopt) fn imports(&self) -> Option<Problem> {
        let imports = self
            .steps
            .iter()
            .filter(|(it, step)| matches!(it.object, Object::Secret(_)) && matches!(step.how, How::Import { .. }));
        let rotates = self.imports_rotations();
        Some(imports.count())
            .filter(|secrets| *secrets > 0)
            .map(|secrets| problems::imported_settings(secrets, rotates))
    }

    pub(in crate::adopt) fn imports_rotations(&self) -> bool {
        let is_imported = |step: &AdoptionStep| matches!(step.how, How::Import { .. });
        self.steps.iter().any(|(it, step)| matches!(it.object, Object::Rotation(_)) && is_imported(step))
    }

    /// Rotations that are taken over if their functions are given.
    pub(in crate::adopt) fn rotations(&self) -> Vec<Problem> {
        let taken = self.steps.iter().filter_map(|(it, step)| match (&it.object, &step.how) {
            (Object::Rotation(name), How::Move { .. } | How::Import { .. }) => {
                let function = self.by_name.get(name.as_str())?.owner.function()?;
                let handler = self.spec.handlers.iter().find(|handler| handler.id == function)?;
                Some(problems::needs_function(&step.address, name, &function_variable(handler)))
            }
            _ => None,
        });
        taken.collect()
    }

    /// Secrets that exist and that the first apply begins to rotate.
    pub(in crate::adopt) fn begun_rotations(&self) -> Vec<Problem> {
        let created = self.steps.iter().filter(|(_, step)| step.how == How::Create);
        let begun = created.filter_map(|(it, step)| {
            let Object::Rotation(name) = &it.object else { return None };
            let secret = self.by_name.get(name.as_str())?;
            let function = secret.owner.function()?;
            let handler = self.spec.handlers.iter().find(|handler| handler.id == function)?;
            let is_at_once = secret.options.rotation.as_ref().and_then(|it| it.immediately).unwrap_or(true);
            let exists = self.adopted.contains(&Object::Secret(name.clone()));
            exists.then(|| say::rotation_begins(&step.address, name, &function_variable(handler), is_at_once))
        });
        begun.collect()
    }

    /// Permissions that the first apply replaces, because the files identify the function by its ARN.
    pub(in crate::adopt) fn replaced_permissions(&self) -> Vec<Problem> {
        let is_by_name = |address: &Address| {
            let id = self.at.get(address).and_then(|held| held.import_id.as_deref());
            id.is_some_and(|id| !id.starts_with("arn:"))
        };
        let replaced = self.steps.iter().filter_map(|(it, step)| {
            let why = match &step.how {
                _ if !matches!(it.object, Object::Permission { .. }) => return None,
                How::Import { .. } => "hashicorp/aws 5 imports it by the name of its function",
                How::Move { from } if is_by_name(from) => "the state has the name of its function",
                How::Managed if is_by_name(&step.address) => "the state has the name of its function",
                How::Managed | How::Move { .. } | How::Create => return None,
            };
            Some(problems::permission_replaced(&step.address, &it.object, why))
        });
        replaced.collect()
    }

    /// Rotations whose function or schedule differs from the spec.
    pub(in crate::adopt) fn changed_rotations(&self) -> Vec<Problem> {
        let mut notes = Vec::new();
        for (it, step) in self.steps.iter().filter(|(_, step)| step.how != How::Create) {
            let Object::Rotation(name) = &it.object else { continue };
            let (Some(secret), Some(is)) = (self.by_name.get(name.as_str()), self.facts.rotations.get(name)) else {
                continue;
            };
            let handler = secret.owner.function();
            let handler = self.spec.handlers.iter().find(|it| Some(it.id.as_str()) == handler);
            let function = is.function.as_deref().map(function_name);
            if let (Some(handler), Some(function)) =
                (handler, function.filter(|it| Some(*it) != handler.map(|it| &*it.name)))
            {
                let wanted = shown(&handler.name);
                let what = format!("{} does it, and the first apply gives it to {wanted}", shown(function));
                notes.push(say::rotation(
                    &step.address,
                    name,
                    &what,
                    "see that the function of the spec can do all four steps",
                ));
            }
            let rule = |rule: Option<String>| rule.unwrap_or_default();
            let wanted = secret.options.rotation.as_ref().map(|it| {
                let days = it.after_days.map(|days| days.to_string());
                [rule(it.schedule.clone()), rule(days), rule(it.window_hours.map(|hours| format!("{hours}h")))]
            });
            let rules = is.rules.clone().map(|rules| rules.map(|rule| if rule == "0" { String::new() } else { rule }));
            if let (Some(wanted), Some(rules)) = (wanted, rules.filter(|rules| rules.iter().any(|it| !it.is_empty())))
                && rules != wanted
            {
                let what = "its schedule is not that of the spec, and the first apply sets the spec's";
                notes.push(say::rotation(&step.address, name, what, "declare today's schedule, if that is to stay"));
            }
        }
        notes
    }
}
