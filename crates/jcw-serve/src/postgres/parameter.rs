//! A parameter is a value that a client binds to `$1`, in text or in binary, as
//! the type that the client named or the plan needs.

use crate::postgres::error::error;
use crate::postgres::list;
use arrow::datatypes::{DataType, TimeUnit};
use bytes::{Buf as _, Bytes};
use datafusion::common::ScalarValue;
use jcw_govern::exactly;
use pgwire::api::Type;
use pgwire::error::PgWireError;
use std::sync::Arc;

/// Days and microseconds from 1970 to 2000, where Postgres begins to count.
const DAYS: i32 = 10_957;
const MICROSECONDS: i64 = 946_684_800_000_000;

/// The type of one parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameter {
    /// As it comes.
    pub(super) wire: Type,
    /// As the plan needs it, where it says.
    pub(super) kind: Option<DataType>,
}

impl Parameter {
    /// As the client declared it, or else as the plan needs it, or else text.
    pub(super) fn new(declared: Option<&Type>, kind: Option<DataType>) -> Parameter {
        let needed = || {
            let kind = kind.as_ref().filter(|kind| !kind.is_null())?;
            arrow_pg::datatypes::into_pg_type(kind).ok()
        };
        let declared = declared.filter(|kind| **kind != Type::UNKNOWN).cloned();
        Parameter {
            wire: declared.or_else(needed).unwrap_or(Type::TEXT),
            kind,
        }
    }

