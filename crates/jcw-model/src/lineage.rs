//! Lineage is which columns a column is made from, read off the plan: through
//! joins, common table expressions, aggregates, unions, windows and
//! subqueries, model by model down to source tables and seeds.

use crate::plan::{Declared, Node, Plan};
use crate::problem::{listed, nearest};
use datafusion::common::{Column, DFSchema};
use datafusion::logical_expr::expr::WindowFunction;
use datafusion::logical_expr::utils::grouping_set_to_exprlist;
use datafusion::logical_expr::{Distinct, Expr, Join, JoinType, LogicalPlan, SortExpr, WindowFunctionDefinition};
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use jcw_project::Classification;
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

/// A column that another is made from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Model, seed or source table.
    pub table: String,
    /// Its column.
    pub column: String,
    /// What became of it.
    pub how: How,
}

/// Where the columns of a table come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    /// The table.
    pub table: String,
    /// Its columns, in order; or the one that was asked for.
    pub columns: Vec<ColumnLineage>,
    /// Columns that decide which rows there are: filters and joins.
    pub decided_by: Vec<Origin>,
}

/// Where one column comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnLineage {
    /// The column.
    pub column: String,
    /// One step up: columns of the tables its model reads.
    pub made_from: Vec<Origin>,
    /// All the way up: columns of source tables and seeds.
    pub sources: Vec<Origin>,
}

/// A lineage that cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineageError {
    /// The project makes no such table.
    #[error("there is no model or metric table called \"{name}\"; {hint}")]
    NoTable {
        /// As asked.
        name: String,
        /// What to do.
        hint: String,
    },
    /// The table has no such column.
    #[error("{table} has no column \"{column}\"; {hint}")]
    NoColumn {
        /// The table.
        table: String,
        /// As asked.
        column: String,
        /// What to do.
        hint: String,
    },
}

impl Plan {
    /// Where the columns of a table come from; of one of them when `column`
    /// is given.
    ///
    /// # Errors
    /// When there is no such table or column; the message says what is near.
    pub fn lineage(&self, table: &str, column: Option<&str>) -> Result<Lineage, LineageError> {
        let node = self.node(table).ok_or_else(|| {
            let names: Vec<&str> = self.nodes.iter().map(|node| node.name.as_str()).collect();
            LineageError::NoTable {
                name: table.to_owned(),
                hint: hint(table, &names, "the tables are"),
            }
        })?;
        let names: Vec<&str> = node.schema.fields().iter().map(|field| field.name().as_str()).collect();
        if let Some(column) = column
            && !names.contains(&column)
        {
            return Err(LineageError::NoColumn {
                table: table.to_owned(),
                column: column.to_owned(),
                hint: hint(column, &names, "its columns are"),
            });
        }
        Ok(Lineage {
            table: table.to_owned(),
            columns: names
                .into_iter()
                .filter(|name| column.is_none_or(|column| column == *name))
                .map(|name| ColumnLineage {
                    column: name.to_owned(),
                    made_from: self.made_from(table, name),
                    sources: self.sources(table, name),
                })
                .collect(),
            decided_by: origins(&node.traced.decides),
        })
    }

    /// One step up from a column; nothing for a source table or a seed.
    pub fn made_from(&self, table: &str, column: &str) -> Vec<Origin> {
        self.node(table)
            .and_then(|node| node.traced.columns.get(column))
            .map(origins)
            .unwrap_or_default()
    }

    /// All the way up from a column, to source tables and seeds.
    fn sources(&self, table: &str, column: &str) -> Vec<Origin> {
        let mut found: BTreeMap<(String, String), How> = BTreeMap::new();
        let mut seen: BTreeMap<(String, String), How> = BTreeMap::new();
        let mut open = self.made_from(table, column);
        while let Some(origin) = open.pop() {
            let key = (origin.table.clone(), origin.column.clone());
            if seen.get(&key).is_some_and(|how| *how >= origin.how) {
                continue;
            }
            seen.insert(key.clone(), origin.how);
            if self.declared.contains_key(&origin.table) {
                add(&mut found, key, origin.how);
                continue;
            }
            open.extend(self.made_from(&origin.table, &origin.column).into_iter().map(|up| Origin {
                how: up.how.min(origin.how),
                ..up
            }));
        }
        origins(&found)
    }
}

