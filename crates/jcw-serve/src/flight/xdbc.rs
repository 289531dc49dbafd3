//! The types of columns, in the words and numbers of ODBC and JDBC.

use super::error::{Result, ours};
use arrow::array::RecordBatch;
use arrow::datatypes::{DataType, Schema};
use arrow_flight::sql::metadata::{XdbcTypeInfo, XdbcTypeInfoData, XdbcTypeInfoDataBuilder};
use arrow_flight::sql::{
    CommandGetXdbcTypeInfo, Nullable, Searchable, XdbcDataType, XdbcDatetimeSubcode,
};

/// All types that columns can have. Built once.
pub(super) struct Types(XdbcTypeInfoData);

impl Types {
    pub(super) fn new() -> Result<Types> {
        let mut builder = XdbcTypeInfoDataBuilder::new();
        for info in all() {
            builder.append(info);
        }
        Ok(Types(builder.build().map_err(ours)?))
    }

    /// The types that are asked for.
    pub(super) fn answer(&self, asked: CommandGetXdbcTypeInfo) -> Result<RecordBatch> {
        asked.into_builder(&self.0).build().map_err(ours)
    }

    /// The columns of an answer.
    pub(super) fn schema(&self) -> Schema {
        self.0.schema().as_ref().clone()
    }
}

/// A type's name as SQL has it.
pub(super) fn type_name(kind: &DataType) -> &'static str {
    match kind {
        DataType::Boolean => "BOOLEAN",
        DataType::Int8 => "TINYINT",
        DataType::Int16 | DataType::UInt8 => "SMALLINT",
        DataType::Int32 | DataType::UInt16 => "INTEGER",
        DataType::Int64 | DataType::UInt32 | DataType::UInt64 => "BIGINT",
        DataType::Float16 | DataType::Float32 => "REAL",
        DataType::Float64 => "DOUBLE",
        DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => "DECIMAL",
        DataType::Date32 | DataType::Date64 => "DATE",
        DataType::Time32(_) | DataType::Time64(_) => "TIME",
        DataType::Timestamp(_, None) => "TIMESTAMP",
        DataType::Timestamp(_, Some(_)) => "TIMESTAMP WITH TIME ZONE",
        DataType::Interval(_) | DataType::Duration(_) => "INTERVAL",
        DataType::Binary
        | DataType::LargeBinary
        | DataType::BinaryView
        | DataType::FixedSizeBinary(_) => "VARBINARY",
        DataType::List(_)
        | DataType::LargeList(_)
        | DataType::ListView(_)
        | DataType::LargeListView(_)
        | DataType::FixedSizeList(..) => "ARRAY",
        DataType::Struct(_) | DataType::Map(..) | DataType::Union(..) => "STRUCT",
        DataType::Null => "NULL",
        DataType::Dictionary(_, value) => type_name(value),
        _ => "VARCHAR",
    }
}

/// Digits in all and after the point, of a number that has them.
pub(super) fn precision(kind: &DataType) -> Option<(u8, i8)> {
    match kind {
        DataType::Decimal32(precision, scale)
        | DataType::Decimal64(precision, scale)
        | DataType::Decimal128(precision, scale)
        | DataType::Decimal256(precision, scale) => Some((*precision, *scale)),
        DataType::Int8 => Some((3, 0)),
        DataType::Int16 => Some((5, 0)),
        DataType::Int32 => Some((10, 0)),
        DataType::Int64 => Some((19, 0)),
        _ => None,
    }
}

fn all() -> Vec<XdbcTypeInfo> {
    use XdbcDataType::{
        XdbcBigint, XdbcBit, XdbcDate, XdbcDecimal, XdbcDouble, XdbcInteger, XdbcReal,
        XdbcSmallint, XdbcTime, XdbcTimestamp, XdbcTinyint, XdbcVarbinary, XdbcVarchar,
    };
    let quoted = |info: XdbcTypeInfo| XdbcTypeInfo {
        literal_prefix: Some("'".into()),
        literal_suffix: Some("'".into()),
        ..info
    };
    let moment = |name: &str, kind, size, code| {
        let info = kept(name, kind, size);
        quoted(XdbcTypeInfo {
            sql_data_type: XdbcDataType::XdbcDatetime,
            datetime_subcode: Some(code),
            maximum_scale: Some(6),
            minimum_scale: Some(0),
            ..info
        })
    };
    let decimal = XdbcTypeInfo {
        create_params: Some(vec!["precision".into(), "scale".into()]),
        fixed_prec_scale: true,
        minimum_scale: Some(0),
        maximum_scale: Some(38),
        ..number("DECIMAL", XdbcDecimal, 38, 10)
    };
    let text = XdbcTypeInfo {
        case_sensitive: true,
        create_params: Some(vec!["length".into()]),
        ..quoted(kept("VARCHAR", XdbcVarchar, i32::MAX))
    };
    let bytes = XdbcTypeInfo {
        literal_prefix: Some("X'".into()),
        literal_suffix: Some("'".into()),
        searchable: Searchable::Basic,
        ..kept("VARBINARY", XdbcVarbinary, i32::MAX)
    };
    let day = XdbcTypeInfo {
        maximum_scale: None,
        minimum_scale: None,
        ..moment("DATE", XdbcDate, 10, XdbcDatetimeSubcode::XdbcSubcodeYear)
    };
    let (time, timestamp, zoned) = (
        XdbcDatetimeSubcode::XdbcSubcodeTime,
        XdbcDatetimeSubcode::XdbcSubcodeTimestamp,
        XdbcDatetimeSubcode::XdbcSubcodeTimestampWithTimezone,
    );
    vec![
        kept("BOOLEAN", XdbcBit, 1),
        number("TINYINT", XdbcTinyint, 8, 2),
        number("SMALLINT", XdbcSmallint, 16, 2),
        number("INTEGER", XdbcInteger, 32, 2),
        number("BIGINT", XdbcBigint, 64, 2),
        number("REAL", XdbcReal, 24, 2),
        number("DOUBLE", XdbcDouble, 53, 2),
        decimal,
        day,
        moment("TIME", XdbcTime, 15, time),
        moment("TIMESTAMP", XdbcTimestamp, 26, timestamp),
        moment("TIMESTAMP WITH TIME ZONE", XdbcTimestamp, 32, zoned),
        text,
        bytes,
    ]
}

fn kept(name: &str, kind: XdbcDataType, size: i32) -> XdbcTypeInfo {
    XdbcTypeInfo {
        type_name: name.into(),
        data_type: kind,
        column_size: Some(size),
        nullable: Nullable::NullabilityNullable,
        searchable: Searchable::Full,
        local_type_name: Some(name.into()),
        sql_data_type: kind,
        auto_increment: Some(false),
        ..XdbcTypeInfo::default()
    }
}

fn number(name: &str, kind: XdbcDataType, size: i32, radix: i32) -> XdbcTypeInfo {
    XdbcTypeInfo {
        unsigned_attribute: Some(false),
        num_prec_radix: Some(radix),
        ..kept(name, kind, size)
    }
}
