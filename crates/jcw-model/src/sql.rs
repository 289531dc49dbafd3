//! A query is the SQL of one model, parsed: which tables it reads, and the
//! habits in it that a project does not allow. Parsing needs no schema, so it
//! says what it can even of a model that does not plan.

use crate::problem::Text;
use datafusion::common::TableReference;
use datafusion::common::{DataFusionError, Span};
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::planner::object_name_to_table_reference;
use datafusion::sql::resolve::resolve_table_references;
use datafusion::sql::sqlparser::ast::{
    self, Expr, Ident, ObjectName, Select, SelectItem, Spanned, Statement as Sql, Visit, Visitor,
};
use jcw_lake::misread;
use jcw_project::Diagnostic;
use std::collections::BTreeSet;
use std::ops::ControlFlow;

/// A parsed query.
#[derive(Debug, Clone)]
pub(crate) struct Query {
    /// What the planner takes.
    pub(crate) statement: Statement,
    /// Tables read, each once, with the first place it is named. Names of
    /// common table expressions are not among them.
    pub(crate) reads: Vec<Read>,
    /// Where `select *` stands.
    pub(crate) stars: Vec<Span>,
    /// Whether rows are cut off that are in no order.
    pub(crate) cuts_unordered: bool,
}

/// A table that a query reads.
#[derive(Debug, Clone)]
pub(crate) struct Read {
    /// As written, in lower case: `staging.requests`.
    pub(crate) table: String,
    /// Where, in the query's own lines and columns.
    pub(crate) span: Option<Span>,
}

impl Query {
    /// Parses one `select`.
    pub(crate) fn parse(text: &Text<'_>) -> Result<Query, Vec<Diagnostic>> {
        let mut statements = DFParserBuilder::new(text.sql)
            .build()
            .and_then(|mut parser| parser.parse_statements())
            .map_err(|error| text.problems(&error))?;
        let statement = match (statements.pop_front(), statements.len()) {
            (Some(statement), 0) if is_query(&statement) => statement,
            (None, _) => {
                return Err(vec![
                    text.whole("this model has no SQL")
                        .hint("write one select after the header comment"),
                ]);
            }
            (_, 0) => {
                return Err(vec![text.whole("a model is one select").hint(
                    "tables are made, filled and replaced by the build; write only the query",
                )]);
            }
            _ => {
                return Err(vec![
                    text.whole("a model is one select; here is more than one statement"),
                ]);
            }
        };
        let reads = reads(&statement).map_err(|error| text.problems(&error))?;
        let mut habits = Habits::default();
        if let Statement::Statement(sql) = &statement {
            is_as_written(text, sql.as_ref())?;
            let _ = sql.visit(&mut habits);
        }
        Ok(Query {
            reads,
            stars: habits.stars,
            cuts_unordered: habits.cuts_unordered,
            statement,
        })
    }

    /// The query in the parser's own words: two texts that differ in comments,
    /// line ends or the case of keywords alone are the same.
    pub(crate) fn normal(&self) -> String {
        self.statement.to_string()
    }
}

/// Parses one SQL expression: a metric's numerator, a test.
pub(crate) fn parse_expression(text: &Text<'_>) -> Result<Expr, Vec<Diagnostic>> {
    let parsed = DFParserBuilder::new(text.sql)
        .build()
        .and_then(|mut parser| parser.parse_into_expr())
        .map_err(|error| text.problems(&error))?;
    is_as_written(text, &parsed.expr)?;
    Ok(parsed.expr)
}

/// The engine reads it as whoever wrote it does.
fn is_as_written(text: &Text<'_>, parsed: &impl Visit) -> Result<(), Vec<Diagnostic>> {
    match misread(parsed) {
        None => Ok(()),
        Some(found) => {
            let place = text.place(Span::try_from_sqlparser_span(found.span));
            let problem = Diagnostic::error(place, found.what);
            Err(vec![problem.hint(found.instead)])
        }
    }
}

/// Columns named in an expression, in the order in which they are first
/// written; qualified ones by their last part.
pub(crate) fn columns_in(expression: &Expr) -> Vec<String> {
    struct Columns(Vec<String>);
    impl Visitor for Columns {
        type Break = ();
        fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<()> {
            let ident = match expression {
                Expr::Identifier(ident) => Some(ident),
                Expr::CompoundIdentifier(parts) => parts.last(),
                _ => None,
            };
            if let Some(ident) = ident {
                let name = folded(ident);
                if !self.0.contains(&name) {
                    self.0.push(name);
                }
            }
            ControlFlow::Continue(())
        }
    }
    let mut columns = Columns(Vec::new());
    let _ = expression.visit(&mut columns);
    columns.0
}

fn is_query(statement: &Statement) -> bool {
    matches!(statement, Statement::Statement(sql) if matches!(sql.as_ref(), Sql::Query(_)))
}

/// The planner's own resolver says which names are tables and which are common
/// table expressions; it keeps no places, so those are looked up after.
fn reads(statement: &Statement) -> Result<Vec<Read>, DataFusionError> {
    let (tables, _) = resolve_table_references(statement, true)?;
    let tables: BTreeSet<TableReference> = tables.into_iter().collect();
    let mut places = Relations(Vec::new());
    if let Statement::Statement(sql) = statement {
        let _ = sql.visit(&mut places);
    }
    Ok(tables
        .into_iter()
        .map(|table| Read {
            span: places
                .0
                .iter()
                .find(|(named, _)| *named == table)
                .and_then(|(_, span)| *span),
            table: table.to_string(),
        })
        .collect())
}

struct Relations(Vec<(TableReference, Option<Span>)>);

impl Visitor for Relations {
    type Break = ();
    fn pre_visit_relation(&mut self, relation: &ObjectName) -> ControlFlow<()> {
        if let Ok(name) = object_name_to_table_reference(relation.clone(), true) {
            self.0
                .push((name, Span::try_from_sqlparser_span(relation.span())));
        }
        ControlFlow::Continue(())
    }
}

#[derive(Default)]
struct Habits {
    stars: Vec<Span>,
    cuts_unordered: bool,
}

impl Visitor for Habits {
    type Break = ();

    fn pre_visit_query(&mut self, query: &ast::Query) -> ControlFlow<()> {
        let cuts = query.limit_clause.is_some() || query.fetch.is_some();
        self.cuts_unordered |= cuts && query.order_by.is_none();
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<()> {
        for item in &select.projection {
            let (SelectItem::Wildcard(options) | SelectItem::QualifiedWildcard(_, options)) = item
            else {
                continue;
            };
            if let Some(span) = Span::try_from_sqlparser_span(options.wildcard_token.0.span) {
                self.stars.push(span);
            }
        }
        ControlFlow::Continue(())
    }
}

fn folded(ident: &Ident) -> String {
    match ident.quote_style {
        Some(_) => ident.value.clone(),
        None => ident.value.to_ascii_lowercase(),
    }
}
