//! TLS by rustls, from PEM files that may change while the server runs: they are
//! looked at every second, and a set that does not fit together is not taken.

use crate::ServeError;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use std::time::{Duration, SystemTime};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Where the certificate is.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The chain, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM; nobody else on the machine may read it.
    pub key: PathBuf,
    /// Certificates of those who sign clients' certificates, PEM; without it
    /// clients show none.
    pub client_authority: Option<PathBuf>,
}

/// The certificate in use, at one kind of door. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Tls {
    current: Arc<RwLock<Configs>>,
    door: Door,
}

/// Doors differ in what clients may say that they speak.
#[derive(Debug, Clone, Copy)]
enum Door {
    Http,
    Postgres,
}

struct Configs {
    http: Arc<ServerConfig>,
    postgres: Arc<ServerConfig>,
}

impl Tls {
    /// Reads the files, and again when they change.
    pub(crate) fn read(files: &TlsFiles) -> Result<Tls, ServeError> {
        let seen = files.stamps();
        let current = Arc::new(RwLock::new(Configs::read(files)?));
        tokio::spawn(look(Arc::downgrade(&current), files.clone(), seen));
        Ok(Tls {
            current,
            door: Door::Http,
        })
    }

    /// The same certificate, for the Postgres wire.
    pub(crate) fn for_postgres(self) -> Tls {
        Tls {
            door: Door::Postgres,
            ..self
        }
    }

    /// For the next connection.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let configs = self.current.read().unwrap_or_else(PoisonError::into_inner);
        TlsAcceptor::from(Arc::clone(match self.door {
            Door::Http => &configs.http,
            Door::Postgres => &configs.postgres,
        }))
    }
}

impl Configs {
    fn read(files: &TlsFiles) -> Result<Configs, ServeError> {
        let refuse_key = |reason: String| refused(&files.key, reason);
        if is_open_to_others(&files.key) {
            return Err(refuse_key(
                "others on this machine can read this private key; run `chmod 600` on it".into(),
            ));
        }
        let chain = certificates(&files.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&files.key)
            .map_err(|error| refuse_key(format!("no private key in PEM: {error}")))?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| refused(&files.certificate, error.to_string()))?;
        let builder = match &files.client_authority {
            None => builder.with_no_client_auth(),
            Some(authority) => {
                let mut roots = RootCertStore::empty();
                for root in certificates(authority)? {
                    (roots.add(root)).map_err(|error| refused(authority, error.to_string()))?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        // A client may still come with a password.
                        .allow_unauthenticated()
                        .build()
                        .map_err(|error| refused(authority, error.to_string()))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut http = builder
            .with_single_cert(chain, key)
            .map_err(|error| refused(&files.certificate, error.to_string()))?;
        let mut postgres = http.clone();
        http.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        postgres.alpn_protocols = vec![b"postgresql".to_vec()];
        Ok(Configs {
            http: Arc::new(http),
            postgres: Arc::new(postgres),
        })
    }
}

impl TlsFiles {
    /// By which it is seen that a file has changed.
    fn stamps(&self) -> Vec<Option<(SystemTime, u64)>> {
        [
            Some(&self.certificate),
            Some(&self.key),
            self.client_authority.as_ref(),
        ]
        .into_iter()
        .flatten()
        .map(|file| {
            let metadata = std::fs::metadata(file).ok()?;
            Some((metadata.modified().ok()?, metadata.len()))
        })
        .collect()
    }
}

/// Takes changed files as long as somebody has the doors open.
async fn look(
    current: Weak<RwLock<Configs>>,
    files: TlsFiles,
    mut seen: Vec<Option<(SystemTime, u64)>>,
) {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(current) = current.upgrade() else {
            return;
        };
        let stamps = files.stamps();
        if stamps == seen {
            continue;
        }
        match Configs::read(&files) {
            Ok(configs) => {
                *current.write().unwrap_or_else(PoisonError::into_inner) = configs;
                tracing::info!("the certificate was read again");
            }
            // Two files are not changed at one moment.
            Err(error) => tracing::warn!(%error, "the certificate of before stays in use"),
        }
        seen = stamps;
    }
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, ServeError> {
    let broken = |error| refused(file, format!("no certificates in PEM: {error}"));
    let chain: Vec<_> = CertificateDer::pem_file_iter(file)
        .map_err(broken)?
        .collect::<Result<_, _>>()
        .map_err(broken)?;
    match chain.is_empty() {
        false => Ok(chain),
        true => Err(refused(file, "there is no certificate in it".into())),
    }
}

fn refused(file: &Path, reason: String) -> ServeError {
    ServeError::Certificate {
        file: file.display().to_string(),
        reason,
    }
}

#[cfg(unix)]
fn is_open_to_others(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(file).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::Subject;
    use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
    use std::net::SocketAddr;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio_rustls::TlsConnector;
    use tokio_rustls::rustls::ClientConfig;
    use tokio_rustls::rustls::version::TLS13;

    struct Authority {
        params: CertificateParams,
        key: KeyPair,
    }

    impl Authority {
        fn new(name: &str) -> Authority {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.distinguished_name.push(DnType::CommonName, name);
            let key = KeyPair::generate().unwrap();
            Authority { params, key }
        }

        fn pem(&self) -> String {
            self.params.self_signed(&self.key).unwrap().pem()
        }

        /// A certificate and its key.
        fn signs(&self, names: &[(DnType, &str)]) -> (String, String) {
            let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            params.distinguished_name = rcgen::DistinguishedName::new();
            for (kind, name) in names {
                params.distinguished_name.push(kind.clone(), *name);
            }
            let key = KeyPair::generate().unwrap();
            let issuer = Issuer::from_params(&self.params, &self.key);
            let certificate = params.signed_by(&key, &issuer).unwrap();
            (certificate.pem(), key.serialize_pem())
        }
    }

    fn write(file: &Path, text: &str, mode: u32) {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::write(file, text).unwrap();
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn files(folder: &Path, server: &(String, String), clients: Option<&Authority>) -> TlsFiles {
        let files = TlsFiles {
            certificate: folder.join("chain.pem"),
            key: folder.join("key.pem"),
            client_authority: clients.map(|_| folder.join("clients.pem")),
        };
        write(&files.certificate, &server.0, 0o644);
        write(&files.key, &server.1, 0o600);
        if let Some(clients) = clients {
            write(&folder.join("clients.pem"), &clients.pem(), 0o644);
        }
        files
    }

    /// Tells each client the subject that it showed.
    async fn tell(tls: Tls) -> SocketAddr {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let Ok(mut stream) = tls.acceptor().accept(stream).await else {
                    continue;
                };
                let subject = Subject::of(stream.get_ref().1.peer_certificates());
                let text = subject.map_or("nobody".to_owned(), |subject| subject.0);
                let _ = stream.write_all(text.as_bytes()).await;
                let _ = stream.shutdown().await;
            }
        });
        address
    }

