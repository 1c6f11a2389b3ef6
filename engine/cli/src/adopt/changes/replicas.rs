//! Finds secrets and replicas that the first apply cannot create, because the account has one of that name in that Region.

use driftless_model::Problem;

use crate::adopt::adoption::How;
use crate::adopt::left::Left;
use crate::adopt::problems::replicas as say;
use crate::aws::arn::{in_region, region, secret_name};
use crate::render::Object;

impl Left<'_> {
    /// Secrets to create whose names are taken by replicas, and replicas to create whose names are taken by secrets.
    pub(in crate::adopt) fn in_the_way(&self) -> Vec<Problem> {
        let place = self.place();
        let mut problems = Vec::new();
        for (it, step) in &self.steps {
            let Object::Secret(name) = &it.object else { continue };
            let here = it.region.as_deref().or(place.region);
            if let Some(primary) = here.filter(|_| step.how == How::Create).and_then(|here| self.primary(name, here)) {
                problems.push(say::is_replica(&step.address, name, here.unwrap_or_default(), &primary));
            }
            let secret = self.by_name.get(name.as_str());
            for replica in secret.into_iter().flat_map(|secret| &secret.options.replicas) {
                if let Some(taken) = self.secret_of_its_own(name, &replica.region) {
                    problems.push(say::replica_taken(&step.address, name, &replica.region, taken));
                }
            }
        }
        problems
    }

    /// The ARN of the primary secret of a replica with this name in this Region.
    fn primary(&self, name: &str, here: &str) -> Option<String> {
        let listed = self.facts.replicas.get(&(name.to_owned(), here.to_owned())).cloned();
        let has_one = |arn: &&String| {
            let is = &self.facts.secrets[*arn];
            secret_name(arn) == name
                && region(arn) != here
                && is.replicas.as_ref().is_some_and(|replicas| replicas.contains_key(here))
        };
        listed.or_else(|| self.facts.secrets.keys().find(has_one).cloned())
    }

    /// The ARN of a secret with this name in this Region that is not a replica.
    fn secret_of_its_own(&self, name: &str, here: &str) -> Option<&str> {
        let mut ours = self.facts.secrets.keys().filter(|arn| secret_name(arn) == name);
        let taken = ours.clone().find(|arn| region(arn) == here)?;
        // A data source can also read a replica, whose ARN is that of its primary secret but for the Region.
        let is_replica = ours.any(|arn| arn != taken && in_region(arn, here) == *taken);
        (!is_replica).then_some(taken)
    }
}
