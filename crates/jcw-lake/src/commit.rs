//! A commit makes staged rows visible, all at once. There is one way to do it,
//! here: one new entry in the table's log, written create-only at the version
//! after the one that the stage began from.

use crate::error::{LakeError, Result};
use crate::lake::Lake;
use crate::name::TableName;
use crate::provenance::Provenance;
use crate::schema_change::schema_actions;
use crate::stage::{Period, Staged};
use crate::table::{LINES_KEY, PROVENANCE_KEY, Table, log_entry, read_commit};
use deltalake::kernel::transaction::CommitData;
use deltalake::kernel::{Action, Add};
use deltalake::protocol::{DeltaOperation, SaveMode};
use object_store::path::Path;
use std::collections::{BTreeSet, HashMap};

/// Which rows the staged ones take the place of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// All of them; the schema may change.
    Everything,
    /// Those of the periods named, which are whole partitions. A period with no
    /// staged rows becomes empty.
    Periods {
        /// The table's partition columns.
        columns: Vec<String>,
        /// The periods that are replaced; a staged row outside them is an error.
        values: Vec<Period>,
    },
    /// None.
    Append,
    /// Those of these files, named from the root of the store: the staged rows are
    /// the same ones, in other files. Nothing changes for a reader.
    Files(BTreeSet<Path>),
}

/// What a commit did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The version that is now the newest.
    pub version: u64,
    /// Rows that it added.
    pub added_rows: u64,
    /// Rows that were visible before and are not any more.
    pub superseded_rows: u64,
}

impl Scope {
    /// Replaces exactly the periods that have staged rows.
    pub fn staged_periods(staged: &Staged) -> Scope {
        Scope::Periods {
            columns: staged.partition_by.clone(),
            values: staged.periods(),
        }
    }

    /// Whether it can follow a table that has moved since the stage began.
    fn follows(&self) -> bool {
        matches!(self, Scope::Append | Scope::Files(_))
    }
}

impl Lake {
    /// Makes staged rows visible in one step, with where they came from.
    ///
    /// # Errors
    /// [`LakeError::LostRace`] when the table has moved since the stage began
    /// (an append follows the table instead, and so does what only puts files
    /// together, while the table still has them); [`LakeError::SchemaChange`] when
    /// the rows do not fit. After any error nothing is visible that was not
    /// before.
    pub async fn commit(
        &self,
        staged: Staged,
        scope: Scope,
        provenance: Provenance,
    ) -> Result<Committed> {
        let commit_id = uuid::Uuid::now_v7().to_string();
        let provenance = Provenance {
            commit_id: commit_id.clone(),
            ..provenance
        };
        for _ in 0..TRIES {
            let current = Table::open(self, staged.name.clone(), None).await?;
            let found = current.as_ref().map(Table::version);
            if !scope.follows() && found != staged.base {
                return Err(LakeError::LostRace {
                    what: staged.table(),
                });
            }
            let plan = Plan::new(&staged, &scope, current.as_ref())?;
            let version = found.map_or(0, |version| version + 1);
            let committed = Committed {
                version,
                added_rows: staged.rows(),
                superseded_rows: plan.superseded_rows,
            };
            let entry = plan.entry(&staged, &scope, &provenance, committed)?;
            match self
                .write_entry(&staged.name, version, entry, &commit_id)
                .await
            {
                Ok(()) => {
                    checkpoint(self, &staged.name, version).await;
                    return Ok(committed);
                }
                Err(error) if error.is_lost_race() && scope.follows() => {}
                Err(error) => return Err(error),
            }
        }
        Err(LakeError::LostRace {
            what: staged.table(),
        })
    }

    /// Writes a log entry create-only. A store may answer "it is there already",
    /// or not at all, although the entry is our own: then the log decides.
    async fn write_entry(
        &self,
        name: &TableName,
        version: u64,
        entry: Vec<u8>,
        commit_id: &str,
    ) -> Result<()> {
        let path: Path = log_entry(name, version);
        let Err(error) = self.create(&path, entry).await else {
            return Ok(());
        };
        match read_commit(self, name, version).await {
            Ok(Some(commit))
                if commit
                    .provenance
                    .as_ref()
                    .is_some_and(|p| p.commit_id == commit_id) =>
            {
                Ok(())
            }
            Ok(Some(_)) => Err(LakeError::LostRace {
                what: name.to_string(),
            }),
            Ok(None) | Err(_) => Err(error),
        }
    }
}

/// What a commit will do to a table.
struct Plan {
    actions: Vec<Action>,
    superseded_rows: u64,
}

