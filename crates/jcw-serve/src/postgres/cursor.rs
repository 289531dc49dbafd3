//! Cursors: answers that stay open under a name, of which the client fetches
//! some rows at a time.

use crate::postgres::error::error;
use futures::StreamExt as _;
use pgwire::api::results::{FieldInfo, QueryResponse};
use pgwire::error::PgWireResult;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Mutex;

/// The most cursors that a connection may hold open.
const MOST: usize = 20;

/// The cursors of a connection, by name.
#[derive(Debug, Default)]
pub(super) struct Cursors {
    open: BTreeMap<String, Cursor>,
}

#[derive(Debug)]
struct Cursor {
    fields: Arc<Vec<FieldInfo>>,
    rows: Arc<Mutex<QueryResponse>>,
}

impl Cursors {
    /// Keeps an answer under a name.
    ///
    /// # Errors
    /// When there is one of that name, or too many.
    pub(super) fn open(&mut self, name: String, answer: QueryResponse) -> PgWireResult<()> {
        if self.open.contains_key(&name) {
            return Err(error(
                "42P03",
                "there is a cursor of that name; close it first",
            ));
        }
        if self.open.len() >= MOST {
            let message = format!("more than {MOST} cursors are open; close some first");
            return Err(error("53000", message));
        }
        let fields = answer.row_schema();
        let rows = Arc::new(Mutex::new(answer));
        self.open.insert(name, Cursor { fields, rows });
        Ok(())
    }

    /// The columns of a cursor.
    pub(super) fn fields(&self, name: &str) -> Option<Arc<Vec<FieldInfo>>> {
        self.open.get(name).map(|cursor| cursor.fields.clone())
    }

    /// The next rows; `None` is all of them.
    ///
    /// # Errors
    /// When there is no such cursor.
    pub(super) fn fetch(&self, name: &str, count: Option<usize>) -> PgWireResult<QueryResponse> {
        let cursor = self.open.get(name).ok_or_else(unknown)?;
        let (fields, rows) = (cursor.fields.clone(), cursor.rows.clone());
        let next = futures::stream::unfold(rows, async |rows| {
            let row = rows.lock().await.data_rows().next().await;
            row.map(|row| (row, rows))
        });
        let next = next.take(count.unwrap_or(usize::MAX));
        let mut answer = QueryResponse::new(fields, next);
        answer.set_command_tag("FETCH");
        Ok(answer)
    }

    /// Closes one.
    ///
    /// # Errors
    /// When there is no such cursor.
    pub(super) fn close(&mut self, name: &str) -> PgWireResult<()> {
        if name == "all" {
            self.open.clear();
            return Ok(());
        }
        self.open.remove(name).map(drop).ok_or_else(unknown)
    }

    /// Closes all.
    pub(super) fn clear(&mut self) {
        self.open.clear();
    }
}

fn unknown() -> pgwire::error::PgWireError {
    error("34000", "there is no such portal or cursor")
}
