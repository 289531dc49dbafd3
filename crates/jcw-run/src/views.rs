//! Views of the ledger and the releases, as rows for a person: what came in,
//! what was kept back, what was published.

use crate::Error;
use crate::ledger::{EXTRACT_TABLE, Extract, Ledger, REJECT_TABLE, RUN_TABLE, Warning};
use crate::retain::REMOVAL_TABLE;
use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, UInt64Array,
};
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Int64Type};
use datafusion::datasource::ViewTable;
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::prelude::{DataFrame, SessionContext};
use futures::TryStreamExt;
use jcw_lake::{Lake, Note, Release, SessionSettings, session};
use jcw_project::EXTRACT_COLUMN;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// Every extract with what became of its rows, newest first.
///
/// `in_table` and `in_rejects` are counted now, in the tables, and not taken
/// from the ledger. `closes` is true where received = accepted + rejected +
/// duplicate, where as many rows as were rejected are among the rejects, and
/// where an extract of which nothing has been replaced has all its accepted rows
/// in its table.
pub async fn status(lake: &Lake) -> Result<RecordBatch, Error> {
    let ledger = Ledger::read(lake).await?;
    let counted = Counted::of(lake, &ledger).await?;
    let standing: HashSet<_> = ledger
        .standing_whole()
        .into_iter()
        .map(std::ptr::from_ref)
        .collect();
    let mut extracts: Vec<&Extract> = ledger.extracts().iter().collect();
    extracts.sort_by(|a, b| {
        (b.received_at, &b.run_id, &a.source, &a.file).cmp(&(
            a.received_at,
            &a.run_id,
            &b.source,
            &b.file,
        ))
    });
    let text = |of: &dyn Fn(&Extract) -> Option<String>| -> ArrayRef {
        Arc::new(
            extracts
                .iter()
                .map(|extract| of(extract))
                .collect::<StringArray>(),
        )
    };
    let number = |of: &dyn Fn(&Extract) -> Option<i64>| -> ArrayRef {
        Arc::new(
            extracts
                .iter()
                .map(|extract| of(extract))
                .collect::<Int64Array>(),
        )
    };
    let at = extracts
        .iter()
        .map(|extract| extract.received_at.timestamp_micros());
    let closes = extracts
        .iter()
        .map(|extract| Some(counted.closes(&standing, extract)));
    Ok(RecordBatch::try_from_iter([
        (
            "received_at",
            Arc::new(TimestampMicrosecondArray::from_iter_values(at).with_timezone("UTC"))
                as ArrayRef,
        ),
        ("source", text(&|e| Some(e.source.clone()))),
        ("file", text(&|e| Some(e.file.clone()))),
        ("table_name", text(&|e| Some(e.table_name.clone()))),
        ("status", text(&|e| Some(e.status.clone()))),
        ("received", number(&|e| Some(e.received))),
        ("accepted", number(&|e| Some(e.accepted))),
        ("rejected", number(&|e| Some(e.rejected))),
        ("duplicate", number(&|e| Some(e.duplicate))),
        ("outdated", number(&|e| Some(e.outdated.unwrap_or(0)))),
        ("superseded", number(&|e| Some(e.superseded))),
        ("warned", number(&|e| Some(e.warned))),
        ("in_table", number(&|e| counted.in_table(e))),
        ("in_rejects", number(&|e| counted.in_rejects(e))),
        (
            "closes",
            Arc::new(closes.collect::<BooleanArray>()) as ArrayRef,
        ),
        ("rule", text(&|e| e.rule.clone())),
        ("reason", text(&|e| e.reason.clone())),
        (
            "sha256",
            text(&|e| {
                e.sha256
                    .as_ref()
                    .map(|sha256| sha256[..12.min(sha256.len())].to_owned())
            }),
        ),
    ])?)
}

/// Rows counted in the tables, by extract.
struct Counted {
    accepted: HashMap<(String, String), i64>,
    rejected: HashMap<String, i64>,
}

