//! Compares two sets of policies where both allow an action under a condition: whether the second one may allow a
//! request that the first one does not.

use crate::iam::meaning::{Pattern, PolicyStatement, Set, Work, beyond_within};

use super::statements::may_meet;
use super::target::Target;

/// Whether `after` may allow a request for the action on the target that `before` does not allow. Only what the
/// statements say of this action and this target counts. `true` if it is not certain.
pub(super) fn may_allow_more(
    after: &[&PolicyStatement],
    before: &[&PolicyStatement],
    action: &str,
    target: &Target,
    work: &Work,
) -> bool {
    let action = Pattern::of_action(action);
    target.arns().any(|arn| {
        let (after, before) = (speaking(after, &action, arn, work), speaking(before, &action, arn, work));
        work.is_spent() || after != before && !beyond_within(work, &after, &before).is_empty()
    })
}

/// The statements that may apply to an action on an ARN, limited to these where they apply to more.
fn speaking(all: &[&PolicyStatement], action: &Pattern, arn: &Pattern, work: &Work) -> Vec<PolicyStatement> {
    let limited = |set: &Set, to: &Pattern| {
        if set.surely_covers_within(to, work) { Set::Of(vec![to.clone()]) } else { set.clone() }
    };
    let speaks = |it: &PolicyStatement| it.actions.may_meet_within(action, work) && may_meet(&it.resources, arn, work);
    let of_them = all.iter().filter(|it| speaks(it));
    let limited = of_them.map(|it| PolicyStatement {
        actions: limited(&it.actions, action),
        resources: limited(&it.resources, arn),
        ..(*it).clone()
    });
    limited.collect()
}
