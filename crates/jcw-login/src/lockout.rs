//! The [`Lockout`] counts failures, so that nobody tries passwords one after
//! another: of a name from one address, and, at a much higher number, of an
//! address whatever the name. Nobody is shut out for good, for that would be a way
//! to shut others out.
//!
//! A whole office, or everybody behind a proxy, comes from one address. Therefore
//! a name that has proved itself from there lately does not wait for what others
//! there got wrong. What a proxy says of where somebody comes from is not
//! believed: whoever tries passwords would say it too.

use crate::LoginError;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Failures of one name from one address after which it has to wait.
const PATIENCE: u32 = 5;
/// And after which it has to wait for long.
const LOCKED_AT: u32 = 10;
const LOCK: Duration = Duration::from_secs(15 * 60);
/// And after which somebody should look.
const ALERT_AT: u32 = 50;
/// Failures are forgotten when there was none for so long.
const FORGOTTEN: Duration = Duration::from_secs(30 * 60);
/// Names that are kept: what an attacker makes up must not fill the memory.
const KEPT: usize = 20_000;
/// Failures of one address at once, and how many a minute it wins back.
const BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(499);
const A_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(119);
/// Bearer tokens that are none: the same.
const STRANGERS: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);
const STRANGERS_A_MINUTE: NonZeroU32 = NonZeroU32::MIN.saturating_add(59);
/// How long it is remembered that a name has proved itself from an address.
const PROVED: Duration = Duration::from_secs(24 * 60 * 60);

/// Failures of names and addresses.
pub(crate) struct Lockout {
    failures: Mutex<HashMap<Key, Failures>>,
    /// Charged for every failure.
    addresses: DefaultKeyedRateLimiter<Source>,
    /// Charged for every bearer token that is none. Nobody guesses one, so those
    /// who have one are let in all the same.
    strangers: DefaultKeyedRateLimiter<Source>,
    /// Until when an address that failed too often waits.
    barred: Mutex<HashMap<Source, Instant>>,
    /// When names proved themselves from where.
    proved: Mutex<HashMap<Key, Instant>>,
}

/// A hash of a name and its source: made-up names are long.
type Key = ([u8; 16], Source);
/// An address, or the network of an IPv6 address, of which one machine has many.
type Source = Option<IpAddr>;

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

impl std::fmt::Debug for Lockout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lockout").finish_non_exhaustive()
    }
}

impl Lockout {
    pub(crate) fn new() -> Lockout {
        Lockout {
            failures: Mutex::default(),
            addresses: RateLimiter::keyed(Quota::per_minute(A_MINUTE).allow_burst(BURST)),
            strangers: RateLimiter::keyed(
                Quota::per_minute(STRANGERS_A_MINUTE).allow_burst(STRANGERS),
            ),
            barred: Mutex::default(),
            proved: Mutex::default(),
        }
    }

    /// Whether this name may be tried from there now.
    ///
    /// # Errors
    /// [`LoginError::TooMany`] when it has to wait, whether or not there is such
    /// a user.
    pub(crate) fn admit(&self, name: &str, from: Option<IpAddr>) -> Result<(), LoginError> {
        self.admit_at(name, from, Instant::now())
    }

    /// Makes an attempt that costs next to nothing. It counts as failed before it
    /// is made, so that of many at one moment only as many are made as of many
    /// one after another.
    ///
    /// # Errors
    /// [`LoginError::TooMany`] when it has to wait; `Refused` when it failed.
    pub(crate) fn attempt<T>(
        &self,
        name: &str,
        from: Option<IpAddr>,
        attempt: impl FnOnce() -> Option<T>,
    ) -> Result<T, LoginError> {
        self.attempt_at(name, from, Instant::now(), attempt)
    }

    /// An attempt failed.
    pub(crate) fn failed(&self, name: &str, from: Option<IpAddr>) {
        self.failed_at(name, from, Instant::now());
    }

    /// An attempt succeeded: what this name got wrong from there is forgotten.
    pub(crate) fn succeeded(&self, name: &str, from: Option<IpAddr>) {
        let key = key(name, from);
        held(&self.failures).remove(&key);
        let now = Instant::now();
        let mut proved = held(&self.proved);
        if proved.len() >= KEPT {
            proved.retain(|_, at| now.duration_since(*at) < PROVED);
        }
        if proved.len() < KEPT {
            proved.insert(key, now);
        }
    }

    /// What is told to somebody whose bearer token is none.
    pub(crate) fn stranger(&self, from: Option<IpAddr>) -> LoginError {
        if self.strangers.len() >= KEPT {
            self.strangers.retain_recent();
        }
        match self.strangers.check_key(&source(from)) {
            Ok(()) => LoginError::Refused,
            Err(not_until) => LoginError::TooMany {
                seconds: (not_until.wait_time_from(DefaultClock::default().now())).as_secs() + 1,
            },
        }
    }