impl Counted {
    async fn of(lake: &Lake, ledger: &Ledger) -> Result<Self, Error> {
        let mut accepted = HashMap::new();
        for table in ledger.versions().into_keys() {
            let sql = format!(
                "select {EXTRACT_COLUMN} as extract, count(*) as n from {table} group by 1"
            );
            for (extract, n) in count(lake, &table, &sql).await? {
                accepted.insert((table.clone(), extract), n);
            }
        }
        let sql = format!(
            "select concat(extract, ' ', coalesce(table_name, '')), count(*) as n from
             (select distinct extract, table_name, sheet, \"row\" from {REJECT_TABLE}) as rejected_rows
             group by 1"
        );
        let rejected = count(lake, REJECT_TABLE, &sql).await?.into_iter().collect();
        Ok(Counted { accepted, rejected })
    }

    fn in_table(&self, extract: &Extract) -> Option<i64> {
        let key = (extract.table_name.clone(), extract.mark()?.to_owned());
        (extract.status == "loaded").then(|| self.accepted.get(&key).copied().unwrap_or(0))
    }

    fn in_rejects(&self, extract: &Extract) -> Option<i64> {
        let key = format!("{} {}", extract.mark()?, extract.table_name);
        let is_judged = !matches!(extract.status.as_str(), "duplicate" | "outdated");
        is_judged.then(|| self.rejected.get(&key).copied().unwrap_or(0))
    }

    fn closes(&self, standing: &HashSet<*const Extract>, extract: &Extract) -> bool {
        let told = extract.accepted + extract.rejected + extract.duplicate;
        let adds_up = extract.received == told + extract.outdated.unwrap_or(0);
        let stands = standing.contains(&std::ptr::from_ref(extract));
        let is_there = self.in_table(extract) == Some(extract.accepted)
            && self.in_rejects(extract) == Some(extract.rejected);
        adds_up && (!stands || is_there)
    }
}

async fn count(lake: &Lake, table: &str, sql: &str) -> Result<Vec<(String, i64)>, Error> {
    let Some(found) = lake.table(table).await? else {
        return Ok(Vec::new());
    };
    let batch = rows_of(lake, table, found.version(), sql).await?;
    let extracts = cast(batch.column(0), &DataType::Utf8)?;
    let counts = cast(batch.column(1), &DataType::Int64)?;
    let counts = counts.as_primitive::<Int64Type>().iter().flatten();
    let extracts = extracts
        .as_string::<i32>()
        .iter()
        .flatten()
        .map(str::to_owned);
    Ok(extracts.zip(counts).collect())
}

/// How many rows were rejected, by source, file, rule and column; `None` when no
/// row ever was.
pub async fn rejects(lake: &Lake) -> Result<Option<RecordBatch>, Error> {
    let Some(table) = lake.table(REJECT_TABLE).await? else {
        return Ok(None);
    };
    let sql = format!(
        "select source, file, rule, \"column\", count(*) as rows, min(\"row\") as first_row, min(reason) as reason
         from {REJECT_TABLE} group by source, file, rule, \"column\" order by source, file, rule, \"column\""
    );
    Ok(Some(
        rows_of(lake, REJECT_TABLE, table.version(), &sql).await?,
    ))
}

/// Everything odd about files that loaded all the same, newest first.
pub async fn warnings(lake: &Lake) -> Result<RecordBatch, Error> {
    let ledger = Ledger::read(lake).await?;
    let told: Vec<(&Extract, Warning)> = ledger
        .extracts()
        .iter()
        .rev()
        .flat_map(|extract| {
            extract
                .warnings()
                .into_iter()
                .map(move |warning| (extract, warning))
        })
        .collect();
    let text = |of: &dyn Fn(&(&Extract, Warning)) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(told.iter().map(of)))
    };
    Ok(RecordBatch::try_from_iter([
        ("source", text(&|(extract, _)| extract.source.clone())),
        ("file", text(&|(extract, _)| extract.file.clone())),
        ("rule", text(&|(_, warning)| warning.rule.clone())),
        (
            "rows",
            Arc::new(UInt64Array::from_iter_values(
                told.iter().map(|(_, warning)| warning.rows),
            )) as ArrayRef,
        ),
        (
            "first_row",
            Arc::new(
                told.iter()
                    .map(|(_, warning)| warning.first_row)
                    .collect::<Int64Array>(),
            ) as ArrayRef,
        ),
        ("message", text(&|(_, warning)| warning.message.clone())),
    ])?)
}

/// Every release, newest first.
pub async fn releases(lake: &Lake) -> Result<RecordBatch, Error> {
    let mut releases = lake.releases().await?;
    releases.reverse();
    let text = |of: &dyn Fn(&Release) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(releases.iter().map(of)))
    };
    let number = |of: &dyn Fn(&Release) -> i64| -> ArrayRef {
        Arc::new(Int64Array::from_iter_values(releases.iter().map(of)))
    };
    let at = releases
        .iter()
        .map(|release| release.created_at.timestamp_micros());
    Ok(RecordBatch::try_from_iter([
        ("release", text(&|r| r.id.clone())),
        (
            "published_at",
            Arc::new(TimestampMicrosecondArray::from_iter_values(at).with_timezone("UTC"))
                as ArrayRef,
        ),
        ("note", text(&|r| note(&r.contents.note))),
        ("tables", number(&|r| r.contents.tables.len() as i64)),
        ("extracts", number(&|r| r.contents.extracts.len() as i64)),
        ("run_id", text(&|r| r.contents.run_id.clone())),
    ])?)
}

