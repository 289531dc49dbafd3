//! The tables of a build are those that are settled so far: at which version,
//! by which identity, and how to read them. Each is opened when somebody first
//! reads it, and once.

use crate::catalog::{Catalog, config};
use crate::identity;
use crate::plan::{Body, Node, Plan};
use crate::stored::as_stored;
use arrow::datatypes::SchemaRef;
use datafusion::catalog::TableProvider;
use datafusion::common::{DataFusionError, Result, plan_datafusion_err};
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::{MemTable, ViewTable, provider_as_source};
use datafusion::execution::runtime_env::RuntimeEnv;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder, Union};
use futures::future::BoxFuture;
use jcw_lake::Lake;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// Tables that a build can read.
pub(crate) struct Tables {
    plan: Arc<Plan>,
    lake: Lake,
    /// Without tables: for a query that is one task, and for one that is
    /// divided among several.
    undivided: Catalog,
    divided: Catalog,
    settled: Mutex<BTreeMap<String, Settled>>,
}

/// How a table is read.
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    /// At this version.
    Stored(u64),
    /// It was never delivered.
    Empty(SchemaRef),
    /// As the plan of its query.
    View,
}

#[derive(Clone)]
struct Settled {
    identity: String,
    kind: Kind,
    provider: Arc<OnceCell<Arc<dyn TableProvider>>>,
}

impl Tables {
    /// `memory` is what all queries together may hold, in bytes; `threads` is
    /// among how many tasks one is divided.
    pub(crate) fn new(
        plan: Arc<Plan>,
        lake: Lake,
        runtime: Arc<RuntimeEnv>,
        memory: usize,
        threads: usize,
    ) -> Tables {
        Tables {
            plan,
            lake,
            undivided: Catalog::new(config(1, memory), runtime.clone()),
            divided: Catalog::new(config(threads, memory), runtime),
            settled: Mutex::default(),
        }
    }

    /// Says how a table is to be read from now on.
    pub(crate) fn settle(&self, table: &str, identity: String, kind: Kind) {
        let settled = Settled {
            identity,
            kind,
            provider: Arc::default(),
        };
        self.lock().insert(table.to_owned(), settled);
    }

    pub(crate) fn is_settled(&self, table: &str) -> bool {
        self.lock().contains_key(table)
    }

    /// The version at which a stored table is read.
    pub(crate) fn version(&self, table: &str) -> Option<u64> {
        match self.lock().get(table)?.kind {
            Kind::Stored(version) => Some(version),
            _ => None,
        }
    }

    /// The identity that a node's rows will have, all it needs being settled.
    pub(crate) fn identity_of(&self, node: &Node) -> String {
        let settled = self.lock();
        let inputs = node
            .needs
            .iter()
            .filter_map(|need| Some((need.clone(), settled.get(need)?.identity.clone())))
            .collect();
        identity::of_table(&node.digest, &inputs)
    }

    /// A catalogue with these tables, whose plans are divided among tasks or not.
    pub(crate) async fn catalog(&self, names: &[String], is_divided: bool) -> Result<Catalog> {
        let mut catalog = if is_divided {
            self.divided.clone()
        } else {
            self.undivided.clone()
        };
        for name in names {
            catalog.add(name, provider_as_source(self.provider(name).await?));
        }
        Ok(catalog)
    }

    fn provider<'t>(&'t self, table: &'t str) -> BoxFuture<'t, Result<Arc<dyn TableProvider>>> {
        Box::pin(async move {
            let settled = self.lock().get(table).cloned();
            let Some(settled) = settled else {
                return Err(plan_datafusion_err!("{table} is read before it is made"));
            };
            let provider = settled
                .provider
                .get_or_try_init(|| self.open(table, settled.kind.clone()));
            provider.await.cloned()
        })
    }

    async fn open(&self, table: &str, kind: Kind) -> Result<Arc<dyn TableProvider>> {
        match kind {
            Kind::Stored(version) => {
                let opened = self
                    .lake
                    .table_at(table, version)
                    .await
                    .and_then(|table| table.provider());
                opened.map_err(|error| DataFusionError::External(Box::new(error)))
            }
            Kind::Empty(schema) => Ok(Arc::new(EmptyTable::new(schema))),
            Kind::View => {
                let node = self
                    .plan
                    .node(table)
                    .ok_or_else(|| plan_datafusion_err!("{table} is not a view of this project"))?;
                let catalog = self.catalog(&node.reads, false).await?;
                let plan = query(node, &catalog)?;
                Ok(Arc::new(ViewTable::new(plan, Some(node.sql.clone()))))
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Settled>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The plan that makes a node's rows, in stored types. `catalog` has the
/// tables that it reads.
pub(crate) fn query(node: &Node, catalog: &Catalog) -> Result<LogicalPlan> {
    let plan = match &node.body {
        Body::Query(statement) => catalog.plan(statement)?,
        Body::Parts(parts) if parts.is_empty() => LogicalPlanBuilder::scan(
            &node.name,
            provider_as_source(Arc::new(EmptyTable::new(node.schema.clone()))),
            None,
        )?
        .build()?,
        Body::Parts(parts) => {
            // Literals and stored columns are text of two sorts, which do not go together.
            let plans = parts.iter().map(|sql| {
                let part = as_stored(catalog.plan_text(sql)?, &node.schema)?;
                Ok(Arc::new(part))
            });
            match plans.collect::<Result<Vec<_>>>()? {
                mut one if one.len() == 1 => Arc::unwrap_or_clone(one.remove(0)),
                many => LogicalPlan::Union(Union::try_new(many)?),
            }
        }
        Body::Rows(rows) => {
            let table = MemTable::try_new(rows.schema(), vec![vec![rows.clone()]])?;
            LogicalPlanBuilder::scan(&node.name, provider_as_source(Arc::new(table)), None)?
                .build()?
        }
    };
    catalog.typed(as_stored(plan, &node.schema)?)
}
