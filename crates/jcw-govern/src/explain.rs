//! How a query would be answered, as far as whoever asks may know: its steps and
//! the tables that they read, without literals, files or figures.

use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, lit};

/// A plan that answers with the steps of `plan`, one row each.
///
/// # Errors
/// When it cannot be made, which is our fault.
pub(crate) fn explained(plan: &LogicalPlan) -> Result<LogicalPlan> {
    let mut steps = Vec::new();
    describe(plan, 0, &mut steps);
    let rows = (steps.into_iter().zip(1_i64..))
        .map(|(step, place)| vec![lit(place), lit(step)])
        .collect::<Vec<Vec<Expr>>>();
    LogicalPlanBuilder::values(rows)?
        .project(vec![
            datafusion::logical_expr::ident("column1").alias("place"),
            datafusion::logical_expr::ident("column2").alias("step"),
        ])?
        .sort(vec![
            datafusion::logical_expr::ident("place").sort(true, false),
        ])?
        .build()
}

fn describe(plan: &LogicalPlan, depth: usize, steps: &mut Vec<ScalarValue>) {
    let step = match plan {
        LogicalPlan::TableScan(scan) => format!("read {}", scan.table_name),
        LogicalPlan::Join(join) => format!("{} join", join.join_type).to_lowercase(),
        LogicalPlan::SubqueryAlias(alias) => format!("as {}", alias.alias),
        LogicalPlan::Projection(_) => "take columns".to_owned(),
        LogicalPlan::Filter(_) => "keep rows".to_owned(),
        LogicalPlan::Window(_) => "look through windows".to_owned(),
        LogicalPlan::Aggregate(_) => "aggregate".to_owned(),
        LogicalPlan::Sort(_) => "sort".to_owned(),
        LogicalPlan::Union(_) => "all of".to_owned(),
        LogicalPlan::Limit(_) => "take the first rows".to_owned(),
        LogicalPlan::Distinct(_) => "take each once".to_owned(),
        LogicalPlan::Values(_) | LogicalPlan::EmptyRelation(_) => "values".to_owned(),
        LogicalPlan::Subquery(_) => "subquery".to_owned(),
        LogicalPlan::Unnest(_) => "unnest".to_owned(),
        _ => "work".to_owned(),
    };
    steps.push(ScalarValue::from(format!("{}{step}", "  ".repeat(depth))));
    for input in plan.inputs() {
        describe(input, depth + 1, steps);
    }
}
