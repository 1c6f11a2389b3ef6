//! Direct access to the store for tests: needs no permission, is not affected by faults and is not recorded.

use uuid::Uuid;

use driftless::model::Text;

use super::EmbeddedSecretsManager;
use super::secret::{Details, Value};
use super::store::Recovery;
use driftless::model::stage::CURRENT;

impl EmbeddedSecretsManager {
    /// Creates the secret, or writes a new current version of it. Cancels a scheduled deletion. The name and the value
    /// are not validated, so a test can also set up states that the API would refuse.
    ///
    /// # Panics
    ///
    /// Never: each write has its own version id.
    ///
    /// ```
    /// use driftless_testing::EmbeddedSecretsManager;
    ///
    /// let server = EmbeddedSecretsManager::new();
    /// server.put("shop/key", "hunter2");
    /// server.put("shop/key", "hunter3");
    /// assert_eq!(server.value("shop/key").as_deref(), Some("hunter3"));
    /// ```
    pub fn put(&self, name: &str, value: impl Into<Text>) {
        let mut state = self.server.state();
        let now = state.now();
        let (token, value) = (Uuid::new_v4().to_string(), Value::Text(value.into()));
        let written = if state.store.restore(name, now).is_ok() {
            state.store.write(name, &token, value, &[], now).map(|_| ())
        } else {
            state.store.create(name, Details::default(), Some((&token, value)), now).map(|_| ())
        };
        written.expect("a new version id on a secret that is not scheduled for deletion");
    }

    /// The current value, also of a secret that is scheduled for deletion. `None` if the secret does not exist, has no
    /// value, or its value is binary.
    ///
    /// ```
    /// use driftless_testing::EmbeddedSecretsManager;
    ///
    /// let server = EmbeddedSecretsManager::new();
    /// assert_eq!(server.value("shop/key"), None);
    /// ```
    #[must_use]
    pub fn value(&self, name: &str) -> Option<String> {
        let state = self.server.state();
        match &state.store.find(name).ok()?.labelled(CURRENT)?.value {
            Some(Value::Text(text)) => Some(text.expose().to_owned()),
            Some(Value::Binary(_)) | None => None,
        }
    }

    /// The id and the staging labels of each version, oldest first, including versions without a label. Empty if the
    /// secret does not exist.
    ///
    /// ```
    /// use driftless_testing::EmbeddedSecretsManager;
    ///
    /// let server = EmbeddedSecretsManager::new();
    /// server.put("shop/key", "hunter2");
    /// server.put("shop/key", "hunter3");
    /// let labels: Vec<Vec<String>> = server.versions("shop/key").into_iter().map(|(_, labels)| labels).collect();
    /// assert!(labels.contains(&vec!["AWSCURRENT".to_owned()]) && labels.contains(&vec!["AWSPREVIOUS".to_owned()]));
    /// ```
    #[must_use]
    pub fn versions(&self, name: &str) -> Vec<(String, Vec<String>)> {
        let state = self.server.state();
        let versions = state.store.find(name).map(|secret| secret.versions.as_slice()).unwrap_or_default();
        versions.iter().map(|version| (version.id.clone(), version.stages.clone())).collect()
    }

    /// Schedules the deletion of a secret, 30 days from now on the server's clock.
    ///
    /// # Panics
    ///
    /// If the secret does not exist, or is already scheduled for deletion.
    ///
    /// ```
    /// use driftless_testing::EmbeddedSecretsManager;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let server = EmbeddedSecretsManager::new();
    /// server.put("shop/key", "hunter2");
    /// server.schedule_deletion("shop/key");
    /// assert!(server.client().get_secret_value().secret_id("shop/key").send().await.is_err());
    /// # Ok(())
    /// # }
    /// ```
    #[track_caller]
    pub fn schedule_deletion(&self, name: &str) {
        let mut state = self.server.state();
        let now = state.now();
        let scheduled = state.store.delete(name, Recovery::DEFAULT, now).map_err(|refusal| refusal.message);
        drop(state);
        assert!(scheduled.is_ok(), "`{name}` cannot be scheduled for deletion: {scheduled:?}");
    }

    /// The sorted names of all secrets, including those that are scheduled for deletion.
    ///
    /// ```
    /// use driftless_testing::EmbeddedSecretsManager;
    ///
    /// let server = EmbeddedSecretsManager::new();
    /// server.put("shop/key", "hunter2");
    /// assert_eq!(server.names(), ["shop/key"]);
    /// ```
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.server.state().store.secrets().map(|secret| secret.name.clone()).collect()
    }
}
