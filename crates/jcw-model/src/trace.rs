//! A trace is the lineage inside one query: for each of its columns the columns
//! of the tables that it reads, taken from the plan, operator by operator.

use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, DFSchema};
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::utils::grouping_set_to_exprlist;
use datafusion::logical_expr::{
    Distinct, Expr, Join, JoinType, LogicalPlan, SortExpr, WindowFunctionDefinition,
};
use std::collections::BTreeMap;

/// How a column came to be from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum How {
    /// Its presence was counted, tested or used to group or order; no value of
    /// it can be read back.
    Counted,
    /// It went into an expression.
    Derived,
    /// Its values stand there as they were, or cast to another type.
    Copied,
}

/// Columns one step up, with what became of each.
pub(crate) type Cell = BTreeMap<(String, String), How>;

/// What a plan says of its own columns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traced {
    pub(crate) columns: BTreeMap<String, Cell>,
    pub(crate) decides: Cell,
}

impl Traced {
    /// Every column of a table as it stands there.
    pub(crate) fn copy_of(table: &str, columns: &arrow::datatypes::Schema) -> Traced {
        let cell = |name: &String| Cell::from([((table.to_owned(), name.clone()), How::Copied)]);
        let columns = columns.fields().iter();
        Traced {
            columns: columns
                .map(|field| (field.name().clone(), cell(field.name())))
                .collect(),
            decides: Cell::new(),
        }
    }

    /// Adds what another plan of the same columns says.
    pub(crate) fn take_in(&mut self, other: Traced) {
        for (column, cell) in other.columns {
            merge(self.columns.entry(column).or_default(), cell, How::Copied);
        }
        merge(&mut self.decides, other.decides, How::Copied);
    }
}

/// Reads the lineage off a plan whose scans are the tables a model reads.
pub(crate) fn trace(plan: &LogicalPlan) -> Traced {
    let mut tracer = Tracer::default();
    let cells = tracer.plan(plan);
    let columns = plan
        .schema()
        .fields()
        .iter()
        .map(|field| field.name().clone())
        .zip(cells)
        .collect();
    Traced {
        columns,
        decides: tracer.decides,
    }
}

/// Traces expressions over the columns of one table, for SQL that is made and
/// not planned.
pub(crate) struct Expressions {
    input: (DFSchema, Vec<Cell>),
    tracer: Tracer,
    columns: BTreeMap<String, Cell>,
}

impl Expressions {
    pub(crate) fn over(table: &str, schema: &DFSchema) -> Expressions {
        let cells = schema
            .fields()
            .iter()
            .map(|field| Cell::from([((table.to_owned(), field.name().clone()), How::Copied)]))
            .collect();
        Expressions {
            input: (schema.clone(), cells),
            tracer: Tracer::default(),
            columns: BTreeMap::new(),
        }
    }

    /// `expression` goes into a column, alone or with others.
    pub(crate) fn column(&mut self, name: &str, expression: &Expr) {
        let cell = self.tracer.expression(expression, &self.input);
        merge(
            self.columns.entry(name.to_owned()).or_default(),
            cell,
            How::Copied,
        );
    }

    /// `expression` is only counted in a column.
    pub(crate) fn counted(&mut self, name: &str, expression: &Expr) {
        let cell = self.tracer.expression(expression, &self.input);
        merge(
            self.columns.entry(name.to_owned()).or_default(),
            cell,
            How::Counted,
        );
    }

    /// `expression` decides which rows there are.
    pub(crate) fn decide(&mut self, expression: &Expr) {
        self.tracer.decide(expression, &self.input);
    }

    pub(crate) fn traced(self) -> Traced {
        Traced {
            columns: self.columns,
            decides: self.tracer.decides,
        }
    }
}

#[derive(Default)]
struct Tracer {
    decides: Cell,
    /// Columns of the queries around a subquery, outermost first.
    outer: Vec<(DFSchema, Vec<Cell>)>,
    /// Columns of the recursive queries being traced.
    recursive: Vec<(String, Vec<Cell>)>,
}

