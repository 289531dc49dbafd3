//! TLS by rustls, from two PEM files that may change while the server runs.

use crate::ServeError;
use std::path::PathBuf;
use tokio_rustls::TlsAcceptor;

/// Where the certificate is.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The chain, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// Certificates of those who sign clients' certificates, PEM; without it
    /// clients show none.
    pub client_authority: Option<PathBuf>,
}

/// The certificate in use.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
}

impl Tls {
    /// Reads the files.
    pub(crate) fn read(files: &TlsFiles) -> Result<Tls, ServeError> {
        Err(ServeError::Certificate {
            file: files.certificate.display().to_string(),
            reason: "TLS is not built yet".into(),
        })
    }

    /// For the next connection.
    pub(crate) fn acceptor(&self) -> &TlsAcceptor {
        &self.acceptor
    }
}
