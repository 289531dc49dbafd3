//! A [`PublicTable`] holds nothing that a policy is about: what metadata may tell
//! this very session anyway, and numbers in a row.

use crate::barrier::Barrier;
use crate::capability::Capability;
use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{Session, TableFunctionArgs, TableFunctionImpl, TableProvider};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::datasource::TableType;
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::ExecutionPlan;
use std::sync::Arc;

/// See the module.
#[derive(Debug)]
pub(crate) struct PublicTable {
    inner: Arc<dyn TableProvider>,
    capability: Arc<Capability>,
}

impl PublicTable {
    pub(crate) fn new(inner: Arc<dyn TableProvider>, capability: Arc<Capability>) -> PublicTable {
        PublicTable { inner, capability }
    }

    /// Whether it was made for the session with this capability.
    pub(crate) fn is_of(&self, capability: &Arc<Capability>) -> bool {
        Arc::ptr_eq(&self.capability, capability)
    }
}

#[async_trait]
impl TableProvider for PublicTable {
    fn schema(&self) -> SchemaRef {
        self.inner.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        self.capability.check(session)?;
        let plan = self.inner.scan(session, projection, &[], limit).await?;
        Ok(Arc::new(Barrier::closed(plan, self.capability.clone())))
    }
}

/// Most numbers of one series.
const SERIES: i128 = 1_000_000;

/// `generate_series` and `range`, bounded.
#[derive(Debug)]
pub(crate) struct Series {
    inner: Arc<dyn TableFunctionImpl>,
    capability: Arc<Capability>,
}

impl Series {
    pub(crate) fn new(inner: Arc<dyn TableFunctionImpl>, capability: Arc<Capability>) -> Series {
        Series { inner, capability }
    }
}

impl TableFunctionImpl for Series {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        // The engine's own takes numbers of one width only.
        let wide: Vec<Expr> = args.exprs().iter().map(widened).collect();
        let args = TableFunctionArgs::new(&wide, args.session());
        let numbers: Option<Vec<i128>> = args.exprs().iter().map(number).collect();
        let length = match numbers.as_deref() {
            Some([end]) => Some(*end),
            Some([start, end]) => Some(end - start),
            Some([start, end, step]) if *step != 0 => Some((end - start) / step),
            _ => None,
        };
        let is_empty = args.exprs().iter().any(is_null);
        match length.or(is_empty.then_some(0)) {
            Some(length) if length <= SERIES => Ok(Arc::new(PublicTable::new(
                self.inner.call_with_args(args)?,
                self.capability.clone(),
            ))),
            Some(_) => plan_err!("a series has at most {SERIES} numbers"),
            None => plan_err!("a series goes from one whole number to another"),
        }
    }
}

fn widened(argument: &Expr) -> Expr {
    match argument {
        Expr::Literal(ScalarValue::Int32(number), _) => {
            Expr::Literal(ScalarValue::Int64(number.map(i64::from)), None)
        }
        other => other.clone(),
    }
}

fn is_null(argument: &Expr) -> bool {
    matches!(argument, Expr::Literal(value, _) if value.is_null())
}

fn number(argument: &Expr) -> Option<i128> {
    match argument {
        Expr::Literal(value, _) => {
            match value.cast_to(&datafusion::arrow::datatypes::DataType::Int64) {
                Ok(ScalarValue::Int64(Some(number))) => Some(number.into()),
                _ => None,
            }
        }
        Expr::Negative(inner) => Some(-number(inner)?),
        _ => None,
    }
}

/// A door's own table function, whose rows are of one session.
#[derive(Debug)]
pub(crate) struct Told {
    inner: Arc<dyn TableFunctionImpl>,
    capability: Arc<Capability>,
}

impl Told {
    pub(crate) fn new(inner: Arc<dyn TableFunctionImpl>, capability: Arc<Capability>) -> Told {
        Told { inner, capability }
    }
}

impl TableFunctionImpl for Told {
    fn call_with_args(&self, args: TableFunctionArgs<'_, '_>) -> Result<Arc<dyn TableProvider>> {
        let told = self.inner.call_with_args(args)?;
        Ok(Arc::new(PublicTable::new(told, self.capability.clone())))
    }
}
