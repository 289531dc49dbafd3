//! The Flight SQL door: Arrow Flight's gRPC service with the commands and
//! actions of Flight SQL, which ADBC, JDBC and ODBC drivers speak.
//!
//! A call comes in at [`service`], which says who calls ([`caller`]) and hands
//! it to the noun that it is about: a statement, a prepared one, metadata, keys,
//! session options. Nothing is kept for a client that it cannot do without: what
//! a ticket or a handle stands for is written in it and signed ([`ticket`]), so
//! that another server of the same project can go on.

mod actions;
mod batches;
mod caller;
mod error;
mod keys;
mod metadata;
mod options;
mod prepared;
mod running;
mod service;
mod sql_info;
mod statement;
mod ticket;
mod wire;
mod xdbc;

use crate::house::House;
use arrow_flight::flight_service_server::FlightServiceServer;
use axum::Router;
use axum::routing::post;
use service::Service;

/// The most that a client may send in one message: the parameters of a prepared
/// statement are the largest.
const MOST_RECEIVED: usize = 16 << 20;

/// The gRPC service as routes.
pub(crate) fn router(house: &House) -> Router {
    let service = Service::new(house);
    let grpc = FlightServiceServer::new(service.clone())
        .max_decoding_message_size(MOST_RECEIVED)
        .max_encoding_message_size(usize::MAX);
    let fetch = post(wire::fetch).with_state(service);
    let routes = tonic::service::Routes::new(grpc).into_axum_router();
    routes.route(wire::DO_GET, fetch)
}
