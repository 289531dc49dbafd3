//! A ticket is what a client shows to get what it was promised: a [`Claim`],
//! signed. It says whose it is, what it is for and until when, so that no server
//! has to remember it, and nobody can make, change, keep or lend one.

use super::error::Result;
use bytes::Bytes;
use jcw_login::{Principal, ServerKey};
use prost::Message as _;
use sha2::{Digest as _, Sha256};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tonic::Status;

const SIGNATURE: usize = 32;

/// What a ticket is for; one kind is never taken for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// To fetch an answer.
    Answer,
    /// To use a prepared statement.
    Prepared,
    /// To be asked with session options.
    Options,
}

impl Use {
    fn word(self) -> &'static str {
        match self {
            Use::Answer => "flight answer",
            Use::Prepared => "flight prepared statement",
            Use::Options => "flight options",
        }
    }
}

/// What a ticket says.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Claim {
    /// Whose it is: the digest of a principal.
    #[prost(bytes = "bytes", tag = "1")]
    pub(super) caller: Bytes,
    /// Seconds since 1970.
    #[prost(uint64, tag = "2")]
    pub(super) expires_at: u64,
    /// 16 bytes that no other ticket has.
    #[prost(bytes = "bytes", tag = "3")]
    pub(super) id: Bytes,
    /// The query.
    #[prost(string, tag = "4")]
    pub(super) sql: String,
    /// The release that an answer comes from; for others the one asked for, as
    /// words, if any.
    #[prost(string, optional, tag = "5")]
    pub(super) release: Option<String>,
    /// Why, in the asker's words.
    #[prost(string, optional, tag = "6")]
    pub(super) purpose: Option<String>,
    /// Rows of parameters, as an Arrow IPC stream; empty if there are none.
    #[prost(bytes = "bytes", tag = "7")]
    pub(super) parameters: Bytes,
    /// Of tables that are named without one.
    #[prost(string, optional, tag = "8")]
    pub(super) schema: Option<String>,
}

impl Claim {
    /// Whether it is this principal's: the same name, role and attributes.
    fn is_of(&self, principal: &Principal) -> bool {
        self.caller == digest(principal)
    }
}

/// Signs tickets; servers with the same key take each other's.
#[derive(Clone)]
pub(super) struct Signer {
    key: ServerKey,
}

impl Signer {
    /// With the key of the server.
    pub(super) fn new(key: &ServerKey) -> Signer {
        Signer { key: key.clone() }
    }

    /// A claim of a principal that lasts so long, not filled in yet.
    pub(super) fn claim(&self, principal: &Principal, lasts: Duration) -> Result<Claim> {
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(super::error::ours)?;
        Ok(Claim {
            caller: digest(principal),
            expires_at: now() + lasts.as_secs(),
            id: Bytes::copy_from_slice(&id),
            ..Claim::default()
        })
    }

    /// The ticket for a claim.
    pub(super) fn seal(&self, claim: &Claim, made_for: Use) -> Bytes {
        let mut sealed = claim.encode_to_vec();
        let signature = self.key.sign(made_for.word(), &sealed);
        sealed.extend_from_slice(&signature);
        sealed.into()
    }

    /// What a ticket says, if we made it for this use and this principal and it
    /// still stands.
    ///
    /// # Errors
    /// The same for a forged and for a borrowed one.
    pub(super) fn open(
        &self,
        ticket: &Bytes,
        made_for: Use,
        principal: &Principal,
    ) -> Result<Claim> {
        self.open_at(ticket, made_for, principal, now())
    }

    fn open_at(
        &self,
        ticket: &Bytes,
        made_for: Use,
        principal: &Principal,
        now: u64,
    ) -> Result<Claim> {
        let refused = || Status::unauthenticated("this ticket is not yours; ask again for one");
        let length = ticket.len().checked_sub(SIGNATURE).ok_or_else(refused)?;
        let (claim, shown) = (ticket.slice(..length), &ticket[length..]);
        if !self.key.verify(made_for.word(), &claim, shown) {
            return Err(refused());
        }
        let claim = Claim::decode(claim).map_err(|_| refused())?;
        if !claim.is_of(principal) {
            return Err(refused());
        }
        if claim.expires_at <= now {
            return Err(Status::not_found(
                "this ticket has expired; ask again for one",
            ));
        }
        Ok(claim)
    }
}

/// Seconds since 1970.
pub(super) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map(|since| since.as_secs()).unwrap_or_default()
}

/// Of name, role and attributes, each with its length. How somebody logged in
/// does not count: a ticket asked for with a password is fetched with a token.
fn digest(principal: &Principal) -> Bytes {
    let mut digest = Sha256::new();
    let mut add = |text: &str| {
        digest.update((text.len() as u64).to_le_bytes());
        digest.update(text);
    };
    add(&principal.name);
    add(&principal.role);
    for (name, value) in &principal.attributes {
        add(name);
        add(value);
    }
    Bytes::copy_from_slice(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jcw_login::Method;
    use std::collections::BTreeMap;

    const MINUTE: Duration = Duration::from_secs(60);

    fn somebody(name: &str, area: &str) -> Principal {
        Principal {
            name: name.into(),
            role: "commissioner".into(),
            attributes: BTreeMap::from([("area".to_owned(), area.to_owned())]),
            method: Method::Password,
        }
    }

    fn alone() -> Signer {
        Signer::new(&ServerKey::random().unwrap())
    }

    fn ticket(signer: &Signer, principal: &Principal) -> Bytes {
        let mut claim = signer.claim(principal, MINUTE).unwrap();
        claim.sql = "select 1".into();
        signer.seal(&claim, Use::Answer)
    }

    #[test]
    fn a_ticket_is_good_for_its_owner_at_every_server_with_the_key() {
        let ann = somebody("ann", "E06000033");
        let signer = alone();
        let ticket = ticket(&signer, &ann);
        let token = Principal {
            method: Method::Token,
            ..ann
        };
        let claim = signer.clone().open(&ticket, Use::Answer, &token).unwrap();
        assert_eq!(claim.sql, "select 1");
    }

    #[test]
    fn a_borrowed_ticket_is_refused_also_within_one_area_or_name() {
        let signer = alone();
        let ticket = ticket(&signer, &somebody("ann", "E06000033"));
        for other in [somebody("bob", "E06000033"), somebody("ann", "E06000034")] {
            assert!(signer.open(&ticket, Use::Answer, &other).is_err());
        }
    }

    #[test]
    fn no_byte_of_a_ticket_can_be_changed() {
        let (signer, ann) = (alone(), somebody("ann", "E06000033"));
        let ticket = ticket(&signer, &ann);
        for place in 0..ticket.len() {
            let mut forged = ticket.to_vec();
            forged[place] ^= 1;
            assert!(signer.open(&forged.into(), Use::Answer, &ann).is_err());
        }
        for length in 0..ticket.len() {
            assert!(
                signer
                    .open(&ticket.slice(..length), Use::Answer, &ann)
                    .is_err()
            );
        }
    }

    #[test]
    fn another_servers_key_another_use_and_another_day_are_refused() {
        let (signer, ann) = (alone(), somebody("ann", "E06000033"));
        let ticket = ticket(&signer, &ann);
        assert!(alone().open(&ticket, Use::Answer, &ann).is_err());
        assert!(signer.open(&ticket, Use::Prepared, &ann).is_err());
        let refused = signer
            .open_at(&ticket, Use::Answer, &ann, now() + 61)
            .unwrap_err();
        assert_eq!(refused.code(), tonic::Code::NotFound);
    }
}
