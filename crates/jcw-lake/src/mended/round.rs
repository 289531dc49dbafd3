//! [`Round`] is the engine's `round` with one type from beginning to end. The engine
//! takes the number of digits into the type of a decimal, reads it where the query is
//! planned, loses it where it fits the types, and finds it again where it runs: what is
//! compared with such a value in between, or joined, is compared with another.

use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, plan_err};
use datafusion::functions::math;
use datafusion::logical_expr::type_coercion::functions::fields_with_udf;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
    Volatility,
};
use std::sync::Arc;

/// `round`, for sessions whose functions are chosen one by one.
#[must_use]
pub fn round() -> Arc<ScalarUDF> {
    Arc::new(ScalarUDF::new_from_impl(Round {
        inner: math::round(),
        signature: Signature::user_defined(Volatility::Immutable),
    }))
}

/// See the module.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Round {
    inner: Arc<ScalarUDF>,
    signature: Signature,
}

impl ScalarUDFImpl for Round {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The number of digits stays as it is written: within a cast it is not seen.
    fn coerce_types(&self, kinds: &[DataType]) -> Result<Vec<DataType>> {
        let field = |kind: &DataType| Arc::new(Field::new("value", kind.clone(), true));
        let fields: Vec<FieldRef> = kinds.iter().map(field).collect();
        let mut fitted: Vec<DataType> = (fields_with_udf(&fields, self.inner.as_ref())?.iter())
            .map(|field| field.data_type().clone())
            .collect();
        if let (Some(fitted), Some(digits)) = (fitted.get_mut(1), kinds.get(1))
            && digits.is_integer()
        {
            *fitted = digits.clone();
        }
        Ok(fitted)
    }

    fn return_type(&self, kinds: &[DataType]) -> Result<DataType> {
        self.inner.return_type(kinds)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let is_decimal = (args.arg_fields.first()).is_some_and(|of| of.data_type().is_decimal());
        if is_decimal && matches!(args.scalar_arguments.get(1), Some(None)) {
            return plan_err!(
                "how many digits a decimal is rounded to has to be written as a number: `round(cost, 1)`; or round `cast(cost as double)`"
            );
        }
        self.inner.return_field_from_args(args)
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        if let (Some(digits), Some(field)) = (args.args.get_mut(1), args.arg_fields.get_mut(1)) {
            *digits = digits.cast_to(&DataType::Int32, None)?;
            let fitted = field.as_ref().clone().with_data_type(DataType::Int32);
            *field = Arc::new(fitted);
        }
        self.inner.invoke_with_args(args)
    }

    fn is_strict(&self) -> bool {
        self.inner.inner().is_strict()
    }
}

#[cfg(test)]
mod tests {
    use crate::session::{SessionSettings, session};
    use crate::testing::in_memory;
    use datafusion::arrow::util::display::array_value_to_string;

    async fn one(sql: &str) -> String {
        let session = session(in_memory().empty_catalog(), &SessionSettings::default()).unwrap();
        let batches = match session.sql(sql).await {
            Ok(frame) => frame.collect().await.unwrap(),
            Err(refused) => return refused.to_string(),
        };
        array_value_to_string(batches[0].column(0), 0).unwrap()
    }

    #[tokio::test]
    async fn what_is_rounded_is_compared_as_it_is_shown() {
        let of = |value: &str, scale: u8| {
            format!("(values (cast({value} as decimal(9, {scale})))) as t{scale}(x{scale})")
        };
        let (a, b, c) = (of("4.25", 2), of("4.3", 1), of("0.02", 3));
        for (sql, expected) in [
            (
                format!("select count(*) from {a} join {b} on round(x2, 1) = x1"),
                "1",
            ),
            (
                format!("select count(*) from {a} join {c} on round(x2, 0) = x3"),
                "0",
            ),
            (
                format!("select count(*) from {a} where round(x2, 1) = 4.3"),
                "1",
            ),
            (
                format!("select count(*) from {a} where round(x2, 1) in (select x1 from {b})"),
                "1",
            ),
            (
                format!("select round(x2, 1) from {a} intersect select x1 from {b}"),
                "4.3",
            ),
            (
                format!("select greatest(round(x2, 1), x2) from {a}"),
                "4.30",
            ),
            (
                format!(
                    "select round(x2) = 4 and round(x2, -1) = 0 and round(x2, 6) = x2 from {a}"
                ),
                "true",
            ),
            (
                "select round(2.5) + round(cast(7.25 as double), 1) + round(15, -1)".to_owned(),
                "30.3",
            ),
            ("select round(1234.5678, cast(null as int))".to_owned(), ""),
        ] {
            assert_eq!(one(&sql).await, expected, "{sql}");
        }
        let open = format!("select round(x2, cast(x1 as int)) from {a}, {b}");
        assert!(
            one(&open).await.contains("has to be written as a number"),
            "{}",
            one(&open).await
        );
    }
}
