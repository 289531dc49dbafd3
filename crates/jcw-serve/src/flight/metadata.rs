//! What there is to ask about: catalogues, schemas, tables and their columns, as
//! far as the caller may see them.

use super::error::{Result, ours};
use super::xdbc;
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Field, Schema};
use arrow_flight::sql::metadata::{GetCatalogsBuilder, GetDbSchemasBuilder, GetTablesBuilder};
use arrow_flight::sql::{CommandGetCatalogs, CommandGetDbSchemas, CommandGetTables};
use jcw_govern::{Visible, VisibleTable};
use jcw_lake::CATALOG;
use std::collections::HashMap;

/// The kinds of tables that there are.
const TYPES: [&str; 2] = ["TABLE", "VIEW"];

/// The one catalogue.
pub(super) fn catalogs(_asked: CommandGetCatalogs) -> Result<RecordBatch> {
    let mut builder = GetCatalogsBuilder::new();
    builder.append(CATALOG);
    builder.build().map_err(ours)
}

/// Schemas with a visible table.
pub(super) fn schemas(visible: &Visible, asked: CommandGetDbSchemas) -> Result<RecordBatch> {
    let mut builder = asked.into_builder();
    for schema in visible.schemas() {
        builder.append(CATALOG, schema);
    }
    builder.build().map_err(ours)
}

/// Visible tables, with their columns where they are asked for.
pub(super) fn tables(visible: &Visible, asked: CommandGetTables) -> Result<RecordBatch> {
    let columns_too = asked.include_schema;
    let mut builder = asked.into_builder();
    for table in visible.tables.values() {
        let columns = match columns_too {
            true => described(table),
            false => Schema::empty(),
        };
        let kind = TYPES[usize::from(table.is_view)];
        builder
            .append(CATALOG, &table.schema_name, &table.name, kind, &columns)
            .map_err(ours)?;
    }
    builder.build().map_err(ours)
}

/// The kinds of tables that there are.
pub(super) fn table_types() -> Result<RecordBatch> {
    let types = arrow::array::StringArray::from(TYPES.to_vec());
    let schema = std::sync::Arc::new(table_types_schema());
    RecordBatch::try_new(schema, vec![std::sync::Arc::new(types)]).map_err(ours)
}

/// The columns of [`table_types`].
pub(super) fn table_types_schema() -> Schema {
    Schema::new(vec![Field::new("table_type", DataType::Utf8, false)])
}

/// The columns of [`catalogs`].
pub(super) fn catalogs_schema() -> Schema {
    GetCatalogsBuilder::new().schema().as_ref().clone()
}

/// The columns of [`schemas`].
pub(super) fn schemas_schema() -> Schema {
    let none: Option<String> = None;
    GetDbSchemasBuilder::new(none.clone(), none)
        .schema()
        .as_ref()
        .clone()
}

/// The columns of [`tables`].
pub(super) fn tables_schema(columns_too: bool) -> Schema {
    let (none, no_types): (Option<String>, [&str; 0]) = (None, []);
    let builder = GetTablesBuilder::new(none.clone(), none.clone(), none, no_types, columns_too);
    builder.schema().as_ref().clone()
}

/// A table's columns with what Flight SQL says of a column beside its type, which
/// is where drivers look for names of types, remarks and whether it may be null.
fn described(table: &VisibleTable) -> Schema {
    let fields = table.schema.fields().iter().enumerate();
    let fields = fields.map(|(place, field)| {
        let column = table.columns.get(place);
        let mut said = HashMap::from([
            ("CATALOG_NAME", CATALOG.to_owned()),
            ("SCHEMA_NAME", table.schema_name.clone()),
            ("TABLE_NAME", table.name.clone()),
            ("TYPE_NAME", xdbc::type_name(field.data_type()).to_owned()),
            ("IS_AUTO_INCREMENT", "0".to_owned()),
            ("IS_READ_ONLY", "1".to_owned()),
            ("IS_SEARCHABLE", "1".to_owned()),
            (
                "IS_CASE_SENSITIVE",
                u8::from(*field.data_type() == DataType::Utf8).to_string(),
            ),
        ]);
        if let Some((precision, scale)) = xdbc::precision(field.data_type()) {
            said.insert("PRECISION", precision.to_string());
            said.insert("SCALE", scale.to_string());
        }
        if let Some(remarks) = column.and_then(|column| column.remarks.clone()) {
            said.insert("REMARKS", remarks);
        }
        let said = said.into_iter();
        let said = said.map(|(key, value)| (format!("ARROW:FLIGHT:SQL:{key}"), value));
        let is_nullable = column.is_none_or(|column| column.is_nullable);
        Field::new(field.name(), field.data_type().clone(), is_nullable)
            .with_metadata(said.collect())
    });
    let fields: Vec<_> = fields.collect();
    let remarks = table.remarks.clone().into_iter();
    let remarks = remarks.map(|remarks| ("ARROW:FLIGHT:SQL:REMARKS".to_owned(), remarks));
    Schema::new(fields).with_metadata(remarks.collect())
}
