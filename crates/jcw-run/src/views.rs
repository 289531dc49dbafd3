//! Views of the ledger and the releases, as rows for a person: what came in,
//! what was kept back, what was published.

use crate::Error;
use crate::ledger::{EXTRACT_TABLE, Extract, Ledger, REJECT_TABLE, RUN_TABLE, Warning};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use datafusion::datasource::ViewTable;
use datafusion::physical_plan::SendableRecordBatchStream;
use datafusion::prelude::SessionContext;
use futures::TryStreamExt;
use jcw_lake::{Lake, Note, Release, SessionSettings, session};
use std::sync::Arc;

/// Every extract with what became of its rows, newest first.
///
/// `closes` is true where received = accepted + rejected + duplicate.
pub async fn status(lake: &Lake) -> Result<RecordBatch, Error> {
    let sql = format!(
        "select received_at, source, file, status, received, accepted, rejected, duplicate, superseded,
                warned, received = accepted + rejected + duplicate as closes, rule, reason,
                substr(sha256, 1, 12) as sha256
         from {EXTRACT_TABLE} order by received_at desc, run_id desc, source, file"
    );
    rows(lake, EXTRACT_TABLE, &sql).await
}

/// How many rows were rejected, by source, file, rule and column.
pub async fn rejects(lake: &Lake) -> Result<RecordBatch, Error> {
    let sql = format!(
        "select source, file, rule, \"column\", count(distinct \"row\") as rows, min(\"row\") as first_row,
                min(reason) as reason
         from {REJECT_TABLE} group by source, file, rule, \"column\" order by source, file, rule, \"column\""
    );
    rows(lake, REJECT_TABLE, &sql).await
}

/// Everything odd about files that loaded all the same, newest first.
pub async fn warnings(lake: &Lake) -> Result<RecordBatch, Error> {
    use arrow::array::{ArrayRef, Int64Array, StringArray, UInt64Array};
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
    use arrow::array::{ArrayRef, Int64Array, StringArray, TimestampMicrosecondArray};
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
    Ok(lake
        .roll_back(&to.id, &uuid::Uuid::now_v7().to_string())
        .await?)
}

/// A session that sees one release, its views, and the ledger's tables as they
/// stand now.
pub(crate) async fn session_of(lake: &Lake, release: &Release) -> Result<SessionContext, Error> {
    let catalog = lake.catalog(release)?;
    for name in [EXTRACT_TABLE, REJECT_TABLE, RUN_TABLE] {
        if let Some(table) = lake.table(name).await? {
            catalog.pin(name, table.version())?;
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
                .find(|release| release.id == id)
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

fn note(note: &Note) -> String {
    match note {
        Note::Publish => "published".to_owned(),
        Note::Rollback { of } => format!("back to {of}"),
    }
}

/// Rows of one table of the ledger.
async fn rows(lake: &Lake, name: &str, sql: &str) -> Result<RecordBatch, Error> {
    let Some(table) = lake.table(name).await? else {
        return Err(Error::Usage(
            "nothing has been received yet; `jcw run` pulls what is there".into(),
        ));
    };
    let catalog = lake.empty_catalog();
    catalog.pin(name, table.version())?;
    let context = session(catalog, &SessionSettings::default())?;
    let stream = context.sql(sql).await?.execute_stream().await?;
    let schema = stream.schema();
    let batches: Vec<RecordBatch> = stream.try_collect().await?;
    Ok(concat_batches(&schema, &batches)?)
}
