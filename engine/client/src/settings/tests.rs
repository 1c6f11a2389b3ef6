//! Which settings are accepted, and the error for each invalid one.

use std::collections::HashMap;

use super::Settings;
use crate::config_error::ConfigError;

/// The error for these variables, with `profiles` as the content of the profile file.
async fn told(variables: &[(&str, &str)], profiles: Option<&str>) -> Option<String> {
    let directory = tempfile::tempdir().expect("a directory");
    let mut variables: HashMap<String, String> =
        variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    if let Some(text) = profiles {
        let path = directory.path().join("config");
        std::fs::write(&path, text).expect("it can be written");
        variables.entry("AWS_CONFIG_FILE".into()).or_insert(path.display().to_string());
    }
    let read = Settings::read(&|name| variables.get(name).cloned(), false).await;
    read.err().map(|error: ConfigError| error.to_string())
}

#[tokio::test]
async fn what_can_be_used_is_taken() {
    for variables in [
        &[][..],
        &[("AWS_RETRY_MODE", "legacy"), ("AWS_MAX_ATTEMPTS", "1"), ("AWS_REGION", "us-gov-west-1")],
        &[("AWS_RETRY_MODE", "Adaptive"), ("AWS_USE_FIPS_ENDPOINT", "TRUE"), ("AWS_DEFAULTS_MODE", "in-region")],
        &[
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "https://vpce-1.example.com/a"),
        ],
        &[("HTTPS_PROXY", ""), ("NO_PROXY", ""), ("AWS_PROFILE", "default"), ("HOME", "/nonexistent")],
        &[("AWS_CONFIG_FILE", "/dev/null"), ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")],
    ] {
        assert_eq!(told(variables, None).await, None, "{variables:?}");
    }
    let profiles = "[default]\nregion = eu-west-1\n[profile dev]\nretry_mode = legacy\nmax_attempts = 7\n";
    assert_eq!(told(&[("AWS_PROFILE", "dev")], Some(profiles)).await, None);
}

#[tokio::test]
async fn err_each_variable_that_cannot_be_used_is_named() {
    for (name, values) in [
        ("AWS_REGION", &["", " ", " eu-west-1", "eu west 1", "eu-west-1.example.com", "EU"][..]),
        ("AWS_DEFAULT_REGION", &["", "eu_west_1"]),
        ("AWS_RETRY_MODE", &["", "fast", "standard "]),
        ("AWS_MAX_ATTEMPTS", &["", "0", "-1", "three", "4294967296", "1.5"]),
        ("AWS_USE_FIPS_ENDPOINT", &["", "yes", "1"]),
        ("AWS_USE_DUALSTACK_ENDPOINT", &["on"]),
        ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", &["1"]),
        ("AWS_DEFAULTS_MODE", &["", "turbo"]),
        (
            "AWS_ENDPOINT_URL",
            &["", "127.0.0.1:4566", "localhost", "ftp://a", "/a", "http://", "http://a b", "http://u:hush@a"],
        ),
        ("AWS_ENDPOINT_URL_SECRETS_MANAGER", &["", "secretsmanager", "https://a/?b"]),
        ("AWS_CA_BUNDLE", &["", "/nonexistent/bundle.pem", "/dev/null"]),
        ("AWS_PROFILE", &["", "produtcion"]),
        ("AWS_CONFIG_FILE", &["", "/nonexistent/config", "/"]),
        ("AWS_SHARED_CREDENTIALS_FILE", &["", "/nonexistent/credentials"]),
        ("HTTPS_PROXY", &["socks5://user:hush@proxy", "http://us er:hush@proxy"]),
        ("no_such_proxy", &[]),
    ] {
        for value in values {
            let told = told(&[(name, value)], None).await.unwrap_or_else(|| panic!("{name}={value:?} is taken"));
            assert!(told.contains(&format!("`{name}`")), "{name}={value:?}: {told}");
            assert!(told.contains("; ") && !told.contains("hush"), "{name}={value:?}: {told}");
        }
    }
}

