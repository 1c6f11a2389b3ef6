//! The server's certificate, and the file of roots by which the programs trust it.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::Result;

/// Where systems keep their roots. To parse them is part of a start, so they are in the file too.
const SYSTEM_ROOTS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/// Makes a certificate for 127.0.0.1 and writes it to `roots`, after the system's. Returns how many roots these are.
pub fn acceptor(roots: &Path) -> Result<(TlsAcceptor, usize)> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let system = SYSTEM_ROOTS.iter().find_map(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    let all = format!("{system}\n{}", made.cert.pem());
    fs::write(roots, &all)?;

    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der())?;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)?;
    Ok((TlsAcceptor::from(Arc::new(config)), all.matches("BEGIN CERTIFICATE").count()))
}
