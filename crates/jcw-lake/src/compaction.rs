//! A compaction puts small files of a table together. Tables of the warehouse's own
//! books are appended to, a file each time, and would be tens of thousands of files
//! after a year.
//!
//! Files of like size are put together when there are [`TOGETHER`] of them, so that a
//! row is written again no more often than there are sizes: four times in its life.
//! Rows keep their order. Nothing changes for a reader, not even for one that has
//! begun: it reads the files of its own version, which stay for [`KEPT`] and are then
//! swept away, with the log entries that name them.

use crate::commit::{Committed, Scope};
use crate::error::{Doing as _, LakeError, Result};
use crate::lake::Lake;
use crate::name::TableName;
use crate::provenance::Provenance;
use crate::scan::DataFile;
use crate::session::{SessionSettings, session};
use crate::table::Table;
use chrono::{TimeDelta, Utc};
use deltalake::checkpoints::cleanup_expired_logs_for;
use deltalake::operations::vacuum::VacuumMode;
use futures::TryStreamExt as _;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;
use std::collections::BTreeMap;

/// How many files of like size are put together, and how much larger the next size is.
const TOGETHER: u64 = 32;

/// Files with so many rows stay as they are.
const LARGE: u64 = TOGETHER.pow(4);

/// How long files and log entries stay that the newest version does not need.
const KEPT: TimeDelta = TimeDelta::days(1);

