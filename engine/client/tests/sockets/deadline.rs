//! The deadline holds, whatever a peer sends, and for how long. On a runtime of one thread, which a peer could keep busy.

use std::time::{Duration, Instant};

use crate::child;
use crate::peer::endless;

const DEADLINE: Duration = Duration::from_millis(700);
/// What a busy machine may take on top, and the start of a process.
const SLACK: Duration = Duration::from_millis(1_800);

#[test]
fn the_deadline_holds_for_every_byte() {
    for (what, peer) in endless() {
        let begun = Instant::now();
        let told = child::run("read", DEADLINE, &[("AWS_ENDPOINT_URL", &peer.url())]);
        assert_eq!(told.outcome, "transport", "{what}: {told:?}");
        assert!(told.time < DEADLINE + SLACK, "{what}: {told:?}");
        assert!(begun.elapsed() < DEADLINE + SLACK * 2, "{what}: the process goes on");
    }
}