fn hint(word: &str, names: &[&str], lead: &str) -> String {
    match nearest(word, names) {
        Some(name) => format!("did you mean \"{name}\"?"),
        None => format!("{lead} {}", listed(names)),
    }
}

/// What every column says about a person, by table: contracts' own columns as
/// declared, models' columns as the most telling of those they are made from.
/// What is only counted tells nothing.
pub(crate) fn classify(
    declared: &BTreeMap<String, Declared>,
    nodes: &[Node],
) -> BTreeMap<String, BTreeMap<String, Classification>> {
    let mut classes: BTreeMap<String, BTreeMap<String, Classification>> = declared
        .iter()
        .map(|(name, table)| (name.clone(), table.classes.clone()))
        .collect();
    for node in nodes {
        let of_node = node
            .traced
            .columns
            .iter()
            .map(|(column, from)| {
                let class = from
                    .iter()
                    .filter(|(_, how)| **how > How::Counted)
                    .filter_map(|((table, column), _)| classes.get(table)?.get(column).copied())
                    .max()
                    .unwrap_or_default();
                (column.clone(), class)
            })
            .collect();
        classes.insert(node.name.clone(), of_node);
    }
    classes
}

/// Columns one step up, with what became of each.
type Cell = BTreeMap<(String, String), How>;

/// What a plan says of its own columns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traced {
    pub(crate) columns: BTreeMap<String, Cell>,
    pub(crate) decides: Cell,
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
                if let Some((_, cells)) = self.recursive.iter().rev().find(|(name, _)| *name == table) {
                    return cells.clone();
                }
                let fields = scan.projected_schema.fields().iter();
                fields
                    .map(|field| Cell::from([((table.clone(), field.name().clone()), How::Copied)]))
                    .collect()
            }
            LogicalPlan::Projection(projection) => {
                let input = self.input(&projection.input);
                projection.expr.iter().map(|expression| self.expression(expression, &input)).collect()
            }
            LogicalPlan::Filter(filter) => {
                let input = self.input(&filter.input);
                self.decide(&filter.predicate, &input);
                input.1
            }
            LogicalPlan::Aggregate(aggregate) => {
                let input = self.input(&aggregate.input);
                let groups = grouping_set_to_exprlist(&aggregate.group_expr).unwrap_or_default();
                let mut cells: Vec<Cell> =
                    groups.iter().map(|expression| self.expression(expression, &input)).collect();
                // With grouping sets the engine adds a column that says which.
                let extra = aggregate.schema.fields().len().saturating_sub(cells.len() + aggregate.aggr_expr.len());
                cells.extend(std::iter::repeat_n(Cell::new(), extra));
                cells.extend(aggregate.aggr_expr.iter().map(|expression| self.expression(expression, &input)));
                cells
            }
            LogicalPlan::Window(window) => {
                let input = self.input(&window.input);
                let made: Vec<Cell> =
                    window.window_expr.iter().map(|expression| self.expression(expression, &input)).collect();
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
                distinct.select_expr.iter().map(|expression| self.expression(expression, &input)).collect()
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
            left.1.iter().chain(&right.1).cloned().collect::<Vec<Cell>>(),
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
            Expr::OuterReferenceColumn(_, column) => {
                self.outer.iter().rev().find_map(|outer| find(column, outer)).unwrap_or_default()
            }
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
            Expr::ScalarSubquery(subquery) => self.subquery(&subquery.subquery, input, How::Derived),
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
        "count" | "approx_distinct" | "grouping" | "row_number" | "rank" | "dense_rank" | "percent_rank"
        | "cume_dist" | "ntile" => How::Counted,
        _ => How::Derived,
    }
}

fn find(column: &Column, (schema, cells): &(DFSchema, Vec<Cell>)) -> Option<Cell> {
    schema.maybe_index_of_column(column).and_then(|index| cells.get(index)).cloned()
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

fn add(cell: &mut Cell, key: (String, String), how: How) {
    let known = cell.entry(key).or_insert(how);
    *known = how.max(*known);
}

fn origins(cell: &Cell) -> Vec<Origin> {
    cell.iter()
        .map(|((table, column), how)| Origin {
            table: table.clone(),
            column: column.clone(),
            how: *how,
        })
        .collect()
}
