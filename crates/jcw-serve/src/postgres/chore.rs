//! A chore is what a command asks that is not a query: a variable set or shown,
//! a transaction begun or ended, a cursor moved, something forgotten.

use crate::postgres::command::Command;
use crate::postgres::encoding::text_fields;
use crate::postgres::error::error;
use crate::postgres::visitor::{Lasting, Visitor};
use futures::{StreamExt as _, stream};
use pgwire::api::results::{DataRowEncoder, QueryResponse, Response, Tag};
use pgwire::api::store::PortalStore;
use pgwire::error::{PgWireError, PgWireResult};

impl Visitor {
    /// Does what a command asks that is not a query.
    pub(super) async fn obey<S>(&self, command: &Command, store: &S) -> PgWireResult<Response>
    where
        S: PortalStore,
    {
        let tag = |tag: &str| Ok(Response::Execution(Tag::new(tag)));
        match command {
            Command::Set(name, value) => {
                self.set(name, value, Lasting::Session).await?;
                tag("SET")
            }
            Command::SetLocal(name, value) => {
                self.set(name, value, Lasting::Transaction).await?;
                tag("SET")
            }
            Command::Reset(name) => {
                self.chosen().reset(name);
                tag("RESET")
            }
            Command::Show(name) => self.show(name).map(Response::Query),
            Command::Begin => {
                self.begin_transaction();
                Ok(Response::TransactionStart(Tag::new("BEGIN")))
            }
            Command::End(ends) => {
                self.end_transaction(*ends == "COMMIT");
                Ok(Response::TransactionEnd(Tag::new(ends)))
            }
            Command::Fetch(name, count) => self
                .chosen()
                .cursors
                .fetch(name, *count)
                .map(Response::Query),
            Command::Move(name, count) => {
                let mut skipped = self.chosen().cursors.fetch(name, *count)?;
                let mut moved = 0;
                while let Some(row) = skipped.data_rows().next().await {
                    row?;
                    moved += 1;
                }
                Ok(Response::Execution(Tag::new("MOVE").with_rows(moved)))
            }
            Command::Close(name) => {
                self.chosen().cursors.close(name)?;
                tag("CLOSE CURSOR")
            }
            Command::Deallocate(name) => {
                self.forget(name, store);
                tag("DEALLOCATE")
            }
            Command::Discard => {
                self.forget("all", store);
                self.end_transaction(false);
                let mut chosen = self.chosen();
                chosen.variables = chosen.start.clone();
                tag("DISCARD ALL")
            }
            Command::Nothing(done) => tag(done),
            Command::Write(verb) => Err(write(verb)),
            Command::Query | Command::Declare(..) => Err(error("XX000", "a query is not obeyed")),
        }
    }

    fn forget<S: PortalStore>(&self, name: &str, store: &S) {
        let mut chosen = self.chosen();
        match name {
            "all" => {
                for name in std::mem::take(&mut chosen.statements) {
                    store.rm_statement(&name);
                }
            }
            name => {
                drop(chosen);
                self.forget_one(name, store);
            }
        }
    }

    pub(super) fn forget_one<S: PortalStore>(&self, name: &str, store: &S) {
        self.chosen().statements.remove(name);
        store.rm_statement(name);
    }

    fn show(&self, name: &str) -> PgWireResult<QueryResponse> {
        let chosen = self.chosen();
        let user = chosen
            .login
            .as_ref()
            .map_or("", |(principal, _)| principal.name.as_str());
        if name == "all" {
            let all = chosen.variables.all().into_iter();
            let all = all.map(|(name, value)| vec![name, value, String::new()]);
            return said(&["name", "setting", "description"], all.collect());
        }
        let value = match name {
            "session_authorization" => Some(user),
            name => chosen.variables.get(name),
        };
        let value = value.ok_or_else(|| error("42704", "there is no parameter of that name"))?;
        said(&[name], vec![vec![value.to_owned()]])
    }
}

fn write(verb: &str) -> PgWireError {
    match verb {
        "INSERT" | "UPDATE" | "DELETE" | "MERGE" | "TRUNCATE" => error(
            "25006",
            format!("{verb} is not possible: the warehouse is read-only"),
        ),
        verb => error(
            "42501",
            format!("{verb} is not allowed: only queries that read are"),
        ),
    }
}

/// Rows of words.
fn said(names: &[&str], lines: Vec<Vec<String>>) -> PgWireResult<QueryResponse> {
    let fields = text_fields(names);
    let mut encoder = DataRowEncoder::new(fields.clone());
    let mut rows = Vec::with_capacity(lines.len());
    for line in &lines {
        for word in line {
            encoder.encode_field(word)?;
        }
        rows.push(Ok(encoder.take_row()));
    }
    let mut answer = QueryResponse::new(fields, stream::iter(rows));
    answer.set_command_tag("SHOW");
    Ok(answer)
}
