//! A provider (`pipelines/access.yaml`) is somebody else who knows people by
//! name, as Microsoft Entra ID does, and whose signed word (OpenID Connect, JWT)
//! is taken for who somebody is. Which role they act in say the groups of
//! `pipelines/roles.yaml`.

use crate::place::Placed;
use std::collections::BTreeMap;

/// An identity provider.
#[derive(Debug, Clone)]
pub struct Provider {
    /// Lower-case word, unique: `entra`.
    pub id: Placed<String>,
    /// `iss` of its tokens, to the letter.
    pub issuer: Placed<String>,
    /// A token's `aud` has one of these.
    pub audiences: Vec<String>,
    /// A token's `tid` is one of these. Empty: tokens need none.
    pub tenants: Vec<String>,
    /// A token's `azp` (or `appid`, or `client_id`) is one of these. Empty:
    /// whichever program people use.
    pub clients: Vec<String>,
    /// Address of its public keys (JWKS), https, or http on this machine.
    pub keys: Placed<String>,
    /// Claim that lists somebody's groups or app roles: `roles`.
    pub groups: String,
    /// Attribute of the principal -> claim that it is read from.
    pub attributes: BTreeMap<String, String>,
}
