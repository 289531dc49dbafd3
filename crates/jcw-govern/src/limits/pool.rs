//! A query's memory: a bound of its own, which its sorts, joins and aggregates
//! share fairly and spill at, inside one bound for the whole server.

use datafusion::common::DataFusionError;
use datafusion::execution::memory_pool::{
    MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation,
};
use jcw_lake::SpillPool;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What all queries together hold, in bytes.
#[derive(Debug)]
pub(crate) struct ServerMemory {
    most: usize,
    held: AtomicUsize,
}

impl ServerMemory {
    pub(crate) fn new(most: usize) -> Arc<ServerMemory> {
        Arc::new(ServerMemory {
            most,
            held: AtomicUsize::new(0),
        })
    }

    /// Bytes that are held now.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }

    /// The bound, in bytes.
    pub(crate) fn most(&self) -> usize {
        self.most
    }

    fn try_take(&self, bytes: usize) -> Result<(), DataFusionError> {
        let fits = |held: usize| held.checked_add(bytes).filter(|sum| *sum <= self.most);
        match (self.held).fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits) {
            Ok(_) => Ok(()),
            Err(_) => Err(DataFusionError::ResourcesExhausted(
                "the server's memory is in use".into(),
            )),
        }
    }

    fn take(&self, bytes: usize) {
        self.held.fetch_add(bytes, Ordering::Relaxed);
    }

    fn give_back(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// One query's memory.
#[derive(Debug)]
pub(crate) struct QueryPool {
    own: SpillPool,
    most: usize,
    server: Arc<ServerMemory>,
}

impl QueryPool {
    /// `most` bytes, or what the server has if that is less.
    pub(crate) fn new(most: usize, server: Arc<ServerMemory>) -> QueryPool {
        let most = most.min(server.most());
        QueryPool {
            own: SpillPool::new(most),
            most,
            server,
        }
    }
}

impl MemoryPool for QueryPool {
    fn name(&self) -> &str {
        "query"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.own.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.own.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.server.take(additional);
        self.own.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.own.shrink(reservation, shrink);
        self.server.give_back(shrink);
    }

    fn try_grow(
        &self,
        reservation: &MemoryReservation,
        additional: usize,
    ) -> Result<(), DataFusionError> {
        self.server.try_take(additional)?;
        let own = self.own.try_grow(reservation, additional);
        if own.is_err() {
            self.server.give_back(additional);
        }
        own
    }

    fn reserved(&self) -> usize {
        self.own.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.most)
    }
}

impl fmt::Display for QueryPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "query pool of {} bytes", self.most)
    }
}

impl Drop for QueryPool {
    /// Reservations hold the pool, so nothing should be left; what is left would
    /// be lost to the server for ever.
    fn drop(&mut self) {
        self.server.give_back(self.own.reserved());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_share_the_servers_memory_and_give_all_of_it_back() {
        let server = ServerMemory::new(100);
        let pools = [80, 80]
            .map(|most| Arc::new(QueryPool::new(most, server.clone())) as Arc<dyn MemoryPool>);
        let first = MemoryConsumer::new("a").register(&pools[0]);
        let second = MemoryConsumer::new("b").register(&pools[1]);
        first.try_grow(70).unwrap();
        assert!(first.try_grow(11).is_err(), "more than its own");
        assert!(
            second.try_grow(31).is_err(),
            "more than the server has left"
        );
        second.try_grow(30).unwrap();
        assert_eq!(server.held(), 100);
        drop(first);
        assert_eq!(server.held(), 30);
        second.try_grow(50).unwrap();
        drop((second, pools));
        assert_eq!(server.held(), 0);
    }
}
