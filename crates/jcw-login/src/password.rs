//! A password is kept as its Argon2id hash, with the parameters that it was made
//! with: 19 MiB, two passes, one lane (OWASP's least), and a salt of its own.

use crate::LoginError;
use crate::base64_bytes;
use argon2::{Algorithm, Argon2, Params, Version};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

/// In KiB.
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;
/// Longer ones are nobody's, and cost time.
pub(crate) const LONGEST: usize = 1024;
/// In characters.
const SHORTEST: usize = 8;

/// A password that was hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hashed {
    /// In KiB.
    memory: u32,
    passes: u32,
    lanes: u32,
    #[serde(with = "base64_bytes")]
    salt: Vec<u8>,
    #[serde(with = "base64_bytes")]
    hash: Vec<u8>,
}

impl Hashed {
    /// Takes tens of milliseconds and 19 MiB: not for an async thread.
    pub(crate) fn of(password: &str) -> Result<Hashed, LoginError> {
        let mut salt = vec![0; SALT_BYTES];
        getrandom::fill(&mut salt).map_err(|error| LoginError::Unavailable(error.into()))?;
        let mut hashed = Hashed {
            memory: MEMORY,
            passes: PASSES,
            lanes: LANES,
            salt,
            hash: Vec::new(),
        };
        hashed.hash = hashed.compute(password).ok_or_else(|| {
            LoginError::Usage("the password cannot be hashed on this machine".into())
        })?;
        Ok(hashed)
    }

    /// The hash of no password, which costs as much to try as any other.
    pub(crate) fn of_nobody() -> Hashed {
        Hashed {
            memory: MEMORY,
            passes: PASSES,
            lanes: LANES,
            salt: vec![0; SALT_BYTES],
            hash: vec![0; HASH_BYTES],
        }
    }

    /// Whether it is the password; takes as long as [`Hashed::of`].
    pub(crate) fn is_of(&self, password: &str) -> bool {
        let computed = self.compute(password);
        computed.is_some_and(|hash| hash.ct_eq(&self.hash).into())
    }

    /// Whether it was made with less than what is asked today.
    pub(crate) fn is_weak(&self) -> bool {
        self.memory < MEMORY || self.passes < PASSES
    }

    fn compute(&self, password: &str) -> Option<Vec<u8>> {
        let params = Params::new(self.memory, self.passes, self.lanes, Some(HASH_BYTES)).ok()?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let mut hash = vec![0; HASH_BYTES];
        argon
            .hash_password_into(password.as_bytes(), &self.salt, &mut hash)
            .ok()?;
        Some(hash)
    }
}

/// Why a text should not be this user's password.
pub(crate) fn unfit(user: &str, password: &str) -> Option<&'static str> {
    if password.trim().chars().count() < SHORTEST {
        return Some("a password has at least 8 characters");
    }
    if password.len() > LONGEST {
        return Some("a password has at most 1,024 bytes");
    }
    if password.chars().any(char::is_control) {
        return Some("a password is one line without control characters");
    }
    if password.eq_ignore_ascii_case(user) {
        return Some("a password is not the user's name");
    }
    None
}

#[cfg(test)]
impl Hashed {
    /// As an older release would have made it.
    pub(crate) fn weakly(password: &str) -> Hashed {
        let mut hashed = Hashed {
            memory: 1024,
            passes: 1,
            ..Hashed::of_nobody()
        };
        hashed.hash = hashed.compute(password).unwrap();
        hashed
    }
}
