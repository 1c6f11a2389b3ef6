//! Recognizes causes of a failed connection that do not pass by themselves, for the log: a certificate that is not
//! trusted, and a proxy that refuses the user.

use std::error::Error;
use std::io;

use rustls::CertificateError;

/// The message of `hyper-util` for a proxy's answer 407, whose error type is private.
const REFUSED_BY_PROXY: &str = "proxy authorization required";

/// What an operator can do about a failed connection, if the cause is known.
pub fn cause_of(error: &(dyn Error + 'static)) -> Option<&'static str> {
    let mut causes = std::iter::successors(Some(error), |&error| error.source());
    causes.find_map(|cause| match certificate_error(cause) {
        Some(CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. }) => {
            Some("the server's certificate is for another host; see whether the endpoint or a proxy is the right one")
        }
        Some(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            Some("the server's certificate is expired; see whether the clock is right")
        }
        Some(_) => Some(
            "the server's certificate is not trusted; if a proxy reads the traffic, name its root certificate in \
             `SSL_CERT_FILE`, for AWS alone in `AWS_CA_BUNDLE`",
        ),
        None if cause.to_string().contains(REFUSED_BY_PROXY) => {
            Some("the proxy does not accept the user and the password in the address of `HTTPS_PROXY` or `ALL_PROXY`")
        }
        None => None,
    })
}

/// An I/O error does not name the error in it as its cause.
fn certificate_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CertificateError> {
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    let inner = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner.or_else(|| error.downcast_ref())? {
        rustls::Error::InvalidCertificate(error) => Some(error),
        _ => None,
    }
}