impl Lake {
    /// To be called after every append to a table without periods: at every 16th
    /// version it puts small files together where there are too many. When another
    /// writer does it at the same moment, it is done once.
    ///
    /// # Errors
    /// When a file cannot be read, or the store fails. The append stands.
    pub async fn compact(&self, name: &str, appended: Committed) -> Result<()> {
        let name = TableName::parse(name)?;
        if !(appended.version + 1).is_multiple_of(TOGETHER / 2) {
            return Ok(());
        }
        match self.put_together(&name).await {
            Ok(None) => Ok(()),
            Ok(Some(largest)) if largest < TOGETHER => Ok(()),
            // Rarely enough for what has to list the table's folder.
            Ok(Some(_)) => self.sweep(&name, KEPT).await,
            Err(error) if error.is_lost_race() => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Until no size has too many files. Gives the rows of the largest file that was
    /// put together with others, if one was.
    async fn put_together(&self, name: &TableName) -> Result<Option<u64>> {
        let mut largest = None;
        while let Some(table) = Table::open(self, name.clone(), None).await?
            && let Some(files) = alike(table.files())
        {
            largest = largest.max(files.iter().map(|file| file.rows).max());
            self.replace(&table.of_files(files)).await?;
        }
        Ok(largest)
    }

    /// Puts one file in the place of those that `part` is made of.
    async fn replace(&self, part: &Table) -> Result<()> {
        // One thread reads file after file, in order.
        let settings = SessionSettings {
            threads: Some(1),
            ..SessionSettings::default()
        };
        let doing = || format!("reading {} to put its files together", part.name());
        let context = session(self.empty_catalog(), &settings)?;
        let read = context.read_table(part.provider()?).doing(doing)?;
        let rows = read.execute_stream().await.doing(doing)?;
        let stage = self.stage(&part.name(), part.schema(), &[]).await?;
        let rows = rows.map_err(|source| LakeError::Engine {
            doing: doing(),
            source: Box::new(source),
        });
        let staged = stage.write_all(rows).await?;
        if staged.rows() != part.rows() {
            let reason = format!("{} of {} rows could be read", staged.rows(), part.rows());
            staged.abandon().await;
            return Err(LakeError::Corrupt {
                what: part.name(),
                reason,
            });
        }
        let files = part.files().iter().map(|file| file.path.clone());
        let scope = Scope::Files(files.collect());
        self.commit(staged, scope, Provenance::default()).await?;
        Ok(())
    }

    /// Deletes files that no version of the last `kept` needs, and the log entries of
    /// versions before. A table of which a release pins a version keeps everything.
    async fn sweep(&self, name: &TableName, kept: TimeDelta) -> Result<()> {
        let releases = self.releases().await?;
        let table = name.to_string();
        if (releases.iter().map(|release| &release.contents))
            .any(|pinned| pinned.tables.contains_key(&table) || pinned.ledger.contains_key(&table))
        {
            return Ok(());
        }
        let doing = || format!("sweeping {name}");
        let mut table = deltalake::DeltaTable::new(self.log_store(name));
        table.load().await.doing(doing)?;
        let log = table.log_store();
        let version = table.snapshot().doing(doing)?.version();
        // Only looked for by the library, because it would put entries into the log.
        let (_, found) = (table.vacuum())
            .with_mode(VacuumMode::Full)
            .with_retention_period(kept)
            .with_enforce_retention_duration(false)
            .with_dry_run(true)
            .await
            .doing(doing)?;
        let store = log.object_store(None);
        for file in found.files_deleted {
            match store.delete(&Path::from(file)).await {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => (),
                Err(error) => return Err(error).doing(doing),
            }
        }
        let before = (Utc::now() - kept).timestamp_millis();
        cleanup_expired_logs_for(version, log.as_ref(), before, None)
            .await
            .doing(doing)?;
        Ok(())
    }
}

/// Files of one size of which there are enough, the smallest first.
fn alike(files: &[DataFile]) -> Option<Vec<DataFile>> {
    let mut sizes: BTreeMap<u32, Vec<DataFile>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.rows < LARGE) {
        let size = file.rows.max(1).ilog(TOGETHER);
        sizes.entry(size).or_default().push(file.clone());
    }
    let mut sizes = sizes.into_values();
    sizes.find(|files| files.len() as u64 >= TOGETHER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{ask, batch, number, on_disk, write};
    use crate::{Contents, Pin};
    use std::path::Path as Folder;

    const TABLE: &str = "jcw.book";

    async fn append(lake: &Lake, n: i64) -> Committed {
        let rows = batch(&[("x", n)]);
        let stage = lake.stage(TABLE, &rows.schema(), &[]).await.unwrap();
        let staged = write(stage, &[rows]).await;
        let commit = lake.commit(staged, Scope::Append, Provenance::default());
        commit.await.unwrap()
    }

    /// Appends rows and compacts after each.
    async fn keep(lake: &Lake, numbers: std::ops::Range<i64>) {
        for n in numbers {
            let appended = append(lake, n).await;
            lake.compact(TABLE, appended).await.unwrap();
        }
    }

    fn files(folder: &Folder, place: &str, ending: &str) -> usize {
        let found = std::fs::read_dir(folder.join(place)).unwrap();
        let names = found.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(ending)).count()
    }

    fn numbers(rows: i64) -> Vec<String> {
        (0..rows).map(|n| n.to_string()).collect()
    }

    /// The numbers in the order in which the files have them.
    async fn in_order(lake: &Lake, table: &Table) -> Vec<String> {
        let mut found = Vec::new();
        for (_, file) in table.by_file().unwrap() {
            let text = ask(lake, TABLE, file, "select n from jcw.book").await;
            let cells = text.lines().filter_map(|line| line.strip_prefix('|'));
            let cells = cells.map(|line| line.trim_matches(['|', ' ']).to_owned());
            found.extend(cells.filter(|cell| cell != "n"));
        }
        found
    }

    #[tokio::test]
    async fn many_appends_are_few_files_with_the_same_rows_in_the_same_order() {
        let (folder, lake) = on_disk().await;
        keep(&lake, 0..31).await;
        let before = lake.table(TABLE).await.unwrap().unwrap();
        assert_eq!(before.files().len(), 31);
        keep(&lake, 31..110).await;
        let after = lake.table(TABLE).await.unwrap().unwrap();
        assert!(after.files().len() < 45, "{} files", after.files().len());
        assert_eq!((after.rows(), after.version()), (110, 111));
        assert_eq!(in_order(&lake, &after).await, numbers(110));
        // Whoever had begun to read goes on.
        assert_eq!(in_order(&lake, &before).await, numbers(31));
        assert_eq!(lake.check_logs().await.unwrap(), []);
        assert_eq!(files(folder.path(), "tables/jcw/book", "parquet"), 112);
        // Whoever follows the log for new rows is told of none.
        let entry = folder.path().join("tables/jcw/book/_delta_log");
        let entry = std::fs::read_to_string(entry.join(format!("{:020}.json", 32))).unwrap();
        assert_eq!(entry.matches("\"dataChange\":false").count(), 33, "{entry}");
    }

    #[tokio::test]
    async fn each_size_is_put_together_by_itself_and_large_files_stay() {
        let file = |rows| DataFile {
            path: Path::from(format!("{rows}")),
            size: 1,
            rows,
            partition: Vec::new(),
        };
        let many = |rows| std::iter::repeat_with(move || file(rows)).take(32);
        let rows = |files: Vec<DataFile>| {
            let found = alike(&files)?;
            Some((found.len(), found.iter().map(|file| file.rows).sum::<u64>()))
        };
        assert_eq!(
            rows(many(1).take(31).chain(many(32).take(31)).collect()),
            None
        );
        assert_eq!(rows(many(40).chain(many(1)).collect()), Some((32, 32)));
        assert_eq!(rows(many(40).chain([file(2)]).collect()), Some((32, 1_280)));
        assert_eq!(rows(many(LARGE).collect()), None);
    }

    #[tokio::test]
    async fn what_is_not_needed_any_more_is_swept_away_and_what_is_young_or_pinned_stays() {
        let (folder, lake) = on_disk().await;
        keep(&lake, 0..64).await;
        let count = || {
            let places = [
                ("tables/jcw/book", "parquet"),
                ("tables/jcw/book/_delta_log", "json"),
            ];
            places.map(|(place, ending)| files(folder.path(), place, ending))
        };
        let name = TableName::parse(TABLE).unwrap();
        let whole = [65, 65];
        assert_eq!(count(), whole);
        lake.sweep(&name, KEPT).await.unwrap();
        assert_eq!(count(), whole, "a reader may need them");

        let kept = TimeDelta::milliseconds(1);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let in_ledger = Contents {
            ledger: [(TABLE.to_owned(), 3)].into(),
            ..Contents::default()
        };
        let in_release = Contents {
            tables: [(
                TABLE.to_owned(),
                Pin {
                    version: 3,
                    rows: 4,
                },
            )]
            .into(),
            ..Contents::default()
        };
        for contents in [in_ledger, in_release] {
            lake.publish(contents).await.unwrap();
            lake.sweep(&name, kept).await.unwrap();
            assert_eq!(count(), whole, "a release needs them");
            std::fs::remove_dir_all(folder.path().join("releases")).unwrap();
        }

        lake.sweep(&name, kept).await.unwrap();
        let table = lake.table(TABLE).await.unwrap().unwrap();
        let [parquet, entries] = count();
        assert_eq!(parquet, table.files().len());
        assert!(entries < 20, "{entries}");
        assert_eq!(in_order(&lake, &table).await, numbers(64));
        keep(&lake, 64..100).await;
        assert_eq!(
            number(&lake, TABLE, "select count(distinct n) from jcw.book").await,
            100
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
    async fn writers_that_append_and_compact_at_one_moment_lose_no_row_and_double_none() {
        let (_folder, lake) = on_disk().await;
        let writers = (0..4).map(|writer| {
            let lake = lake.clone();
            tokio::spawn(async move {
                for n in 0..20 {
                    let appended = append(&lake, writer * 20 + n).await;
                    lake.compact(TABLE, appended).await.unwrap();
                    let name = TableName::parse(TABLE).unwrap();
                    match lake.put_together(&name).await {
                        Err(error) if !error.is_lost_race() => panic!("{error}"),
                        _ => (),
                    }
                }
            })
        });
        for writer in futures::future::join_all(writers).await {
            writer.unwrap();
        }
        let of = async |what| number(&lake, TABLE, &format!("select {what} from jcw.book")).await;
        assert_eq!(
            (of("count(*)").await, of("count(distinct n)").await),
            (80, 80)
        );
    }
}
