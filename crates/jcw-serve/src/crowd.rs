//! The [`Crowd`] is everybody who is connected, at all doors together: so many in
//! all and so many from one address, so that whoever opens connections for the
//! sake of it does not take what others need.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many of those who find no room are told so at once, where a protocol has
/// words for that before somebody is in; the others are just left outside.
const PORCH: usize = 50;

/// Everybody who is connected. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Crowd {
    there: Arc<Mutex<There>>,
    most: usize,
    most_from_one: usize,
}

#[derive(Debug, Default)]
struct There {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
    porch: usize,
}

/// Room for one; given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    there: Arc<Mutex<There>>,
    /// None on the porch.
    from: Option<IpAddr>,
}

impl Default for Crowd {
    /// Two thousand, five hundred from one address: behind a proxy all come from
    /// one.
    fn default() -> Self {
        Crowd::new(2_000, 500)
    }
}

impl Crowd {
    /// Nobody yet; at most so many in all, and so many from one address (from one
    /// network of IPv6, of which a customer has a /64).
    pub fn new(most: usize, most_from_one: usize) -> Crowd {
        Crowd {
            there: Arc::default(),
            most,
            most_from_one,
        }
    }

    /// Takes somebody in, if there is room.
    pub(crate) fn enter(&self, from: IpAddr) -> Option<Place> {
        let from = network(from);
        let mut there = lock(&self.there);
        let own = there.by_address.get(&from).copied().unwrap_or_default();
        if there.all >= self.most || own >= self.most_from_one {
            return None;
        }
        there.all += 1;
        there.by_address.insert(from, own + 1);
        Some(self.place(Some(from)))
    }

    /// Room for somebody to be told that there is none.
    pub(crate) fn porch(&self) -> Option<Place> {
        let mut there = lock(&self.there);
        if there.porch >= PORCH {
            return None;
        }
        there.porch += 1;
        Some(self.place(None))
    }

    /// How many are there.
    pub(crate) fn size(&self) -> usize {
        lock(&self.there).all
    }

    fn place(&self, from: Option<IpAddr>) -> Place {
        Place {
            there: self.there.clone(),
            from,
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut there = lock(&self.there);
        let Some(from) = self.from else {
            there.porch = there.porch.saturating_sub(1);
            return;
        };
        there.all = there.all.saturating_sub(1);
        let own = there.by_address.get(&from).copied().unwrap_or_default();
        match own.saturating_sub(1) {
            0 => there.by_address.remove(&from),
            own => there.by_address.insert(from, own),
        };
    }
}

fn lock(there: &Mutex<There>) -> MutexGuard<'_, There> {
    there.lock().unwrap_or_else(PoisonError::into_inner)
}

fn network(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn there_is_room_for_so_many_in_all_and_from_one_address() {
        let crowd = Crowd::new(3, 2);
        let first = crowd.enter(at("10.0.0.1")).unwrap();
        let _second = crowd.enter(at("::ffff:10.0.0.1")).unwrap();
        assert!(crowd.enter(at("10.0.0.1")).is_none());
        let _other = crowd.enter(at("10.0.0.2")).unwrap();
        assert!(crowd.enter(at("10.0.0.3")).is_none());
        drop(first);
        let _again = crowd.enter(at("10.0.0.1")).unwrap();
        assert_eq!(crowd.size(), 3);
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_nobody_who_left_is_remembered() {
        let crowd = Crowd::new(9, 1);
        let one = crowd.enter(at("2001:db8:0:1::1")).unwrap();
        assert!(crowd.enter(at("2001:db8:0:1:ffff::2")).is_none());
        let other = crowd.enter(at("2001:db8:0:2::1")).unwrap();
        drop((one, other));
        assert!(lock(&crowd.there).by_address.is_empty());
    }

    #[test]
    fn few_are_told_at_once_that_there_is_no_room() {
        let crowd = Crowd::new(0, 0);
        let mut porch: Vec<_> = (0..PORCH).map(|_| crowd.porch().unwrap()).collect();
        assert!(crowd.porch().is_none());
        porch.pop();
        assert!(crowd.porch().is_some());
        assert_eq!(crowd.size(), 0);
    }
}