impl Plan {
    fn new(staged: &Staged, scope: &Scope, current: Option<&Table>) -> Result<Plan> {
        let mut actions = schema_actions(staged, scope, current)?;
        let mut superseded_rows = 0;
        let changes_rows = !matches!(scope, Scope::Files(_));
        let mut replaced = 0;
        if let Some(table) = current {
            for view in table.snapshot().log_data().iter() {
                let values = view.partition_values_map();
                let period: Period = table
                    .partition_by()
                    .iter()
                    .map(|c| values.get(c).cloned().flatten())
                    .collect();
                let is_replaced = match scope {
                    Scope::Files(files) => files.contains(&table.place_of(&view)),
                    _ => is_replaced(scope, &period),
                };
                if is_replaced {
                    replaced += 1;
                    superseded_rows += view.num_records().unwrap_or_default() as u64;
                    actions.push(Action::Remove(view.remove_action(changes_rows)));
                }
            }
        }
        if let Scope::Files(files) = scope
            && replaced != files.len()
        {
            return Err(LakeError::LostRace {
                what: staged.table(),
            });
        }
        if let Scope::Periods { .. } = scope
            && let Some(stray) = staged
                .periods()
                .iter()
                .find(|period| !is_replaced(scope, period))
        {
            return Err(LakeError::SchemaChange {
                table: staged.table(),
                reason: format!(
                    "there are rows for the period {}, which is not replaced",
                    show(stray)
                ),
            });
        }
        actions.extend(staged.files.iter().map(|file| {
            Action::Add(Add {
                data_change: changes_rows,
                ..file.add.clone()
            })
        }));
        Ok(Plan {
            actions,
            superseded_rows,
        })
    }

    /// The log entry's bytes, one action a line, ended by a newline so that a
    /// torn entry can be told from a whole one.
    fn entry(
        self,
        staged: &Staged,
        scope: &Scope,
        provenance: &Provenance,
        committed: Committed,
    ) -> Result<Vec<u8>> {
        let provenance = Provenance {
            added_rows: committed.added_rows,
            superseded_rows: committed.superseded_rows,
            ..provenance.clone()
        };
        let provenance = serde_json::to_value(provenance).map_err(|error| LakeError::Corrupt {
            what: format!("the provenance of {}", staged.table()),
            reason: error.to_string(),
        })?;
        let operation = match scope {
            Scope::Files(_) => DeltaOperation::Optimize {
                predicate: None,
                target_size: i64::try_from(staged.bytes()).unwrap_or(i64::MAX),
            },
            _ => DeltaOperation::Write {
                mode: match scope {
                    Scope::Append => SaveMode::Append,
                    _ => SaveMode::Overwrite,
                },
                partition_by: (!staged.partition_by.is_empty())
                    .then(|| staged.partition_by.clone()),
                predicate: None,
            },
        };
        let lines = self.actions.len() + 1;
        let metadata = HashMap::from([
            (PROVENANCE_KEY.to_owned(), provenance),
            (LINES_KEY.to_owned(), lines.into()),
        ]);
        let data = CommitData::new(self.actions, operation, metadata, Vec::new());
        let bytes = data.get_bytes().map_err(|error| LakeError::Corrupt {
            what: format!("the next log entry of {}", staged.table()),
            reason: error.to_string(),
        })?;
        let mut entry = bytes.to_vec();
        entry.push(b'\n');
        Ok(entry)
    }
}

fn is_replaced(scope: &Scope, period: &Period) -> bool {
    match scope {
        Scope::Everything => true,
        Scope::Append | Scope::Files(_) => false,
        Scope::Periods { values, .. } => values.iter().any(|value| same_period(value, period)),
    }
}

/// Delta cannot tell an empty text from none.
fn same_period(a: &Period, b: &Period) -> bool {
    let known = |value: &Option<String>| value.clone().filter(|text| !text.is_empty());
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| known(a) == known(b))
}

fn show(period: &Period) -> String {
    period
        .iter()
        .map(|value| value.as_deref().unwrap_or("(none)"))
        .collect::<Vec<_>>()
        .join(", ")
}

/// A checkpoint spares readers the older entries. It is a convenience: when it
/// fails the commit stands.
async fn checkpoint(lake: &Lake, name: &TableName, version: u64) {
    if version == 0 || !version.is_multiple_of(CHECKPOINT_EVERY) {
        return;
    }
    let mut table = deltalake::DeltaTable::new(lake.log_store(name));
    let made = match table.load_version(version).await {
        Ok(()) => deltalake::checkpoints::create_checkpoint(&table, None).await,
        Err(error) => Err(error),
    };
    if let Err(error) = made {
        tracing::warn!(table = %name, version, %error, "no checkpoint was made; the commit stands");
    }
}

