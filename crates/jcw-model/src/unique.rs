//! Whether keys are unique is asked first of their hashes: eight bytes a row,
//! one sort. Where no two hashes are equal no two keys are. Only where some
//! are, or where the hashes do not fit into memory, must the keys themselves be
//! grouped, which takes ten times the room.

use datafusion::common::hash_utils::{QualityRandomState, create_hashes};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::TaskContext;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use futures::StreamExt;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Whether it is certain that no two rows of `keys` are equal. `false` means
/// only that the keys must be looked at themselves.
pub(crate) async fn is_certain(
    keys: Arc<dyn ExecutionPlan>,
    context: Arc<TaskContext>,
) -> Result<bool> {
    let mut tasks = JoinSet::new();
    for partition in 0..keys.output_partitioning().partition_count() {
        let (keys, context) = (keys.clone(), context.clone());
        tasks.spawn(async move { hashes(keys, partition, context).await });
    }
    let mut all = Vec::new();
    let mut held = Vec::new();
    while let Some(done) = tasks.join_next().await {
        let Some((hashes, room)) =
            done.map_err(|stopped| DataFusionError::External(Box::new(stopped)))??
        else {
            return Ok(false);
        };
        held.push(room);
        match all.is_empty() {
            true => all = hashes,
            false => all.extend(hashes),
        }
    }
    all.sort_unstable();
    Ok(all.windows(2).all(|pair| pair[0] != pair[1]))
}

/// The hashes of one partition's rows, with the room they take; none when there
/// is not enough.
async fn hashes(
    keys: Arc<dyn ExecutionPlan>,
    partition: usize,
    context: Arc<TaskContext>,
) -> Result<Option<(Vec<u64>, MemoryReservation)>> {
    let room = MemoryConsumer::new("hashes of keys").register(context.memory_pool());
    let state = QualityRandomState::with_seed(0);
    let mut rows = keys.execute(partition, context)?;
    let mut hashes = Vec::new();
    while let Some(batch) = rows.next().await {
        let batch = batch?;
        // Twice: once here, once where the partitions' hashes come together.
        if room
            .try_grow(batch.num_rows() * 2 * size_of::<u64>())
            .is_err()
        {
            return Ok(None);
        }
        let begin = hashes.len();
        hashes.resize(begin + batch.num_rows(), 0);
        create_hashes(batch.columns(), &state, &mut hashes[begin..])?;
    }
    Ok(Some((hashes, room)))
}