    /// The type's name in SQL, for parameters of which the plan says nothing.
    pub(super) fn sql_type(declared: Option<&Type>) -> &'static str {
        match declared {
            Some(&Type::BOOL) => "BOOLEAN",
            Some(&Type::INT2) => "SMALLINT",
            Some(&Type::INT4) => "INT",
            Some(&Type::INT8 | &Type::OID) => "BIGINT",
            Some(&Type::FLOAT4) => "REAL",
            Some(&Type::FLOAT8) => "DOUBLE PRECISION",
            Some(&Type::NUMERIC) => "DECIMAL(38, 10)",
            Some(&Type::DATE) => "DATE",
            Some(&Type::TIME) => "TIME",
            Some(&Type::TIMESTAMP) => "TIMESTAMP",
            Some(&Type::TIMESTAMPTZ) => "TIMESTAMP WITH TIME ZONE",
            Some(&Type::BYTEA) => "BYTEA",
            _ => "TEXT",
        }
    }

    /// The value that a client bound.
    ///
    /// # Errors
    /// When it is not of its type; the value is not repeated.
    pub(super) fn value(
        &self,
        number: usize,
        bound: Option<&Bytes>,
        is_binary: bool,
    ) -> Result<ScalarValue, PgWireError> {
        let natural = match bound {
            None => ScalarValue::Null,
            Some(bytes) if is_binary => self.binary(number, bytes)?,
            Some(bytes) => {
                let text = std::str::from_utf8(bytes).map_err(|_| self.unfit(number))?;
                let list = list::member(&self.wire).map(|_| {
                    let words = list::words(text).ok_or_else(|| self.unfit(number))?;
                    list::together(&words).ok_or_else(|| self.unfit(number))
                });
                let text = match list {
                    Some(list) => list?,
                    None => self.trimmed(text).to_owned(),
                };
                ScalarValue::Utf8(Some(text))
            }
        };
        let kind = self.kind.clone().filter(|kind| !kind.is_null());
        let kind = kind.unwrap_or_else(|| natural_type(&self.wire));
        // First what the client says that it is: a number does not lose its fraction
        // because it is compared with one that has none.
        let declared = natural_type(&self.wire);
        let natural = natural.cast_to(&declared).map_err(|_| self.unfit(number))?;
        exactly(&natural, &kind).ok_or_else(|| self.unfit(number))
    }

    /// JDBC sends a day with its time zone: `2026-01-01 +00`.
    fn trimmed<'t>(&self, text: &'t str) -> &'t str {
        let is_day = self.kind == Some(DataType::Date32) || self.wire == Type::DATE;
        match text.split_once(' ') {
            Some((day, zone)) if is_day && zone.starts_with(['+', '-']) => day,
            _ => text,
        }
    }

    fn unfit(&self, number: usize) -> PgWireError {
        let name = self.wire.name();
        error(
            "22P02",
            format!("the value of ${number} cannot be read as {name}"),
        )
    }

    fn binary(&self, number: usize, bytes: &Bytes) -> Result<ScalarValue, PgWireError> {
        let unfit = || self.unfit(number);
        if let Some(wire) = list::member(&self.wire) {
            let one = Parameter { wire, kind: None };
            let values = list::binary(bytes.clone()).ok_or_else(unfit)?.into_iter();
            let words = values.map(|value| {
                let value = value.map(|value| one.value(number, Some(&value), true));
                let word = value
                    .transpose()?
                    .map(|value| value.cast_to(&DataType::Utf8));
                Ok(word
                    .transpose()
                    .map_err(|_| unfit())?
                    .map(|word| word.to_string()))
            });
            let words: Vec<Option<String>> = words.collect::<Result<_, PgWireError>>()?;
            let text = list::together(&words).ok_or_else(unfit)?;
            return Ok(ScalarValue::Utf8(Some(text)));
        }
        let width = match self.wire {
            Type::BOOL => Some(1),
            Type::INT2 => Some(2),
            Type::INT4 | Type::OID | Type::FLOAT4 | Type::DATE => Some(4),
            Type::INT8 | Type::FLOAT8 | Type::TIME | Type::TIMESTAMP | Type::TIMESTAMPTZ => Some(8),
            Type::UUID => Some(16),
            _ => None,
        };
        if width.is_some_and(|width| bytes.len() != width) {
            return Err(unfit());
        }
        let mut bytes = bytes.clone();
        Ok(match self.wire {
            Type::BOOL => ScalarValue::Boolean(Some(bytes.get_u8() != 0)),
            Type::INT2 => ScalarValue::Int16(Some(bytes.get_i16())),
            Type::INT4 => ScalarValue::Int32(Some(bytes.get_i32())),
            Type::OID => ScalarValue::Int64(Some(i64::from(bytes.get_u32()))),
            Type::INT8 => ScalarValue::Int64(Some(bytes.get_i64())),
            Type::FLOAT4 => ScalarValue::Float32(Some(bytes.get_f32())),
            Type::FLOAT8 => ScalarValue::Float64(Some(bytes.get_f64())),
            Type::DATE => {
                let day = bytes.get_i32().checked_add(DAYS).ok_or_else(unfit)?;
                ScalarValue::Date32(Some(day))
            }
            Type::TIME => ScalarValue::Time64Microsecond(Some(bytes.get_i64())),
            Type::TIMESTAMP | Type::TIMESTAMPTZ => {
                let moment = bytes
                    .get_i64()
                    .checked_add(MICROSECONDS)
                    .ok_or_else(unfit)?;
                let zone = (self.wire == Type::TIMESTAMPTZ).then(|| Arc::from("UTC"));
                ScalarValue::TimestampMicrosecond(Some(moment), zone)
            }
            Type::NUMERIC => ScalarValue::Utf8(Some(numeric(bytes).ok_or_else(unfit)?)),
            Type::UUID => {
                let id = uuid::Uuid::from_slice(&bytes).map_err(|_| unfit())?;
                ScalarValue::Utf8(Some(id.to_string()))
            }
            Type::BYTEA => ScalarValue::Binary(Some(bytes.to_vec())),
            Type::JSONB => text(bytes.get(1..)).ok_or_else(unfit)?,
            Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME | Type::UNKNOWN | Type::JSON => {
                text(Some(&bytes)).ok_or_else(unfit)?
            }
            _ => {
                let name = self.wire.name();
                let message = format!("binary values of type {name} are not read; send text");
                return Err(error("0A000", message));
            }
        })
    }
}

fn text(bytes: Option<&[u8]>) -> Option<ScalarValue> {
    let text = std::str::from_utf8(bytes?).ok()?;
    Some(ScalarValue::Utf8(Some(text.to_owned())))
}

