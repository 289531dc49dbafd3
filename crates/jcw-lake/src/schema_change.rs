//! A schema change is what a commit does to a table's columns besides its rows:
//! the first commit declares them, replacing everything may declare others, and
//! a period may bring new ones. A change that would make old rows mean something
//! else is refused.

use crate::commit::Scope;
use crate::error::{Doing as _, LakeError, Result};
use crate::stage::Staged;
use crate::table::Table;
use arrow::datatypes::{Schema, SchemaRef};
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel as _;
use deltalake::kernel::{Action, MetadataExt as _, Protocol, StructType, new_metadata};

/// Protocol and metadata where the table is new or its schema changes.
pub(crate) fn schema_actions(
    staged: &Staged,
    scope: &Scope,
    current: Option<&Table>,
) -> Result<Vec<Action>> {
    let change = |reason: String| LakeError::SchemaChange {
        table: staged.table(),
        reason,
    };
    if let Scope::Periods { columns, .. } = scope
        && columns != &staged.partition_by
    {
        return Err(change(format!(
            "its rows are divided by ({}) and cannot be replaced by ({})",
            staged.partition_by.join(", "),
            columns.join(", ")
        )));
    }
    let Some(table) = current else {
        let schema = delta_schema(staged, &staged.schema)?;
        let none: [(String, String); 0] = [];
        let metadata = new_metadata(&schema, &staged.partition_by, none)
            .map_err(|error| change(error.to_string()))?;
        return Ok(vec![
            Action::Protocol(oldest_protocol()?),
            Action::Metadata(metadata),
        ]);
    };
    if *scope == Scope::Everything {
        if table.schema() == &staged.schema && table.partition_by() == staged.partition_by {
            return Ok(Vec::new());
        }
        let schema = delta_schema(staged, &staged.schema)?;
        return Ok(vec![Action::Metadata(replaced_metadata(
            staged, table, &schema,
        )?)]);
    }
    if table.partition_by() != staged.partition_by {
        return Err(change(format!(
            "its rows are divided by ({}), and these by ({}); replace everything to change that",
            table.partition_by().join(", "),
            staged.partition_by.join(", ")
        )));
    }
    let merged = merged_schema(staged, table.schema())?;
    if &merged == table.schema() {
        return Ok(Vec::new());
    }
    let schema = delta_schema(staged, &merged)?;
    let metadata = table.snapshot().metadata().clone();
    let metadata = metadata
        .with_schema(&schema)
        .map_err(|error| change(error.to_string()))?;
    Ok(vec![Action::Metadata(metadata)])
}

/// The table's columns, then the new ones. A column that the new rows lack
/// stays, null in them.
fn merged_schema(staged: &Staged, table: &SchemaRef) -> Result<SchemaRef> {
    let mut fields: Vec<_> = table.fields().iter().cloned().collect();
    for field in staged.schema.fields() {
        match table.field_with_name(field.name()) {
            Ok(known) if known.data_type() == field.data_type() => {}
            Ok(known) => {
                return Err(LakeError::SchemaChange {
                    table: staged.table(),
                    reason: format!(
                        "column \"{}\" is {} in the table and {} in the new rows; load the whole table \
                         again to change a column's type",
                        field.name(),
                        known.data_type(),
                        field.data_type()
                    ),
                });
            }
            Err(_) => fields.push(field.clone()),
        }
    }
    Ok(std::sync::Arc::new(Schema::new(fields)))
}

fn delta_schema(staged: &Staged, schema: &SchemaRef) -> Result<StructType> {
    schema
        .as_ref()
        .try_into_kernel()
        .doing(|| format!("describing the columns of {}", staged.table()))
}

/// The same table, with other columns or other partition columns.
fn replaced_metadata(
    staged: &Staged,
    table: &Table,
    schema: &StructType,
) -> Result<deltalake::kernel::Metadata> {
    let change = |error: deltalake::kernel::Error| LakeError::SchemaChange {
        table: staged.table(),
        reason: error.to_string(),
    };
    let none: [(String, String); 0] = [];
    new_metadata(schema, &staged.partition_by, none)
        .map_err(change)?
        .with_table_id(table.snapshot().metadata().id().to_owned())
        .map_err(|error| LakeError::SchemaChange {
            table: staged.table(),
            reason: error.to_string(),
        })
}

