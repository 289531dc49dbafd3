//! A parameter comes as JSON and is bound as what the query needs.

use crate::placeholder::with;
use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use jcw_govern::{GovernError, Kind, Session, Statement, exactly};
use serde_json::Value;

/// The statement, in which a parameter of whatever type is of its value's.
///
/// # Errors
/// As [`Session::prepare`].
pub(super) async fn prepare(
    session: &Session,
    sql: &str,
    given: &[Value],
) -> Result<Statement, GovernError> {
    let statement = session.prepare(sql).await?;
    let kinds = statement.parameters().iter().enumerate();
    let open: Vec<usize> = (kinds.filter(|(_, kind)| kind.is_none()))
        .map(|(index, _)| index)
        .collect();
    if open.is_empty() || given.len() != statement.parameters().len() {
        return Ok(statement);
    }
    let cast = |index: usize, text: &str| {
        let kind = given.get(index).map_or("VARCHAR", sql_type);
        format!("CAST({text} AS {kind})")
    };
    session.prepare(&with(sql, &open, &cast)).await
}

/// What a value is of itself.
fn sql_type(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "BOOLEAN",
        Value::Number(number) if number.is_i64() => "BIGINT",
        Value::Number(_) => "DOUBLE",
        Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => "VARCHAR",
    }
}

/// Values for all parameters of a statement.
///
/// # Errors
/// [`Kind::Value`] when there are too many or too few, or one is not what the
/// query needs.
pub(super) fn values(
    statement: &Statement,
    given: &[Value],
) -> Result<Vec<ScalarValue>, GovernError> {
    let needed = statement.parameters();
    if needed.len() != given.len() {
        let message = format!(
            "the query has {} parameters and {} values were given",
            needed.len(),
            given.len()
        );
        return Err(GovernError::new(Kind::Value, message));
    }
    let both = given.iter().zip(needed).enumerate();
    both.map(|(at, (value, kind))| {
        bound(value, kind.as_ref()).ok_or_else(|| {
            let needed = kind
                .as_ref()
                .map_or("a number, text, true, false or null".to_owned(), |kind| {
                    format!("something that can be read as {kind}")
                });
            GovernError::new(Kind::Value, format!("${} must be {needed}", at + 1))
        })
    })
    .collect()
}

fn bound(value: &Value, kind: Option<&DataType>) -> Option<ScalarValue> {
    let Some(kind) = kind else {
        return Some(match value {
            Value::Null => ScalarValue::Null,
            Value::Bool(value) => ScalarValue::from(*value),
            Value::Number(number) => match number.as_i64() {
                Some(number) => ScalarValue::from(number),
                None => ScalarValue::from(number.as_f64()?),
            },
            Value::String(text) => ScalarValue::from(text.as_str()),
            Value::Array(_) | Value::Object(_) => return None,
        });
    };
    match value {
        Value::Null => ScalarValue::try_from(kind).ok(),
        Value::Bool(_) if *kind != DataType::Boolean => None,
        Value::Bool(value) => Some(ScalarValue::from(*value)),
        Value::Number(number) => exactly(&ScalarValue::from(number.to_string()), kind),
        Value::String(text) => exactly(&ScalarValue::from(text.as_str()), kind),
        Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_value_is_bound_as_what_the_query_needs_or_not_at_all() {
        let day = bound(&json!("2024-03-31"), Some(&DataType::Date32));
        assert_eq!(day, Some(ScalarValue::Date32(Some(19_813))));
        let seven = bound(&json!(7), Some(&DataType::Float64));
        assert_eq!(seven, Some(ScalarValue::Float64(Some(7.0))));
        assert_eq!(bound(&json!(7), None), Some(ScalarValue::Int64(Some(7))));
        assert_eq!(
            bound(&json!(null), Some(&DataType::Int32)),
            Some(ScalarValue::Int32(None))
        );
        assert_eq!(bound(&json!("seven"), Some(&DataType::Int64)), None);
        assert_eq!(bound(&json!("2024-02-31"), Some(&DataType::Date32)), None);
        assert_eq!(bound(&json!([1]), None), None);
        let money = DataType::Decimal128(12, 2);
        let cents = ScalarValue::Decimal128(Some(425), 12, 2);
        for same in [json!("4.25"), json!(4.25), json!("4.2500")] {
            assert_eq!(bound(&same, Some(&money)), Some(cents.clone()), "{same}");
        }
        for finer in [json!("4.2500000001"), json!(4.251), json!("4.25x")] {
            assert_eq!(bound(&finer, Some(&money)), None, "{finer}");
        }
        let with_hour = bound(&json!("2024-02-03T04:00:00"), Some(&DataType::Date32));
        assert_eq!(with_hour, None);
        assert_eq!(bound(&json!(true), Some(&DataType::Int64)), None);
    }
}
