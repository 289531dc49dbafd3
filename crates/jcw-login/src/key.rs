//! The [`ServerKey`] signs what a server gives out and takes back: tokens of
//! sessions, tickets, addresses of files. Servers with the same key take each
//! other's.
//!
//! It is named in `JCW_SERVE_KEY` (64 hexadecimal digits) or in the file that
//! `JCW_SERVE_KEY_FILE` names; without either a server makes its own, and what it
//! signed ends with it.

use crate::LoginError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use std::path::Path;

const VARIABLE: &str = "JCW_SERVE_KEY";
const FILE_VARIABLE: &str = "JCW_SERVE_KEY_FILE";
const BYTES: usize = 32;

/// A secret of the servers of one project. It is never printed.
#[derive(Clone)]
pub struct ServerKey {
    ready: Hmac<Sha256>,
}

impl std::fmt::Debug for ServerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ServerKey")
    }
}

impl ServerKey {
    /// The key that the environment names, or one of this server alone.
    ///
    /// # Errors
    /// When what is named is no key, or others on this machine can read its file.
    pub fn of_environment() -> Result<ServerKey, LoginError> {
        if let Some(key) = ServerKey::named()? {
            return Ok(key);
        }
        tracing::info!(
            "neither {VARIABLE} nor {FILE_VARIABLE} is set: sessions end with this server, \
             and no other server takes them"
        );
        ServerKey::random()
    }

    /// The key that the environment names, if it names one.
    ///
    /// # Errors
    /// When what is named is no key, or others on this machine can read its file.
    pub fn named() -> Result<Option<ServerKey>, LoginError> {
        let variable = |name| std::env::var(name).ok().filter(|text| !text.is_empty());
        if let Some(text) = variable(VARIABLE) {
            let key = ServerKey::from_hex(&text);
            return key.map(Some).ok_or_else(|| not_a_key(VARIABLE));
        }
        let file = variable(FILE_VARIABLE);
        file.map(|file| ServerKey::read(Path::new(&file)))
            .transpose()
    }

    /// The key in a file that its owner alone may read.
    ///
    /// # Errors
    /// When it cannot be read, others can read it, or it is no key.
    pub fn read(file: &Path) -> Result<ServerKey, LoginError> {
        let name = file.display();
        let broken =
            |error: std::io::Error| LoginError::Usage(format!("the key file {name}: {error}"));
        let metadata = std::fs::metadata(file).map_err(broken)?;
        if is_open_to_others(&metadata) {
            return Err(LoginError::Usage(format!(
                "the key file {name} can be read by others on this machine; run `chmod 600` on it"
            )));
        }
        let text = std::fs::read_to_string(file).map_err(broken)?;
        ServerKey::from_hex(&text).ok_or_else(|| not_a_key(&format!("the key file {name}")))
    }

    /// A key that no other server has.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn random() -> Result<ServerKey, LoginError> {
        Ok(ServerKey::from_bytes(&random()?))
    }

    /// A signature that is good for this `kind` of thing only.
    pub fn sign(&self, kind: &str, bytes: &[u8]) -> [u8; 32] {
        self.mac(kind, bytes).finalize().into_bytes().into()
    }

    /// Whether it is the signature, told in the same time whatever is wrong.
    pub fn verify(&self, kind: &str, bytes: &[u8], signature: &[u8]) -> bool {
        self.mac(kind, bytes).verify_slice(signature).is_ok()
    }

    /// Bytes and their signature as one text that fits into a header or an
    /// address. Who has it can read the bytes.
    pub fn seal(&self, kind: &str, bytes: &[u8]) -> String {
        let signature = self.sign(kind, bytes);
        format!("{}.{}", BASE64.encode(bytes), BASE64.encode(signature))
    }

    /// What was sealed; none if not a bit of it is as it was.
    pub fn open(&self, kind: &str, sealed: &str) -> Option<Vec<u8>> {
        let (bytes, signature) = sealed.split_once('.')?;
        let bytes = BASE64.decode(bytes).ok()?;
        let signature = BASE64.decode(signature).ok()?;
        self.verify(kind, &bytes, &signature).then_some(bytes)
    }

    fn mac(&self, kind: &str, bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac = self.ready.clone();
        mac.update(b"jcw-serve/1/");
        mac.update(&(kind.len() as u64).to_be_bytes());
        mac.update(kind.as_bytes());
        mac.update(bytes);
        mac
    }

    fn from_hex(text: &str) -> Option<ServerKey> {
        let text = text.trim();
        if text.len() != 2 * BYTES || !text.is_ascii() {
            return None;
        }
        let digits = |at: usize| u8::from_str_radix(&text[at..at + 2], 16).ok();
        let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(digits).collect();
        Some(ServerKey::from_bytes(&bytes?))
    }

    fn from_bytes(bytes: &[u8]) -> ServerKey {
        // HMAC takes a key of any length: the error cannot be.
        let ready = Hmac::new_from_slice(bytes).unwrap_or_else(|_| Hmac::new(&Default::default()));
        ServerKey { ready }
    }
}

/// Bytes that nobody can guess.
pub(crate) fn random() -> Result<[u8; BYTES], LoginError> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| LoginError::Unavailable(error.into()))?;
    Ok(bytes)
}

fn not_a_key(what: &str) -> LoginError {
    LoginError::Usage(format!(
        "{what} does not hold {} hexadecimal digits; `openssl rand -hex {BYTES}` makes some",
        2 * BYTES
    ))
}

#[cfg(unix)]
fn is_open_to_others(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
fn is_open_to_others(_: &std::fs::Metadata) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_signature_is_good_for_its_kind_and_its_key_only() {
        let (key, other) = (ServerKey::random().unwrap(), ServerKey::random().unwrap());
        let signature = key.sign("ticket", b"select 1");
        assert!(key.verify("ticket", b"select 1", &signature));
        assert!(!key.verify("session", b"select 1", &signature));
        assert!(!key.verify("ticketselect", b" 1", &signature));
        assert!(!key.verify("ticket", b"select 2", &signature));
        assert!(!other.verify("ticket", b"select 1", &signature));
    }

    proptest! {
        #[test]
        fn no_changed_bit_opens(bytes in proptest::collection::vec(any::<u8>(), 0..40), at: usize, bit in 0..7_u8) {
            let key = ServerKey::from_bytes(&[7; BYTES]);
            let sealed = key.seal("file", &bytes);
            prop_assert_eq!(key.open("file", &sealed), Some(bytes));
            let mut forged = sealed.into_bytes();
            let at = at % forged.len();
            forged[at] ^= 1 << bit;
            if let Ok(forged) = String::from_utf8(forged) {
                prop_assert_eq!(key.open("file", &forged), None);
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_key_file_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("serve.key");
        std::fs::write(&file, format!("{}\n", "ab".repeat(BYTES))).unwrap();
        let mode = |mode| {
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        mode(0o640);
        let refused = ServerKey::read(&file).unwrap_err().to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
        mode(0o600);
        let key = ServerKey::read(&file).unwrap();
        let same = ServerKey::from_bytes(&[0xab; BYTES]);
        assert!(same.verify("x", b"y", &key.sign("x", b"y")));
        std::fs::write(&file, "abab").unwrap();
        let refused = ServerKey::read(&file).unwrap_err().to_string();
        assert!(
            refused.contains("openssl rand -hex 32") && !refused.contains("abab"),
            "{refused}"
        );
    }
}
