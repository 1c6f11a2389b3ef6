//! The profile that the SDK will read: whether its files can be read at all, whether it is in them, and what it asks for.

use std::fs;
use std::io;

use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_runtime::env_config::property::PropertiesKey;
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use aws_types::os_shim_internal::{Env, Fs};

use super::check::{Kind, check};
use super::{Found, Variables, setting};
use crate::client::config::ConfigError;
use crate::model::{closest, shown};

/// A file of profiles: what it is, the variable that names it, and where it is without one.
const FILES: [(EnvConfigFileKind, &str, &str); 2] = [
    (EnvConfigFileKind::Config, "AWS_CONFIG_FILE", "~/.aws/config"),
    (EnvConfigFileKind::Credentials, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
];
const PROFILE: &str = "AWS_PROFILE";
const DEFAULT: &str = "default";
/// What a profile has its credentials from, where that takes a feature of this crate.
const BEHIND_A_FEATURE: [&str; 3] = ["sso_session", "sso_start_url", "credential_process"];
/// What `aws login` writes.
const LOGIN: &str = "login_session";

/// The profile that is chosen, and the files that it is from.
pub(super) struct Profile {
    files: Option<EnvConfigFiles>,
    /// The paths of the files that were read, for messages.
    places: String,
    sections: EnvConfigSections,
}

impl Profile {
    pub(super) async fn read(variables: Variables<'_>) -> Result<Self, ConfigError> {
        let chosen = variables(PROFILE);
        if chosen.as_ref().is_some_and(String::is_empty) {
            return Err(setting(format!("`{PROFILE}`"), "is empty", "name a profile, or unset it".into()));
        }
        let (mut builder, mut places) = (EnvConfigFiles::builder(), Vec::new());
        for (kind, variable, standard) in FILES {
            let Some((path, contents)) = read_file(variables, variable, standard)? else { continue };
            // One at a time, because the parser's error tells the line and not the file.
            sections(&EnvConfigFiles::builder().with_contents(kind, &contents).build(), DEFAULT)
                .await
                .map_err(|line| malformed(&path, variables(variable).map(|_| variable), &line))?;
            builder = builder.with_contents(kind, contents);
            places.push(shown(&path));
        }
        let files = (!places.is_empty()).then(|| builder.build());
        let name = chosen.as_deref().unwrap_or(DEFAULT);
        let sections = match &files {
            Some(files) => sections(files, name).await.unwrap_or_default(),
            None => EnvConfigSections::default(),
        };
        let profile = Self { files, places: places.join(" or "), sections };
        if name != DEFAULT && profile.sections.get_profile(name).is_none() {
            return Err(profile.unknown(name));
        }
        Ok(profile)
    }

    /// What the profile says for a key.
    pub(super) fn get(&self, key: &str) -> Option<Found> {
        let value = self.sections.get(key)?.to_owned();
        Some(Found { setting: self.called(key), value })
    }

    fn called(&self, key: &str) -> String {
        format!("`{key}` of the profile {} in {}", shown(self.sections.selected_profile()), self.places)
    }

    /// The address of this service, which a profile can name in a section `services`.
    pub(super) fn check_endpoint(&self) -> Result<(), ConfigError> {
        let Some(section) = self.sections.get("services") else { return Ok(()) };
        // AWS documents the first; the SDK reads the second.
        for name in ["secrets_manager", "secrets-manager"] {
            let key = PropertiesKey::builder().section_key("services").section_name(section);
            let key = key.property_name(name).sub_property_name("endpoint_url").build();
            if let Some(value) = key.ok().and_then(|key| self.sections.other_sections().get(&key)) {
                check(&Found { setting: self.called("services"), value: value.clone() }, Kind::Endpoint)?;
            }
        }
        Ok(())
    }

    /// Whether the credentials can be had by what is compiled in. Those of the environment come before a profile's.
    pub(super) fn check_features(&self, variables: Variables<'_>) -> Result<(), ConfigError> {
        if variables("AWS_ACCESS_KEY_ID").is_some() {
            return Ok(());
        }
        let mut seen = vec![self.sections.selected_profile()];
        while let Some(profile) = seen.last().and_then(|name| self.sections.get_profile(name)) {
            let place = |key: &str| format!("`{key}` of the profile {} in {}", shown(profile.name()), self.places);
            let keys = || {
                let profile = shown(profile.name());
                format!("`aws configure export-credentials --profile {}` gives its keys", profile.trim_matches('`'))
            };
            if !cfg!(feature = "profiles")
                && let Some(key) = BEHIND_A_FEATURE.into_iter().find(|key| profile.get(key).is_some())
            {
                let remedy =
                    format!("build with the feature `profiles` of `paypulse-runtime`, or set the keys: {}", keys());
                return Err(setting(place(key), "needs a feature that is not compiled in", remedy));
            }
            if profile.get(LOGIN).is_some() {
                return Err(setting(
                    place(LOGIN),
                    "is not supported by this client",
                    format!("set the keys: {}", keys()),
                ));
            }
            match profile.get("source_profile").filter(|next| !seen.contains(next)) {
                Some(next) => seen.push(next),
                None => return Ok(()),
            }
        }
        Ok(())
    }

    fn unknown(&self, name: &str) -> ConfigError {
        let mut known: Vec<&str> = self.sections.profiles().collect();
        known.sort_unstable();
        let remedy = match (closest(name, known.iter().copied()), known.as_slice()) {
            (Some(close), _) => format!("did you mean {}?", shown(close)),
            (None, []) => "there are no profiles at all".into(),
            (None, known) => {
                let known: Vec<_> = known.iter().take(20).map(|name| shown(name)).collect();
                format!("the profiles are {}", known.join(", "))
            }
        };
        let places = if self.places.is_empty() { "there is no file of profiles".into() } else { self.places.clone() };
        setting(format!("`{PROFILE}`"), format!("is {}, which is not a profile ({places})", shown(name)), remedy)
    }

    pub(super) fn into_files(self) -> Option<EnvConfigFiles> {
        self.files
    }
}

/// A file's path and text. Nothing where it is not named and cannot be read: a function has no such file.
fn read_file(
    variables: Variables<'_>,
    variable: &str,
    standard: &str,
) -> Result<Option<(String, String)>, ConfigError> {
    let named = variables(variable);
    let path = named.as_deref().unwrap_or(standard);
    if path.is_empty() {
        return Err(setting(format!("`{variable}`"), "is empty", "name a file, or unset it".into()));
    }
    let path = match (path.strip_prefix("~/"), variables("HOME")) {
        (Some(rest), Some(home)) => format!("{home}/{rest}"),
        _ => path.to_owned(),
    };
    match fs::read(&path).map(String::from_utf8) {
        Ok(Ok(text)) => Ok(Some((path, text))),
        Ok(Err(_)) => Err(malformed(&path, named.map(|_| variable), "it is not UTF-8")),
        Err(_) if named.is_none() => Ok(None),
        Err(error) => {
            let problem = match error.kind() {
                io::ErrorKind::NotFound => "names a file that does not exist",
                _ => "names a file that cannot be read",
            };
            Err(setting(
                format!("`{variable}`"),
                format!("{problem}: {}", shown(&path)),
                "name another, or unset it".into(),
            ))
        }
    }
}

/// Without the parser's own words after the line's number, which can quote the line.
async fn sections(files: &EnvConfigFiles, profile: &str) -> Result<EnvConfigSections, String> {
    // Nothing is read from a disk: the contents are given.
    let mut source =
        source::load(&Env::from_slice(&[]), &Fs::from_slice(&[]), files).await.map_err(|_| String::new())?;
    source.profile = profile.to_owned().into();
    EnvConfigSections::parse(source).map_err(|error| {
        let said = error.to_string();
        let number = said.split("line ").nth(1).map(|rest| rest.chars().take_while(char::is_ascii_digit).collect());
        number.map_or_else(String::new, |number: String| format!("see line {number}"))
    })
}

fn malformed(path: &str, variable: Option<&str>, what: &str) -> ConfigError {
    let name = variable.map_or_else(|| shown(path), |variable| format!("`{variable}`"));
    let remedy = "its lines have to be `[profile name]` and `key = value`, without spaces before them".to_owned();
    let of = if variable.is_some() { format!(" ({})", shown(path)) } else { String::new() };
    setting(name, format!("is not a file of profiles{of}: {what}"), remedy)
}
