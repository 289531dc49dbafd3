//! A [`SpillPool`] shares memory fairly among what can spill, and keeps an eighth of it
//! for what cannot. Two halves of a sort that do not end at one moment would otherwise
//! fail by chance: the one that still reads takes all that the other's merging left,
//! and then there is nothing for the step that needs both.

use datafusion::common::{DataFusionError, Result};
use datafusion::execution::memory_pool::{
    FairSpillPool, MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation,
};
use std::fmt;

/// See the module.
#[derive(Debug)]
pub struct SpillPool {
    fair: FairSpillPool,
    /// Bytes up to which what can spill may fill the pool.
    spill_at: usize,
}

impl SpillPool {
    /// Of so many bytes.
    #[must_use]
    pub fn new(size: usize) -> SpillPool {
        SpillPool {
            fair: FairSpillPool::new(size),
            spill_at: size - size / 8,
        }
    }
}

impl MemoryPool for SpillPool {
    fn name(&self) -> &str {
        "spill"
    }

    fn register(&self, consumer: &MemoryConsumer) {
        self.fair.register(consumer);
    }

    fn unregister(&self, consumer: &MemoryConsumer) {
        self.fair.unregister(consumer);
    }

    fn grow(&self, reservation: &MemoryReservation, additional: usize) {
        self.fair.grow(reservation, additional);
    }

    fn shrink(&self, reservation: &MemoryReservation, shrink: usize) {
        self.fair.shrink(reservation, shrink);
    }

    fn try_grow(&self, reservation: &MemoryReservation, additional: usize) -> Result<()> {
        // What holds nothing yet has nothing to spill.
        let spills = reservation.consumer().can_spill() && reservation.size() > 0;
        if spills && self.fair.reserved() + additional > self.spill_at {
            return Err(DataFusionError::ResourcesExhausted(format!(
                "{} has to spill",
                reservation.consumer().name()
            )));
        }
        self.fair.try_grow(reservation, additional)
    }

    fn reserved(&self) -> usize {
        self.fair.reserved()
    }

    fn memory_limit(&self) -> MemoryLimit {
        self.fair.memory_limit()
    }
}

impl fmt::Display for SpillPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.fair, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn what_can_spill_leaves_an_eighth_to_what_cannot() {
        let pool: Arc<dyn MemoryPool> = Arc::new(SpillPool::new(80));
        let sort = MemoryConsumer::new("sort").with_can_spill(true);
        let sort = sort.register(&pool);
        let merge = MemoryConsumer::new("merge").register(&pool);
        merge.try_grow(30).unwrap();
        sort.try_grow(40).unwrap();
        assert!(sort.try_grow(1).is_err());
        merge.try_grow(10).unwrap();
        sort.free();
        merge.try_grow(35).unwrap();
        // It has nothing to spill, and there is room.
        sort.try_grow(5).unwrap();
        assert!(sort.try_grow(1).is_err());
    }
}
