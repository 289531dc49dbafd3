//! `information_schema`: the standard's own words for tables, columns and keys,
//! with Postgres' names of types.

use super::Known;
use super::sheet::Sheet;
use super::tables::{Key, pg_type};
use arrow::datatypes::{DataType, Field, Schema};
use datafusion::catalog::TableProvider;
use datafusion::error::DataFusionError;
use jcw_govern::VisibleTable;
use pgwire::api::Type;
use std::sync::Arc;

type Made<T = Arc<dyn TableProvider>> = Result<T, DataFusionError>;
type Named = (&'static str, Arc<dyn TableProvider>);

/// All of its tables.
pub(super) fn tables(known: &Known) -> Made<Vec<Named>> {
    Ok(vec![
        ("schemata", schemata(known)?),
        ("tables", listed(known)?),
        ("views", views(known)?),
        ("columns", columns(known)?),
        ("table_constraints", table_constraints(known)?),
        ("key_column_usage", key_column_usage(known)?),
        ("constraint_column_usage", constraint_column_usage(known)?),
        ("referential_constraints", referential_constraints(known)?),
        ("routines", empty(ROUTINES)?),
        ("parameters", empty(ROUTINES)?),
        (
            "sequences",
            empty(&[
                "sequence_catalog",
                "sequence_schema",
                "sequence_name",
                "data_type",
            ])?,
        ),
        (
            "triggers",
            empty(&["trigger_catalog", "trigger_schema", "trigger_name"])?,
        ),
        ("character_sets", character_sets(known)?),
        ("enabled_roles", enabled_roles(known)?),
    ])
}

const ROUTINES: &[&str] = &[
    "specific_catalog",
    "specific_schema",
    "specific_name",
    "routine_catalog",
    "routine_schema",
    "routine_name",
    "routine_type",
    "data_type",
];

/// Columns of words, and after them columns of numbers.
fn sheet(rows: usize, words: &[&str], numbers: &[&str]) -> Sheet {
    let words = words
        .iter()
        .map(|name| Field::new(*name, DataType::Utf8, true));
    let numbers = numbers
        .iter()
        .map(|name| Field::new(*name, DataType::Int32, true));
    let fields: Vec<Field> = words.chain(numbers).collect();
    Sheet::new(Arc::new(Schema::new(fields)), rows)
}

fn empty(words: &[&str]) -> Made {
    sheet(0, words, &[]).table()
}

fn schemata(known: &Known) -> Made {
    let mut names = known.session.visible().schemas();
    names.extend(["pg_catalog", "information_schema"]);
    let words = ["catalog_name", "schema_name", "schema_owner"];
    sheet(names.len(), &words, &[])
        .words("catalog_name", names.iter().map(|_| known.database()))
        .words("schema_name", names.clone())
        .words("schema_owner", names.iter().map(|_| "warehouse"))
        .table()
}

impl Known {
    fn database(&self) -> &str {
        &self.setting.database
    }

    fn all(&self) -> Vec<&VisibleTable> {
        self.session.visible().tables.values().collect()
    }
}

fn listed(known: &Known) -> Made {
    let tables = known.all();
    let words = [
        "table_catalog",
        "table_schema",
        "table_name",
        "table_type",
        "is_insertable_into",
        "is_typed",
        "commit_action",
    ];
    let kind = |table: &&VisibleTable| if table.is_view { "VIEW" } else { "BASE TABLE" };
    sheet(tables.len(), &words, &[])
        .words("table_catalog", tables.iter().map(|_| known.database()))
        .words(
            "table_schema",
            tables.iter().map(|table| table.schema_name.as_str()),
        )
        .words("table_name", tables.iter().map(|table| table.name.as_str()))
        .words("table_type", tables.iter().map(kind))
        .words("is_insertable_into", tables.iter().map(|_| "NO"))
        .words("is_typed", tables.iter().map(|_| "NO"))
        .table()
}

fn views(known: &Known) -> Made {
    let tables: Vec<&VisibleTable> = known
        .all()
        .into_iter()
        .filter(|table| table.is_view)
        .collect();
    let words = [
        "table_catalog",
        "table_schema",
        "table_name",
        "view_definition",
        "is_updatable",
    ];
    sheet(tables.len(), &words, &[])
        .words("table_catalog", tables.iter().map(|_| known.database()))
        .words(
            "table_schema",
            tables.iter().map(|table| table.schema_name.as_str()),
        )
        .words("table_name", tables.iter().map(|table| table.name.as_str()))
        .words("is_updatable", tables.iter().map(|_| "NO"))
        .table()
}

fn columns(known: &Known) -> Made {
    let mut lines = Vec::new();
    for table in known.all() {
        for (index, field) in table.schema.fields().iter().enumerate() {
            let is_key = table.primary_key.contains(field.name());
            let is_nullable = table
                .columns
                .get(index)
                .is_none_or(|column| column.is_nullable);
            lines.push((table, index, field.clone(), is_nullable && !is_key));
        }
    }
    let lines = &lines;
    let kinds: Vec<Type> = lines
        .iter()
        .map(|line| pg_type(line.2.data_type()))
        .collect();
    let words = [
        "table_catalog",
        "table_schema",
        "table_name",
        "column_name",
        "column_default",
        "is_nullable",
        "data_type",
        "interval_type",
        "character_set_name",
        "collation_name",
        "domain_name",
        "udt_catalog",
        "udt_schema",
        "udt_name",
        "is_self_referencing",
        "is_identity",
        "is_generated",
        "is_updatable",
    ];
    let numbers = [
        "ordinal_position",
        "character_maximum_length",
        "character_octet_length",
        "numeric_precision",
        "numeric_precision_radix",
        "numeric_scale",
        "datetime_precision",
    ];
    let each = |word: &'static str| lines.iter().map(move |_| word);
    let number = |of: fn(&DataType) -> Option<i32>| -> arrow::array::ArrayRef {
        let numbers = lines.iter().map(|line| of(line.2.data_type()));
        Arc::new(numbers.collect::<arrow::array::Int32Array>())
    };
    sheet(lines.len(), &words, &numbers)
        .words("table_catalog", lines.iter().map(|_| known.database()))
        .words(
            "table_schema",
            lines.iter().map(|line| line.0.schema_name.as_str()),
        )
        .words("table_name", lines.iter().map(|line| line.0.name.as_str()))
        .words(
            "column_name",
            lines.iter().map(|line| line.2.name().as_str()),
        )
        .words(
            "is_nullable",
            lines.iter().map(|line| if line.3 { "YES" } else { "NO" }),
        )
        .words("data_type", kinds.iter().map(spelled))
        .words("udt_catalog", lines.iter().map(|_| known.database()))
        .words("udt_schema", each("pg_catalog"))
        .words("udt_name", kinds.iter().map(Type::name))
        .words("is_self_referencing", each("NO"))
        .words("is_identity", each("NO"))
        .words("is_generated", each("NEVER"))
        .words("is_updatable", each("NO"))
        .numbers("ordinal_position", lines.iter().map(|line| place(line.1)))
        .column("numeric_precision", number(precision))
        .column("numeric_precision_radix", number(radix))
        .column("numeric_scale", number(scale))
        .column("datetime_precision", number(moment))
        .table()
}

fn place(index: usize) -> i64 {
    i64::try_from(index + 1).unwrap_or(0)
}

/// The standard's name of a type.
fn spelled(kind: &Type) -> &str {
    match *kind {
        Type::BOOL => "boolean",
        Type::INT2 => "smallint",
        Type::INT4 => "integer",
        Type::INT8 => "bigint",
        Type::FLOAT4 => "real",
        Type::FLOAT8 => "double precision",
        Type::TIMESTAMP => "timestamp without time zone",
        Type::TIMESTAMPTZ => "timestamp with time zone",
        Type::TIME => "time without time zone",
        _ if kind.name().starts_with('_') => "ARRAY",
        _ => kind.name(),
    }
}

fn precision(kind: &DataType) -> Option<i32> {
    match kind {
        DataType::Decimal128(precision, _) => Some(i32::from(*precision)),
        DataType::Int8 | DataType::Int16 | DataType::UInt8 => Some(16),
        DataType::Int32 | DataType::UInt16 => Some(32),
        DataType::Int64 | DataType::UInt32 => Some(64),
        DataType::Float16 | DataType::Float32 => Some(24),
        DataType::Float64 => Some(53),
        _ => None,
    }
}

fn radix(kind: &DataType) -> Option<i32> {
    precision(kind).map(|_| if kind.is_decimal() { 10 } else { 2 })
}

fn scale(kind: &DataType) -> Option<i32> {
    match kind {
        DataType::Decimal128(_, scale) => Some(i32::from(*scale)),
        kind if kind.is_integer() => Some(0),
        _ => None,
    }
}

fn moment(kind: &DataType) -> Option<i32> {
    match kind {
        DataType::Date32 | DataType::Date64 => Some(0),
        kind if kind.is_temporal() => Some(6),
        _ => None,
    }
}

const CONSTRAINT: [&str; 6] = [
    "constraint_catalog",
    "constraint_schema",
    "constraint_name",
    "table_catalog",
    "table_schema",
    "table_name",
];

/// The columns that name a key and its table.
fn keyed(sheet: Sheet, known: &Known, lines: &[(&Key<'_>, &VisibleTable)]) -> Sheet {
    sheet
        .words("constraint_catalog", lines.iter().map(|_| known.database()))
        .words(
            "constraint_schema",
            lines.iter().map(|line| line.0.table.schema_name.as_str()),
        )
        .words(
            "constraint_name",
            lines.iter().map(|line| line.0.name.as_str()),
        )
        .words("table_catalog", lines.iter().map(|_| known.database()))
        .words(
            "table_schema",
            lines.iter().map(|line| line.1.schema_name.as_str()),
        )
        .words("table_name", lines.iter().map(|line| line.1.name.as_str()))
}

fn table_constraints(known: &Known) -> Made {
    let keys = known.keys();
    let lines: Vec<(&Key<'_>, &VisibleTable)> = keys.iter().map(|key| (key, key.table)).collect();
    let mut words = CONSTRAINT.to_vec();
    words.extend([
        "constraint_type",
        "is_deferrable",
        "initially_deferred",
        "enforced",
    ]);
    let kind = |key: &Key<'_>| {
        if key.to.is_some() {
            "FOREIGN KEY"
        } else {
            "PRIMARY KEY"
        }
    };
    keyed(sheet(lines.len(), &words, &[]), known, &lines)
        .words("constraint_type", lines.iter().map(|line| kind(line.0)))
        .words("is_deferrable", lines.iter().map(|_| "NO"))
        .words("initially_deferred", lines.iter().map(|_| "NO"))
        .words("enforced", lines.iter().map(|_| "YES"))
        .table()
}

fn key_column_usage(known: &Known) -> Made {
    let keys = known.keys();
    let mut lines = Vec::new();
    let mut named = Vec::new();
    for key in &keys {
        for (index, column) in key.columns.iter().enumerate() {
            lines.push((key, key.table));
            named.push((column.as_str(), place(index), key.to.is_some()));
        }
    }
    let mut words = CONSTRAINT.to_vec();
    words.push("column_name");
    let numbers = ["ordinal_position", "position_in_unique_constraint"];
    let unique: arrow::array::Int64Array = named
        .iter()
        .map(|(_, place, is_foreign)| is_foreign.then_some(*place))
        .collect();
    keyed(sheet(lines.len(), &words, &numbers), known, &lines)
        .words("column_name", named.iter().map(|line| line.0))
        .numbers("ordinal_position", named.iter().map(|line| line.1))
        .column("position_in_unique_constraint", Arc::new(unique))
        .table()
}

fn constraint_column_usage(known: &Known) -> Made {
    let keys = known.keys();
    let mut lines = Vec::new();
    let mut named = Vec::new();
    for key in &keys {
        let (table, columns) = key.to.unwrap_or((key.table, key.columns));
        for column in columns {
            lines.push((key, table));
            named.push(column.as_str());
        }
    }
    let mut words = CONSTRAINT.to_vec();
    words.push("column_name");
    keyed(sheet(lines.len(), &words, &[]), known, &lines)
        .words("column_name", named)
        .table()
}

fn referential_constraints(known: &Known) -> Made {
    let keys = known.keys();
    let pointed = keys
        .iter()
        .filter_map(|key| key.to.map(|(to, _)| (key, to)));
    let lines: Vec<(&Key<'_>, &VisibleTable)> = pointed.collect();
    let words = [
        "constraint_catalog",
        "constraint_schema",
        "constraint_name",
        "unique_constraint_catalog",
        "unique_constraint_schema",
        "unique_constraint_name",
        "match_option",
        "update_rule",
        "delete_rule",
    ];
    let each = |word: &'static str| lines.iter().map(move |_| word);
    sheet(lines.len(), &words, &[])
        .words("constraint_catalog", lines.iter().map(|_| known.database()))
        .words(
            "constraint_schema",
            lines.iter().map(|line| line.0.table.schema_name.as_str()),
        )
        .words(
            "constraint_name",
            lines.iter().map(|line| line.0.name.as_str()),
        )
        .words(
            "unique_constraint_catalog",
            lines.iter().map(|_| known.database()),
        )
        .words(
            "unique_constraint_schema",
            lines.iter().map(|line| line.1.schema_name.as_str()),
        )
        .words(
            "unique_constraint_name",
            lines.iter().map(|line| format!("{}_pkey", line.1.name)),
        )
        .words("match_option", each("NONE"))
        .words("update_rule", each("NO ACTION"))
        .words("delete_rule", each("NO ACTION"))
        .table()
}

fn character_sets(known: &Known) -> Made {
    let words = [
        "character_set_name",
        "character_repertoire",
        "default_collate_catalog",
    ];
    sheet(1, &words, &[])
        .words("character_set_name", ["UTF8"])
        .words("character_repertoire", ["UCS"])
        .words("default_collate_catalog", [known.database()])
        .table()
}

fn enabled_roles(known: &Known) -> Made {
    sheet(1, &["role_name"], &[])
        .words("role_name", [known.session.principal().name.as_str()])
        .table()
}