#[tokio::test]
async fn err_each_key_of_the_profile_is_named_with_its_place() {
    for (key, value) in [
        ("region", "eu west 1"),
        ("retry_mode", "fast"),
        ("max_attempts", "0"),
        ("use_fips_endpoint", "yes"),
        ("use_dualstack_endpoint", "yes"),
        ("endpoint_url", "localhost:4566"),
        ("defaults_mode", "turbo"),
        ("ca_bundle", "/nonexistent/bundle.pem"),
    ] {
        let profiles = format!("[profile dev]\n{key} = {value}\n");
        let told = told(&[("AWS_PROFILE", "dev")], Some(&profiles)).await.unwrap_or_else(|| panic!("{key} is taken"));
        assert!(told.starts_with(&format!("`{key}` of the profile `dev` in `")), "{told}");
    }
    let services = "[profile dev]\nservices = mine\n[services mine]\nsecrets_manager =\n  endpoint_url = localhost\n";
    let told = told(&[("AWS_PROFILE", "dev")], Some(services)).await.expect("it has no scheme");
    assert!(told.contains("`services` of the profile `dev`"), "{told}");
}

#[tokio::test]
async fn err_a_file_that_is_none_of_profiles_is_named_without_its_text() {
    for text in ["aws_secret_access_key = hush", "[profile dev]\nhush\n", "[profile dev\nhush = 1\n", "[dev]\n  hush\n"]
    {
        let told = told(&[], Some(text)).await.unwrap_or_else(|| panic!("{text:?} is taken"));
        assert!(told.starts_with("`AWS_CONFIG_FILE`") && told.contains("line "), "{told}");
        assert!(!told.contains("hush"), "{told}");
    }
}

#[tokio::test]
async fn err_a_profile_that_is_not_there_is_told_with_the_one_that_was_meant() {
    let profiles = "[profile production]\nregion = eu-west-1\n";
    let close = told(&[("AWS_PROFILE", "produtcion")], Some(profiles)).await.expect("there is none");
    assert!(close.contains("`AWS_PROFILE` is `produtcion`") && close.contains("did you mean `production`?"), "{close}");
    let far = told(&[("AWS_PROFILE", "x")], Some(profiles)).await.expect("there is none");
    assert!(far.contains("the profiles are `production`"), "{far}");
}

#[tokio::test]
async fn err_an_endpoint_beside_a_switch_for_another_is_told() {
    for switch in ["AWS_USE_FIPS_ENDPOINT", "AWS_USE_DUALSTACK_ENDPOINT"] {
        for endpoint in ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SECRETS_MANAGER"] {
            let mut variables = vec![(switch, "true"), (endpoint, "http://127.0.0.1:1")];
            let told = told(&variables, None).await.expect("AWS has no such combination");
            assert!(told.contains(&format!("`{switch}`")) && told.contains(&format!("`{endpoint}`")), "{told}");
            variables.push(("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"));
            assert_eq!(super::tests::told(&variables, None).await, None);
        }
    }
}

#[tokio::test]
async fn err_half_of_the_keys_is_told() {
    for (set, missing) in
        [("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID")]
    {
        for other in [None, Some("")] {
            let mut variables = vec![(set, "hush")];
            variables.extend(other.map(|value| (missing, value)));
            let told = told(&variables, None).await.expect("the other half is missing");
            assert!(told.starts_with(&format!("`{missing}` is missing")) && !told.contains("hush"), "{told}");
        }
    }
}

