//! The engine as it is used everywhere: DataFusion, in which [`mended`] mends what
//! would be a wrong answer. Whatever plans or runs SQL is made through it.

mod intervals;
mod misread;
mod nulls;
mod once;
mod round;
mod subquery;

pub use misread::{Misread, misread};
pub use round::round;

use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::SessionStateBuilder;
use datafusion::logical_expr::LogicalPlan;
use std::sync::Arc;

/// The same state, in which [subqueries](subquery) that say the same are not taken
/// for one, the left side of a join without keys is read [once](once), and what is
/// [rounded](mod@round) has one type.
#[must_use]
pub fn mended(mut state: SessionStateBuilder) -> SessionStateBuilder {
    let functions = state.scalar_functions().get_or_insert_default();
    functions.push(round());
    state
        .with_relation_planners(vec![Arc::new(subquery::NamedSubqueries)])
        .with_physical_optimizer_rule(Arc::new(once::ReadOnce))
}

/// What the engine would answer wrongly of a plan, as it was asked and before it is
/// improved: a sentence for whoever asks.
pub fn answers_wrongly(plan: &LogicalPlan) -> Option<&'static str> {
    let mut found = None;
    let _ = plan.apply_with_subqueries(|node| {
        found = match () {
            () if nulls::mislead(node) => Some(nulls::MISLED),
            () if intervals::compared(node) => Some(intervals::MISLED),
            () => None,
        };
        Ok(match found {
            Some(_) => TreeNodeRecursion::Stop,
            None => TreeNodeRecursion::Continue,
        })
    });
    found
}

#[cfg(test)]
mod tests {
    use super::answers_wrongly;
    use crate::session::{SessionSettings, session};
    use crate::testing::in_memory;

    /// A value that may be null, and one that may not.
    const V: &str = "(values (1), (null)) v(x)";
    const W: &str = "(values (2)) w(y)";

    /// How many rows it gives; none where it is not answered.
    async fn rows(sql: &str) -> Option<usize> {
        let lake = in_memory();
        let session = session(lake.empty_catalog(), &SessionSettings::default()).unwrap();
        let plan = session.state().create_logical_plan(sql).await.unwrap();
        if answers_wrongly(&plan).is_some() {
            return None;
        }
        let frame = session.execute_logical_plan(plan).await.unwrap();
        Some(frame.count().await.unwrap())
    }

    #[tokio::test]
    async fn what_nulls_would_make_wrong_is_found_and_the_rest_is_right() {
        for (condition, expected) in [
            (
                "x not in (select y from (values (1), (null)) w(y)) or x = 99",
                None,
            ),
            (&format!("not (x in (select y from {W}) and x < 5)"), None),
            (&format!("(x in (select y from {W})) is null"), None),
            (
                "x not in (select y from (values (1)) w(y) where y = x)",
                None,
            ),
            (
                "not (x in (select y from (values (1)) w(y) where y = x))",
                None,
            ),
            (
                &format!("case when x in (select y from {W}) then false else true end"),
                None,
            ),
            (&format!("x not in (select y from {W})"), Some(1)),
            (
                "x not in (select y from (values (2), (null)) w(y))",
                Some(0),
            ),
            (&format!("not (x in (select y from {W}))"), Some(1)),
            (
                "not (x in (select y from (values (2), (null)) w(y)))",
                Some(0),
            ),
            (
                "not (not (x in (select y from (values (1), (null)) w(y))))",
                Some(1),
            ),
            ("x in (select y from (values (1)) w(y))", Some(1)),
            (
                "x in (select y from (values (1), (null)) w(y)) or x = 7",
                Some(1),
            ),
            (
                "x in (select y from (values (1)) w(y) where y = x)",
                Some(1),
            ),
            ("not (x not in (select y from (values (1)) w(y)))", Some(1)),
            (
                &format!("not exists (select 1 from {W} where y = x) or x = 7"),
                Some(2),
            ),
        ] {
            let sql = format!("select x from {V} where {condition}");
            assert_eq!(rows(&sql).await, expected, "{sql}");
        }
    }

    #[tokio::test]
    async fn rows_are_joined_rightly_or_not_at_all() {
        let joined = format!("select x from {V} join {W} on v.x");
        let within = "in (select z from (values (1), (null)) u(z))";
        assert_eq!(rows(&format!("{joined} {within}")).await, Some(1));
        assert_eq!(rows(&format!("{joined} not {within}")).await, None);
    }

    #[tokio::test]
    async fn intervals_are_compared_nowhere() {
        let lengths = "(select interval '48 hours' as a, interval '1 day' as b)";
        for sql in [
            format!("select a > b from {lengths} l"),
            format!("select 1 from {lengths} l where a in (b)"),
            format!("select 1 from {lengths} l order by a"),
            format!("select max(a) from {lengths} l"),
            format!("select count(distinct a) from {lengths} l"),
            format!("select a from {lengths} l group by a"),
            format!("select distinct a from {lengths} l"),
            format!("select 1 from {lengths} l join {lengths} m on l.a = m.a"),
            "select 1 where now() - timestamp '2020-09-13' > interval '10 days'".to_owned(),
        ] {
            assert_eq!(rows(&sql).await, None, "{sql}");
        }
        for sql in [
            "select 1 where now() > timestamp '2020-09-13' + interval '10 days'",
            "select interval '1 day' as a, sum(1) as n order by n",
            "select 1 where date_part('epoch', timestamp '2020-09-24' - timestamp '2020-09-13') > 864000",
        ] {
            assert_eq!(rows(sql).await, Some(1), "{sql}");
        }
    }
}
