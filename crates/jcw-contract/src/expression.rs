//! An expression is SQL over the typed columns of one row: a cross-field rule,
//! or the value of a column that the file does not have.
//!
//! DataFusion plans and runs it. What depends on anything but the row (a clock,
//! a random number, another row or table) is refused, because the same file
//! must always give the same rows.
//!
//! What rules are known to need, and how it is written:
//!
//! | need | SQL |
//! |---|---|
//! | days between | `b - a <= 42` (a whole number of days) |
//! | within a period | `b <= a + interval '6 weeks'`, `'1 month'` |
//! | parts of a date | `date_part('year', a)`, `extract(month from a)`, `date_trunc('month', a)` |
//! | age at 31 August of `year` | `year - date_part('year', born_on) - case when date_part('month', born_on) > 8 then 1 else 0 end` |
//! | a given day | `date '2024-01-01'`, `make_date(year, 8, 31)` |
//! | one or the other | `coalesce(a, b)`, `nullif(a, 0)`, `case when .. then .. else .. end` |
//! | membership | `code in ('A', 'B')`, `n between 1 and 3`, `text like 'B%'` |
//! | form | `regexp_like(text, '^[0-9]{3}$')`, `length(text)`, [`is_upn(text)` and its like](crate::functions) |
//! | part of a text | `left(text, 1)`, `substr(text, 2, 3)`, `split_part(text, ':', 2)`, `upper(trim(text))` |
//! | one text of many | `provider || ':' || id`, `concat_ws(':', a, b)`; `concat` takes null for blank, `||` gives null |
//! | another type | `cast(text as bigint)`, `try_cast(text as bigint)` (null where it is none), `cast(n as varchar)` |
//! | nulls compared | `(a is not distinct from b)`, in brackets |

use arrow::array::{Array, ArrayRef, new_null_array};
use arrow::compute::concat;
use arrow::datatypes::{DataType, Schema};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use datafusion::common::tree_node::TreeNode;
use datafusion::common::{DFSchema, DataFusionError, SchemaError};
use datafusion::logical_expr::simplify::SimplifyContext;
use datafusion::logical_expr::{BinaryExpr, Expr, ExprSchemable, Operator, Volatility, cast};
use datafusion::optimizer::simplify_expressions::ExprSimplifier;
use datafusion::physical_plan::PhysicalExpr;
use datafusion::prelude::SessionContext;
use jcw_project::did_you_mean;
use std::sync::Arc;

/// A planned expression.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    physical: Arc<dyn PhysicalExpr>,
    data_type: DataType,
}

/// Why an expression cannot be planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The rest of a sentence that begins with what the expression is of.
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
    /// The name within the SQL that the problem is about.
    pub(crate) name: Option<String>,
}

/// The values of an expression, null where it failed, and the rows it failed on.
pub(crate) struct Evaluated {
    pub(crate) values: ArrayRef,
    pub(crate) failed: Vec<usize>,
}

/// Plans expressions over the columns of one contract.
pub(crate) struct Planner {
    session: SessionContext,
}

impl Planner {
    pub(crate) fn new() -> Self {
        let session = SessionContext::new();
        for function in crate::functions() {
            session.register_udf(function);
        }
        Planner { session }
    }

    /// Plans a rule: a boolean.
    pub(crate) fn plan_check(&self, sql: &str, schema: &Schema) -> Result<Expression, Problem> {
        let (expression, schema) = self.parse(sql, schema)?;
        match expression
            .get_type(&schema)
            .map_err(|error| problem(error, &schema))?
        {
            DataType::Boolean | DataType::Null => {
                self.finish(expression, &schema, DataType::Boolean)
            }
            other => Err(Problem {
                message: format!("is not a yes-or-no question: its answer is of type {other}"),
                hint: Some("write a comparison, such as `a <= b`".to_owned()),
                name: None,
            }),
        }
    }

    /// Plans a value of the given type.
    pub(crate) fn plan_value(
        &self,
        sql: &str,
        schema: &Schema,
        data_type: &DataType,
    ) -> Result<Expression, Problem> {
        let (expression, schema) = self.parse(sql, schema)?;
        self.finish(expression, &schema, data_type.clone())
    }

    fn parse(&self, sql: &str, schema: &Schema) -> Result<(Expr, DFSchema), Problem> {
        let schema = DFSchema::try_from(schema.clone())
            .map_err(|error| Problem::plain(first_line(&error)))?;
        let expression = self
            .session
            .parse_sql_expr(sql, &schema)
            .map_err(|error| problem(error, &schema))?;
        check_is_about_one_row(&expression)?;
        check_distinct_is_in_brackets(&expression)?;
        Ok((expression.unalias(), schema))
    }

    fn finish(
        &self,
        expression: Expr,
        schema: &DFSchema,
        data_type: DataType,
    ) -> Result<Expression, Problem> {
        let physical = self
            .physical(cast(expression, data_type.clone()), schema)
            .map_err(|error| problem(error, schema))?;
        Ok(Expression {
            physical,
            data_type,
        })
    }
}