/// Without the feature, the error names it; with the feature, the SDK can load the credentials.
#[tokio::test]
async fn a_profile_that_needs_a_feature_names_it() {
    let session = "[sso-session s]\nsso_start_url = https://a\nsso_region = eu-west-1\n";
    for key in ["sso_session = s", "sso_start_url = https://a", "credential_process = /bin/keys"] {
        for rest in ["", "[profile role]\nrole_arn = arn:aws:iam::123456789012:role/a\nsource_profile = dev\n"] {
            let name = if rest.is_empty() { "dev" } else { "role" };
            let profiles = format!("[profile dev]\n{key}\n{session}{rest}");
            let told = told(&[("AWS_PROFILE", name)], Some(&profiles)).await;
            if cfg!(feature = "profiles") {
                assert_eq!(told, None);
            } else {
                let told = told.expect("the feature is not compiled in");
                assert!(told.contains("the feature `profiles` of `driftless`"), "{told}");
                assert!(told.contains("`aws configure export-credentials --profile dev`"), "{told}");
            }
            let keys = [("AWS_PROFILE", name), ("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
            assert_eq!(super::tests::told(&keys, Some(&profiles)).await, None);
        }
    }
    let login = told(&[("AWS_PROFILE", "dev")], Some("[profile dev]\nlogin_session = arn:aws:iam::1:user/a\n")).await;
    assert!(login.is_some_and(|told| told.contains("`login_session`") && told.contains("not supported")));
}

/// Keys that are blank are not keys.
#[tokio::test]
async fn blank_keys_in_the_environment_do_not_replace_the_profile() {
    let profiles = "[profile dev]\ncredential_process = /bin/keys\n";
    for blank in ["", " "] {
        let keys = [("AWS_PROFILE", "dev"), ("AWS_ACCESS_KEY_ID", blank), ("AWS_SECRET_ACCESS_KEY", blank)];
        let told = told(&keys, Some(profiles)).await;
        assert_eq!(told.is_none(), cfg!(feature = "profiles"), "{told:?}");
    }
}

/// What the SDK can use without the feature.
#[tokio::test]
async fn profiles_that_the_sdk_does_not_look_at_need_no_feature() {
    let keys = "aws_access_key_id = a\naws_secret_access_key = b\n";
    let role = "role_arn = arn:aws:iam::123456789012:role/a\n";
    for profiles in [
        // Static keys win in every profile but the first.
        format!("[profile dev]\n{role}source_profile = base\n[profile base]\n{keys}credential_process = /bin/keys\n"),
        format!("[profile dev]\n{role}source_profile = base\n[profile base]\n{keys}{role}source_profile = none\n"),
        // Without a role, no other profile is read.
        format!("[profile dev]\n{keys}source_profile = base\n[profile base]\ncredential_process = /bin/keys\n"),
        format!("[profile dev]\n{keys}source_profile = none\n"),
        format!("[profile dev]\n{keys}{role}source_profile = dev\n"),
        format!("[profile dev]\n{role}credential_source = Environment\ncredential_process = /bin/keys\n"),
        format!("[profile dev]\n{role}web_identity_token_file = /token\nsource_profile = none\n"),
    ] {
        assert_eq!(told(&[("AWS_PROFILE", "dev")], Some(&profiles)).await, None, "{profiles}");
    }
}

#[tokio::test]
async fn err_a_chain_of_profiles_without_an_end_is_told_by_its_key() {
    let role = "role_arn = arn:aws:iam::123456789012:role/a\n";
    let base = "[profile base]\naws_access_key_id = hush\naws_secret_access_key = hush\n";
    for (profile, key, problem) in [
        (
            format!("{role}source_profile = bsae\n{base}"),
            "source_profile",
            "is `bsae`, which is not a profile; did you mean `base`?",
        ),
        (
            format!("{role}source_profile = a\n[profile a]\n{role}source_profile = dev\n"),
            "source_profile",
            "leads back",
        ),
        (role.to_owned(), "role_arn", "has no credentials to assume it with; add `source_profile`"),
        (
            format!("{role}source_profile = base\ncredential_source = Environment\n{base}"),
            "source_profile",
            "`credential_source`",
        ),
        (format!("{role}credential_source = Enviroment\n"), "credential_source", "did you mean `Environment`?"),
        ("web_identity_token_file = /token\n".to_owned(), "web_identity_token_file", "add `role_arn`"),
    ] {
        let told = told(&[("AWS_PROFILE", "dev")], Some(&format!("[profile dev]\n{profile}"))).await;
        let told = told.unwrap_or_else(|| panic!("{profile} is taken"));
        assert!(told.starts_with(&format!("`{key}` of the profile `")) && told.contains(problem), "{told}");
        assert!(!told.contains("hush"), "{told}");
    }
}

#[cfg(feature = "profiles")]
#[tokio::test]
async fn err_a_session_of_single_sign_on_that_is_not_there_is_told_with_the_one_that_was_meant() {
    let session = "[sso-session company]\nsso_start_url = https://a\nsso_region = eu-west-1\n";
    let profiles = format!("[profile dev]\nsso_session = compnay\n{session}");
    let told = told(&[("AWS_PROFILE", "dev")], Some(&profiles)).await.expect("there is no such session");
    assert!(told.starts_with("`sso_session` of the profile `dev`"), "{told}");
    assert!(told.contains("is `compnay`, which is not an `sso-session`; did you mean `company`?"), "{told}");
}
