//! Validates the sources of credentials that the environment names: a web identity, and the endpoint of a container. The
//! SDK reports an invalid one only at the first call, as missing credentials.
//!
//! Sources: [container credentials][container], [web identity][web], and the SDK's code for the addresses that it accepts.
//!
//! [container]: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
//! [web]: https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html

use std::fs::File;
use std::net::IpAddr;

use http::Uri;
use http::uri::PathAndQuery;

use super::profile::Profile;
use super::{Variables, is_set, setting};
use crate::config_error::ConfigError;
use crate::model::shown;

const WEB_IDENTITY: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
const ROLE: &str = "AWS_ROLE_ARN";
const RELATIVE_URI: &str = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL_URI: &str = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN_FILE: &str = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";
/// The addresses of the endpoints of ECS and EKS, to which a request may go unencrypted.
const ENDPOINTS: [&str; 3] = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

/// Checks the source that the SDK would use. Keys in the environment and credentials of the profile take precedence.
pub(super) fn check(variables: Variables<'_>, profile: &Profile) -> Result<(), ConfigError> {
    if is_set(variables, "AWS_ACCESS_KEY_ID") || profile.has_credentials() {
        return Ok(());
    }
    if let Some(file) = variables(WEB_IDENTITY) {
        let role = variables(ROLE).filter(|role| !role.is_empty());
        return match role {
            None => Err(setting(
                format!("`{ROLE}`"),
                "is missing",
                format!("`{WEB_IDENTITY}` is set: set both, or neither"),
            )),
            Some(_) => check_file(WEB_IDENTITY, &file),
        };
    }
    let wrong = |variable: &str, value: &str, remedy: &str| {
        Err(setting(format!("`{variable}`"), format!("is {}", shown(value)), remedy.into()))
    };
    match (variables(RELATIVE_URI), variables(FULL_URI)) {
        (None, None) => return Ok(()),
        (Some(path), _) if !is_path(&path) => {
            return wrong(RELATIVE_URI, &path, "it must be a path that begins with `/`");
        }
        (None, Some(uri)) if !is_allowed(&uri) => {
            let remedy = "it must be an address with `https://`, or with `http://` on loopback or that of ECS or EKS";
            return wrong(FULL_URI, &uri, remedy);
        }
        _ => {}
    }
    variables(TOKEN_FILE).map_or(Ok(()), |file| check_file(TOKEN_FILE, &file))
}

fn is_path(text: &str) -> bool {
    text.starts_with('/') && text.parse::<PathAndQuery>().is_ok()
}

/// A host name is looked up by the SDK, and only at the first call, so that it is not decided here.
fn is_allowed(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else { return false };
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    match uri.scheme_str() {
        Some("https") => !host.is_empty(),
        Some("http") => host.parse::<IpAddr>().map_or(!host.is_empty(), |address| {
            address.is_loopback() || ENDPOINTS.iter().any(|known| known.parse() == Ok(address))
        }),
        _ => false,
    }
}

fn check_file(variable: &str, file: &str) -> Result<(), ConfigError> {
    File::open(file).map(drop).map_err(|_| {
        setting(
            format!("`{variable}`"),
            "names a file that cannot be read",
            format!("see whether {} is mounted", shown(file)),
        )
    })
}
