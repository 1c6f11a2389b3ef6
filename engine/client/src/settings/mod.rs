//! Validates the SDK's settings, in the environment and in the profile, before the SDK reads them: the SDK ignores some
//! invalid settings, panics at others, and reports more of them only at the first call, far from their cause.

mod chain;
mod check;
mod profile;
mod sources;

use std::path::PathBuf;
use std::sync::Arc;

use aws_config::ConfigLoader;
use aws_config::retry::{RetryConfig, RetryMode};
use rustls::RootCertStore;

use super::config_error::ConfigError;
use super::http::SdkHttp;
use crate::https::{self, BadProxy, Https, NoRoots, Proxies};
use crate::model::{REGIONS, endpoint_variable, shown};
use check::Kind;
use profile::Profile;

/// Looks up an environment variable.
type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The variable of each setting, its key in a profile, and the values that it accepts.
const SETTINGS: [(&str, &str, Kind); 13] = [
    (RETRY_MODE.0, RETRY_MODE.1, Kind::RetryMode),
    (MAX_ATTEMPTS.0, MAX_ATTEMPTS.1, Kind::Attempts),
    ("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint", Kind::Switch),
    ("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint", Kind::Switch),
    ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls", Kind::Switch),
    ("AWS_EC2_METADATA_DISABLED", "", Kind::Switch),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint", Kind::Endpoint),
    ("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode", Kind::EndpointMode),
    ("AWS_DEFAULTS_MODE", "defaults_mode", Kind::DefaultsMode),
    ("AWS_ENDPOINT_URL", "endpoint_url", Kind::Endpoint),
    ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "", Kind::Endpoint),
    ("AWS_ENDPOINT_URL_STS", "", Kind::Endpoint),
    (CA_BUNDLE.0, CA_BUNDLE.1, Kind::File),
];
const RETRY_MODE: (&str, &str) = ("AWS_RETRY_MODE", "retry_mode");
const MAX_ATTEMPTS: (&str, &str) = ("AWS_MAX_ATTEMPTS", "max_attempts");
const CA_BUNDLE: (&str, &str) = ("AWS_CA_BUNDLE", "ca_bundle");
const SSL_CERT_FILE: &str = "SSL_CERT_FILE";
/// The first one that is set is used.
const REGION: [(&str, &str); 2] = [("AWS_REGION", ""), ("AWS_DEFAULT_REGION", "region")];

/// A setting that is set.
struct FoundSetting {
    /// The setting's name, and where it is set.
    setting: String,
    value: String,
}

/// The validated settings.
pub(super) struct Settings {
    profile: Profile,
    retry: Option<RetryConfig>,
    roots: Arc<RootCertStore>,
    proxies: Proxies,
}

impl Settings {
    /// Reads and validates the settings; also the region, unless the caller names one.
    ///
    /// # Errors
    ///
    /// [`ConfigError::Setting`] for the first invalid setting.
    pub(super) async fn read(variables: Variables<'_>, names_region: bool) -> Result<Self, ConfigError> {
        let profile = Profile::read(variables).await?;
        let find = |(variable, key): (&str, &str)| find(variables, &profile, variable, key);
        if !names_region && let Some(found) = REGION.into_iter().find_map(find) {
            check::check(&found, Kind::Region)?;
        }
        for (variable, key, kind) in SETTINGS {
            if let Some(found) = find((variable, key)) {
                check::check(&found, kind)?;
            }
        }
        profile.check_endpoint()?;
        check_endpoint(find)?;
        check_keys(variables)?;
        profile.check_credentials(variables)?;
        sources::check(variables, &profile)?;
        let retry = retry(find(RETRY_MODE), find(MAX_ATTEMPTS));
        let roots = roots(find(CA_BUNDLE), variables)?;
        let proxies = Proxies::from(variables).map_err(bad_proxy)?;
        Ok(Self { profile, retry, roots, proxies })
    }

    /// Only the HTTP client, which reads responses of at most `max_answer` bytes.
    pub(super) fn into_http(self, max_answer: usize) -> SdkHttp {
        SdkHttp::new(Https::new(self.roots, self.proxies), max_answer)
    }

    /// Configures the SDK with these settings, and with an HTTP client that reads responses of at most `max_answer`
    /// bytes.
    pub(super) fn into_loader(self, loader: ConfigLoader, max_answer: usize) -> ConfigLoader {
        let loader = loader.http_client(SdkHttp::new(Https::new(self.roots, self.proxies), max_answer));
        let loader = match self.retry {
            Some(retry) => loader.retry_config(retry),
            None => loader,
        };
        match self.profile.into_files() {
            Some(files) => loader.profile_files(files),
            None => loader,
        }
    }
}

fn find(variables: Variables<'_>, profile: &Profile, variable: &str, key: &str) -> Option<FoundSetting> {
    match variables(variable) {
        Some(value) => Some(FoundSetting { setting: format!("`{variable}`"), value }),
        None => profile.get(key),
    }
}

/// `legacy` is an older mode of boto3 and the AWS CLI; here it means the standard mode, as in all other SDKs.
fn retry(mode: Option<FoundSetting>, attempts: Option<FoundSetting>) -> Option<RetryConfig> {
    if mode.is_none() && attempts.is_none() {
        return None;
    }
    let is_adaptive = mode.is_some_and(|mode| mode.value.eq_ignore_ascii_case("adaptive"));
    let mode = if is_adaptive { RetryMode::Adaptive } else { RetryMode::Standard };
    let config = RetryConfig::standard().with_retry_mode(mode);
    let attempts = attempts.and_then(|attempts| attempts.value.parse().ok());
    Some(attempts.map_or(config.clone(), |attempts| config.with_max_attempts(attempts)))
}

