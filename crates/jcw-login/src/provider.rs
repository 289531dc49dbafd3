//! [`Provider`] takes the word of an identity provider (OpenID Connect): a JWT
//! that it signed with one of its keys, for us, for somebody of an organisation
//! that we know, not long ago.
//!
//! The algorithm is RS256 whatever a token says; the keys come from the one
//! address that the project names, never from a token.

use crate::keys::Keys;
use crate::{LoginError, Method, Principal};
use jcw_project::{Project, Role};
use jsonwebtoken::{Algorithm, Validation};
use serde_json::{Map, Value};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

/// Clocks differ.
const LEEWAY: u64 = 60;
/// No provider's token is longer.
const LONGEST: usize = 16 << 10;

/// One provider of the project.
#[derive(Debug)]
pub(crate) struct Provider {
    said: jcw_project::Provider,
    /// Groups and the role in which their members act.
    roles: RwLock<Vec<(String, String)>>,
    keys: Keys,
    expected: Validation,
}

/// Somebody that a provider knows, and the second of the epoch at which its word
/// ends.
pub(crate) struct Known {
    pub(crate) principal: Principal,
    pub(crate) until: i64,
}

/// Providers of the project.
pub(crate) fn of(project: &Project, refresh: Duration) -> Result<Vec<Provider>, LoginError> {
    let new = |said| Provider::new(said, &project.roles, refresh);
    project.providers.iter().map(new).collect()
}

/// Whether a bearer token looks like a JWT at all.
pub(crate) fn is_jwt(token: &str) -> bool {
    token.len() <= LONGEST && token.starts_with("eyJ") && token.split('.').count() == 3
}

impl Provider {
    fn new(
        said: &jcw_project::Provider,
        roles: &[Role],
        refresh: Duration,
    ) -> Result<Provider, LoginError> {
        let mut expected = Validation::new(Algorithm::RS256);
        expected.leeway = LEEWAY;
        expected.validate_nbf = true;
        expected.set_audience(&said.audiences);
        expected.set_issuer(&[&said.issuer.value]);
        expected.set_required_spec_claims(&["exp", "iss", "aud"]);
        Ok(Provider {
            keys: Keys::at(&said.keys.value, refresh)?,
            said: said.clone(),
            roles: RwLock::new(by_group(roles)),
            expected,
        })
    }

    /// From now on its groups are of these roles.
    pub(crate) fn follow(&self, roles: &[Role]) {
        *self.roles.write().unwrap_or_else(PoisonError::into_inner) = by_group(roles);
    }

    /// Who that is.
    ///
    /// # Errors
    /// When any of it is not as it has to be, without a word which.
    pub(crate) async fn log_in(&self, token: &str) -> Result<Known, LoginError> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| LoginError::Refused)?;
        if header.alg != Algorithm::RS256 {
            return Err(LoginError::Refused);
        }
        let id = header.kid.ok_or(LoginError::Refused)?;
        let key = self.keys.find(&id).await?;
        let token = jsonwebtoken::decode::<Map<String, Value>>(token, &key, &self.expected);
        let claims = token.map_err(|_| LoginError::Refused)?.claims;
        self.known(&claims).ok_or(LoginError::Refused)
    }

    /// What the claims say, once they are known to be the provider's.
    fn known(&self, claims: &Map<String, Value>) -> Option<Known> {
        let tenant = text(claims, "tid");
        let is_ours = |list: &[String], said: Option<&str>| {
            list.is_empty() || said.is_some_and(|said| list.iter().any(|ours| ours == said))
        };
        let client = ["azp", "appid", "client_id"];
        let client = client.into_iter().find_map(|claim| text(claims, claim));
        if !is_ours(&self.said.tenants, tenant) || !is_ours(&self.said.clients, client) {
            return None;
        }
        // An e-mail address can be another person's tomorrow.
        let name = match claims.contains_key("oid") {
            true => format!("{}@{}", text(claims, "oid")?, tenant?),
            false => format!("{}@{}", text(claims, "sub")?, *self.said.id),
        };
        let role = self.role(claims)?;
        let attribute = |(attribute, claim): (&String, &String)| {
            Some((attribute.clone(), text(claims, claim)?.to_owned()))
        };
        Some(Known {
            principal: Principal {
                name,
                role,
                attributes: self.said.attributes.iter().filter_map(attribute).collect(),
                method: Method::Provider,
            },
            until: claims.get("exp")?.as_f64()? as i64,
        })
    }

    /// The one role of all groups; somebody in the groups of two acts in none,
    /// because nobody could say in which.
    fn role(&self, claims: &Map<String, Value>) -> Option<String> {
        let groups: Vec<&str> = match claims.get(&self.said.groups)? {
            Value::String(group) => vec![group],
            Value::Array(groups) => groups.iter().filter_map(Value::as_str).collect(),
            _ => return None,
        };
        let is_in = |group: &String| groups.contains(&group.as_str());
        let known = self.roles.read().unwrap_or_else(PoisonError::into_inner);
        let mut roles: Vec<&String> = (known.iter())
            .filter(|(group, _)| is_in(group))
            .map(|(_, role)| role)
            .collect();
        roles.sort_unstable();
        roles.dedup();
        if roles.len() > 1 {
            tracing::warn!(
                ?roles,
                "somebody's groups have several roles, and they act in none"
            );
        }
        match roles[..] {
            [role] => Some(role.clone()),
            _ => None,
        }
    }
}

/// Each group, and the role in which its members act.
fn by_group(roles: &[Role]) -> Vec<(String, String)> {
    let each = roles.iter().flat_map(|role| {
        let groups = role.groups.iter();
        groups.map(|group| (group.clone(), role.id.value.clone()))
    });
    each.collect()
}

fn text<'c>(claims: &'c Map<String, Value>, claim: &str) -> Option<&'c str> {
    let text = claims.get(claim)?.as_str()?;
    let is_plain = !text.is_empty() && text.len() <= 256 && !text.chars().any(char::is_control);
    is_plain.then_some(text)
}

#[cfg(test)]
#[path = "provider_tests.rs"]
mod tests;
