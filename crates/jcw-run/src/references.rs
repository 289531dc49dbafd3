//! The values outside a unit that its references may name: read from the
//! seeds, or from the other source tables as they stand.

use crate::error::Error;
use crate::seeds;
use crate::unit::Unit;
use futures::TryStreamExt;
use jcw_contract::KnownValues;
use jcw_lake::{Lake, SessionSettings, session};
use jcw_project::Project;
use std::collections::BTreeMap;

/// Known values by table and columns.
#[derive(Default)]
pub(crate) struct Outside {
    known: BTreeMap<(String, Vec<String>), KnownValues>,
}

impl Outside {
    /// Reads them, or says which table is not there yet.
    pub(crate) async fn read(
        project: &Project,
        lake: &Lake,
        unit: &Unit<'_>,
    ) -> Result<Result<Self, String>, Error> {
        let mut outside = Outside::default();
        let own: Vec<String> = unit.table_names().collect();
        let references = unit
            .tables
            .iter()
            .flat_map(|table| &table.contract.references)
            .filter(|reference| !own.contains(&reference.table.value));
        for reference in references {
            let table = &reference.table.value;
            let columns: Vec<String> = reference.to.iter().map(|to| to.value.clone()).collect();
            if outside.get(&(table.clone(), columns.clone())).is_some() {
                continue;
            }
            let mut known = KnownValues::new(columns.clone());
            if let Some(seed) = project.seeds.iter().find(|seed| seed.name == *table) {
                for batch in &seeds::read(seed)?.batches {
                    known.add(batch)?;
                }
            } else if let Some(found) = lake.table(table).await? {
                let context = session(lake.empty_catalog(), &SessionSettings::default())?;
                let names: Vec<&str> = columns.iter().map(String::as_str).collect();
                let mut batches = context
                    .read_table(found.provider()?)?
                    .select_columns(&names)?
                    .execute_stream()
                    .await?;
                while let Some(batch) = batches.try_next().await? {
                    known.add(&batch)?;
                }
            } else {
                return Ok(Err(table.clone()));
            }
            outside.known.insert((table.clone(), columns), known);
        }
        Ok(Ok(outside))
    }

    /// The values that `columns` of `table` hold.
    pub(crate) fn get(&self, there: &(String, Vec<String>)) -> Option<&KnownValues> {
        self.known.get(there)
    }
}
