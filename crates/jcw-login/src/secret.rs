//! The secret of a static token: 256 random bits, of which the lake keeps the
//! SHA-256.

use crate::{LoginError, key};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// By which people and scanners of source code know what it is.
const PREFIX: &str = "jcw_token_";

/// A new one.
pub(crate) fn new() -> Result<String, LoginError> {
    let random = key::random()?;
    Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random)))
}

/// What is kept of it.
pub(crate) fn digest(secret: &str) -> String {
    let digest = Sha256::digest(secret);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
