//! [`Keys`] are a provider's public keys (JWKS), fetched when one is asked for
//! that is not there, but seldom: made-up names of keys must not become a storm
//! on the provider.

use crate::LoginError;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, JwkSet, KeyAlgorithm, PublicKeyUse};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Keys are fetched again after so long, so that one that was withdrawn goes.
const STALE: Duration = Duration::from_secs(60 * 60);
/// And are good for nothing after so long without an answer.
const DEAD: Duration = Duration::from_secs(24 * 60 * 60);
const PATIENCE: Duration = Duration::from_secs(5);
/// Providers have some ten keys.
const LARGEST: usize = 1 << 20;

/// Public keys by their names.
pub(crate) struct Keys {
    address: String,
    client: reqwest::Client,
    /// Least time between two fetches.
    refresh: Duration,
    known: RwLock<Known>,
    /// When it was last tried; held while it is.
    tried: Mutex<Tried>,
}

#[derive(Default)]
struct Tried {
    at: Option<Instant>,
    /// It has been said already that it does not work.
    is_known_to_fail: bool,
}

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
enum NoKeys {
    #[error(transparent)]
    NoAnswer(#[from] reqwest::Error),
    #[error("what a provider calls its keys is none")]
    NotKeys(#[from] serde_json::Error),
    #[error("none of the provider's keys is an RSA key for signatures, with a name")]
    NoneOfUse,
}

#[derive(Clone, Default)]
struct Known {
    by_id: Arc<HashMap<String, DecodingKey>>,
    fetched: Option<Instant>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Keys {
    pub(crate) fn at(address: &str, refresh: Duration) -> Result<Keys, LoginError> {
        let client = reqwest::Client::builder()
            .timeout(PATIENCE)
            .redirect(reqwest::redirect::Policy::none())
            .build();
        Ok(Keys {
            address: address.to_owned(),
            client: client.map_err(|error| LoginError::Unavailable(error.into()))?,
            refresh,
            known: RwLock::default(),
            tried: Mutex::default(),
        })
    }

    /// The key of that name.
    ///
    /// # Errors
    /// When there is none, or keys cannot be fetched.
    pub(crate) async fn find(&self, id: &str) -> Result<DecodingKey, LoginError> {
        if let Some(key) = self.known().fresh(id) {
            return Ok(key);
        }
        let mut tried = self.tried.lock().await;
        // Somebody else may have fetched them meanwhile.
        if let Some(key) = self.known().fresh(id) {
            return Ok(key);
        }
        if (tried.at).is_none_or(|tried| tried.elapsed() >= self.refresh) {
            tried.at = Some(Instant::now());
            match self.fetch().await {
                Ok(by_id) => {
                    tried.is_known_to_fail = false;
                    let known = Known {
                        by_id: Arc::new(by_id),
                        fetched: Some(Instant::now()),
                    };
                    *self.known.write().unwrap_or_else(PoisonError::into_inner) = known;
                }
                // Those that are known stay: a page of a proxy that is in the way
                // must not shut everybody out.
                Err(error) if !tried.is_known_to_fail => {
                    tried.is_known_to_fail = true;
                    tracing::warn!(%error, "a provider's keys could not be fetched");
                }
                Err(error) => tracing::debug!(%error, "a provider's keys could not be fetched"),
            }
        }
        let known = self.known();
        match known.fetched {
            Some(fetched) if fetched.elapsed() < DEAD => {
                known.by_id.get(id).cloned().ok_or(LoginError::Refused)
            }
            _ => Err(LoginError::Unavailable(
                "the identity provider's keys cannot be fetched".into(),
            )),
        }
    }

    fn known(&self) -> Known {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }

    async fn fetch(&self) -> Result<HashMap<String, DecodingKey>, NoKeys> {
        let asked = self.client.get(&self.address).send().await?;
        let mut answer = asked.error_for_status()?;
        let mut bytes = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > LARGEST {
                break;
            }
        }
        let set: JwkSet = serde_json::from_slice(&bytes)?;
        let key = |jwk: &jsonwebtoken::jwk::Jwk| {
            let is_for_us = (jwk.common.public_key_use.as_ref())
                .is_none_or(|usage| *usage == PublicKeyUse::Signature)
                && (jwk.common.key_algorithm).is_none_or(|named| named == KeyAlgorithm::RS256);
            let AlgorithmParameters::RSA(rsa) = &jwk.algorithm else {
                return None;
            };
            let key = DecodingKey::from_rsa_components(&rsa.n, &rsa.e).ok()?;
            is_for_us.then_some((jwk.common.key_id.clone()?, key))
        };
        let keys: HashMap<_, _> = set.keys.iter().filter_map(key).collect();
        match keys.is_empty() {
            true => Err(NoKeys::NoneOfUse),
            false => Ok(keys),
        }
    }
}

impl Known {
    fn fresh(&self, id: &str) -> Option<DecodingKey> {
        let is_fresh = self
            .fetched
            .is_some_and(|fetched| fetched.elapsed() < STALE);
        self.by_id.get(id).filter(|_| is_fresh).cloned()
    }
}
