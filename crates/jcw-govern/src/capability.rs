//! A [`Capability`] is what a plan has to carry before a table gives it rows. Only
//! a governed query's own state carries it, after the query was allowed: a way to
//! the tables that somebody forgot to guard gives an error and no rows.

use datafusion::catalog::Session;
use datafusion::common::{Result, plan_err};
use std::sync::Arc;

/// Known by its place in memory; nobody can make another that is the same.
#[derive(Debug)]
pub(crate) struct Capability {
    /// So that no two share a place.
    _own: u8,
}

impl Capability {
    pub(crate) fn new() -> Arc<Capability> {
        Arc::new(Capability { _own: 0 })
    }

    /// # Errors
    /// When `session` does not carry this very capability.
    pub(crate) fn check(self: &Arc<Self>, session: &dyn Session) -> Result<()> {
        let carried = session.config().get_extension::<Capability>();
        match carried.is_some_and(|carried| Arc::ptr_eq(&carried, self)) {
            true => Ok(()),
            false => plan_err!("this table is read by governed queries only"),
        }
    }
}