impl Tracer {
    /// One cell for each column of the plan's schema.
    fn plan(&mut self, plan: &LogicalPlan) -> Vec<Cell> {
        match plan {
            LogicalPlan::TableScan(scan) => {
                let table = scan.table_name.to_string();
                if let Some((_, cells)) =
                    self.recursive.iter().rev().find(|(name, _)| *name == table)
                {
                    return cells.clone();
                }
                let fields = scan.projected_schema.fields().iter();
                fields
                    .map(|field| Cell::from([((table.clone(), field.name().clone()), How::Copied)]))
                    .collect()
            }
            LogicalPlan::Projection(projection) => {
                let input = self.input(&projection.input);
                projection
                    .expr
                    .iter()
                    .map(|expression| self.expression(expression, &input))
                    .collect()
            }
            LogicalPlan::Filter(filter) => {
                let input = self.input(&filter.input);
                self.decide(&filter.predicate, &input);
                input.1
            }
            LogicalPlan::Aggregate(aggregate) => {
                let input = self.input(&aggregate.input);
                let groups = grouping_set_to_exprlist(&aggregate.group_expr).unwrap_or_default();
                let mut cells: Vec<Cell> = groups
                    .iter()
                    .map(|expression| self.expression(expression, &input))
                    .collect();
                // With grouping sets the engine adds a column that says which.
                let extra = aggregate
                    .schema
                    .fields()
                    .len()
                    .saturating_sub(cells.len() + aggregate.aggr_expr.len());
                cells.extend(std::iter::repeat_n(Cell::new(), extra));
                cells.extend(
                    aggregate
                        .aggr_expr
                        .iter()
                        .map(|expression| self.expression(expression, &input)),
                );
                cells
            }
            LogicalPlan::Window(window) => {
                let input = self.input(&window.input);
                let made: Vec<Cell> = window
                    .window_expr
                    .iter()
                    .map(|expression| self.expression(expression, &input))
                    .collect();
                input.1.into_iter().chain(made).collect()
            }
            LogicalPlan::Join(join) => self.join(join),
            LogicalPlan::Union(union) => {
                let mut cells = vec![Cell::new(); union.schema.fields().len()];
                for input in &union.inputs {
                    merge_all(&mut cells, self.plan(input));
                }
                cells
            }
            LogicalPlan::RecursiveQuery(query) => {
                let mut cells = self.plan(&query.static_term);
                self.recursive.push((query.name.clone(), cells.clone()));
                let more = self.plan(&query.recursive_term);
                self.recursive.pop();
                merge_all(&mut cells, more);
                cells
            }
            LogicalPlan::Distinct(Distinct::On(distinct)) => {
                let input = self.input(&distinct.input);
                for expression in &distinct.on_expr {
                    self.decide(expression, &input);
                }
                for sort in distinct.sort_expr.iter().flatten() {
                    self.decide(&sort.expr, &input);
                }
                distinct
                    .select_expr
                    .iter()
                    .map(|expression| self.expression(expression, &input))
                    .collect()
            }
            LogicalPlan::Unnest(unnest) => {
                let input = self.plan(&unnest.input);
                unnest
                    .dependency_indices
                    .iter()
                    .map(|index| input.get(*index).cloned().unwrap_or_default())
                    .collect()
            }
            LogicalPlan::Sort(sort) => self.plan(&sort.input),
            LogicalPlan::Limit(limit) => self.plan(&limit.input),
            LogicalPlan::Repartition(repartition) => self.plan(&repartition.input),
            LogicalPlan::SubqueryAlias(alias) => self.plan(&alias.input),
            LogicalPlan::Subquery(subquery) => self.plan(&subquery.subquery),
            LogicalPlan::Distinct(Distinct::All(input)) => self.plan(input),
            other => {
                // Values and the like have no input; of anything else every
                // column may come from every column below.
                let mut all = Cell::new();
                for input in other.inputs() {
                    for cell in self.plan(input) {
                        merge(&mut all, cell, How::Derived);
                    }
                }
                vec![all; other.schema().fields().len()]
            }
        }
    }

    fn input(&mut self, plan: &LogicalPlan) -> (DFSchema, Vec<Cell>) {
        (plan.schema().as_ref().clone(), self.plan(plan))
    }

    fn join(&mut self, join: &Join) -> Vec<Cell> {
        let left = self.input(&join.left);
        let right = self.input(&join.right);
        for (here, there) in &join.on {
            self.decide(here, &left);
            self.decide(there, &right);
        }
        let both = (
            left.0.join(&right.0).unwrap_or_else(|_| left.0.clone()),
            left.1
                .iter()
                .chain(&right.1)
                .cloned()
                .collect::<Vec<Cell>>(),
        );
        if let Some(filter) = &join.filter {
            self.decide(filter, &both);
        }
        let mut cells = match join.join_type {
            JoinType::LeftSemi | JoinType::LeftAnti | JoinType::LeftMark => left.1,
            JoinType::RightSemi | JoinType::RightAnti | JoinType::RightMark => right.1,
            JoinType::Inner | JoinType::Left | JoinType::Right | JoinType::Full => both.1,
        };
        cells.resize(join.schema.fields().len(), Cell::new());
        cells
    }

    fn decide(&mut self, expression: &Expr, input: &(DFSchema, Vec<Cell>)) {
        let cell = self.expression(expression, input);
        merge(&mut self.decides, cell, How::Copied);
    }

