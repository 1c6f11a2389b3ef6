//! Simulates Secrets Manager's part of a rotation for tests: calls a rotation function with the events of its steps.
//!
//! Sources: [rotation by Lambda function][lambda], [`RotateSecret`][rotate].
//!
//! [lambda]: https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda.html
//! [rotate]: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html

use serde_json::json;
use uuid::Uuid;

use driftless::RotationStep;

use super::EmbeddedSecretsManager;
use super::secret::Secret;
use super::server::State;
use driftless::model::stage::{CURRENT, PENDING};

impl EmbeddedSecretsManager {
    /// Rotates a secret: calls the function with the events of all four steps in order, until it fails. If an earlier
    /// rotation was not completed, it continues with the pending version of that rotation.
    ///
    /// ```
    /// use driftless_testing::EmbeddedSecretsManager;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let server = EmbeddedSecretsManager::new();
    /// server.put("shop/key", "hunter2");
    ///
    /// let mut called = Vec::new();
    /// let failed = server.rotate("shop/key", async |event| {
    ///     called.push(event);
    ///     Err("not written yet")
    /// });
    /// assert_eq!(failed.await, Err("not written yet"));
    /// assert!(called[0].contains(r#""Step":"createSecret""#));
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the function. AWS would start again from the first step some time later.
    ///
    /// # Panics
    ///
    /// If the secret does not exist, or its deletion is scheduled.
    pub async fn rotate<E>(&self, name: &str, mut function: impl AsyncFnMut(String) -> Result<(), E>) -> Result<(), E> {
        let version = self.begin_rotation(name);
        for step in RotationStep::ALL {
            function(self.rotation_event(name, step, &version)).await?;
        }
        let mut state = self.server.state();
        let now = state.now();
        secret(&mut state, name).rotated = Some(now);
        Ok(())
    }

    /// Turns on the rotation of a secret, and creates its next version, with the label `AWSPENDING` and without a
    /// value. Returns the id of the version. An existing pending version is kept.
    ///
    /// # Panics
    ///
    /// If the secret does not exist, or its deletion is scheduled.
    #[expect(clippy::must_use_candidate, reason = "also called to begin a rotation that others go on with")]
    pub fn begin_rotation(&self, name: &str) -> String {
        let mut state = self.server.state();
        let now = state.now();
        let secret = secret(&mut state, name);
        secret.rotates = Some(true);
        if let Some(pending) = secret.labelled(PENDING).filter(|version| !version.has(CURRENT)) {
            return pending.id.clone();
        }
        let version = Uuid::new_v4().to_string();
        secret.add(&version, None, now);
        secret.move_label(PENDING, &version);
        version
    }

    /// Simulates what AWS does when a rotation is set up that does not start immediately: calls the function with the
    /// event of the test step, for a pending version with the current value, and removes that version afterwards.
    ///
    /// # Errors
    ///
    /// The error of the function.
    ///
    /// # Panics
    ///
    /// If the secret does not exist, or its deletion is scheduled.
    pub async fn try_rotation<E>(
        &self,
        name: &str,
        mut function: impl AsyncFnMut(String) -> Result<(), E>,
    ) -> Result<(), E> {
        let version = self.begin_rotation(name);
        {
            let mut state = self.server.state();
            let secret = secret(&mut state, name);
            let current = secret.labelled(CURRENT).and_then(|version| version.value.clone());
            if let Some(made) = secret.versions.iter_mut().find(|it| it.id == version) {
                made.value = current;
            }
        }
        let result = function(self.rotation_event(name, RotationStep::Test, &version)).await;
        let mut state = self.server.state();
        secret(&mut state, name).versions.retain(|it| it.id != version);
        result
    }

    /// The event that AWS sends to a rotation function.
    ///
    /// # Panics
    ///
    /// If the secret does not exist, or its deletion is scheduled.
    #[must_use]
    pub fn rotation_event(&self, name: &str, step: RotationStep, version: &str) -> String {
        let mut state = self.server.state();
        let arn = &secret(&mut state, name).arn;
        json!({ "Step": step.word(), "SecretId": arn, "ClientRequestToken": version }).to_string()
    }
}

fn secret<'a>(state: &'a mut State, name: &str) -> &'a mut Secret {
    let found = state.store.find_mut(name).ok().filter(|secret| secret.deleted.is_none());
    found.unwrap_or_else(|| panic!("there is no secret `{name}` to rotate"))
}
