//! A SCRAM-SHA-256 exchange (RFC 5802, RFC 7677), the server's side: the client
//! shows that it has the password without sending it, and learns that the server
//! knows it too. Channel binding is not offered.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jcw_login::Scram;

/// The one mechanism.
pub(super) const MECHANISM: &str = "SCRAM-SHA-256";

/// An exchange that waits for the client's proof.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) scram: Scram,
    /// The client's flag for channel binding, as it sends it again, encoded.
    header: String,
    nonce: String,
    /// The client's first message without its header, and ours.
    messages: String,
}

impl Exchange {
    /// Answers the client's first message; `None` when it is none. Gives the
    /// exchange and what to send.
    pub(super) fn begin(scram: Scram, first: &[u8]) -> Option<(Exchange, String)> {
        let first = std::str::from_utf8(first).ok()?;
        let (header, bare) = match first.match_indices(',').nth(1) {
            Some((at, _)) => (first.get(..=at)?, first.get(at + 1..)?),
            None => return None,
        };
        // `y`: the client could bind to the channel and saw that we cannot.
        if !(header.starts_with("n,") || header.starts_with("y,")) {
            return None;
        }
        let theirs = bare.split(',').find_map(|part| part.strip_prefix("r="))?;
        if theirs.is_empty() || theirs.len() > 256 || !bare.starts_with("n=") {
            return None;
        }
        let mut ours = [0; 18];
        getrandom::fill(&mut ours).ok()?;
        let nonce = format!("{theirs}{}", STANDARD.encode(ours));
        let (salt, rounds) = (STANDARD.encode(&scram.salt), scram.iterations);
        let answer = format!("r={nonce},s={salt},i={rounds}");
        let exchange = Exchange {
            scram,
            header: STANDARD.encode(header),
            nonce,
            messages: format!("{bare},{answer}"),
        };
        Some((exchange, answer))
    }

    /// What to send if the client's final message proves that it has the
    /// password.
    pub(super) fn finish(&self, last: &[u8]) -> Option<String> {
        let last = std::str::from_utf8(last).ok()?;
        let (unproven, proof) = last.rsplit_once(",p=")?;
        let mut parts = unproven.split(',');
        let is_ours = parts.next()?.strip_prefix("c=")? == self.header
            && parts.next()?.strip_prefix("r=")? == self.nonce;
        if !is_ours {
            return None;
        }
        let proof = STANDARD.decode(proof).ok()?;
        let messages = format!("{},{unproven}", self.messages);
        let signature = self.scram.answer(messages.as_bytes(), &proof)?;
        Some(format!("v={}", STANDARD.encode(signature)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nobody() -> Scram {
        Scram {
            iterations: 4096,
            salt: vec![1; 16],
            stored_key: vec![2; 32],
            server_key: vec![3; 32],
        }
    }

    #[test]
    fn a_message_that_is_no_beginning_is_refused() {
        for first in [
            "",
            "n,,",
            "p=tls-server-end-point,,n=,r=abc",
            "n,,n=,r=",
            "n,a",
        ] {
            assert!(
                Exchange::begin(nobody(), first.as_bytes()).is_none(),
                "{first}"
            );
        }
    }

    #[test]
    fn a_proof_for_another_exchange_is_refused() {
        let (exchange, answer) = Exchange::begin(nobody(), b"n,,n=,r=abc").unwrap();
        assert!(answer.starts_with("r=abc"));
        let nonce = exchange.nonce.clone();
        for last in [
            format!("c=biws,r=other,p={}", STANDARD.encode([0; 32])),
            format!("c=eSws,r={nonce},p={}", STANDARD.encode([0; 32])),
            format!("c=biws,r={nonce},p={}", STANDARD.encode([0; 32])),
            format!("c=biws,r={nonce}"),
        ] {
            assert!(exchange.finish(last.as_bytes()).is_none(), "{last}");
        }
    }
}