    /// What an expression over the columns of `input` is made from.
    fn expression(&mut self, expression: &Expr, input: &(DFSchema, Vec<Cell>)) -> Cell {
        match expression {
            Expr::Column(column) => find(column, input).unwrap_or_default(),
            Expr::OuterReferenceColumn(_, column) => self
                .outer
                .iter()
                .rev()
                .find_map(|outer| find(column, outer))
                .unwrap_or_default(),
            Expr::Alias(alias) => self.expression(&alias.expr, input),
            Expr::Cast(cast) => self.expression(&cast.expr, input),
            Expr::TryCast(cast) => self.expression(&cast.expr, input),
            Expr::IsNull(_)
            | Expr::IsNotNull(_)
            | Expr::IsTrue(_)
            | Expr::IsFalse(_)
            | Expr::IsUnknown(_)
            | Expr::IsNotTrue(_)
            | Expr::IsNotFalse(_)
            | Expr::IsNotUnknown(_) => self.children(expression, input, How::Counted),
            Expr::AggregateFunction(function) => {
                let params = &function.params;
                let mut cell = self.all(&params.args, input, how_of(function.func.name()));
                let aside = self.ordering(&params.order_by, input);
                merge(&mut cell, aside, How::Counted);
                if let Some(filter) = &params.filter {
                    let filter = self.expression(filter, input);
                    merge(&mut cell, filter, How::Counted);
                }
                cell
            }
            Expr::WindowFunction(function) => self.window(function, input),
            Expr::ScalarSubquery(subquery) => {
                self.subquery(&subquery.subquery, input, How::Derived)
            }
            Expr::Exists(exists) => self.subquery(&exists.subquery.subquery, input, How::Counted),
            Expr::InSubquery(inside) => {
                let mut cell = self.subquery(&inside.subquery.subquery, input, How::Counted);
                let tested = self.expression(&inside.expr, input);
                merge(&mut cell, tested, How::Counted);
                cell
            }
            Expr::SetComparison(comparison) => {
                let mut cell = self.subquery(&comparison.subquery.subquery, input, How::Counted);
                let tested = self.expression(&comparison.expr, input);
                merge(&mut cell, tested, How::Counted);
                cell
            }
            _ => self.children(expression, input, How::Derived),
        }
    }

    fn children(&mut self, expression: &Expr, input: &(DFSchema, Vec<Cell>), how: How) -> Cell {
        let mut cell = Cell::new();
        let _ = expression.apply_children(|child| {
            let made = self.expression(child, input);
            merge(&mut cell, made, how);
            Ok(TreeNodeRecursion::Continue)
        });
        cell
    }

    fn all(&mut self, expressions: &[Expr], input: &(DFSchema, Vec<Cell>), how: How) -> Cell {
        let mut cell = Cell::new();
        for expression in expressions {
            let made = self.expression(expression, input);
            merge(&mut cell, made, how);
        }
        cell
    }

    fn ordering(&mut self, order: &[SortExpr], input: &(DFSchema, Vec<Cell>)) -> Cell {
        let mut cell = Cell::new();
        for sort in order {
            let made = self.expression(&sort.expr, input);
            merge(&mut cell, made, How::Counted);
        }
        cell
    }

    fn window(&mut self, function: &WindowFunction, input: &(DFSchema, Vec<Cell>)) -> Cell {
        let name = match &function.fun {
            WindowFunctionDefinition::AggregateUDF(function) => function.name(),
            WindowFunctionDefinition::WindowUDF(function) => function.name(),
        };
        let params = &function.params;
        let mut cell = self.all(&params.args, input, how_of(name));
        let groups = self.all(&params.partition_by, input, How::Counted);
        merge(&mut cell, groups, How::Counted);
        let order = self.ordering(&params.order_by, input);
        merge(&mut cell, order, How::Counted);
        if let Some(filter) = &params.filter {
            let filter = self.expression(filter, input);
            merge(&mut cell, filter, How::Counted);
        }
        cell
    }

    fn subquery(&mut self, plan: &LogicalPlan, input: &(DFSchema, Vec<Cell>), how: How) -> Cell {
        self.outer.push(input.clone());
        let cells = self.plan(plan);
        self.outer.pop();
        let mut cell = Cell::new();
        for made in cells {
            merge(&mut cell, made, how);
        }
        cell
    }
}

/// Functions whose result cannot be read back to a value.
fn how_of(function: &str) -> How {
    match function {
        "count" | "approx_distinct" | "grouping" | "row_number" | "rank" | "dense_rank"
        | "percent_rank" | "cume_dist" | "ntile" => How::Counted,
        _ => How::Derived,
    }
}

fn find(column: &Column, (schema, cells): &(DFSchema, Vec<Cell>)) -> Option<Cell> {
    schema
        .maybe_index_of_column(column)
        .and_then(|index| cells.get(index))
        .cloned()
}