/// What a value is when the plan does not say.
fn natural_type(wire: &Type) -> DataType {
    match *wire {
        Type::BOOL => DataType::Boolean,
        Type::INT2 => DataType::Int16,
        Type::INT4 => DataType::Int32,
        Type::INT8 | Type::OID => DataType::Int64,
        Type::FLOAT4 => DataType::Float32,
        Type::FLOAT8 => DataType::Float64,
        Type::DATE => DataType::Date32,
        Type::TIME => DataType::Time64(TimeUnit::Microsecond),
        Type::TIMESTAMP => DataType::Timestamp(TimeUnit::Microsecond, None),
        Type::TIMESTAMPTZ => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        Type::NUMERIC => DataType::Decimal128(38, 10),
        Type::BYTEA => DataType::Binary,
        _ => DataType::Utf8,
    }
}

/// Postgres' binary number, in digits: a count of groups of four digits, how
/// many of them stand before the point, a sign, a scale, and the groups.
fn numeric(mut bytes: Bytes) -> Option<String> {
    if bytes.len() < 8 {
        return None;
    }
    let groups = usize::try_from(bytes.get_i16()).ok()?;
    let weight = i32::from(bytes.get_i16());
    let sign = match bytes.get_u16() {
        0x0000 => "",
        0x4000 => "-",
        _ => return None,
    };
    let scale = usize::from(bytes.get_u16());
    if bytes.len() != groups * 2 || scale > 1_000 || weight.abs() > 250 {
        return None;
    }
    let mut digits = Vec::with_capacity(groups);
    for _ in 0..groups {
        digits.push(bytes.get_u16());
    }
    let group = |place: i32| {
        let index = usize::try_from(weight - place).ok();
        index
            .and_then(|index| digits.get(index))
            .copied()
            .unwrap_or(0)
    };
    let whole: String = (0..=weight)
        .rev()
        .map(|place| format!("{:04}", group(place)))
        .collect();
    let count = i32::try_from(scale.div_ceil(4)).ok()?;
    let mut part: String = (1..=count)
        .map(|place| format!("{:04}", group(-place)))
        .collect();
    part.truncate(scale);
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    Some(match part.is_empty() {
        true => format!("{sign}{whole}"),
        false => format!("{sign}{whole}.{part}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(groups: &[u16], weight: i16, sign: u16, scale: u16) -> Option<String> {
        let mut bytes = Vec::new();
        bytes.extend(i16::try_from(groups.len()).unwrap().to_be_bytes());
        bytes.extend(weight.to_be_bytes());
        bytes.extend(sign.to_be_bytes());
        bytes.extend(scale.to_be_bytes());
        groups
            .iter()
            .for_each(|group| bytes.extend(group.to_be_bytes()));
        numeric(bytes.into())
    }

    #[test]
    fn numbers_in_binary_are_read_to_the_last_digit() {
        assert_eq!(number(&[1, 2345, 6700], 1, 0, 2).unwrap(), "12345.67");
        assert_eq!(number(&[12], -1, 0x4000, 4).unwrap(), "-0.0012");
        assert_eq!(number(&[1], 2, 0, 0).unwrap(), "100000000");
        assert_eq!(number(&[], 0, 0, 0).unwrap(), "0");
        assert_eq!(number(&[5], -2, 0, 8).unwrap(), "0.00000005");
        assert_eq!(number(&[1], 0, 0xc000, 0), None);
    }

    #[test]
    fn a_value_becomes_what_the_plan_needs() {
        let text = |declared, kind: DataType, value: &'static str| {
            let parameter = Parameter::new(declared, Some(kind));
            parameter.value(1, Some(&Bytes::from_static(value.as_bytes())), false)
        };
        let day = text(Some(&Type::VARCHAR), DataType::Date32, "2000-01-01").unwrap();
        assert_eq!(day, ScalarValue::Date32(Some(DAYS)));
        assert_eq!(
            text(None, DataType::Boolean, "t").unwrap(),
            ScalarValue::from(true)
        );
        assert_eq!(
            text(None, DataType::Int64, "7").unwrap(),
            ScalarValue::from(7_i64)
        );
        let wrong = text(None, DataType::Int64, "Smith").unwrap_err();
        assert!(!wrong.to_string().contains("Smith"), "{wrong}");
        let binary = Parameter::new(Some(&Type::INT4), None);
        let seven = Bytes::from_static(&[0, 0, 0, 7]);
        assert_eq!(
            binary.value(1, Some(&seven), true).unwrap(),
            ScalarValue::from(7_i32)
        );
        assert!(binary.value(1, Some(&seven.slice(1..)), true).is_err());
    }
}
