//! Proxies from the environment, read from the same variables as in curl and the SDK's own HTTP client.

use http::Uri;
use http::uri::Scheme;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

/// A variable with an invalid proxy address. Its value is not kept, because it can contain a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadProxy {
    /// The name of the variable.
    pub variable: &'static str,
}

/// Decides which requests go through which proxy.
pub struct Proxies {
    matcher: Matcher,
    /// Unencrypted requests do not go through a proxy on another machine.
    guards_plain: bool,
}

impl Proxies {
    /// Reads the variables, upper case before lower case. An empty variable counts as unset.
    ///
    /// # Errors
    ///
    /// [`BadProxy`] for a variable that is not the address of an HTTP proxy.
    pub fn from(variables: &dyn Fn(&str) -> Option<String>) -> Result<Self, BadProxy> {
        let of = |names: [&'static str; 2]| {
            let set = |name: &'static str| Some((name, variables(name).filter(|value| !value.trim().is_empty())?));
            match names.into_iter().find_map(set) {
                None => Ok(String::new()),
                Some((_, address)) if is_proxy(&address) => Ok(address.trim().to_owned()),
                Some((variable, _)) => Err(BadProxy { variable }),
            }
        };
        let https = of(["HTTPS_PROXY", "https_proxy"])?;
        // On a CGI server, `HTTP_PROXY` is set from a request header, so its client could choose the proxy.
        let is_cgi = variables("REQUEST_METHOD").is_some();
        let http = if is_cgi { String::new() } else { of(["HTTP_PROXY", "http_proxy"])? };
        // Used only for a scheme without its own proxy. An address that is not used is not checked.
        let all = if https.is_empty() || http.is_empty() { of(["ALL_PROXY", "all_proxy"])? } else { String::new() };
        let matcher = Matcher::builder().all(all).https(https).http(http);
        let exceptions =
            ["NO_PROXY", "no_proxy"].into_iter().find_map(|name| variables(name).filter(|it| !it.is_empty()));
        Ok(Self { matcher: matcher.no(exceptions.unwrap_or_default()).build(), guards_plain: false })
    }

    /// Excludes proxies on other machines for unencrypted requests.
    #[must_use]
    pub fn guarding_plain(self) -> Self {
        Self { guards_plain: true, ..self }
    }

    /// The proxy for a request, if it goes through one.
    pub(super) fn of(&self, destination: &Uri) -> Option<Intercept> {
        if is_of_container(destination) {
            return None;
        }
        let proxy = self.matcher.intercept(destination)?;
        let is_plain = destination.scheme() != Some(&Scheme::HTTPS);
        let is_here = proxy.uri().host().is_some_and(|host| ["127.0.0.1", "[::1]", "localhost"].contains(&host));
        (is_here || !(self.guards_plain && is_plain)).then_some(proxy)
    }
}

/// Whether these are the credentials of ECS, of EKS or of an instance, which only this machine can reach. Their requests have
/// a token.
///
/// Source: [container credentials](https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html).
fn is_of_container(destination: &Uri) -> bool {
    const ADDRESSES: [&str; 5] =
        ["169.254.170.2", "169.254.170.23", "[fd00:ec2::23]", "169.254.169.254", "[fd00:ec2::254]"];
    destination.host().is_some_and(|host| ADDRESSES.contains(&host))
}

/// Whether this is the address of an HTTP proxy: with `http://` or `https://`, or without a scheme.
fn is_proxy(text: &str) -> bool {
    text.trim().parse::<Uri>().is_ok_and(|uri| {
        let user = uri.authority().and_then(|authority| Some(authority.as_str().rsplit_once('@')?.0));
        // A character of a password that is not encoded would end it, or the host would be a part of it.
        let is_encoded = match user {
            Some(user) => !user.contains('@') && text.matches('@').count() == 1 && is_percent_encoded(user),
            None => !text.contains('@'),
        };
        matches!(uri.scheme_str(), None | Some("http" | "https"))
            && uri.host().is_some_and(|host| !host.is_empty())
            && is_encoded
    })
}

