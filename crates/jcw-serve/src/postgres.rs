//! The Postgres door: whatever speaks the Postgres wire (psql, psycopg,
//! SQLAlchemy, node's `pg`, DBeaver, Grafana, Metabase, Superset, Excel through
//! psqlODBC, Power BI through npgsql) asks governed queries of the warehouse.
//!
//! A connection comes through the [`wire`], says who it is ([`login`]), and is
//! then a [`visitor::Visitor`]: what it asks is taken apart into
//! [`command`]s; queries go to the governed session, questions about tables and
//! types to the [`catalogue`], and what tools send out of habit is answered.

mod cancel;
mod catalogue;
mod chore;
mod command;
mod connection;
mod cursor;
mod encoding;
mod error;
mod handler;
mod list;
mod login;
mod parameter;
mod pattern;
mod scram;
mod statement;
mod variable;
mod visitor;
mod wire;

use crate::house::House;
use crate::tls::Tls;
use cancel::Register;
use catalogue::Catalogue;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// What all connections of this door share.
#[derive(Debug)]
struct Door {
    house: House,
    /// Queries that run, for those who want to cancel one.
    register: Arc<Register>,
    catalogue: Catalogue,
}

/// Takes connections in until the house closes.
pub(crate) async fn listen(house: House, listener: TcpListener, tls: Option<Tls>) {
    let door = Arc::new(Door {
        house: house.clone(),
        register: Arc::default(),
        catalogue: Catalogue::default(),
    });
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = house.closing.cancelled() => break,
        };
        match accepted {
            Ok((stream, from)) => {
                let place = house.crowd.enter(from.ip());
                let is_full = place.is_none();
                if is_full {
                    house.numbers.closed(jcw_govern::Door::Postgres, "full");
                }
                let Some(place) = place.or_else(|| house.crowd.porch()) else {
                    continue;
                };
                let _ = stream.set_nodelay(true);
                let (door, tls) = (door.clone(), tls.clone());
                house.inside.spawn(async move {
                    let _place = place;
                    connection::serve(door, stream, from, tls, is_full).await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be taken in");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
