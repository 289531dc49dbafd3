//! [`Scram`] is what a server keeps of a password for SCRAM-SHA-256 (RFC 5802,
//! RFC 7677): enough to know that a client has the password, not enough to log
//! in with.
//!
//! It is a hash that is cheaper to try than Argon2id, so it is made with many
//! more rounds than Postgres uses; more than 100,000 some clients refuse.

use crate::base64_bytes;
use hmac::{Hmac, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

const ROUNDS: u32 = 65_536;
const SALT_BYTES: usize = 16;

/// A SCRAM-SHA-256 verifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scram {
    /// Rounds of PBKDF2 that the client does.
    pub iterations: u32,
    /// As it is sent to the client, in base64.
    #[serde(with = "base64_bytes")]
    pub salt: Vec<u8>,
    /// SHA-256 of the client's key.
    #[serde(with = "base64_bytes")]
    pub stored_key: Vec<u8>,
    /// With which the server shows that it knows the password too.
    #[serde(with = "base64_bytes")]
    pub server_key: Vec<u8>,
}

impl Scram {
    /// Of a password; takes tens of milliseconds.
    pub(crate) fn of(password: &str) -> Result<Scram, getrandom::Error> {
        let mut salt = [0; SALT_BYTES];
        getrandom::fill(&mut salt)?;
        Ok(Scram::made(password, &salt, ROUNDS))
    }

    /// Of nobody: it looks like a user's and is the same each time it is asked
    /// for, wherever the disguise is the same.
    pub(crate) fn of_nobody(disguise: &[u8], name: &str) -> Scram {
        let secret = mac(disguise, name.as_bytes());
        Scram {
            iterations: ROUNDS,
            salt: secret[..SALT_BYTES].to_vec(),
            stored_key: mac(&secret, b"stored").to_vec(),
            server_key: mac(&secret, b"server").to_vec(),
        }
    }

    /// The server's signature, if the client's proof shows that it has the
    /// password. `messages` is the AuthMessage of RFC 5802: the client's first
    /// message without its header, the server's first, and the client's final
    /// without its proof, joined by commas.
    pub fn answer(&self, messages: &[u8], proof: &[u8]) -> Option<[u8; 32]> {
        let signature = mac(&self.stored_key, messages);
        if proof.len() != signature.len() {
            return None;
        }
        let client_key: Vec<u8> = (proof.iter().zip(signature)).map(|(a, b)| a ^ b).collect();
        let stored = Sha256::digest(client_key);
        let is_right: bool = stored.as_slice().ct_eq(&self.stored_key).into();
        is_right.then(|| mac(&self.server_key, messages))
    }

    fn made(password: &str, salt: &[u8], iterations: u32) -> Scram {
        let salted = salted(&prepared(password), salt, iterations);
        let client_key = mac(&salted, b"Client Key");
        Scram {
            iterations,
            salt: salt.to_vec(),
            stored_key: Sha256::digest(client_key).to_vec(),
            server_key: mac(&salted, b"Server Key").to_vec(),
        }
    }
}

/// Clients send what SASLprep (RFC 4013) makes of a password: other spaces are
/// spaces, and letters that look alike are one.
fn prepared(password: &str) -> String {
    let normal = icu_normalizer::ComposingNormalizerBorrowed::new_nfkc();
    let spaces = |c: char| if c.is_whitespace() { ' ' } else { c };
    let spaced: String = password.chars().map(spaces).collect();
    normal.normalize(&spaced).into_owned()
}

/// PBKDF2 of one block.
fn salted(password: &str, salt: &[u8], iterations: u32) -> [u8; 32] {
    let keyed = keyed(password.as_bytes());
    let round = |bytes: &[&[u8]]| -> [u8; 32] {
        let mut mac = keyed.clone();
        bytes.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    };
    let mut last = round(&[salt, &1_u32.to_be_bytes()]);
    let mut sum = last;
    for _ in 1..iterations {
        last = round(&[&last]);
        sum.iter_mut().zip(last).for_each(|(a, b)| *a ^= b);
    }
    sum
}

fn mac(key: &[u8], bytes: &[u8]) -> [u8; 32] {
    let mut mac = keyed(key);
    mac.update(bytes);
    mac.finalize().into_bytes().into()
}

fn keyed(key: &[u8]) -> Hmac<Sha256> {
    // HMAC takes a key of any length: the error cannot be.
    Hmac::new_from_slice(key).unwrap_or_else(|_| Hmac::new(&Default::default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    /// The example of RFC 7677, section 3.
    #[test]
    fn the_exchange_of_the_rfc_succeeds_and_no_other() {
        let salt = STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
        let scram = Scram::made("pencil", &salt, 4096);
        let messages = "n=user,r=rOprNGfwEbeRWgbNEkqO,\
            r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,\
            c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
        let proof = STANDARD
            .decode("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=")
            .unwrap();
        let answer = scram.answer(messages.as_bytes(), &proof).unwrap();
        assert_eq!(
            STANDARD.encode(answer),
            "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
        );
        let mut other = proof.clone();
        other[7] ^= 1;
        assert!(scram.answer(messages.as_bytes(), &other).is_none());
        assert!(scram.answer(messages.as_bytes(), &proof[..31]).is_none());
        assert!(scram.answer(b"other messages", &proof).is_none());
    }
}