impl Planner {
    /// Functions such as `coalesce` can only run once they are simplified, which
    /// the session does to queries but not to single expressions.
    fn physical(
        &self,
        expression: Expr,
        schema: &DFSchema,
    ) -> Result<Arc<dyn PhysicalExpr>, DataFusionError> {
        let simplifier = ExprSimplifier::new(
            SimplifyContext::builder()
                .with_schema(Arc::new(schema.clone()))
                .build(),
        );
        let expression = simplifier.coerce(expression, schema)?;
        self.session
            .create_physical_expr(simplifier.simplify(expression)?, schema)
    }
}

impl Expression {
    /// Works the expression out for every row. When that fails, each row is
    /// tried alone, so that one division by zero costs one row.
    pub(crate) fn evaluate(&self, batch: &RecordBatch) -> Result<Evaluated, ArrowError> {
        if let Ok(values) = self.values(batch) {
            return Ok(Evaluated {
                values,
                failed: Vec::new(),
            });
        }
        let mut values = Vec::with_capacity(batch.num_rows());
        let mut failed = Vec::new();
        for row in 0..batch.num_rows() {
            values.push(self.values(&batch.slice(row, 1)).unwrap_or_else(|_| {
                failed.push(row);
                new_null_array(&self.data_type, 1)
            }));
        }
        let values: Vec<&dyn Array> = values.iter().map(AsRef::as_ref).collect();
        Ok(Evaluated {
            values: concat(&values)?,
            failed,
        })
    }

    fn values(&self, batch: &RecordBatch) -> Result<ArrayRef, DataFusionError> {
        self.physical.evaluate(batch)?.into_array(batch.num_rows())
    }
}

fn check_is_about_one_row(expression: &Expr) -> Result<(), Problem> {
    let mut offender = None;
    // The closure never fails.
    let _ = expression.apply(|expression| {
        let found = match expression {
            Expr::ScalarFunction(call)
                if call.func.signature().volatility != Volatility::Immutable =>
            {
                Some((
                    call.func.name().to_owned(),
                    "gives another answer on another day",
                ))
            }
            Expr::AggregateFunction(call) => {
                Some((call.func.name().to_owned(), "needs more than one row"))
            }
            Expr::WindowFunction(call) => {
                Some((call.fun.name().to_owned(), "needs more than one row"))
            }
            Expr::ScalarSubquery(_) | Expr::InSubquery(_) | Expr::Exists(_) => {
                Some(("select".to_owned(), "needs another table"))
            }
            _ => None,
        };
        offender = offender.take().or(found);
        Ok(datafusion::common::tree_node::TreeNodeRecursion::Continue)
    });
    match offender {
        None => Ok(()),
        Some((name, why)) => Err(Problem {
            message: format!("uses {name}, which {why}"),
            hint: Some(
                "a contract looks at one row of the file at a time; put such a test into a model"
                    .to_owned(),
            ),
            name: Some(name),
        }),
    }
}

/// The parser takes all that follows `is distinct from` for its right side:
/// `a is distinct from b or c` would mean `a is distinct from (b or c)`, which
/// nobody meant.
fn check_distinct_is_in_brackets(expression: &Expr) -> Result<(), Problem> {
    let swallows = |expression: &Expr| match expression {
        Expr::BinaryExpr(BinaryExpr {
            op: Operator::IsDistinctFrom | Operator::IsNotDistinctFrom,
            right,
            ..
        }) => matches!(
            right.as_ref(),
            Expr::BinaryExpr(right) if matches!(right.op, Operator::And | Operator::Or)
        ),
        _ => false,
    };
    if expression
        .exists(|expression| Ok(swallows(expression)))
        .unwrap_or(false)
    {
        return Err(Problem {
            message: "leaves open where `is distinct from` ends".to_owned(),
            hint: Some("put brackets around it: `(a is distinct from b) or c`".to_owned()),
            name: Some("distinct".to_owned()),
        });
    }
    Ok(())
}

impl Problem {
    fn plain(message: String) -> Self {
        Problem {
            message,
            hint: None,
            name: None,
        }
    }
}

fn problem(error: DataFusionError, schema: &DFSchema) -> Problem {
    match error.find_root() {
        DataFusionError::SchemaError(schema_error, _) => match schema_error.as_ref() {
            SchemaError::FieldNotFound { field, .. } => {
                let name = field.name().to_owned();
                let known = schema.fields().iter().map(|field| field.name().as_str());
                let near = did_you_mean(&name, known);
                Problem {
                    message: format!("names column \"{name}\", which this contract does not have"),
                    hint: near.map(|near| format!("did you mean \"{near}\"?")),
                    name: Some(name),
                }
            }
            _ => Problem::plain(format!("does not plan: {}", first_line(&error))),
        },
        _ => Problem::plain(format!("does not plan: {}", first_line(&error))),
    }
}

fn first_line(error: &DataFusionError) -> String {
    let text = error.strip_backtrace();
    text.lines()
        .next()
        .unwrap_or_default()
        .trim_end_matches('.')
        .to_owned()
}

#[cfg(test)]
mod tests;
