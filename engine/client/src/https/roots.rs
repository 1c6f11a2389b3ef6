//! Loads root certificates, from the system or from a bundle. A store without any certificate is reported at start,
//! because otherwise every handshake would fail with an obscure error.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Why no root certificate could be loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoRoots {
    /// The file cannot be read.
    Unreadable,
    /// A certificate in it is malformed, or none can be used as a root.
    Malformed,
    /// No certificate was found.
    None,
}

/// The system's certificates, or those in `SSL_CERT_FILE` and `SSL_CERT_DIR`. Loaded once per process, because it takes
/// a millisecond.
pub fn installed() -> Result<Arc<RootCertStore>, NoRoots> {
    static INSTALLED: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    if let Some(roots) = INSTALLED.get() {
        return Ok(Arc::clone(roots));
    }
    let mut roots = RootCertStore::empty();
    // Some system certificates cannot be parsed. They are skipped, as in every TLS client.
    let (valid, _) = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if valid == 0 {
        return Err(NoRoots::None);
    }
    Ok(Arc::clone(INSTALLED.get_or_init(|| Arc::new(roots))))
}

/// The certificates of a file, and no others.
pub(crate) fn bundled(file: &Path) -> Result<Arc<RootCertStore>, NoRoots> {
    let pem = std::fs::read(file).map_err(|_| NoRoots::Unreadable)?;
    let mut roots = RootCertStore::empty();
    let mut seen = 0_usize;
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|_| NoRoots::Malformed)?;
        seen += 1;
        // A certificate that is unusable as a root does not affect the others.
        let _ = roots.add(certificate);
    }
    match (seen, roots.is_empty()) {
        (0, _) => Err(NoRoots::None),
        (_, true) => Err(NoRoots::Malformed),
        _ => Ok(Arc::new(roots)),
    }
}
