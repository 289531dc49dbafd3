//! Rules are what a project's SQL may not do though the engine could: read
//! backwards, take columns unnamed, answer differently on another day, publish
//! an identifier.

use crate::catalog::Catalog;
use crate::plan::{Draft, Of, Plan};
use crate::problem::{Text, listed, nearest};
use crate::sql::{Read, parse_expression};
use crate::trace::How;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::logical_expr::{
    Expr, ExprSchemable, LogicalPlan, Volatility, WindowFunctionDefinition,
};
use jcw_project::{Classification, Diagnostic, Layer, Model, Placed};
use std::collections::{BTreeMap, BTreeSet};

/// Checks what every draft reads, and how: tables that exist and do not stand
/// behind it, columns by name.
/// What misses a table whose file could not be read has been told enough.
pub(crate) fn check_reads(
    drafts: &[Draft<'_>],
    declared: Vec<&str>,
    unread: &BTreeSet<String>,
    problems: &mut Vec<Diagnostic>,
) {
    let layers: BTreeMap<&str, Layer> = drafts
        .iter()
        .map(|draft| (draft.name.as_str(), draft.layer))
        .collect();
    let tables = Tables {
        names: declared
            .iter()
            .copied()
            .chain(layers.keys().copied())
            .collect(),
        declared: declared.into_iter().collect(),
        layers,
    };
    for draft in drafts {
        let Of::Model(model, query) = &draft.of else {
            continue;
        };
        let text = Text::of_model(model);
        for read in draft
            .reads
            .iter()
            .filter(|read| !unread.contains(&read.table))
        {
            problems.extend(tables.check(model, read, &text));
        }
        let Some(query) = query else { continue };
        if query.cuts_unordered {
            problems.push(
                Diagnostic::warning(
                    text.find("limit"),
                    "a limit without an order may keep other rows another time",
                )
                .hint("add an order by that names a row once"),
            );
        }
        if model.layer > Layer::Staging {
            for star in &query.stars {
                problems.push(
                    Diagnostic::error(text.place(Some(*star)), format!("{} takes columns by `*`", model.name.value))
                        .hint("name the columns; a column added upstream must not change what this table is"),
                );
            }
        }
    }
}

struct Tables<'t> {
    names: BTreeSet<&'t str>,
    declared: BTreeSet<&'t str>,
    layers: BTreeMap<&'t str, Layer>,
}

impl Tables<'_> {
    fn check(&self, model: &Model, read: &Read, text: &Text<'_>) -> Option<Diagnostic> {
        let table = read.table.as_str();
        if !self.names.contains(table) {
            let problem =
                Diagnostic::error(text.place(read.span), format!("there is no table {table}"));
            return Some(self.unknown(table, problem));
        }
        let (behind, may) = match self.layers.get(table) {
            Some(layer) => (
                !may_read(model.layer, *layer),
                format!("{table} is in layer {}", layer.name()),
            ),
            None => (
                model.layer != Layer::Staging
                    && !table.starts_with("seed.")
                    && self.declared.contains(table),
                format!("{table} is a source table"),
            ),
        };
        behind.then(|| {
            Diagnostic::error(
                text.place(read.span),
                format!(
                    "{may}, which a model of layer {} does not read",
                    model.layer.name()
                ),
            )
            .hint(format!(
                "layer {} reads {}",
                model.layer.name(),
                readable(model.layer)
            ))
        })
    }

    fn unknown(&self, table: &str, problem: Diagnostic) -> Diagnostic {
        let names: Vec<&str> = self.names.iter().copied().collect();
        if table.starts_with("jcw.") {
            return problem.hint(
                "the engine's own tables (jcw.*) change with every run, so no model reads them",
            );
        }
        if !table.contains('.') {
            let whole = names
                .iter()
                .find(|name| name.split('.').next_back() == Some(table));
            return match whole {
                Some(name) => problem.hint(format!("tables are named in two parts: {name}")),
                None => {
                    problem.hint("tables are named in two parts, for instance staging.requests")
                }
            };
        }
        match nearest(table, &names) {
            Some(name) => problem.hint(format!("did you mean {name}?")),
            None => problem.hint(format!("the tables are {}", listed(&names))),
        }
    }
}

