//! The [`House`] is what the doors share: who may come in, what they may ask,
//! and whether it is time to close.

use crate::http::Look;
use crate::metrics::Numbers;
use jcw_govern::Governor;
use jcw_login::Logins;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What the doors share. Cheap to clone.
#[derive(Debug, Clone)]
pub struct House {
    /// The way to the data.
    pub governor: Governor,
    /// Who somebody is.
    pub logins: Arc<Logins>,
    /// Cancelled when the house closes: doors take nobody in any more and end
    /// when those inside have left.
    pub closing: CancellationToken,
    /// Everybody inside.
    pub inside: TaskTracker,
    /// What the doors count.
    pub numbers: Numbers,
    /// Sites whose pages may read answers of the HTTP door:
    /// `https://dashboards.example`.
    pub origins: Arc<[String]>,
    /// Where clients see the HTTP door, where that is not what they say
    /// themselves: `https://warehouse.example`.
    pub http_address: Option<String>,
    /// Whether the doors speak TLS.
    pub(crate) is_encrypted: bool,
    /// When it was last looked whether the house can answer.
    pub(crate) look: Look,
    /// How long what a client was promised by Flight SQL may be fetched.
    pub ticket_life: Duration,
}

impl House {
    /// A house with open doors.
    pub fn new(governor: Governor, logins: Logins) -> House {
        let log = governor.clone();
        logins.tell(Arc::new(move |user, from| {
            log.refused_log_in(user, None, from)
        }));
        let numbers = Numbers::default();
        let counted = numbers.clone();
        governor.watch(move |ended| counted.ended(ended));
        House {
            governor,
            logins: Arc::new(logins),
            closing: CancellationToken::new(),
            inside: TaskTracker::new(),
            numbers,
            origins: Arc::default(),
            http_address: None,
            is_encrypted: false,
            look: Look::default(),
            ticket_life: Duration::from_secs(10 * 60),
        }
    }
}
