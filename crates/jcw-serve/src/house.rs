//! The [`House`] is what the doors share: who may come in, what they may ask,
//! and whether it is time to close.

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
    /// How long what a client was promised by Flight SQL may be fetched.
    pub ticket_life: Duration,
}

impl House {
    /// A house with open doors.
    pub fn new(governor: Governor, logins: Logins) -> House {
        House {
            governor,
            logins: Arc::new(logins),
            closing: CancellationToken::new(),
            inside: TaskTracker::new(),
            ticket_life: Duration::from_secs(10 * 60),
        }
    }
}
