//! A key makes pseudonyms: HMAC-SHA-256 of what is said, so that nobody without
//! the key can try all NHS numbers until one fits. Fields are domain-separated
//! and carry their lengths, so that two fields never read as another pair.

use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use zeroize::{Zeroize as _, Zeroizing};

/// Bytes of a key.
const KEY_BYTES: usize = 32;
/// Bytes of a pseudonym: too many to meet twice by chance.
const PSEUDONYM_BYTES: usize = 16;

/// What a pseudonym is of. The same text in two domains has two pseudonyms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// A partner's own number of a person.
    LocalId,
    /// All that a row says of its person.
    PersonRef,
    /// A person, by what their records have in common.
    PersonKey,
    /// The key itself.
    Fingerprint,
}

impl Domain {
    /// Never changed: pseudonyms of before would be others.
    fn tag(self) -> &'static [u8] {
        match self {
            Domain::LocalId => b"jcw/1/local_id",
            Domain::PersonRef => b"jcw/1/person_ref",
            Domain::PersonKey => b"jcw/1/person_key",
            Domain::Fingerprint => b"jcw/1/fingerprint",
        }
    }
}

/// The secret of one project. It is never printed.
#[derive(Clone)]
pub struct Key {
    ready: Hmac<Sha256>,
}

/// A key that cannot be used or made. No message holds any part of a key.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The text is no key.
    #[error("a key is {} hexadecimal digits, and this is not", KEY_BYTES * 2)]
    Form,
    /// The file does not read.
    #[error("reading the key file {}: {error}", path.display())]
    Read {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// Others than its owner may read the file.
    #[error("others may read the key file {path}, so it is not used: `chmod 600 {path}`", path = path.display())]
    Open {
        /// Where.
        path: PathBuf,
    },
    /// The file holds something else.
    #[error("the key file {} does not hold {} hexadecimal digits", path.display(), KEY_BYTES * 2)]
    File {
        /// Where.
        path: PathBuf,
    },
    /// The file does not come about.
    #[error("writing the key file {}: {error}", path.display())]
    Write {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        error: std::io::Error,
    },
    /// There is a file already: a key that is lost cannot be made again.
    #[error("{} is there already, and a key is never written over; name another file", path.display())]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {0}")]
    Random(getrandom::Error),
}

impl Key {
    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Key, KeyError> {
        let text = text.trim().as_bytes();
        let mut bytes = Zeroizing::new([0u8; KEY_BYTES]);
        if text.len() != KEY_BYTES * 2 {
            return Err(KeyError::Form);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            let digit = |digit: u8| char::from(digit).to_digit(16).ok_or(KeyError::Form);
            *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
        }
        Key::of(&bytes)
    }

    /// Reads a file of 64 hexadecimal digits that its owner alone may read.
    pub fn read(path: &Path) -> Result<Key, KeyError> {
        let failed = |error| KeyError::Read {
            path: path.to_owned(),
            error,
        };
        if is_open(&std::fs::metadata(path).map_err(failed)?) {
            return Err(KeyError::Open {
                path: path.to_owned(),
            });
        }
        let text = std::fs::read_to_string(path).map_err(failed)?;
        Key::from_hex(&Zeroizing::new(text)).map_err(|_| KeyError::File {
            path: path.to_owned(),
        })
    }

    /// A new key that nobody will know, for rows that are thrown away.
    pub fn random() -> Result<Key, KeyError> {
        let bytes = random()?;
        Key::of(&bytes)
    }

    /// Writes a new key to a file that only its owner may read.
    pub fn create(path: &Path) -> Result<Key, KeyError> {
        let bytes = random()?;
        let mut text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        text.push('\n');
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let failed = |error: std::io::Error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => KeyError::Exists {
                path: path.to_owned(),
            },
            _ => KeyError::Write {
                path: path.to_owned(),
                error,
            },
        };
        let mut file = options.open(path).map_err(failed)?;
        let written = file
            .write_all(text.as_bytes())
            .and_then(|()| file.sync_all());
        text.zeroize();
        written.map_err(failed)?;
        Key::of(&bytes)
    }

    fn of(bytes: &[u8; KEY_BYTES]) -> Result<Key, KeyError> {
        let ready = Hmac::new_from_slice(bytes).map_err(|_| KeyError::Form)?;
        Ok(Key { ready })
    }

    /// The pseudonym of some fields, of which some may not be there: 26 letters
    /// and digits.
    pub fn pseudonym<'f>(
        &self,
        domain: Domain,
        fields: impl IntoIterator<Item = Option<&'f [u8]>>,
    ) -> String {
        let mut mac = self.ready.clone();
        mac.update(domain.tag());
        for field in fields {
            match field {
                None => mac.update(&[0]),
                Some(field) => {
                    mac.update(&[1]);
                    mac.update(&(field.len() as u64).to_be_bytes());
                    mac.update(field);
                }
            }
        }
        base32(&mac.finalize().into_bytes()[..PSEUDONYM_BYTES])
    }

    /// The pseudonym of a partner's own number, as it stands in every table.
    pub fn local_id(&self, text: &str) -> String {
        self.pseudonym(Domain::LocalId, [Some(text.trim().as_bytes())])
    }

    /// By which a key is known again. It says nothing of the key.
    pub fn fingerprint(&self) -> String {
        self.pseudonym(Domain::Fingerprint, [])
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.fingerprint())
    }
}