const CHECKPOINT_EVERY: u64 = 50;

/// How often a commit follows a table that others are appending to.
const TRIES: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{batch, by_period, load, number, on_disk, staged, write};

    #[tokio::test]
    async fn a_period_delivered_again_replaces_only_itself_and_is_counted() {
        let (folder, lake) = on_disk().await;
        let first = load(&lake, "a.b", &[("2023", 1), ("2024", 2), ("2024", 3)]).await;
        assert_eq!(
            (first.version, first.added_rows, first.superseded_rows),
            (0, 3, 0)
        );
        let untouched = || {
            let period = folder.path().join("tables/a/b/period=2023");
            let file = std::fs::read_dir(period)
                .unwrap()
                .next()
                .unwrap()
                .unwrap()
                .path();
            (file.clone(), std::fs::read(file).unwrap())
        };
        let before = untouched();
        let second = load(&lake, "a.b", &[("2024", 5)]).await;
        assert_eq!(
            (second.version, second.added_rows, second.superseded_rows),
            (1, 1, 2)
        );
        assert_eq!(number(&lake, "a.b", "select sum(n) from a.b").await, 6);
        assert_eq!(
            number(&lake, "a.b", "select sum(n) from a.b where period = '2024'").await,
            5
        );
        assert!(
            before == untouched(),
            "the other period's bytes are the same"
        );
        let table = lake.table("a.b").await.unwrap().unwrap();
        assert_eq!(table.rows(), 2);
        assert_eq!(table.rows_by_period()[&vec![Some("2024".to_owned())]], 1);
        assert_eq!(table.at(0).await.unwrap().rows(), 3);
    }

    #[tokio::test]
    async fn replacing_with_nothing_empties_a_period_or_the_table() {
        let (_folder, lake) = on_disk().await;
        load(&lake, "a.b", &[("2023", 1), ("2024", 2)]).await;
        let nothing = lake
            .stage("a.b", &batch(&[]).schema(), &by_period())
            .await
            .unwrap()
            .finish(Vec::new());
        let scope = Scope::Periods {
            columns: by_period(),
            values: vec![vec![Some("2024".into())]],
        };
        let made = lake
            .commit(nothing, scope, Provenance::default())
            .await
            .unwrap();
        assert_eq!((made.added_rows, made.superseded_rows), (0, 1));
        let nothing = lake
            .stage("a.b", &batch(&[]).schema(), &by_period())
            .await
            .unwrap()
            .finish(Vec::new());
        let made = lake
            .commit(nothing, Scope::Everything, Provenance::default())
            .await
            .unwrap();
        assert_eq!((made.added_rows, made.superseded_rows), (0, 1));
        assert_eq!(number(&lake, "a.b", "select count(*) from a.b").await, 0);
    }

    #[tokio::test]
    async fn a_lost_race_is_reported_not_retried_blindly() {
        let (folder, lake) = on_disk().await;
        let other = Lake::open(folder.path().to_str().unwrap()).await.unwrap();
        let mine = staged(&lake, "a.b", &[("2024", 1)]).await;
        load(&other, "a.b", &[("2024", 2)]).await;
        let scope = Scope::staged_periods(&mine);
        let lost = lake
            .commit(mine, scope, Provenance::default())
            .await
            .unwrap_err();
        assert!(lost.is_lost_race(), "{lost}");
        assert_eq!(number(&lake, "a.b", "select sum(n) from a.b").await, 2);
    }

    #[tokio::test]
    async fn appends_from_many_sides_are_all_kept() {
        let (folder, lake) = on_disk().await;
        let mut tasks = tokio::task::JoinSet::new();
        for n in 0..6 {
            let other = Lake::open(folder.path().to_str().unwrap()).await.unwrap();
            tasks.spawn(async move {
                let rows = batch(&[("x", n)]);
                let stage = other.stage("jcw.run", &rows.schema(), &[]).await.unwrap();
                let staged = write(stage, &[rows]).await;
                other
                    .commit(staged, Scope::Append, Provenance::default())
                    .await
                    .unwrap()
                    .version
            });
        }
        let mut versions = tasks.join_all().await;
        versions.sort_unstable();
        assert_eq!(versions, vec![0, 1, 2, 3, 4, 5]);
        assert_eq!(
            number(&lake, "jcw.run", "select sum(n) from jcw.run").await,
            15
        );
    }
}
