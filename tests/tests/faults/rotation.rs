//! A rotation, whose service takes every value.

use std::convert::Infallible;

use paypulse_runtime::client::{Error, Rotate, RotationError, RotationEvent, Secrets, StepOutcome};
use paypulse_runtime::model::Text;

use crate::run::{Ahead, secrets};
use crate::shared::server::Server;
use crate::spec::{Everything, Turned};

/// The next value is always the same.
struct ToNew;

impl Rotate<Turned> for ToNew {
    type Error = Infallible;

    async fn create(&self, _: Option<&Text>) -> Result<Text, Infallible> {
        Ok("hush-new".into())
    }

    async fn set(&self, _: Option<&Text>, _: &Text) -> Result<(), Infallible> {
        Ok(())
    }

    async fn test(&self, _: &Text) -> Result<(), Infallible> {
        Ok(())
    }
}

/// All four steps, as far as they go.
pub async fn rotate(secrets: &Secrets<Everything>, server: &Server) -> Result<&'static str, Error> {
    let mut last = "";
    let steps = server.rotate("turned", async |event| {
        let event = RotationEvent::parse(event.as_bytes()).expect("the server's own event is one");
        last = match secrets.rotate(&Turned, &event, &ToNew).await? {
            StepOutcome::AlreadyFinished => "finished before",
            StepOutcome::Finished => "finished",
            _ => "not finished",
        };
        Ok(())
    });
    match steps.await {
        Ok(()) => Ok(last),
        Err(RotationError::Secrets(error)) => Err(error),
        Err(error) => panic!("a fault of a call is one of a call: {error}"),
    }
}

/// AWS calls a rotation that failed again, from the first step on: it ends well when the fault is over. It is another rotation
/// where the first one had come to its end, and only its answer was lost.
pub async fn assert_ends_well(server: &Server, at: &str) {
    let secrets = secrets(server, Ahead(0));
    for _ in 0..20 {
        if rotate(&secrets, server).await.is_ok() {
            break;
        }
        let stored = server.value("turned").unwrap_or_default();
        assert!(["hush-old", "hush-new"].contains(&stored.as_str()), "{at}: no good value");
    }
    let labels: Vec<_> = server.versions("turned").into_iter().map(|(_, labels)| labels.join("+")).collect();
    assert!(labels.ends_with(&["AWSPREVIOUS".into(), "AWSCURRENT".into()]), "{at}: {labels:?}");
    assert_eq!(server.value("turned").as_deref(), Some("hush-new"), "{at}");
}
