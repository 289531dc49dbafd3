//! The values that a contract's references may name: read from the seeds, or
//! from the other source table as it stands.

use crate::error::Error;
use crate::seeds;
use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use futures::TryStreamExt;
use jcw_contract::References;
use jcw_lake::{Lake, SessionSettings, session};
use jcw_project::{Contract, Project};

/// Reads them, or says which table is not there yet.
pub(crate) async fn read(
    project: &Project,
    lake: &Lake,
    contract: &Contract,
) -> Result<Result<References, String>, Error> {
    let mut references = References::new();
    if contract.references.is_empty() {
        return Ok(Ok(references));
    }
    let seeds = seeds::read_all(project)?;
    for reference in &contract.references {
        let batches = match seeds.get(&reference.table.value) {
            Some(seed) => seed.batches.clone(),
            None => match lake.table(&reference.table).await? {
                Some(table) => {
                    let catalog = lake.empty_catalog();
                    let context = session(catalog, &SessionSettings::default())?;
                    let frame = context.read_table(table.provider()?)?;
                    frame
                        .select_columns(&[&reference.to[0]])?
                        .execute_stream()
                        .await?
                        .try_collect()
                        .await?
                }
                None => return Ok(Err(reference.table.value.clone())),
            },
        };
        references.add(reference.id.value.clone(), texts(&batches, &reference.to[0])?);
    }
    Ok(Ok(references))
}

fn texts(batches: &[RecordBatch], column: &str) -> Result<Vec<String>, Error> {
    let mut values = Vec::new();
    for batch in batches {
        let Some(array) = batch.column_by_name(column) else {
            continue;
        };
        let array = cast(array, &DataType::Utf8)?;
        values.extend(array.as_string::<i32>().iter().flatten().map(str::to_owned));
    }
    values.sort_unstable();
    values.dedup();
    Ok(values)
}