/// The endpoints that are set for single Regions.
///
/// # Errors
///
/// [`ConfigError::Setting`] for the first that cannot be used.
pub(super) fn check_endpoints(variables: &dyn Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
    for variable in REGIONS.map(endpoint_variable) {
        let Some(value) = variables(&variable) else { continue };
        let found = FoundSetting { setting: format!("`{variable}`"), value };
        check::check(&found, Kind::Endpoint)?;
        check_switches(Some(&found), |(switch, _)| {
            Some(FoundSetting { setting: format!("`{switch}`"), value: variables(switch)? })
        })?;
    }
    Ok(())
}

/// That no endpoint is set beside what chooses another.
fn check_endpoint(find: impl Fn((&str, &str)) -> Option<FoundSetting>) -> Result<(), ConfigError> {
    let endpoint =
        find(("AWS_ENDPOINT_URL_SECRETS_MANAGER", "")).or_else(|| find(("AWS_ENDPOINT_URL", "endpoint_url")));
    if find(("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls")).is_some_and(|it| is_on(&it)) {
        return Ok(());
    }
    check_switches(endpoint.as_ref(), find)
}

fn is_on(found: &FoundSetting) -> bool {
    found.value.eq_ignore_ascii_case("true")
}

/// Rejects an explicit endpoint together with a FIPS or dual-stack switch. AWS does not support it, and the SDK only
/// reports it at the first call.
fn check_switches(
    endpoint: Option<&FoundSetting>,
    find: impl Fn((&str, &str)) -> Option<FoundSetting>,
) -> Result<(), ConfigError> {
    let switches =
        [("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"), ("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint")];
    match (endpoint, switches.into_iter().find_map(|switch| find(switch).filter(is_on))) {
        (Some(endpoint), Some(switch)) => Err(setting(
            switch.setting,
            format!("is on, and {} names an endpoint", endpoint.setting),
            "unset one of the two: an endpoint that is named is used without a change".into(),
        )),
        _ => Ok(()),
    }
}

/// Whether a variable has a value. The SDK treats a blank key like one that is not set.
fn is_set(variables: Variables<'_>, name: &str) -> bool {
    variables(name).is_some_and(|value| !value.trim().is_empty())
}

/// Rejects a key id without a secret key, and the reverse: the SDK would use other credentials, or none.
fn check_keys(variables: Variables<'_>) -> Result<(), ConfigError> {
    let is_set = |name| is_set(variables, name);
    let (id, key) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
    let (set, missing) = match (is_set(id), is_set(key) || is_set("SECRET_ACCESS_KEY")) {
        (true, false) => (id, key),
        (false, true) => (key, id),
        _ => return Ok(()),
    };
    Err(setting(format!("`{missing}`"), "is missing or empty", format!("`{set}` is set: set both, or neither")))
}

fn roots(bundle: Option<FoundSetting>, variables: Variables<'_>) -> Result<Arc<RootCertStore>, ConfigError> {
    if let Some(FoundSetting { setting: name, value }) = bundle {
        let file = PathBuf::from(&value);
        return https::bundled(&file).map_err(|error| {
            let problem = match error {
                NoRoots::Unreadable => "names a file that cannot be read",
                NoRoots::Malformed => "names a file that contains something other than certificates",
                NoRoots::None => "names a file without certificates",
            };
            setting(name, problem, format!("{} must contain certificates in PEM format", shown(&value)))
        });
    }
    // The system's certificates are used as far as they can be read, but not instead of a file that is named.
    if let Some(file) = variables(SSL_CERT_FILE).filter(|file| !file.is_empty())
        && std::fs::File::open(&file).is_err()
    {
        let remedy = format!("{} must contain certificates in PEM format", shown(&file));
        return Err(setting(format!("`{SSL_CERT_FILE}`"), "names a file that cannot be read", remedy));
    }
    https::installed().map_err(|_| {
        let named: Vec<_> =
            [SSL_CERT_FILE, "SSL_CERT_DIR"].into_iter().filter(|name| variables(name).is_some()).collect();
        match named.as_slice() {
            [] => setting(
                "the list of root certificates".into(),
                "is empty",
                "install the system's `ca-certificates`, or name a file by `SSL_CERT_FILE`".into(),
            ),
            named => setting(
                format!("`{}`", named.join("` or `")),
                "names no root certificate",
                "name a file of certificates in PEM format, or unset it".into(),
            ),
        }
    })
}

pub(super) fn bad_proxy(BadProxy { variable }: BadProxy) -> ConfigError {
    setting(
        format!("`{variable}`"),
        "is not the address of an HTTP proxy",
        "it must be an address such as `http://proxy.example.com:3128`, with the user and password before an `@`, in which \
         `@`, `/`, `?`, `#` and `%` are written as `%40`, `%2F`, `%3F`, `%23` and `%25`; what it is at present is not repeated, \
         because it can hold a password"
            .into(),
    )
}

/// The error for an invalid setting.
fn setting(setting: String, problem: impl Into<String>, remedy: String) -> ConfigError {
    ConfigError::Setting { setting, problem: problem.into(), remedy }
}

#[cfg(test)]
mod tests;
