//! The root certificates: those that the system has, or those of a bundle. That there are any is seen to at the start, because
//! without one every handshake fails, and far from the cause.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// There is no root certificate to trust.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NoRoots {
    /// The file cannot be read.
    Unreadable,
    /// It holds what is no certificate.
    Malformed,
    /// There is none.
    None,
}

/// The system's, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name. Read once in a process: it takes a millisecond.
pub(crate) fn installed() -> Result<Arc<RootCertStore>, NoRoots> {
    static INSTALLED: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    if let Some(roots) = INSTALLED.get() {
        return Ok(Arc::clone(roots));
    }
    let mut roots = RootCertStore::empty();
    // A system has certificates that cannot be read. They are left out, as every TLS client does.
    let (valid, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if valid == 0 {
        return Err(NoRoots::None);
    }
    Ok(Arc::clone(INSTALLED.get_or_init(|| Arc::new(roots))))
}

/// Those of a file, and no others.
pub(crate) fn bundled(file: &Path) -> Result<Arc<RootCertStore>, NoRoots> {
    let pem = std::fs::read(file).map_err(|_| NoRoots::Unreadable)?;
    let mut roots = RootCertStore::empty();
    let mut seen = 0_usize;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| NoRoots::Malformed)?;
        seen += 1;
        // One that cannot be used as a root is no reason to distrust the others.
        let _ = roots.add(certificate);
    }
    match (seen, roots.is_empty()) {
        (0, _) => Err(NoRoots::None),
        (_, true) => Err(NoRoots::Malformed),
        _ => Ok(Arc::new(roots)),
    }
}
