//! The [`Register`] knows which query runs on which connection, so that a
//! cancel request, which comes on a connection of its own and shows the other's
//! number and secret, reaches the plan.

use pgwire::messages::startup::SecretKey;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use subtle::ConstantTimeEq as _;
use tokio_util::sync::CancellationToken;

/// The connections that are open.
#[derive(Debug, Default)]
pub(super) struct Register {
    open: Mutex<HashMap<i32, Entry>>,
}

#[derive(Debug)]
struct Entry {
    secret: bytes::Bytes,
    running: Arc<Running>,
}

/// The query of one connection.
#[derive(Debug, Default)]
pub(super) struct Running(Mutex<CancellationToken>);

/// As long as it lives, a connection stands in the register.
#[derive(Debug)]
pub(super) struct Registered {
    register: Arc<Register>,
    number: i32,
}

impl Register {
    /// Enters a connection under a number that is free, `from` upwards.
    pub(super) fn enter(
        self: &Arc<Self>,
        number: i32,
        secret: &SecretKey,
        running: Arc<Running>,
    ) -> Registered {
        let secret = secret.to_bytes();
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.insert(number, Entry { secret, running });
        Registered {
            register: self.clone(),
            number,
        }
    }

    /// Cancels what runs on the connection with that number, if the secret is
    /// right; nobody is told whether it was.
    pub(super) fn cancel(&self, number: i32, secret: &SecretKey) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = open.get(&number)
            && bool::from(entry.secret.ct_eq(&secret.to_bytes()))
        {
            entry.running.cancel();
        }
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        let open = &self.register.open;
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        open.remove(&self.number);
    }
}

impl Running {
    /// A token for a query that begins now; a cancel request of before does not
    /// meet it.
    pub(super) fn begin(&self) -> CancellationToken {
        let token = CancellationToken::new();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = token.clone();
        token
    }

    /// Ends what runs.
    pub(super) fn cancel(&self) {
        (self.0.lock().unwrap_or_else(PoisonError::into_inner)).cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_secret_cancels_and_only_what_runs() {
        let register = Arc::new(Register::default());
        let running = Arc::new(Running::default());
        let inside = register.enter(7, &SecretKey::I32(42), running.clone());
        let query = running.begin();
        register.cancel(7, &SecretKey::I32(43));
        register.cancel(8, &SecretKey::I32(42));
        assert!(!query.is_cancelled());
        register.cancel(7, &SecretKey::Bytes(42_i32.to_be_bytes().to_vec().into()));
        assert!(query.is_cancelled());
        assert!(!running.begin().is_cancelled());
        drop(inside);
        let query = running.begin();
        register.cancel(7, &SecretKey::I32(42));
        assert!(!query.is_cancelled());
    }
}
