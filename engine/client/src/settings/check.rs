//! The values that each setting accepts.

use http::Uri;

use super::{FoundSetting, setting};
use crate::config_error::ConfigError;
use crate::model::{is_region, shown};

/// The kind of a setting, which determines the values that it accepts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Region,
    RetryMode,
    Attempts,
    Switch,
    DefaultsMode,
    Endpoint,
    EndpointMode,
    File,
}

impl Kind {
    const fn allowed(self) -> &'static str {
        match self {
            Self::Region => "it must be the name of a Region, such as `eu-west-1`",
            Self::RetryMode => "it must be `standard` or `adaptive`, or `legacy`, which means `standard`",
            Self::Attempts => "it must be a whole number of at least 1",
            Self::Switch => "it must be `true` or `false`",
            Self::DefaultsMode => {
                "it must be `standard`, `in-region`, `cross-region`, `mobile`, `auto` or `legacy`; this client has limits of \
                 its own, so it changes nothing"
            }
            Self::Endpoint => {
                "it must be an address with `http://` or `https://` and a host, without a user, a query or a `#`"
            }
            Self::EndpointMode => "it must be `IPv4` or `IPv6`",
            Self::File => "it must be the path of a file",
        }
    }

    fn takes(self, value: &str) -> bool {
        let is_one_of = |words: &[&str]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
        match self {
            Self::Region => is_region(value),
            Self::RetryMode => is_one_of(&["standard", "adaptive", "legacy"]),
            Self::Attempts => value.parse::<u32>().is_ok_and(|attempts| attempts > 0),
            Self::Switch => is_one_of(&["true", "false"]),
            Self::DefaultsMode => is_one_of(&["standard", "in-region", "cross-region", "mobile", "auto", "legacy"]),
            Self::Endpoint => is_endpoint(value),
            Self::EndpointMode => is_one_of(&["IPv4", "IPv6"]),
            Self::File => !value.is_empty(),
        }
    }
}

fn is_endpoint(value: &str) -> bool {
    value.parse::<Uri>().is_ok_and(|uri| {
        let host = uri.host().unwrap_or_default();
        let is_plain =
            !value.contains(['@', '?', '#', ' ']) && uri.authority().is_none_or(|it| !it.as_str().ends_with(':'));
        matches!(uri.scheme_str(), Some("http" | "https")) && !host.is_empty() && is_plain
    })
}

/// Validates one setting.
pub(super) fn check(found: &FoundSetting, kind: Kind) -> Result<(), ConfigError> {
    if kind.takes(&found.value) {
        return Ok(());
    }
    let problem = match found.value.trim() {
        "" => "is empty".to_owned(),
        // The part before the `@` can be a password.
        value if value.contains('@') => "cannot be used".to_owned(),
        _ => format!("is {}", shown(&found.value)),
    };
    let remedy =
        if found.value.trim().is_empty() { format!("{}, or unset", kind.allowed()) } else { kind.allowed().into() };
    Err(setting(found.setting.clone(), problem, remedy))
}