/// Whether each `%` begins an encoded byte.
fn is_percent_encoded(text: &str) -> bool {
    let is_byte = |rest: &str| rest.as_bytes().get(..2).is_some_and(|byte| byte.iter().all(u8::is_ascii_hexdigit));
    text.split('%').skip(1).all(is_byte)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::{BadProxy, Proxies};

    fn proxies(variables: &[(&'static str, &str)]) -> Result<Proxies, BadProxy> {
        let variables: HashMap<&str, String> = variables.iter().map(|(name, value)| (*name, (*value).into())).collect();
        Proxies::from(&|name| variables.get(name).cloned())
    }

    fn chosen(variables: &[(&'static str, &str)], destination: &str) -> Option<String> {
        let proxies = proxies(variables).expect("they can be used");
        proxies.of(&destination.parse().expect("an address")).map(|proxy| proxy.uri().to_string())
    }

    const AWS: &str = "https://secretsmanager.eu-west-1.amazonaws.com/";

    #[test]
    fn both_spellings_of_each_variable_are_read() {
        for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            assert_eq!(chosen(&[(name, "http://proxy:3128")], AWS).as_deref(), Some("http://proxy:3128/"), "{name}");
            assert_eq!(chosen(&[(name, "proxy:3128")], AWS).as_deref(), Some("http://proxy:3128/"), "{name}");
            assert_eq!(chosen(&[(name, "")], AWS), None, "{name}");
        }
        for name in ["HTTP_PROXY", "http_proxy"] {
            assert_eq!(chosen(&[(name, "http://proxy:3128")], AWS), None, "{name}");
            assert!(chosen(&[(name, "http://proxy:3128")], "http://example.com/").is_some(), "{name}");
            assert!(chosen(&[(name, "http://proxy"), ("REQUEST_METHOD", "GET")], "http://example.com/").is_none());
        }
        for name in ["NO_PROXY", "no_proxy"] {
            for exception in
                [".amazonaws.com", "amazonaws.com", "*", "localhost, secretsmanager.eu-west-1.amazonaws.com"]
            {
                assert_eq!(
                    chosen(&[("HTTPS_PROXY", "http://proxy"), (name, exception)], AWS),
                    None,
                    "{name}={exception}"
                );
            }
            assert!(chosen(&[("HTTPS_PROXY", "http://proxy"), (name, "example.com")], AWS).is_some());
        }
    }

    #[test]
    fn the_credentials_of_a_container_are_asked_for_directly() {
        for (address, is_direct) in [
            ("http://169.254.170.2/v2/credentials/x", true),
            ("http://169.254.170.23/v1/credentials", true),
            ("http://[fd00:ec2::23]/v1/credentials", true),
            ("http://169.254.170.24/", false),
            ("http://169.254.170.2.example.com/", false),
        ] {
            let proxy = chosen(&[("HTTP_PROXY", "http://proxy:3128")], address);
            assert_eq!(proxy.is_none(), is_direct, "{address}");
        }
    }

    #[test]
    fn err_what_is_no_proxy_is_named_and_not_repeated() {
        for (variable, lower) in
            [("HTTPS_PROXY", "https_proxy"), ("HTTP_PROXY", "http_proxy"), ("ALL_PROXY", "all_proxy")]
        {
            for name in [variable, lower] {
                for value in [
                    "socks5://proxy:1080",
                    "ftp://proxy",
                    "http://",
                    "not a proxy",
                    "http://user:pa ss@proxy",
                    // The proxy would be asked with half the password, or another host would be asked.
                    "http://user:pa@ss@proxy:3128",
                    "http://user:pa#ss@proxy:3128",
                    "http://user:pa/ss@proxy:3128",
                    "http://user:pa?ss@proxy:3128",
                    "http://user:pa%zz@proxy:3128",
                    "user:pa/ss@proxy:3128",
                ] {
                    assert_eq!(proxies(&[(name, value)]).err(), Some(BadProxy { variable: name }), "{value}");
                }
            }
        }
    }

    #[test]
    fn a_password_with_encoded_characters_is_one() {
        for value in ["http://user:p%40%23%2Fss@proxy:3128", "user:pass@proxy:3128", "https://user@proxy"] {
            assert!(proxies(&[("HTTPS_PROXY", value)]).is_ok(), "{value}");
        }
    }

    #[test]
    fn a_proxy_for_all_schemes_is_checked_only_if_it_is_used() {
        let (all, https) = (("ALL_PROXY", "socks5://proxy:1080"), ("HTTPS_PROXY", "http://proxy:3128"));
        let http = ("HTTP_PROXY", "http://proxy:3129");
        assert_eq!(chosen(&[all, https, http], AWS).as_deref(), Some("http://proxy:3128/"));
        assert_eq!(chosen(&[all, https, http], "http://example.com/").as_deref(), Some("http://proxy:3129/"));
        let bad = Some(BadProxy { variable: "ALL_PROXY" });
        for used in [&[all, https][..], &[all, http], &[all, https, http, ("REQUEST_METHOD", "GET")]] {
            assert_eq!(proxies(used).err(), bad, "{used:?}");
        }
    }

    #[test]
    fn what_is_not_encrypted_stays_on_this_machine() {
        let of = |proxy: &str| {
            let proxies = proxies(&[("ALL_PROXY", proxy)]).expect("it can be used").guarding_plain();
            proxies.of(&"http://127.0.0.1:4000/".parse().expect("an address")).is_some()
        };
        assert!(of("http://127.0.0.1:3128") && of("http://[::1]:3128"));
        assert!(!of("http://proxy.example.com:3128") && !of("https://proxy.example.com:3128"));
    }
}