/// Runs a query against one release; the ledger's tables are there too, as
/// they stand now.
pub async fn query(
    lake: &Lake,
    release: Option<&str>,
    sql: &str,
) -> Result<SendableRecordBatchStream, Error> {
    let release = find(lake, release).await?;
    let context = session_of(lake, &release).await?;
    let options = datafusion::execution::context::SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false);
    let frame = context.sql_with_options(sql, options).await?;
    Ok(frame.execute_stream().await?)
}

/// The same, collected: for a few rows.
pub async fn query_all(
    lake: &Lake,
    release: Option<&str>,
    sql: &str,
) -> Result<(arrow::datatypes::SchemaRef, Vec<RecordBatch>), Error> {
    let stream = query(lake, release, sql).await?;
    let schema = stream.schema();
    Ok((schema, stream.try_collect().await?))
}

/// Makes what an earlier release showed current again.
pub async fn rollback(lake: &Lake, id: &str) -> Result<Release, Error> {
    let to = find(lake, Some(id)).await?;
    let current = find(lake, None).await?;
    if current.contents.tables == to.contents.tables {
        return Err(Error::Usage(format!(
            "{} shows what {id} showed already; nothing was published",
            current.id
        )));
    }
    Ok(lake
        .roll_back(&to.id, &uuid::Uuid::now_v7().to_string())
        .await?)
}

/// A session that sees one release, its views, and the ledger's tables as they
/// stand now.
pub(crate) async fn session_of(lake: &Lake, release: &Release) -> Result<SessionContext, Error> {
    session_with(lake, release, &BTreeMap::new()).await
}

/// A session that sees one release, its views, and the ledger's tables as they
/// stood when it was published, as far as it says.
pub(crate) async fn session_as_of(lake: &Lake, release: &Release) -> Result<SessionContext, Error> {
    session_with(lake, release, &release.contents.ledger).await
}

async fn session_with(
    lake: &Lake,
    release: &Release,
    ledger: &BTreeMap<String, u64>,
) -> Result<SessionContext, Error> {
    let catalog = lake.catalog(release)?;
    for name in [EXTRACT_TABLE, REJECT_TABLE, RUN_TABLE, REMOVAL_TABLE] {
        let version = match ledger.get(name) {
            Some(version) => Some(*version),
            None => lake.newest_version(name).await?,
        };
        if let Some(version) = version {
            catalog.pin(name, version)?;
        }
    }
    let context = session(catalog.clone(), &SessionSettings::default())?;
    for view in &release.contents.views {
        let plan = context.state().create_logical_plan(&view.sql).await?;
        catalog.add(
            &view.name,
            Arc::new(ViewTable::new(plan, Some(view.sql.clone()))),
        )?;
    }
    Ok(context)
}

/// The release of that id, or the current one.
pub(crate) async fn find(lake: &Lake, id: Option<&str>) -> Result<Release, Error> {
    match id {
        Some(id) => {
            let releases = lake.releases().await?;
            releases
                .into_iter()
                .find(|release| is_named(&release.id, id))
                .ok_or_else(|| {
                    Error::Usage(format!(
                        "there is no release {id}; `jcw releases` lists those there are"
                    ))
                })
        }
        None => lake.current_release().await?.ok_or_else(|| {
            Error::Usage("nothing has been published yet; `jcw run` publishes".into())
        }),
    }
}

/// `r00000012` is also called `12`.
fn is_named(id: &str, asked: &str) -> bool {
    id == asked || id.trim_start_matches('r').trim_start_matches('0') == asked
}

fn note(note: &Note) -> String {
    match note {
        Note::Publish => "published".to_owned(),
        Note::Rollback { of } => format!("back to {of}"),
    }
}

/// The answer to a query over one table as it stands.
async fn rows_of(lake: &Lake, table: &str, version: u64, sql: &str) -> Result<RecordBatch, Error> {
    let catalog = lake.empty_catalog();
    catalog.pin(table, version)?;
    let context = session(catalog, &SessionSettings::default())?;
    collect(context.sql(sql).await?).await
}

/// All rows of an answer as one batch, with its schema even when there are none.
pub(crate) async fn collect(frame: DataFrame) -> Result<RecordBatch, Error> {
    let stream = frame.execute_stream().await?;
    let schema = stream.schema();
    let batches: Vec<RecordBatch> = stream.try_collect().await?;
    Ok(concat_batches(&schema, &batches)?)
}