/// Whether its group or others may do anything with a file.
#[cfg(unix)]
fn is_open(file: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.permissions().mode() & 0o077 != 0
}

/// Other systems say it in other ways, and are not asked.
#[cfg(not(unix))]
fn is_open(_: &std::fs::Metadata) -> bool {
    false
}

fn random() -> Result<Zeroizing<[u8; KEY_BYTES]>, KeyError> {
    let mut bytes = Zeroizing::new([0u8; KEY_BYTES]);
    getrandom::fill(bytes.as_mut_slice()).map_err(KeyError::Random)?;
    Ok(bytes)
}

/// RFC 4648 base32 in lower case, without padding.
fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(5));
    let (mut held, mut bits) = (0u32, 0);
    for byte in bytes {
        held = held << 8 | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(LETTERS[(held >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        text.push(char::from(LETTERS[(held << (5 - bits) & 31) as usize]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digit: &str) -> Key {
        Key::from_hex(&digit.repeat(64)).unwrap()
    }

    #[test]
    fn base32_is_as_the_standard_has_it() {
        assert_eq!(base32(b"foobar"), "mzxw6ytboi");
        assert_eq!(base32(b"fo"), "mzxq");
        assert_eq!(base32(&[0xff; 16]).len(), 26);
    }

    #[test]
    fn fields_that_are_moved_swapped_or_left_out_have_other_pseudonyms() {
        let key = key("1");
        let of = |fields: &[Option<&str>]| {
            let fields = fields.iter().map(|field| field.map(str::as_bytes));
            key.pseudonym(Domain::PersonRef, fields)
        };
        let all = [
            of(&[Some("12"), Some("3")]),
            of(&[Some("1"), Some("23")]),
            of(&[Some("3"), Some("12")]),
            of(&[Some("123"), Some("")]),
            of(&[Some("123"), None]),
            of(&[Some("123")]),
        ];
        for (at, one) in all.iter().enumerate() {
            assert!(!all[..at].contains(one));
        }
        assert_eq!(of(&[Some("12"), Some("3")]), all[0]);
    }

    #[test]
    fn a_domain_and_a_key_have_pseudonyms_of_their_own() {
        let fields = || [Some(&b"4010232137"[..])];
        let of = |key: &Key, domain| key.pseudonym(domain, fields());
        assert_ne!(
            of(&key("1"), Domain::LocalId),
            of(&key("1"), Domain::PersonKey)
        );
        assert_ne!(
            of(&key("1"), Domain::LocalId),
            of(&key("2"), Domain::LocalId)
        );
        assert_eq!(key("1").local_id(" A1 "), key("1").local_id("A1"));
        assert_eq!(key("a").fingerprint(), key("A").fingerprint());
        // Pseudonyms of before must stay what they were.
        assert_eq!(key("1").local_id("A1"), "f3biooiugi6vkt7m5kyo2sygtu");
    }

    #[test]
    fn a_new_key_is_its_owners_and_never_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        let made = Key::create(&path).unwrap();
        assert_eq!(Key::read(&path).unwrap().fingerprint(), made.fingerprint());
        let again = Key::create(&path).unwrap_err();
        assert!(matches!(again, KeyError::Exists { .. }), "{again}");
        assert_eq!(Key::read(&path).unwrap().fingerprint(), made.fingerprint());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_key_that_others_may_read_is_refused_with_advice() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        Key::create(&path).unwrap();
        for mode in [0o640, 0o604] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let said = Key::read(&path).unwrap_err().to_string();
            assert!(said.contains("chmod 600"), "{said}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_said() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        Key::create(&path).unwrap();
        std::fs::write(&path, "secret stuff").unwrap();
        let said = Key::read(&path).unwrap_err().to_string();
        assert!(!said.contains("secret"), "{said}");
        assert!(matches!(Key::from_hex("zz"), Err(KeyError::Form)));
        assert!(matches!(
            Key::from_hex(&"g".repeat(64)),
            Err(KeyError::Form)
        ));
        let shown = format!("{:?}", key("1"));
        assert!(!shown.contains("1111"), "{shown}");
    }
}
