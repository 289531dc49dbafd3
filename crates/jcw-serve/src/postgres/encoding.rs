//! Rows as the wire carries them: each column as the type that Postgres would
//! use for it, in text or in binary, as the client wants it.

use crate::postgres::error::{error, fatal};
use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow_pg::datatypes::{arrow_schema_to_pg_fields, encode_recordbatch};
use futures::{Stream, StreamExt as _, stream};
use pgwire::api::Type;
use pgwire::api::portal::Format;
use pgwire::api::results::{FieldFormat, FieldInfo, QueryResponse};
use pgwire::error::{PgWireError, PgWireResult};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The columns as a client is told of them.
///
/// # Errors
/// When a column is of a type that Postgres has not, or the client names formats
/// for other columns than there are.
pub(super) fn fields(schema: &SchemaRef, format: &Format) -> PgWireResult<Arc<Vec<FieldInfo>>> {
    if let Format::Individual(formats) = format
        && formats.len() != schema.fields().len()
    {
        let message = "the formats of the answer are not as many as its columns";
        return Err(error("08P01", message));
    }
    let fields = arrow_schema_to_pg_fields(&wide_schema(schema), format, None).map_err(|_| {
        error(
            "0A000",
            "a column is of a type that cannot be sent; cast it to text",
        )
    })?;
    let described = fields.into_iter().zip(schema.fields());
    let described = described.map(|(info, field)| {
        let is_vector = VECTORS.contains(&field.name().as_str());
        let info = match is_vector && info.format() == FieldFormat::Text {
            true => retyped(&info, Type::INT2_VECTOR),
            false => info,
        };
        let size = size(info.datatype());
        info.with_type_size(size)
            .with_type_modifier(modifier(field.data_type()))
    });
    Ok(Arc::new(described.collect()))
}

/// Columns of the catalogue that are words here and short numbers in a Postgres:
/// ODBC takes their text apart by their type, and trips over another.
const VECTORS: [&str; 2] = ["indkey", "indoption"];

fn retyped(info: &FieldInfo, kind: Type) -> FieldInfo {
    let (table, column) = (info.table_id(), info.column_id());
    FieldInfo::new(
        info.name().to_owned(),
        table,
        column,
        kind,
        FieldFormat::Text,
    )
}

/// One column of text, for what is not a table.
pub(super) fn text_fields(names: &[&str]) -> Arc<Vec<FieldInfo>> {
    let field = |name: &&str| {
        FieldInfo::new(
            (*name).to_owned(),
            None,
            None,
            Type::TEXT,
            FieldFormat::Text,
        )
        .with_type_size(-1)
    };
    Arc::new(names.iter().map(field).collect())
}

/// How often it is looked whether the client may still have an answer of which it takes
/// some rows at a time.
const LOOK: Duration = Duration::from_millis(100);

/// An answer's batches as rows, as long as the client may have them.
pub(super) fn rows(
    fields: Arc<Vec<FieldInfo>>,
    batches: impl Stream<Item = PgWireResult<RecordBatch>> + Send + 'static,
    stays: impl Fn() -> bool + Send + 'static,
) -> QueryResponse {
    let plain = fields.iter().map(|field| match *field.datatype() {
        Type::INT2_VECTOR => retyped(field, Type::TEXT),
        _ => field.clone(),
    });
    let described: Arc<Vec<FieldInfo>> = Arc::new(plain.collect());
    let rows = batches.flat_map(move |batch| match batch {
        Ok(batch) if batch.num_columns() == described.len() => match widened(&batch) {
            Ok(batch) => stream::iter(encode_recordbatch(described.clone(), batch)).left_stream(),
            Err(error) => failed(error).right_stream(),
        },
        Ok(_) => failed(error("XX000", "the answer is not what was promised")).right_stream(),
        Err(error) => failed(error).right_stream(),
    });
    let mut looked = Instant::now();
    let rows = rows.map(move |row| {
        if looked.elapsed() < LOOK {
            return row;
        }
        looked = Instant::now();
        match stays() {
            true => row,
            false => Err(fatal(
                "28000",
                "the login does not hold any more, or rights have changed; log in again",
            )),
        }
    });
    // A cursor is asked for rows again after its last.
    QueryResponse::new(fields, rows.fuse())
}

/// Numbers of eight bits and halves of floats, for which Postgres has no type, as the
/// next that it has: so its clients are told of them.
fn widened(batch: &RecordBatch) -> PgWireResult<RecordBatch> {
    let schema = wide_schema(&batch.schema());
    if schema == batch.schema() {
        return Ok(batch.clone());
    }
    let columns = batch.columns().iter().zip(schema.fields());
    let columns = columns.map(|(column, field)| cast(column, field.data_type()));
    let columns = columns.collect::<Result<Vec<_>, _>>();
    let wide = columns.and_then(|columns| RecordBatch::try_new(schema.clone(), columns));
    wide.map_err(|_| error("XX000", "a number cannot be written"))
}

fn wide_schema(schema: &SchemaRef) -> SchemaRef {
    let is_narrow = |field: &Arc<Field>| wide(field.data_type()) != *field.data_type();
    if !schema.fields().iter().any(is_narrow) {
        return schema.clone();
    }
    let fields = schema.fields().iter().map(wide_field);
    Arc::new(Schema::new(fields.collect::<Vec<_>>()))
}

fn wide_field(field: &Arc<Field>) -> Arc<Field> {
    let kind = wide(field.data_type());
    Arc::new(field.as_ref().clone().with_data_type(kind))
}

fn wide(kind: &DataType) -> DataType {
    match kind {
        DataType::Int8 => DataType::Int16,
        DataType::Float16 => DataType::Float32,
        DataType::List(item) => DataType::List(wide_field(item)),
        DataType::LargeList(item) => DataType::LargeList(wide_field(item)),
        DataType::FixedSizeList(item, size) => DataType::FixedSizeList(wide_field(item), *size),
        DataType::Struct(parts) => DataType::Struct(parts.iter().map(wide_field).collect()),
        other => other.clone(),
    }
}

fn failed<T>(error: PgWireError) -> impl Stream<Item = PgWireResult<T>> {
    stream::once(async { Err(error) })
}

/// Bytes of a value, as `pg_type.typlen` has it.
fn size(kind: &Type) -> i16 {
    match *kind {
        Type::BOOL | Type::CHAR => 1,
        Type::INT2 => 2,
        Type::INT4 | Type::FLOAT4 | Type::DATE | Type::OID | Type::REGCLASS | Type::REGTYPE => 4,
        Type::INT8 | Type::FLOAT8 | Type::TIME | Type::TIMESTAMP | Type::TIMESTAMPTZ => 8,
        Type::INTERVAL => 16,
        _ => -1,
    }
}

/// Precision and scale of a number, as `pg_attribute.atttypmod` has them.
pub(super) fn modifier(kind: &DataType) -> i32 {
    match kind {
        DataType::Decimal128(precision, scale) if *scale >= 0 => {
            ((i32::from(*precision) << 16) | i32::from(*scale)) + 4
        }
        _ => -1,
    }
}
