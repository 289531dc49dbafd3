//! A [`GovernedTable`] is one table as a policy shows it: the only provider that a
//! governed session's catalogue has. The table itself is in nobody's reach.

use crate::barrier::Barrier;
use crate::capability::Capability;
use crate::leak_proof::is_leak_proof;
use crate::policy::{TablePolicy, bare};
use async_trait::async_trait;
use datafusion::arrow::datatypes::{Schema, SchemaRef};
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{DFSchema, Result};
use datafusion::datasource::TableType;
use datafusion::logical_expr::utils::conjunction;
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, ident};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::{ProjectionExec, ProjectionExpr};
use std::collections::BTreeSet;
use std::sync::Arc;

/// One table as a policy shows it.
#[derive(Debug)]
pub(crate) struct GovernedTable {
    raw: Arc<dyn TableProvider>,
    raw_schema: SchemaRef,
    policy: TablePolicy,
    /// What the policy shows.
    schema: SchemaRef,
    /// The part of it that is shown as it is.
    unmasked: Schema,
    capability: Arc<Capability>,
}

impl GovernedTable {
    pub(crate) fn new(
        raw: Arc<dyn TableProvider>,
        policy: TablePolicy,
        capability: Arc<Capability>,
    ) -> GovernedTable {
        let raw_schema = Arc::new(bare(&raw.schema()));
        let (mut shown, mut unmasked) = (Vec::new(), Vec::new());
        for column in &policy.columns {
            let field = raw_schema.field(column.index).clone();
            match column.mask {
                Some(_) => shown.push(field.with_nullable(true)),
                None => {
                    unmasked.push(field.clone());
                    shown.push(field);
                }
            }
        }
        GovernedTable {
            raw,
            raw_schema,
            policy,
            schema: Arc::new(Schema::new(shown)),
            unmasked: Schema::new(unmasked),
            capability,
        }
    }

    /// Whether it was made for the session with this capability.
    pub(crate) fn is_of(&self, capability: &Arc<Capability>) -> bool {
        Arc::ptr_eq(&self.capability, capability)
    }

    /// Whether it is a model that is planned into whatever reads it.
    pub(crate) fn is_view(&self) -> bool {
        self.raw.table_type() == TableType::View
    }

    /// Whether something else is shown in place of the column's values.
    pub(crate) fn is_masked(&self, column: &str) -> bool {
        let mut columns = self.policy.columns.iter();
        columns.any(|shown| shown.name == column && shown.mask.is_some())
    }

    /// Whether every row is shown, and every shown value as it is.
    fn is_open(&self) -> bool {
        self.policy.rows.is_none() && self.policy.columns.iter().all(|c| c.mask.is_none())
    }

    /// The rows that the policy shows, of those that pass `asked`, masked.
    async fn shown(
        &self,
        session: &dyn Session,
        wanted: &[usize],
        asked: &[Expr],
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let columns: Vec<_> = (wanted.iter())
            .filter_map(|&index| self.policy.columns.get(index))
            .collect();
        let shown: Vec<Expr> = (columns.iter())
            .map(|column| match &column.mask {
                Some(mask) => mask.clone(),
                None => ident(&column.name),
            })
            .collect();
        // Expressions are of the raw table; those that are asked are of columns
        // that are the same there.
        let filters: Vec<Expr> = self.policy.rows.iter().chain(asked).cloned().collect();
        let used = used(shown.iter().chain(&filters), &self.raw_schema);
        let mut plan = self.raw.scan(session, Some(&used), &filters, None).await?;
        let read = DFSchema::try_from(plan.schema())?;
        if let Some(filter) = conjunction(filters) {
            let filter = session.create_physical_expr(filter, &read)?;
            plan = Arc::new(FilterExec::try_new(filter, plan)?);
        }
        let shown = shown.into_iter().zip(&columns).map(|(expression, column)| {
            let expr = session.create_physical_expr(expression, &read)?;
            let alias = column.name.clone();
            Ok(ProjectionExpr { expr, alias })
        });
        let shown = shown.collect::<Result<Vec<_>>>()?;
        Ok(Arc::new(ProjectionExec::try_new(shown, plan)?))
    }
}

/// Where the columns of `expressions` stand in the table, in order.
fn used<'e>(expressions: impl Iterator<Item = &'e Expr>, schema: &Schema) -> Vec<usize> {
    let used: BTreeSet<usize> = expressions
        .flat_map(|expression| expression.column_refs())
        .filter_map(|column| schema.index_of(&column.name).ok())
        .collect();
    used.into_iter().collect()
}

#[async_trait]
impl TableProvider for GovernedTable {
    fn schema(&self) -> SchemaRef {
        self.schema.clone()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        if self.is_open() {
            return self.raw.supports_filters_pushdown(filters);
        }
        let kind = |filter: &&Expr| match is_leak_proof(filter, &self.unmasked) {
            true => TableProviderFilterPushDown::Exact,
            false => TableProviderFilterPushDown::Unsupported,
        };
        Ok(filters.iter().map(kind).collect())
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.capability.check(session)?;
        let all = || (0..self.policy.columns.len()).collect();
        let wanted: Vec<usize> = projection.cloned().unwrap_or_else(all);
        if self.is_open() {
            let raw = (wanted.iter())
                .filter_map(|&index| Some(self.policy.columns.get(index)?.index))
                .collect();
            let plan = self.raw.scan(session, Some(&raw), filters, limit).await?;
            let capability = self.capability.clone();
            // A view is a plan of its own, into which nothing moves.
            return Ok(Arc::new(match plan.children().is_empty() {
                true => Barrier::open(plan, capability),
                false => Barrier::closed(plan, capability),
            }));
        }
        let leaky = (filters.iter()).any(|filter| !is_leak_proof(filter, &self.unmasked));
        if leaky {
            return datafusion::common::plan_err!("a predicate went below the barrier");
        }
        let asked: Vec<Expr> = filters
            .iter()
            .cloned()
            .map(unqualified)
            .collect::<Result<_>>()?;
        let plan = self.shown(session, &wanted, &asked).await?;
        Ok(Arc::new(Barrier::closed(plan, self.capability.clone())))
    }
}

fn unqualified(filter: Expr) -> Result<Expr> {
    use datafusion::common::tree_node::{Transformed, TreeNode as _};
    let bare = filter.transform(|part| {
        Ok(match part {
            Expr::Column(column) if column.relation.is_some() => {
                Transformed::yes(ident(column.name))
            }
            other => Transformed::no(other),
        })
    });
    Ok(bare?.data)
}