    async fn told(
        address: SocketAddr,
        trusts: &Authority,
        shows: Option<&(String, String)>,
        alpn: &[&str],
    ) -> std::io::Result<String> {
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(trusts.pem().as_bytes()).unwrap();
        roots.add(root).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match shows {
            None => builder.with_no_client_auth(),
            Some((chain, key)) => builder
                .with_client_auth_cert(
                    vec![CertificateDer::from_pem_slice(chain.as_bytes()).unwrap()],
                    PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
                )
                .unwrap(),
        };
        config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
        let stream = tokio::net::TcpStream::connect(address).await?;
        let connector = TlsConnector::from(Arc::new(config));
        let name = "localhost".try_into().unwrap();
        let mut stream = connector.connect(name, stream).await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        Ok(text)
    }

    #[tokio::test]
    async fn a_client_is_the_subject_of_a_certificate_that_our_authority_signed() {
        let folder = tempfile::tempdir().unwrap();
        let (ours, theirs) = (Authority::new("ours"), Authority::new("theirs"));
        let server = ours.signs(&[]);
        let files = files(folder.path(), &server, Some(&ours));
        let address = tell(Tls::read(&files).unwrap()).await;

        assert_eq!(told(address, &ours, None, &["h2"]).await.unwrap(), "nobody");
        let grafana = [
            (DnType::OrganizationName, "Southend, City of"),
            (DnType::CommonName, "grafana"),
        ];
        let known = ours.signs(&grafana);
        assert_eq!(
            told(address, &ours, Some(&known), &["h2"]).await.unwrap(),
            "CN=grafana,O=Southend\\, City of"
        );
        let forged = theirs.signs(&grafana);
        assert!(told(address, &ours, Some(&forged), &["h2"]).await.is_err());
        assert!(told(address, &theirs, None, &["h2"]).await.is_err());
    }

    #[tokio::test]
    async fn doors_speak_their_own_protocol_only() {
        let folder = tempfile::tempdir().unwrap();
        let ours = Authority::new("ours");
        let tls = Tls::read(&files(folder.path(), &ours.signs(&[]), None)).unwrap();
        let (http, postgres) = (tell(tls.clone()).await, tell(tls.for_postgres()).await);
        assert!(told(http, &ours, None, &["http/1.1"]).await.is_ok());
        assert!(told(http, &ours, None, &["postgresql"]).await.is_err());
        assert!(told(postgres, &ours, None, &["postgresql"]).await.is_ok());
        assert!(told(postgres, &ours, None, &[]).await.is_ok());
        assert!(told(postgres, &ours, None, &["h2"]).await.is_err());
    }

    #[tokio::test]
    async fn a_changed_certificate_is_used_without_a_restart_and_half_a_change_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (before, after) = (Authority::new("before"), Authority::new("after"));
        let files = files(folder.path(), &before.signs(&[]), None);
        let address = tell(Tls::read(&files).unwrap()).await;
        let (chain, key) = after.signs(&[]);
        write(&files.certificate, &chain, 0o644);
        tokio::time::sleep(LOOK_EVERY * 2).await;
        assert!(told(address, &before, None, &[]).await.is_ok());
        write(&files.key, &key, 0o600);
        for _ in 0..1_200 {
            if told(address, &after, None, &[]).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the new certificate is not used");
    }

    #[tokio::test]
    async fn a_private_key_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let files = files(folder.path(), &Authority::new("ours").signs(&[]), None);
        let text = std::fs::read_to_string(&files.key).unwrap();
        write(&files.key, &text, 0o644);
        let refused = Tls::read(&files).err().unwrap().to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
        write(&files.key, "not a key", 0o600);
        assert!(Tls::read(&files).is_err());
    }
}
