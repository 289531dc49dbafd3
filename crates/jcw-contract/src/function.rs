//! The functions of a contract's own that SQL may call beside DataFusion's.
//! Each takes a text, and gives null for null.
//!
//! | function | answer |
//! |---|---|
//! | `is_nhs_number(text)` | ten digits with a valid check digit, no filler |
//! | `is_test_nhs_number(text)` | ten digits that begin with 9, read the same backwards, or are a filler |
//! | `is_upn(text)` | a unique pupil number, permanent or temporary, with its check letter |
//! | `upn_check_letter(text)` | the letter it should begin with; null when it has not the form of one |
//! | `is_temporary_upn(text)` | a unique pupil number that ends in a letter |
//! | `is_uln(text)` | a unique learner number with a valid check digit |
//! | `is_postcode(text)` | the form of a UK postcode |
//!
//! Spaces and case do not matter to any of them.

use crate::identifier;
use arrow::array::{ArrayRef, AsArray, BooleanArray, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, ScalarValue};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf};
use std::sync::Arc;

/// All of them, to be registered with a session.
pub fn functions() -> Vec<ScalarUDF> {
    vec![
        test("is_nhs_number", identifier::is_nhs_number),
        test("is_test_nhs_number", identifier::is_test_nhs_number),
        test("is_upn", identifier::is_upn),
        test("is_temporary_upn", identifier::is_temporary_upn),
        test("is_uln", identifier::is_uln),
        test("is_postcode", identifier::is_postcode),
        function("upn_check_letter", DataType::Utf8, |texts| {
            let letters = texts
                .iter()
                .map(|text| identifier::upn_check_letter(text?).map(|letter| letter.to_string()));
            Arc::new(letters.collect::<StringArray>())
        }),
    ]
}

/// A function that answers yes or no.
fn test(name: &str, is: fn(&str) -> bool) -> ScalarUDF {
    function(name, DataType::Boolean, move |texts| {
        let answers = texts.iter().map(|text| text.map(is));
        Arc::new(answers.collect::<BooleanArray>())
    })
}

fn function(
    name: &str,
    answer: DataType,
    of: impl Fn(&StringArray) -> ArrayRef + Send + Sync + 'static,
) -> ScalarUDF {
    let run = move |arguments: &[ColumnarValue]| {
        let arrays = ColumnarValue::values_to_arrays(arguments)?;
        let [texts] = arrays.as_slice() else {
            return Err(DataFusionError::Execution("takes one text".to_owned()));
        };
        let answers = of(texts.as_string::<i32>());
        match arguments {
            [ColumnarValue::Scalar(_)] => Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(
                &answers, 0,
            )?)),
            _ => Ok(ColumnarValue::Array(answers)),
        }
    };
    create_udf(
        name,
        vec![DataType::Utf8],
        answer,
        Volatility::Immutable,
        Arc::new(run),
    )
}
