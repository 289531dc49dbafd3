//! The Postgres door.

use crate::house::House;
use crate::tls::Tls;
use tokio::net::TcpListener;

/// Takes connections in until the house closes.
pub(crate) async fn listen(house: House, _listener: TcpListener, _tls: Option<Tls>) {
    house.closing.cancelled().await;
}