    fn attempt_at<T>(
        &self,
        name: &str,
        from: Option<IpAddr>,
        now: Instant,
        attempt: impl FnOnce() -> Option<T>,
    ) -> Result<T, LoginError> {
        self.charge(name, from, now)?;
        match attempt() {
            Some(answer) => {
                self.succeeded(name, from);
                Ok(answer)
            }
            None => {
                self.address_failed(from, now);
                Err(LoginError::Refused)
            }
        }
    }

    fn admit_at(&self, name: &str, from: Option<IpAddr>, now: Instant) -> Result<(), LoginError> {
        let key = key(name, from);
        self.admit_address(&key, now)?;
        admit_name(held(&self.failures).get(&key), now)
    }

    fn failed_at(&self, name: &str, from: Option<IpAddr>, now: Instant) {
        self.count(&mut held(&self.failures), key(name, from), now);
        self.address_failed(from, now);
    }

    /// Admits and counts at one moment.
    fn charge(&self, name: &str, from: Option<IpAddr>, now: Instant) -> Result<(), LoginError> {
        let key = key(name, from);
        self.admit_address(&key, now)?;
        let mut failures = held(&self.failures);
        admit_name(failures.get(&key), now)?;
        self.count(&mut failures, key, now);
        Ok(())
    }

    /// Whether an address may try, or the name has proved itself from there.
    fn admit_address(&self, key: &Key, now: Instant) -> Result<(), LoginError> {
        let Some(until) = held(&self.barred).get(&key.1).copied() else {
            return Ok(());
        };
        let proved = held(&self.proved).get(key).copied();
        match proved.is_some_and(|at| now.duration_since(at) < PROVED) {
            true => Ok(()),
            false => wait(until, now),
        }
    }

    fn address_failed(&self, from: Option<IpAddr>, now: Instant) {
        if let Err(not_until) = self.addresses.check_key(&source(from)) {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            let mut barred = held(&self.barred);
            barred.retain(|_, until| *until > now);
            barred.insert(source(from), now + wait);
        }
    }

    fn count(&self, failures: &mut HashMap<Key, Failures>, key: Key, now: Instant) {
        if failures.len() >= KEPT {
            make_room(failures, now);
            self.addresses.retain_recent();
        }
        let entry = failures.entry(key).or_insert(Failures {
            count: 0,
            last: now,
        });
        if now.duration_since(entry.last) > FORGOTTEN {
            entry.count = 0;
        }
        entry.count = entry.count.saturating_add(1);
        entry.last = now;
        if entry.count.is_multiple_of(ALERT_AT) {
            // The name is not told: people type passwords where names belong.
            tracing::warn!(address = ?key.1, failures = entry.count, "logins of one name keep failing");
        }
    }
}

/// Whether a name that failed so often may be tried.
fn admit_name(failures: Option<&Failures>, now: Instant) -> Result<(), LoginError> {
    failures.map_or(Ok(()), |failures| {
        wait(failures.last + failures.wait(), now)
    })
}

fn wait(until: Instant, now: Instant) -> Result<(), LoginError> {
    match until.checked_duration_since(now) {
        Some(wait) if !wait.is_zero() => Err(LoginError::TooMany {
            seconds: wait.as_secs() + 1,
        }),
        _ => Ok(()),
    }
}

impl Failures {
    /// Nothing, then 1, 2, 4, 8 and 16 seconds, then a quarter of an hour.
    fn wait(self) -> Duration {
        match self.count {
            0..PATIENCE => Duration::ZERO,
            PATIENCE..LOCKED_AT => Duration::from_secs(1 << (self.count - PATIENCE)),
            _ => LOCK,
        }
    }
}

/// Forgets what is old, and if nothing is, whoever failed least.
fn make_room(failures: &mut HashMap<Key, Failures>, now: Instant) {
    failures.retain(|_, entry| now.duration_since(entry.last) <= FORGOTTEN);
    for least in 1..LOCKED_AT {
        if failures.len() < KEPT {
            return;
        }
        failures.retain(|_, entry| entry.count > least);
    }
    if failures.len() >= KEPT {
        failures.clear();
    }
}

fn key(name: &str, from: Option<IpAddr>) -> Key {
    let mut short = [0; 16];
    short.copy_from_slice(&Sha256::digest(name)[..16]);
    (short, source(from))
}

