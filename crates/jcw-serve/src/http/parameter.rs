//! A parameter comes as JSON and is bound as what the query needs.

use arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use jcw_govern::{GovernError, Kind, Statement};
use serde_json::Value;

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
        Value::Number(number) => ScalarValue::try_from_string(number.to_string(), kind).ok(),
        Value::String(text) => ScalarValue::try_from_string(text.clone(), kind).ok(),
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
        assert_eq!(bound(&json!(true), Some(&DataType::Int64)), None);
    }
}
