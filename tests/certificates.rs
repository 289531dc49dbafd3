//! A test's own certificates: an authority and what it signed, for a server and for
//! whoever comes to it.

use crate::harness::Project;
use crate::server::Served;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, IsCa, Issuer, KeyPair,
};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

impl Project {
    /// Makes certificates. Of the authority `ours.pem` are the server's own, that of the
    /// user Grafana, who is made too, and a stranger's, which is nobody's; `other.pem`
    /// signed `forged/grafana.pem`, and `next/server.pem` for later.
    pub(crate) fn certify(&self) -> &Project {
        let grafana = ["user", "add", "grafana", "--role", "commissioner"];
        self.jcw(&[&grafana[..], &["--certificate", "CN=grafana"]].concat())
            .succeeds();
        let folder = self.path("");
        let (ours, other) = (authority(&folder, "ours"), authority(&folder, "other"));
        for name in ["server", "grafana", "stranger"] {
            signed(&folder, name, &ours);
        }
        for (inner, name) in [("forged", "grafana"), ("next", "server")] {
            std::fs::create_dir(folder.join(inner)).unwrap();
            signed(&folder.join(inner), name, &other);
        }
        self
    }

    /// Opens the doors with these certificates.
    pub(crate) fn serve_encrypted(&self) -> Served {
        let file = |name: &str| self.path(name).display().to_string();
        self.serve(&[
            "--tls-certificate",
            &file("server.pem"),
            "--tls-key",
            &file("server.key"),
            "--tls-client-authority",
            &file("ours.pem"),
        ])
    }
}

/// An authority, and its certificate in a file.
fn authority(folder: &Path, name: &str) -> Issuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    let certificate = params.self_signed(&key).unwrap();
    std::fs::write(folder.join(format!("{name}.pem")), certificate.pem()).unwrap();
    Issuer::new(params, key)
}

/// A certificate and its key, signed by an authority.
fn signed(folder: &Path, name: &str, authority: &Issuer<'static, KeyPair>) {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, authority).unwrap();
    std::fs::write(folder.join(format!("{name}.pem")), certificate.pem()).unwrap();
    let file = folder.join(format!("{name}.key"));
    std::fs::write(&file, key.serialize_pem()).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
}
