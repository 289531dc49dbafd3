//! What the crate's tests share: small batches, and a disk that can lose power.

use crate::fsync::Disk;
use crate::{Lake, Provenance, Scope, Stage, Staged, session};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A lake in a folder that is deleted with the first of the pair.
pub(crate) async fn on_disk() -> (tempfile::TempDir, Lake) {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().to_str().unwrap()).await.unwrap();
    (folder, lake)
}

/// A lake that is not on a disk.
pub(crate) fn in_memory() -> Lake {
    Lake::over(Arc::new(object_store::memory::InMemory::new()))
}

/// Rows of (period, n).
pub(crate) fn batch(rows: &[(&str, i64)]) -> RecordBatch {
    let periods: StringArray = rows.iter().map(|row| Some(row.0)).collect();
    let numbers: Int64Array = rows.iter().map(|row| Some(row.1)).collect();
    RecordBatch::try_from_iter([
        ("period", Arc::new(periods) as ArrayRef),
        ("n", Arc::new(numbers) as ArrayRef),
    ])
    .unwrap()
}

pub(crate) fn by_period() -> Vec<String> {
    vec!["period".to_owned()]
}

pub(crate) async fn write(stage: Stage, batches: &[RecordBatch]) -> Staged {
    let mut writer = stage.writer();
    for batch in batches {
        writer.write(batch).await.unwrap();
    }
    let files = writer.close().await.unwrap();
    stage.finish(files)
}

/// Stages rows of (period, n), divided by period.
pub(crate) async fn staged(lake: &Lake, table: &str, rows: &[(&str, i64)]) -> Staged {
    let rows = batch(rows);
    write(
        lake.stage(table, &rows.schema(), &by_period())
            .await
            .unwrap(),
        &[rows],
    )
    .await
}

/// Replaces the periods of these rows.
pub(crate) async fn load(lake: &Lake, table: &str, rows: &[(&str, i64)]) -> crate::Committed {
    let staged = staged(lake, table, rows).await;
    let scope = Scope::staged_periods(&staged);
    lake.commit(staged, scope, Provenance::default())
        .await
        .unwrap()
}

/// The answer to a question over one table, as text.
pub(crate) async fn ask(
    lake: &Lake,
    name: &str,
    table: Arc<dyn datafusion::catalog::TableProvider>,
    sql: &str,
) -> String {
    let catalog = lake.empty_catalog();
    catalog.add(name, table).unwrap();
    let session = session(catalog, &Default::default()).unwrap();
    let batches = session.sql(sql).await.unwrap().collect().await.unwrap();
    arrow::util::pretty::pretty_format_batches(&batches)
        .unwrap()
        .to_string()
}

/// The one number that a question answers.
pub(crate) async fn number(lake: &Lake, name: &str, sql: &str) -> i64 {
    let table = lake.table(name).await.unwrap().unwrap().provider().unwrap();
    let catalog = lake.empty_catalog();
    catalog.add(name, table).unwrap();
    let session = session(catalog, &Default::default()).unwrap();
    let batches = session.sql(sql).await.unwrap().collect().await.unwrap();
    batches[0]
        .column(0)
        .as_any()
        .downcast_ref::<Int64Array>()
        .unwrap()
        .value(0)
}

/// A disk that knows what it has been asked to keep. Until it is asked, bytes
/// and names are only in memory, as on a real machine.
#[derive(Debug, Default)]
pub(crate) struct ForgetfulDisk {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    /// Lengths of files whose bytes are on the platter, by the file itself, for
    /// a name may change afterwards.
    bytes: HashMap<u64, u64>,
    /// Names in each folder that are on the platter.
    names: HashMap<PathBuf, HashSet<PathBuf>>,
}

impl Disk for ForgetfulDisk {
    fn sync_file(&self, path: &Path) -> std::io::Result<()> {
        let meta = std::fs::metadata(path)?;
        self.kept
            .lock()
            .unwrap()
            .bytes
            .insert(inode(&meta), meta.len());
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> std::io::Result<()> {
        let names = std::fs::read_dir(path)?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<_>>()?;
        self.kept
            .lock()
            .unwrap()
            .names
            .insert(path.to_path_buf(), names);
        Ok(())
    }
}

impl ForgetfulDisk {
    /// Copies a folder as it would be found after a power cut: names that were
    /// not kept are gone, bytes that were not kept are missing from their files.
    pub(crate) fn after_power_cut(&self, folder: &Path, into: &Path) {
        copy_kept(&self.kept.lock().unwrap(), folder, into);
    }
}

fn copy_kept(kept: &Kept, folder: &Path, into: &Path) {
    std::fs::create_dir_all(into).unwrap();
    let Some(names) = kept.names.get(folder) else {
        return;
    };
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if !names.contains(&path) {
            continue;
        }
        let target = into.join(path.file_name().unwrap());
        let meta = std::fs::metadata(&path).unwrap();
        if meta.is_dir() {
            copy_kept(kept, &path, &target);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            let length = kept.bytes.get(&inode(&meta)).copied().unwrap_or(0) as usize;
            std::fs::write(&target, &bytes[..length.min(bytes.len())]).unwrap();
        }
    }
}

#[cfg(unix)]
fn inode(meta: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(meta)
}

#[cfg(not(unix))]
fn inode(meta: &std::fs::Metadata) -> u64 {
    let _ = meta;
    0
}
