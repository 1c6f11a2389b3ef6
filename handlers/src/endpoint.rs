//! Endpoints of services: those that the environment sets, and those of AWS's services.
//!
//! Sources: [S3][s3], [DynamoDB][dynamodb], [DNS suffixes][suffixes]. The SDK's endpoint rules give the same host names.
//!
//! [s3]: https://docs.aws.amazon.com/general/latest/gr/s3.html
//! [dynamodb]: https://docs.aws.amazon.com/general/latest/gr/ddb.html
//! [suffixes]: https://docs.aws.amazon.com/general/latest/gr/rande.html

/// A variable contains an address to which nothing may be sent.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` must be an `https` address, or on loopback")]
pub struct BadEndpoint(&'static str);

/// The endpoint that a variable sets, if it is set.
pub(crate) fn from_env(variable: &'static str) -> Result<Option<String>, BadEndpoint> {
    let set = std::env::var_os(variable);
    set.map(|endpoint| checked(variable, &endpoint.to_string_lossy())).transpose()
}

/// An endpoint without the slash at its end, if requests to it are encrypted or stay on this machine.
pub(crate) fn checked(variable: &'static str, endpoint: &str) -> Result<String, BadEndpoint> {
    let uri: Option<http::Uri> = endpoint.parse().ok();
    let host = uri.as_ref().and_then(http::Uri::host).unwrap_or_default();
    let is_allowed = match uri.as_ref().and_then(http::Uri::scheme_str) {
        Some("https") => !host.is_empty(),
        Some("http") => ["127.0.0.1", "[::1]", "localhost"].contains(&host),
        _ => false,
    };
    if is_allowed { Ok(endpoint.trim_end_matches('/').to_owned()) } else { Err(BadEndpoint(variable)) }
}

/// Which of a service's endpoints are used.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Switches {
    pub(crate) fips: bool,
    pub(crate) dual_stack: bool,
}

/// AWS's endpoint of a service in a Region.
pub(crate) fn of_aws(service: &str, region: &str, switches: Switches) -> String {
    let is_china = region.starts_with("cn-");
    // DynamoDB's IPv4 endpoints in AWS GovCloud (US) are FIPS endpoints, without a name of their own.
    let is_always_fips = service == "dynamodb" && region.starts_with("us-gov-") && !switches.dual_stack;
    let fips = if switches.fips && !is_always_fips { "-fips" } else { "" };
    match (service, switches.dual_stack) {
        ("s3", true) => format!("https://s3{fips}.dualstack.{region}.{}", suffix(is_china)),
        (_, true) if is_china => format!("https://{service}{fips}.{region}.api.amazonwebservices.com.cn"),
        (_, true) => format!("https://{service}{fips}.{region}.api.aws"),
        (_, false) => format!("https://{service}{fips}.{region}.{}", suffix(is_china)),
    }
}

const fn suffix(is_china: bool) -> &'static str {
    if is_china { "amazonaws.com.cn" } else { "amazonaws.com" }
}

#[cfg(test)]
mod tests {
    use super::{BadEndpoint, Switches, checked, of_aws};

    #[test]
    fn err_an_address_that_nothing_may_be_sent_to() {
        for (good, used) in [
            ("https://s3.eu-west-1.amazonaws.com", "https://s3.eu-west-1.amazonaws.com"),
            ("http://127.0.0.1:9000/", "http://127.0.0.1:9000"),
            ("http://localhost:4566", "http://localhost:4566"),
            ("https://vpce-1.example.com/bucket//", "https://vpce-1.example.com/bucket"),
        ] {
            assert_eq!(checked("A_URL", good).as_deref(), Ok(used));
        }
        for bad in ["http://example.com", "http://127.0.0.1.example.com", "s3", "", "ftp://127.0.0.1", "https://"] {
            assert_eq!(checked("A_URL", bad), Err(BadEndpoint("A_URL")), "{bad}");
        }
    }

    #[test]
    fn the_switches_choose_the_host_that_is_asked() {
        for (service, region, fips, dual_stack, host) in [
            ("s3", "eu-west-1", false, false, "s3.eu-west-1.amazonaws.com"),
            ("s3", "us-east-1", true, false, "s3-fips.us-east-1.amazonaws.com"),
            ("s3", "eu-west-1", false, true, "s3.dualstack.eu-west-1.amazonaws.com"),
            ("s3", "us-east-1", true, true, "s3-fips.dualstack.us-east-1.amazonaws.com"),
            ("s3", "us-gov-west-1", true, false, "s3-fips.us-gov-west-1.amazonaws.com"),
            ("s3", "cn-north-1", false, true, "s3.dualstack.cn-north-1.amazonaws.com.cn"),
            ("dynamodb", "eu-west-1", false, false, "dynamodb.eu-west-1.amazonaws.com"),
            ("dynamodb", "us-east-1", true, false, "dynamodb-fips.us-east-1.amazonaws.com"),
            ("dynamodb", "eu-west-1", false, true, "dynamodb.eu-west-1.api.aws"),
            ("dynamodb", "us-east-1", true, true, "dynamodb-fips.us-east-1.api.aws"),
            ("dynamodb", "us-gov-west-1", true, false, "dynamodb.us-gov-west-1.amazonaws.com"),
            ("dynamodb", "us-gov-west-1", true, true, "dynamodb-fips.us-gov-west-1.api.aws"),
            ("dynamodb", "cn-north-1", false, false, "dynamodb.cn-north-1.amazonaws.com.cn"),
            ("dynamodb", "cn-north-1", false, true, "dynamodb.cn-north-1.api.amazonwebservices.com.cn"),
        ] {
            assert_eq!(of_aws(service, region, Switches { fips, dual_stack }), format!("https://{host}"));
        }
    }
}
