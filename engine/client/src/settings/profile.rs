//! Validates the profile that the SDK will read: that its files are readable, that they contain it, and that its
//! settings are valid.

use std::fs;
use std::io;

use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_runtime::env_config::property::PropertiesKey;
use aws_runtime::env_config::section::EnvConfigSections;
use aws_runtime::env_config::source;
use aws_types::os_shim_internal::{Env, Fs};

use super::check::{Kind, check};
use super::{FoundSetting, Variables, setting};
use crate::config_error::ConfigError;
use crate::model::{closest, shown};

/// The files of profiles: kind, the variable that names the file, and its default path.
const FILES: [(EnvConfigFileKind, &str, &str); 2] = [
    (EnvConfigFileKind::Config, "AWS_CONFIG_FILE", "~/.aws/config"),
    (EnvConfigFileKind::Credentials, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
];
const PROFILE: &str = "AWS_PROFILE";
const DEFAULT: &str = "default";
/// The selected profile, and the files that it is read from.
pub(super) struct Profile {
    files: Option<EnvConfigFiles>,
    /// The paths of the files that were read, for messages.
    pub(super) places: String,
    pub(super) sections: EnvConfigSections,
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
            // Files are parsed one at a time, because the parser's error names the line but not the file.
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

    /// The profile's value of a key.
    pub(super) fn get(&self, key: &str) -> Option<FoundSetting> {
        let value = self.sections.get(key)?.to_owned();
        Some(FoundSetting { setting: self.called(key), value })
    }

    fn called(&self, key: &str) -> String {
        self.key_of(self.sections.selected_profile(), key)
    }

    /// A key of any profile, for messages.
    pub(super) fn key_of(&self, profile: &str, key: &str) -> String {
        format!("`{key}` of the profile {} in {}", shown(profile), self.places)
    }

    /// Checks the endpoint of this service, which a profile can define in a `services` section.
    pub(super) fn check_endpoint(&self) -> Result<(), ConfigError> {
        let Some(section) = self.sections.get("services") else { return Ok(()) };
        // AWS documents the first name; the SDK reads the second.
        for name in ["secrets_manager", "secrets-manager"] {
            let key = PropertiesKey::builder().section_key("services").section_name(section);
            let key = key.property_name(name).sub_property_name("endpoint_url").build();
            if let Some(value) = key.ok().and_then(|key| self.sections.other_sections().get(&key)) {
                check(&FoundSetting { setting: self.called("services"), value: value.clone() }, Kind::Endpoint)?;
            }
        }
        Ok(())
    }

    fn unknown(&self, name: &str) -> ConfigError {
        let places = if self.places.is_empty() { "no file of profiles exists".into() } else { self.places.clone() };
        let remedy = meant(name, self.sections.profiles(), "profiles");
        setting(format!("`{PROFILE}`"), format!("is {}, which is not a profile ({places})", shown(name)), remedy)
    }

    pub(super) fn into_files(self) -> Option<EnvConfigFiles> {
        self.files
    }
}

/// The remedy for a name that is not one of the known ones.
pub(super) fn meant<'a>(name: &str, known: impl Iterator<Item = &'a str>, what: &str) -> String {
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    match (closest(name, known.iter().copied()), known.as_slice()) {
        (Some(close), _) => format!("did you mean {}?", shown(close)),
        (None, []) => format!("no {what} exist"),
        (None, known) => {
            let known: Vec<_> = known.iter().take(20).map(|name| shown(name)).collect();
            format!("the {what} are {}", known.join(", "))
        }
    }
}

/// A file's path and text; `None` if no variable names it and it cannot be read: a Lambda function has no such file.
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

/// Parses the files. Of the parser's message only the line number is kept, because the message can quote the line.
async fn sections(files: &EnvConfigFiles, profile: &str) -> Result<EnvConfigSections, String> {
    // Nothing is read from disk: the contents are already in `files`.
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
    let remedy = "its lines must be `[profile name]` and `key = value`, without spaces before them".to_owned();
    let of = if variable.is_some() { format!(" ({})", shown(path)) } else { String::new() };
    setting(name, format!("is not a file of profiles{of}: {what}"), remedy)
}