fn merge_all(cells: &mut [Cell], more: Vec<Cell>) {
    for (cell, more) in cells.iter_mut().zip(more) {
        merge(cell, more, How::Copied);
    }
}

/// Adds `more`, of which no more than `at_most` is left.
fn merge(cell: &mut Cell, more: Cell, at_most: How) {
    for (key, how) in more {
        add(cell, key, how.min(at_most));
    }
}

pub(crate) fn add(cell: &mut Cell, key: (String, String), how: How) {
    let known = cell.entry(key).or_insert(how);
    *known = how.max(*known);
}

#[cfg(test)]
mod tests {
    use crate::testing::Files;
    use crate::trace::How;

    /// One step up from each column of a staging model with this SQL, as
    /// `column: origin*`, with `~` for derived and `#` for counted.
    fn traced(sql: &str) -> Vec<String> {
        let plan = Files::new().model("staging.a", "", sql).plan();
        let node = plan.node("staging.a").unwrap();
        let names = node
            .schema
            .fields()
            .iter()
            .map(|field| field.name().clone());
        names
            .map(|column| {
                let origins: Vec<String> = plan
                    .made_from("staging.a", &column)
                    .iter()
                    .map(|origin| {
                        assert_eq!(origin.table, "council.requests");
                        let mark = match origin.how {
                            How::Copied => "",
                            How::Derived => "~",
                            How::Counted => "#",
                        };
                        format!("{}{mark}", origin.column)
                    })
                    .collect();
                format!("{column}: {}", origins.join(" "))
            })
            .collect()
    }

    #[test]
    fn copies_casts_and_expressions_are_told_apart() {
        assert_eq!(
            traced(
                "select area, cast(year as varchar) as y, received - refused as granted, 1 as one from council.requests"
            ),
            [
                "area: area",
                "y: year",
                "granted: received~ refused~",
                "one: "
            ]
        );
    }

    #[test]
    fn joins_keep_the_sides_apart_and_decide_rows() {
        let sql = "select l.area, r.received from council.requests l
            left join council.requests r on l.year = r.year and r.refused > 1";
        assert_eq!(traced(sql), ["area: area", "received: received"]);
        let plan = Files::new().model("staging.a", "", sql).plan();
        let lineage = plan.lineage("staging.a", None).unwrap();
        let decides: Vec<&str> = lineage
            .decided_by
            .iter()
            .map(|origin| origin.column.as_str())
            .collect();
        assert_eq!(decides, ["refused", "year"]);
    }

    #[test]
    fn common_table_expressions_and_unions_are_followed() {
        assert_eq!(
            traced(
                "with a as (select area as x, received as n from council.requests),
                 b as (select x, n from a union all select nhs_number, refused from council.requests)
                 select x, n from b"
            ),
            ["x: area nhs_number", "n: received refused"]
        );
    }

    #[test]
    fn a_count_tells_nothing_of_what_it_counts() {
        assert_eq!(
            traced(
                "select area, count(distinct nhs_number) as people, sum(received) as n,
                   max(refused) filter (where year > 2020) as most
                 from council.requests group by area"
            ),
            [
                "area: area",
                "people: nhs_number#",
                "n: received~",
                "most: refused~ year#"
            ]
        );
    }

    #[test]
    fn windows_order_and_group_without_passing_values_on() {
        assert_eq!(
            traced(
                "select area, row_number() over (partition by area order by year) as nth,
                   lag(received) over (order by year) as before
                 from council.requests"
            ),
            ["area: area", "nth: area# year#", "before: received~ year#"]
        );
    }

    #[test]
    fn subqueries_are_followed_in_and_out() {
        assert_eq!(
            traced(
                "select area, (select max(i.received) from council.requests i where i.year = o.year) as most
                 from council.requests o
                 where exists (select 1 from council.requests e where e.refused = o.refused)"
            ),
            ["area: area", "most: received~"]
        );
    }

    #[test]
    fn a_test_for_null_is_no_copy() {
        assert_eq!(
            traced(
                "select nhs_number is not null as has_number, case when year > 2000 then area end as a from council.requests"
            ),
            ["has_number: nhs_number#", "a: area~ year~"]
        );
    }

    #[test]
    fn grouping_sets_and_recursion_are_followed() {
        assert_eq!(
            traced(
                "select area, year, count(*) as n from council.requests group by rollup (area, year)"
            ),
            ["area: area", "year: year", "n: "]
        );
        assert_eq!(
            traced(
                "with recursive chain as (
                   select area, year from council.requests where year = 2020
                   union all select c.area, c.year + 1 from chain c where c.year < 2024)
                 select area, year from chain"
            ),
            ["area: area", "year: year"]
        );
    }
}