/// Forward only: a layer reads those before it, and itself from core on.
/// Staging reads what was delivered, and nothing else does.
fn may_read(reader: Layer, table: Layer) -> bool {
    reader > Layer::Staging && table <= reader
}

fn readable(reader: Layer) -> &'static str {
    match reader {
        Layer::Staging => "source tables and seeds",
        Layer::Core => "staging, core and seeds",
        Layer::Metrics => "staging, core, metrics and seeds",
        Layer::Published => "staging, core, metrics, published and seeds",
    }
}

/// Refuses what would make the same inputs give other rows on another day, and
/// warns of what may give them in another order.
pub(crate) fn check_plan(plan: &LogicalPlan, text: &Text<'_>, problems: &mut Vec<Diagnostic>) {
    let mut found: BTreeMap<String, bool> = BTreeMap::new();
    let _ = plan.apply_with_subqueries(|plan| {
        plan.apply_expressions(|expression| {
            expression.apply(|expression| {
                match expression {
                    Expr::ScalarFunction(function)
                        if function.func.signature().volatility != Volatility::Immutable =>
                    {
                        found.insert(function.func.name().to_owned(), true);
                    }
                    Expr::AggregateFunction(function)
                        if depends_on_order(function.func.name())
                            && function.params.order_by.is_empty() =>
                    {
                        found.insert(function.func.name().to_owned(), false);
                    }
                    Expr::WindowFunction(function) => {
                        if let WindowFunctionDefinition::WindowUDF(window) = &function.fun
                            && function.params.order_by.is_empty()
                        {
                            found.insert(window.name().to_owned(), false);
                        }
                    }
                    _ => {}
                }
                Ok(TreeNodeRecursion::Continue)
            })
        })
    });
    for (name, is_error) in found {
        let place = text.find(&name);
        problems.push(match is_error {
            true => Diagnostic::error(place, format!("{name}() gives another answer another time"))
                .hint("the same inputs must give the same table; take the date from the data"),
            false => Diagnostic::warning(
                place,
                format!("{name}() without an order may give another answer another time"),
            )
            .hint("add an order by that names a row once"),
        });
    }
}

fn depends_on_order(function: &str) -> bool {
    matches!(
        function,
        "first_value" | "last_value" | "nth_value" | "array_agg" | "string_agg"
    )
}

/// Checks a test's expression against the columns of the model's result.
pub(crate) fn check_expression(
    sql: &Placed<String>,
    schema: &DFSchema,
    catalog: &Catalog,
) -> Vec<Diagnostic> {
    let text = Text::of_scalar(sql);
    let expression = match parse_expression(&text) {
        Ok(expression) => expression,
        Err(problems) => return problems,
    };
    match catalog
        .plan_expression(expression, schema)
        .and_then(|planned| planned.get_type(schema))
    {
        Ok(DataType::Boolean) => Vec::new(),
        Ok(found) => vec![
            text.whole(format!(
                "a test is true or false for each row, and this is {found}"
            ))
            .hint("write a comparison, for instance: numerator >= 0"),
        ],
        Err(error) => text.problems(&error),
    }
}

/// Refuses a published column through which a person's identifier can be read.
pub(crate) fn check_identifiers(plan: &Plan, problems: &mut Vec<Diagnostic>) {
    for node in plan
        .nodes
        .iter()
        .filter(|node| node.layer == Layer::Published)
    {
        for field in node.schema.fields() {
            if plan.classification(&node.name, field.name()) < Classification::LocalId {
                continue;
            }
            let Ok(lineage) = plan.lineage(&node.name, Some(field.name())) else {
                continue;
            };
            let from: Vec<String> = lineage
                .columns
                .iter()
                .flat_map(|column| &column.sources)
                .filter(|source| source.how > How::Counted)
                .filter(|source| {
                    plan.classification(&source.table, &source.column) >= Classification::LocalId
                })
                .map(|source| format!("{}.{}", source.table, source.column))
                .collect();
            problems.push(
                Diagnostic::error(
                    node.place.clone(),
                    format!(
                        "{}.{} would publish an identifier: it is made from {}",
                        node.name,
                        field.name(),
                        from.join(", ")
                    ),
                )
                .hint("count it, or leave it out; `jcw lineage` shows the way it came"),
            );
        }
    }
}
