//! `information_schema` of a governed session: what [`Visible`] tells, and no
//! more. There are no settings, files or definitions in it.

use crate::visible::{Visible, VisibleTable};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use datafusion::catalog::{MemTable, TableProvider};
use datafusion::common::Result;
use jcw_lake::CATALOG;
use std::sync::Arc;

/// The schema's name.
pub(crate) const INFORMATION: &str = "information_schema";

/// Its tables.
pub(crate) const TABLES: [&str; 4] = ["columns", "schemata", "tables", "views"];

/// One of its tables; `None` when there is none of that name.
///
/// # Errors
/// When it cannot be made, which is our fault.
pub(crate) fn information(name: &str, visible: &Visible) -> Result<Option<Arc<dyn TableProvider>>> {
    let batch = match name {
        "schemata" => schemata(visible)?,
        "tables" => tables(visible)?,
        "columns" => columns(visible)?,
        "views" => views(visible)?,
        _ => return Ok(None),
    };
    let table = MemTable::try_new(batch.schema(), vec![vec![batch]])?;
    Ok(Some(Arc::new(table)))
}

fn schemata(visible: &Visible) -> Result<RecordBatch> {
    let names = visible.schemas();
    Ok(RecordBatch::try_from_iter([
        ("catalog_name", text(names.iter().map(|_| Some(CATALOG)))),
        ("schema_name", text(names.iter().map(|name| Some(*name)))),
    ])?)
}

fn tables(visible: &Visible) -> Result<RecordBatch> {
    let all: Vec<&VisibleTable> = visible.tables.values().collect();
    let kind = |table: &&VisibleTable| match table.is_view {
        true => Some("VIEW"),
        false => Some("BASE TABLE"),
    };
    Ok(RecordBatch::try_from_iter([
        ("table_catalog", text(all.iter().map(|_| Some(CATALOG)))),
        (
            "table_schema",
            text(all.iter().map(|t| Some(t.schema_name.as_str()))),
        ),
        (
            "table_name",
            text(all.iter().map(|t| Some(t.name.as_str()))),
        ),
        ("table_type", text(all.iter().map(kind))),
        ("remarks", text(all.iter().map(|t| t.remarks.as_deref()))),
    ])?)
}

fn columns(visible: &Visible) -> Result<RecordBatch> {
    let all: Vec<_> = (visible.tables.values())
        .flat_map(|table| {
            let fields = table.schema.fields().iter().zip(&table.columns);
            fields
                .enumerate()
                .map(move |(place, (field, said))| (table, place, field, said))
        })
        .collect();
    let kinds: Vec<String> = (all.iter())
        .map(|(_, _, field, _)| field.data_type().to_string())
        .collect();
    let places: Int64Array = (all.iter())
        .map(|(_, place, _, _)| i64::try_from(place + 1).ok())
        .collect();
    let nullable = |is_nullable: bool| match is_nullable {
        true => Some("YES"),
        false => Some("NO"),
    };
    Ok(RecordBatch::try_from_iter([
        ("table_catalog", text(all.iter().map(|_| Some(CATALOG)))),
        (
            "table_schema",
            text(all.iter().map(|(t, ..)| Some(t.schema_name.as_str()))),
        ),
        (
            "table_name",
            text(all.iter().map(|(t, ..)| Some(t.name.as_str()))),
        ),
        (
            "column_name",
            text(
                all.iter()
                    .map(|(_, _, field, _)| Some(field.name().as_str())),
            ),
        ),
        ("ordinal_position", Arc::new(places) as ArrayRef),
        (
            "is_nullable",
            text(all.iter().map(|(_, _, _, said)| nullable(said.is_nullable))),
        ),
        (
            "data_type",
            text(kinds.iter().map(|kind| Some(kind.as_str()))),
        ),
        (
            "remarks",
            text(all.iter().map(|(_, _, _, said)| said.remarks.as_deref())),
        ),
    ])?)
}

fn views(visible: &Visible) -> Result<RecordBatch> {
    let all: Vec<&VisibleTable> = visible
        .tables
        .values()
        .filter(|table| table.is_view)
        .collect();
    Ok(RecordBatch::try_from_iter([
        ("table_catalog", text(all.iter().map(|_| Some(CATALOG)))),
        (
            "table_schema",
            text(all.iter().map(|t| Some(t.schema_name.as_str()))),
        ),
        (
            "table_name",
            text(all.iter().map(|t| Some(t.name.as_str()))),
        ),
    ])?)
}

fn text<'t>(values: impl Iterator<Item = Option<&'t str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}
