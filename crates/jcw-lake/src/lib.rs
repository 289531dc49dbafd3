//! Everything that the warehouse keeps, on any object store.
//!
//! In the order in which a row travels: a file's bytes go into the
//! [`Landing`]; its rows into a [`Stage`], where they can be tested; a commit
//! makes them one more version of a [`Table`], with their [`Provenance`]; and a
//! [`Release`] pins one version of every table for readers, who see it through
//! a [`Catalog`].
//!
//! ```no_run
//! # async fn example(batch: arrow::array::RecordBatch) -> Result<(), jcw_lake::LakeError> {
//! use jcw_lake::{Contents, Lake, Pin, Provenance, Scope};
//!
//! let lake = Lake::open("./lake").await?;
//! let stage = lake.stage("council.dfe_requests", &batch.schema(), &["time_period".into()]).await?;
//! let mut writer = stage.writer();
//! writer.write(&batch).await?;
//! let files = writer.close().await?;
//! let staged = stage.finish(files);
//! let scope = Scope::staged_periods(&staged);
//! let made = lake.commit(staged, scope, Provenance::default()).await?;
//!
//! let mut contents = Contents::default();
//! contents.tables.insert("council.dfe_requests".into(), Pin { version: made.version, rows: made.added_rows });
//! let release = lake.publish(contents).await?;
//! let session = jcw_lake::session(lake.catalog(&release)?, &Default::default())?;
//! # Ok(())
//! # }
//! ```

mod commit;
mod compaction;
mod data_file;
mod error;
mod fsync;
mod lake;
mod landing;
mod lease;
mod listing;
mod log_check;
mod machine;
mod mended;
mod name;
mod period_split;
mod provenance;
mod release;
mod report;
mod scan;
mod schema_change;
mod session;
mod spill_pool;
mod stage;
mod table;
mod types;
mod vault;

#[cfg(test)]
mod testing;

pub use commit::{Committed, Scope};
pub use error::{LakeError, Result};
pub use lake::Lake;
pub use landing::{Incoming, Landed, Landing, LocalFile};
pub use lease::Lease;
pub use listing::{ListedFile, Listing};
pub use log_check::Quarantined;
pub use mended::{Misread, answers_wrongly, mended, misread, round};
pub use provenance::{ExtractUsed, Provenance};
pub use release::{Contents, Note, Pin, Release, ReleasedExtract, View};
pub use session::{CATALOG, Catalog, DEFAULT_SCHEMA, SessionSettings, session};
pub use spill_pool::SpillPool;
pub use stage::{Period, Stage, StageWriter, Staged, StagedFile};
pub use table::{Commit, Table};
pub use types::{stored_schema, to_stored};
pub use vault::{Lying, lake_around, vault_beside};
