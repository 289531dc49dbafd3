//! A [`Server`] is a house with its doors open.

use crate::error::ServeError;
use crate::house::House;
use crate::tls::{Tls, TlsFiles};
use crate::{flight, http, listen, postgres};
use jcw_govern::Door;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;

/// Where each door is; one that is `None` stays shut. Port 0 is any that is free.
#[derive(Debug, Clone)]
pub struct Addresses {
    /// Arrow Flight SQL.
    pub flight: Option<SocketAddr>,
    /// The Postgres wire.
    pub postgres: Option<SocketAddr>,
    /// HTTP, and Delta Sharing under `/sharing`.
    pub http: Option<SocketAddr>,
}

/// A house with its doors open.
#[derive(Debug)]
pub struct Server {
    house: House,
    /// Where the doors really are.
    addresses: Addresses,
    doors: tokio::task::JoinSet<()>,
}

impl Server {
    /// Opens the doors.
    ///
    /// # Errors
    /// When an address cannot be listened on, the certificate cannot be used, or
    /// passwords would travel in clear without `plain_text`.
    pub async fn open(
        mut house: House,
        addresses: Addresses,
        tls: Option<&TlsFiles>,
        plain_text: bool,
    ) -> Result<Server, ServeError> {
        let tls = tls.map(Tls::read).transpose()?;
        house.is_encrypted = tls.is_some();
        let bind = async |address: Option<SocketAddr>| -> Result<_, ServeError> {
            let Some(address) = address else {
                return Ok(None);
            };
            if tls.is_none() && !plain_text && !address.ip().is_loopback() {
                return Err(ServeError::PlainText { address });
            }
            let listener = TcpListener::bind(address).await;
            let listener = listener.map_err(|source| ServeError::Address { address, source })?;
            Ok(Some(listener))
        };
        let (flight, postgres, http) = (
            bind(addresses.flight).await?,
            bind(addresses.postgres).await?,
            bind(addresses.http).await?,
        );
        let at = |listener: &Option<TcpListener>| listener.as_ref()?.local_addr().ok();
        let addresses = Addresses {
            flight: at(&flight),
            postgres: at(&postgres),
            http: at(&http),
        };
        let mut doors = tokio::task::JoinSet::new();
        if let Some(listener) = flight {
            let router = flight::router(&house);
            doors.spawn(listen::listen(
                house.clone(),
                Door::Flight,
                listener,
                tls.clone(),
                router,
            ));
        }
        if let Some(listener) = http {
            let router = http::router(&house);
            doors.spawn(listen::listen(
                house.clone(),
                Door::Http,
                listener,
                tls.clone(),
                router,
            ));
        }
        if let Some(listener) = postgres {
            let tls = tls.map(Tls::for_postgres);
            doors.spawn(postgres::listen(house.clone(), listener, tls));
        }
        Ok(Server {
            house,
            addresses,
            doors,
        })
    }

    /// Where the doors are, with the ports that were free.
    pub fn addresses(&self) -> &Addresses {
        &self.addresses
    }

    /// Takes nobody in any more, waits for those inside as long as `patience`,
    /// and then ends what still runs.
    pub async fn close(mut self, patience: Duration) {
        self.house.governor.stop_taking();
        self.house.closing.cancel();
        self.house.inside.close();
        let left = async {
            while self.doors.join_next().await.is_some() {}
            self.house.inside.wait().await;
        };
        if tokio::time::timeout(patience, left).await.is_err() {
            tracing::warn!("some clients were still inside when the doors closed");
        }
        if let Err(error) = self.house.governor.close().await {
            tracing::warn!(%error, "the end of the query log goes into the lake at the next start");
        }
    }
}