fn source(from: Option<IpAddr>) -> Source {
    match from?.to_canonical() {
        IpAddr::V6(address) => {
            let network = u128::from(address) >> 64 << 64;
            Some(IpAddr::V6(Ipv6Addr::from(network)))
        }
        address => Some(address),
    }
}

/// A count is whole after every step, also where a thread ended in between.
fn held<T>(counts: &Mutex<T>) -> MutexGuard<'_, T> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    fn waits(lockout: &Lockout, name: &str, from: &str, now: Instant) -> u64 {
        match lockout.admit_at(name, address(from), now) {
            Ok(()) => 0,
            Err(LoginError::TooMany { seconds }) => seconds,
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn a_name_waits_longer_after_each_failure_and_never_for_ever() {
        let (lockout, mut now) = (Lockout::new(), Instant::now());
        let mut seen = Vec::new();
        for _ in 0..12 {
            lockout.failed_at("ann", address("10.0.0.1"), now);
            let waited = waits(&lockout, "ann", "10.0.0.1", now);
            seen.push(waited);
            now += Duration::from_secs(waited);
            assert_eq!(waits(&lockout, "ann", "10.0.0.1", now), 0);
        }
        assert_eq!(seen, [0, 0, 0, 0, 2, 3, 5, 9, 17, 901, 901, 901]);
        now += FORGOTTEN + Duration::from_secs(1);
        lockout.failed_at("ann", address("10.0.0.1"), now);
        assert_eq!(waits(&lockout, "ann", "10.0.0.1", now), 0, "forgotten");
    }

    #[test]
    fn whoever_fails_locks_out_nobody_else() {
        let (lockout, now) = (Lockout::new(), Instant::now());
        for _ in 0..10 {
            lockout.failed_at("ann", address("10.0.0.1"), now);
        }
        assert!(waits(&lockout, "ann", "10.0.0.1", now) > 800);
        assert_eq!(waits(&lockout, "ann", "10.0.0.2", now), 0);
        assert_eq!(waits(&lockout, "bob", "10.0.0.1", now), 0);
        lockout.succeeded("ann", address("10.0.0.1"));
        assert_eq!(waits(&lockout, "ann", "10.0.0.1", now), 0);
    }

    /// More failures than an address may have at once: the limit's own clock goes on
    /// meanwhile, and gives a few back.
    const ENOUGH: u32 = BURST.get() + 200;

    #[test]
    fn an_address_that_tries_many_names_waits_too() {
        let (lockout, now) = (Lockout::new(), Instant::now());
        for n in 0..ENOUGH {
            lockout.failed_at(&format!("name{n}"), address("2001:db8::1"), now);
        }
        assert!(
            waits(&lockout, "another", "2001:db8::2", now) > 0,
            "one network"
        );
        assert_eq!(waits(&lockout, "another", "2001:db8:0:1::1", now), 0);
        let later = now + Duration::from_secs(3);
        assert_eq!(waits(&lockout, "another", "2001:db8::2", later), 0);
    }

    #[test]
    fn who_has_proved_themselves_does_not_wait_for_their_neighbours() {
        let (lockout, now) = (Lockout::new(), Instant::now());
        let proxy = "10.0.0.9";
        lockout.succeeded("ann", address(proxy));
        for n in 0..ENOUGH {
            lockout.failed_at(&format!("name{n}"), address(proxy), now);
        }
        assert!(waits(&lockout, "bob", proxy, now) > 0);
        assert_eq!(waits(&lockout, "ann", proxy, now), 0);
        for _ in 0..10 {
            lockout.failed_at("ann", address(proxy), now);
        }
        assert!(
            waits(&lockout, "ann", proxy, now) > 800,
            "but for their own"
        );
    }

    #[test]
    fn of_many_attempts_at_one_moment_as_many_are_made_as_of_many_in_turn() {
        let (lockout, now) = (Lockout::new(), Instant::now());
        let made = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for _ in 0..30 {
                scope.spawn(|| {
                    lockout.attempt_at("ann", address("10.0.0.1"), now, || {
                        made.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(50));
                        None::<()>
                    })
                });
            }
        });
        assert_eq!(made.into_inner(), PATIENCE);
    }

    #[test]
    fn made_up_names_do_not_fill_the_memory_nor_free_a_locked_one() {
        let (lockout, now) = (Lockout::new(), Instant::now());
        for _ in 0..10 {
            lockout.failed_at("ann", address("10.0.0.1"), now);
        }
        for n in 0..KEPT + 100 {
            lockout.failed_at(&n.to_string(), address("10.0.0.2"), now);
        }
        assert!(held(&lockout.failures).len() <= KEPT);
        assert!(waits(&lockout, "ann", "10.0.0.1", now) > 800);
    }
}
