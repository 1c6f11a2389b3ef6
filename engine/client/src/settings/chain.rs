//! Validates the chain of profiles from which the SDK takes credentials: a profile with a role, the profile that provides
//! the credentials for it, and so on. The SDK reports an invalid chain only at the first call.
//!
//! Source: [assume role credentials](https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html),
//! and the SDK's code for the order in which it looks for credentials in a profile.

use aws_runtime::env_config::section::Profile as Section;

use super::profile::{Profile, meant};
use super::{Variables, is_set, setting};
use crate::config_error::ConfigError;
use crate::model::shown;

/// The keys of a profile whose credentials require the feature `profiles` of this crate.
const SINGLE_SIGN_ON: [&str; 2] = [SESSION, "sso_start_url"];
const PROCESS: &str = "credential_process";
const SESSION: &str = "sso_session";
/// The key that `aws login` writes.
const LOGIN: &str = "login_session";
const ROLE: &str = "role_arn";
const SOURCE_PROFILE: &str = "source_profile";
const SOURCE: &str = "credential_source";
const TOKEN_FILE: &str = "web_identity_token_file";
/// The values of `credential_source`.
const SOURCES: [&str; 3] = ["Environment", "Ec2InstanceMetadata", "EcsContainer"];

impl Profile {
    /// Checks that the chain has an end, and that the compiled features support its credentials. Credentials in the
    /// environment take precedence over the profile.
    pub(super) fn check_credentials(&self, variables: Variables<'_>) -> Result<(), ConfigError> {
        if is_set(variables, "AWS_ACCESS_KEY_ID") {
            return Ok(());
        }
        let mut seen = Vec::new();
        let mut next = self.sections.get_profile(self.sections.selected_profile());
        while let Some(profile) = next {
            // The SDK prefers static keys in every profile except the first.
            let has_keys = ["aws_access_key_id", "aws_secret_access_key"].iter().all(|key| profile.get(key).is_some());
            if !seen.is_empty() && has_keys {
                return Ok(());
            }
            seen.push(profile.name());
            let Some(source) = self.source_of(profile)? else { return self.check_own(profile) };
            let wrong =
                |problem: String, remedy| Err(setting(self.key_of(profile.name(), SOURCE_PROFILE), problem, remedy));
            if seen.contains(&source) {
                let remedy = "name a profile that does not lead back to this one".to_owned();
                return wrong(format!("is {}, which leads back to this profile", shown(source)), remedy);
            }
            next = self.sections.get_profile(source);
            if next.is_none() {
                let remedy = meant(source, self.sections.profiles(), "profiles");
                return wrong(format!("is {}, which is not a profile", shown(source)), remedy);
            }
        }
        Ok(())
    }

    /// Whether the profile names credentials of any kind.
    pub(super) fn has_credentials(&self) -> bool {
        let keys = ["aws_access_key_id", ROLE, TOKEN_FILE, PROCESS, LOGIN].into_iter().chain(SINGLE_SIGN_ON);
        let profile = self.sections.get_profile(self.sections.selected_profile());
        profile.is_some_and(|profile| keys.into_iter().any(|key| profile.get(key).is_some()))
    }

    /// The profile with the credentials for the role of this profile. `None` if it has no role, or if it is its own
    /// source.
    fn source_of<'a>(&self, profile: &'a Section) -> Result<Option<&'a str>, ConfigError> {
        if profile.get(ROLE).is_none() || profile.get(TOKEN_FILE).is_some() {
            return Ok(None);
        }
        let wrong =
            |key, problem: &str, remedy: &str| Err(setting(self.key_of(profile.name(), key), problem, remedy.into()));
        match (profile.get(SOURCE_PROFILE), profile.get(SOURCE)) {
            (None, None) => {
                wrong(ROLE, "has no credentials to assume it with", "add `source_profile` or `credential_source`")
            }
            (Some(_), Some(_)) => {
                wrong(SOURCE_PROFILE, "is set together with `credential_source`", "remove one of the two")
            }
            (source, _) => Ok(source.filter(|source| *source != profile.name())),
        }
    }

    /// Checks the credentials that the profile itself names, in the SDK's order.
    fn check_own(&self, profile: &Section) -> Result<(), ConfigError> {
        let place = |key: &str| self.key_of(profile.name(), key);
        if let Some(source) = profile.get(SOURCE) {
            if SOURCES.iter().any(|known| source.eq_ignore_ascii_case(known)) {
                return Ok(());
            }
            let problem = format!("is {}, which is not a source", shown(source));
            return Err(setting(place(SOURCE), problem, meant(source, SOURCES.into_iter(), "sources")));
        }
        if profile.get(TOKEN_FILE).is_some() {
            let remedy = "add `role_arn`".to_owned();
            let is_whole = profile.get(ROLE).is_some();
            return if is_whole { Ok(()) } else { Err(setting(place(TOKEN_FILE), "has no role", remedy)) };
        }
        if let Some(key) = SINGLE_SIGN_ON.into_iter().find(|key| profile.get(key).is_some()) {
            return self.check_feature(profile, key).and_then(|()| self.check_session(profile));
        }
        if profile.get(LOGIN).is_some() {
            let remedy = format!("set the keys: {}", keys_of(profile));
            return Err(setting(place(LOGIN), "is not supported by this client", remedy));
        }
        if profile.get(PROCESS).is_some() { self.check_feature(profile, PROCESS) } else { Ok(()) }
    }

    fn check_feature(&self, profile: &Section, key: &str) -> Result<(), ConfigError> {
        if cfg!(feature = "profiles") {
            return Ok(());
        }
        let keys = keys_of(profile);
        let remedy = format!("build with the feature `profiles` of `driftless`, or set the keys: {keys}");
        Err(setting(self.key_of(profile.name(), key), "needs a feature that is not compiled in", remedy))
    }

    fn check_session(&self, profile: &Section) -> Result<(), ConfigError> {
        match profile.get(SESSION) {
            Some(name) if self.sections.sso_session(name).is_none() => Err(setting(
                self.key_of(profile.name(), SESSION),
                format!("is {}, which is not an `sso-session`", shown(name)),
                meant(name, self.sections.sso_sessions(), "sessions"),
            )),
            _ => Ok(()),
        }
    }
}

/// Says how to get the keys of a profile.
fn keys_of(profile: &Section) -> String {
    let name = shown(profile.name());
    format!("`aws configure export-credentials --profile {}` gives its keys", name.trim_matches('`'))
}
