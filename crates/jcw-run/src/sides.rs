//! Two sides of the gate: what names nobody goes to the lake, what names
//! somebody to the vault. Rows of a table that is about nobody have one side.

use crate::error::Error;
use crate::pieces::Halt;
use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use jcw_contract::reject_schema;
use jcw_identity::{Gate, GateError};
use jcw_lake::{Lake, LakeError, Period, Stage, StageWriter, Staged, StagedFile};
use jcw_project::Contract;
use std::sync::Arc;

/// The same for the lake and, where there is something to keep there, for the
/// vault.
#[derive(Debug, Default)]
pub(crate) struct Sides<T> {
    pub(crate) lake: T,
    pub(crate) vault: Option<T>,
}

/// Column of the rejects that holds the row as it came: in the vault alone.
const ROW_VALUES: &str = "row_values";

impl Sides<Stage> {
    /// Stages for the rows of a contract.
    pub(crate) async fn of_rows(lake: &Lake, contract: &Contract) -> Result<Self, LakeError> {
        let name = contract.table();
        let periods: Vec<String> = (contract.period.iter())
            .map(|column| column.value.clone())
            .collect();
        let vault = match contract.vault_schema() {
            Some(schema) => Some(lake.vault()?.stage(&name, &schema, &periods).await?),
            None => None,
        };
        let lake = lake.stage(&name, &contract.lake_schema(), &periods).await?;
        Ok(Sides { lake, vault })
    }

    /// Stages for rejects.
    pub(crate) async fn of_rejects(lake: &Lake, table: &str) -> Result<Self, LakeError> {
        let by_extract = ["extract".to_owned()];
        let (whole, told) = (reject_schema(), told_schema());
        Ok(Sides {
            vault: Some(lake.vault()?.stage(table, &whole, &by_extract).await?),
            lake: lake.stage(table, &told, &by_extract).await?,
        })
    }

    pub(crate) fn writers(&self) -> Sides<StageWriter> {
        Sides {
            lake: self.lake.writer(),
            vault: self.vault.as_ref().map(Stage::writer),
        }
    }

    pub(crate) fn finish(self, files: Sides<Vec<StagedFile>>) -> Sides<Staged> {
        Sides {
            lake: self.lake.finish(files.lake),
            vault: (self.vault).map(|stage| stage.finish(files.vault.unwrap_or_default())),
        }
    }
}

impl Sides<StageWriter> {
    /// Writes typed rows, each side what it may hold.
    pub(crate) async fn write_rows(&mut self, gate: &Gate, rows: &RecordBatch) -> Result<(), Halt> {
        if rows.num_rows() == 0 {
            return Ok(());
        }
        let passed = gate.pass(rows).map_err(halt)?;
        if let (Some(writer), Some(rows)) = (&mut self.vault, &passed.vault) {
            writer.write(rows).await.map_err(crate::judge::lake)?;
        }
        self.lake
            .write(&passed.lake)
            .await
            .map_err(crate::judge::lake)
    }

    /// Writes rejects: whole to the vault, without the row's values to the lake.
    pub(crate) async fn write_rejects(&mut self, rejects: &RecordBatch) -> Result<(), Halt> {
        if rejects.num_rows() == 0 {
            return Ok(());
        }
        if let Some(writer) = &mut self.vault {
            writer.write(rejects).await.map_err(crate::judge::lake)?;
        }
        let mut told = rejects.clone();
        if let Ok(place) = rejects.schema_ref().index_of(ROW_VALUES) {
            told.remove_column(place);
        }
        self.lake.write(&told).await.map_err(crate::judge::lake)
    }

    pub(crate) async fn close(self) -> Result<Sides<Vec<StagedFile>>, Halt> {
        let vault = match self.vault {
            Some(writer) => Some(writer.close().await.map_err(crate::judge::lake)?),
            None => None,
        };
        let lake = self.lake.close().await.map_err(crate::judge::lake)?;
        Ok(Sides { lake, vault })
    }
}

impl Sides<Vec<StagedFile>> {
    pub(crate) fn append(&mut self, mut other: Self) {
        self.lake.append(&mut other.lake);
        if let Some(files) = other.vault {
            self.vault.get_or_insert_default().extend(files);
        }
    }
}

impl Sides<Staged> {
    pub(crate) async fn abandon(self) {
        self.lake.abandon().await;
        if let Some(staged) = self.vault {
            staged.abandon().await;
        }
    }

    /// Leaves out periods; says how many rows of the lake that were.
    pub(crate) async fn leave_out(&mut self, periods: &[Period]) -> u64 {
        if let Some(staged) = &mut self.vault {
            staged.leave_out(periods).await;
        }
        self.lake.leave_out(periods).await
    }
}

/// The rejects as the lake has them.
fn told_schema() -> SchemaRef {
    let fields = reject_schema().fields().clone();
    let told = fields.iter().filter(|field| field.name() != ROW_VALUES);
    Arc::new(Schema::new(told.cloned().collect::<Vec<_>>()))
}

fn halt(error: GateError) -> Halt {
    Halt::Run(Error::Gate(error))
}