/// Reader 1, writer 2: every program that reads Delta reads this.
fn oldest_protocol() -> Result<Protocol> {
    serde_json::from_value(serde_json::json!({"minReaderVersion": 1, "minWriterVersion": 2}))
        .map_err(|error| LakeError::Corrupt {
            what: "the table protocol".into(),
            reason: error.to_string(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Provenance;
    use crate::testing::{ask, batch, by_period, load, number, on_disk, write};
    use arrow::array::{
        ArrayRef, Date32Array, Decimal128Array, RecordBatch, StringArray,
        TimestampMicrosecondArray, TimestampNanosecondArray,
    };
    use std::sync::Arc;

    #[tokio::test]
    async fn a_new_column_may_join_a_period_but_a_type_may_not_change() {
        let (_folder, lake) = on_disk().await;
        load(&lake, "a.b", &[("2023", 1)]).await;
        let wider = RecordBatch::try_from_iter([
            (
                "period",
                Arc::new(StringArray::from(vec!["2024"])) as ArrayRef,
            ),
            ("word", Arc::new(StringArray::from(vec!["new"])) as ArrayRef),
        ])
        .unwrap();
        let staged = write(
            lake.stage("a.b", &wider.schema(), &by_period())
                .await
                .unwrap(),
            &[wider],
        )
        .await;
        let scope = Scope::staged_periods(&staged);
        lake.commit(staged, scope, Provenance::default())
            .await
            .unwrap();
        let table = lake.table("a.b").await.unwrap().unwrap();
        let answer = ask(
            &lake,
            "a.b",
            table.provider().unwrap(),
            "select period, n, word from a.b order by period",
        )
        .await;
        assert!(
            answer.contains("| 2023   | 1 |      |") && answer.contains("| 2024   |   | new  |"),
            "{answer}"
        );

        let other = RecordBatch::try_from_iter([
            (
                "period",
                Arc::new(StringArray::from(vec!["2024"])) as ArrayRef,
            ),
            ("n", Arc::new(StringArray::from(vec!["one"])) as ArrayRef),
        ])
        .unwrap();
        let staged = write(
            lake.stage("a.b", &other.schema(), &by_period())
                .await
                .unwrap(),
            std::slice::from_ref(&other),
        )
        .await;
        let scope = Scope::staged_periods(&staged);
        let refused = lake
            .commit(staged, scope, Provenance::default())
            .await
            .unwrap_err();
        assert!(
            matches!(refused, LakeError::SchemaChange { .. }),
            "{refused}"
        );
        // All of it may be replaced by anything.
        let staged = write(
            lake.stage("a.b", &other.schema(), &[]).await.unwrap(),
            &[other],
        )
        .await;
        let made = lake
            .commit(staged, Scope::Everything, Provenance::default())
            .await
            .unwrap();
        assert_eq!(made.superseded_rows, 2);
        let table = lake.table("a.b").await.unwrap().unwrap();
        assert!(table.partition_by().is_empty());
        assert_eq!(
            table.schema().field(1).data_type(),
            &arrow::datatypes::DataType::Utf8View
        );
    }

    #[tokio::test]
    async fn instants_decimals_and_dates_come_back_exact_and_declared_is_scanned() {
        let (_folder, lake) = on_disk().await;
        let micros = 1_711_843_200_123_456;
        let rows = RecordBatch::try_from_iter([
            (
                "at",
                Arc::new(
                    TimestampMicrosecondArray::from(vec![micros]).with_timezone("Europe/London"),
                ) as ArrayRef,
            ),
            (
                "naive",
                Arc::new(TimestampNanosecondArray::from(vec![micros * 1000])) as ArrayRef,
            ),
            (
                "money",
                Arc::new(
                    Decimal128Array::from(vec![12_345_678_901_234_567_890_i128])
                        .with_precision_and_scale(38, 4)
                        .unwrap(),
                ) as ArrayRef,
            ),
            ("on", Arc::new(Date32Array::from(vec![19_800])) as ArrayRef),
            (
                "word",
                Arc::new(StringArray::from(vec!["é".repeat(100)])) as ArrayRef,
            ),
        ])
        .unwrap();
        let stage = lake
            .stage("a.b", &rows.schema(), &["on".to_owned()])
            .await
            .unwrap();
        let declared = stage.schema().clone();
        let staged = write(stage, &[rows]).await;
        assert_eq!(staged.periods(), vec![vec![Some("2024-03-18".to_owned())]]);
        lake.commit(staged, Scope::Everything, Provenance::default())
            .await
            .unwrap();
        let table = lake.table("a.b").await.unwrap().unwrap();
        assert_eq!(table.schema(), &declared);
        let catalog = lake.empty_catalog();
        catalog.pin("a.b", 0).unwrap();
        let session = crate::session(catalog, &Default::default()).unwrap();
        let read = session
            .sql("select * from a.b")
            .await
            .unwrap()
            .collect()
            .await
            .unwrap();
        assert_eq!(read[0].schema().fields(), declared.fields());
        let shown = arrow::util::pretty::pretty_format_batches(&read)
            .unwrap()
            .to_string();
        assert!(
            shown.contains("2024-03-31T00:00:00.123456Z | 2024-03-31T00:00:00.123456Z"),
            "{shown}"
        );
        assert!(
            shown.contains("1234567890123456.7890") && shown.contains("2024-03-18"),
            "{shown}"
        );
        let longest = session
            .sql("select max(word) = repeat('é', 100) as same from a.b")
            .await
            .unwrap();
        let same =
            arrow::util::pretty::pretty_format_batches(&longest.collect().await.unwrap()).unwrap();
        assert!(same.to_string().contains("true"), "{same}");
    }

    #[tokio::test]
    async fn a_table_can_begin_empty() {
        let (_folder, lake) = on_disk().await;
        let nothing = lake
            .stage("a.b", &batch(&[]).schema(), &[])
            .await
            .unwrap()
            .finish(Vec::new());
        lake.commit(nothing, Scope::Everything, Provenance::default())
            .await
            .unwrap();
        assert_eq!(
            number(&lake, "a.b", "select count(*) from a.b where n > 1").await,
            0
        );
    }
}
