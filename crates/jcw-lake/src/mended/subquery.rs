//! [`NamedSubqueries`] gives every subquery in `from` a name. The engine reads
//! `select n * 2 as n from (select n * 2 as n from ...)` without names as the same
//! step said twice, and doubles once; with one between them the two steps stay two.

use datafusion::error::Result;
use datafusion::logical_expr::planner::{
    RelationPlanner, RelationPlannerContext, RelationPlanning,
};
use datafusion::sql::sqlparser::ast::{Ident, TableAlias, TableFactor};

/// What nobody would write, so that it stands for no table of theirs.
const NAME: &str = "subquery without a name";

/// See the module.
#[derive(Debug)]
pub(super) struct NamedSubqueries;

impl RelationPlanner for NamedSubqueries {
    fn plan_relation(
        &self,
        mut relation: TableFactor,
        _: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        if let TableFactor::Derived { alias, .. } = &mut relation {
            alias.get_or_insert_with(|| TableAlias {
                explicit: true,
                name: Ident::with_quote('"', NAME),
                columns: Vec::new(),
                at: None,
            });
        }
        Ok(RelationPlanning::Original(Box::new(relation)))
    }
}

#[cfg(test)]
mod tests {
    use crate::session::{SessionSettings, session};
    use crate::testing::in_memory;
    use datafusion::arrow::array::AsArray as _;
    use datafusion::arrow::datatypes::Int64Type;

    /// Each asks for twelve doubled and perhaps doubled again.
    const QUESTIONS: [(&str, i64); 8] = [
        (
            "select n * 2 as n from (select n * 2 as n from (select 12 as n))",
            48,
        ),
        (
            "select n * 2 as n from (select n * 2 as n from (select n * 2 as n from (select 12 as n)))",
            96,
        ),
        (
            "select n * 2 as n from (select n from (select n * 2 as n from (select 12 as n)))",
            48,
        ),
        (
            "select n * 2 as n from (select n * 2 as n from (select 12 as n)) where n > 20",
            48,
        ),
        (
            "select n * 2 as n from (select n * 2 as n from (select 12 as n) order by n limit 1)",
            48,
        ),
        (
            "select n * 2 as n from (select n * 2 as n from (select 12 as n) s) s",
            48,
        ),
        (
            "with n as (select 12 as n) select n * 2 as n from (select n * 2 as n from (select n from n))",
            48,
        ),
        (
            "select max(n) as n from (select n * 2 as n from (select n * 2 as n from (select 12 as n) union all select n * 2 as n from (select 1 as n)))",
            48,
        ),
    ];

    #[tokio::test]
    async fn a_step_said_twice_is_taken_twice() {
        let lake = in_memory();
        let session = session(lake.empty_catalog(), &SessionSettings::default()).unwrap();
        for (sql, wanted) in QUESTIONS {
            let answer = session.sql(sql).await.unwrap().collect().await.unwrap();
            let answer = answer[0].column(0).as_primitive::<Int64Type>().value(0);
            assert_eq!(answer, wanted, "{sql}");
        }
    }
}
