//! Flight SQL with real clients: ADBC's driver, pyarrow's Flight call by call, a
//! driver for JDBC's calls in their order, Polars and pandas.

use crate::clients::{self, Peers};
use crate::harness::{KEY, Project};

/// As `../shared/peers/brief.md` 1.B read them, from their sources.
const PEERS: Peers = Peers {
    names: &["ROAPI", "InfluxDB 3", "GizmoSQL", "Ballista"],
    calls: &[
        ("Handshake", &["yes", "yes", "yes", "yes"]),
        (
            "GetFlightInfo, DoGet of a statement",
            &["yes", "yes", "yes", "yes"],
        ),
        ("GetSchema of a statement", &["no", "no", "in part", "no"]),
        ("PollFlightInfo", &["no", "no", "no", "no"]),
        ("ListFlights", &["no", "no", "no", "no"]),
        ("ListActions", &["yes", "no", "yes", "yes"]),
        ("CommandGetCatalogs", &["yes", "yes", "yes", "yes"]),
        ("CommandGetDbSchemas", &["yes", "yes", "yes", "yes"]),
        ("CommandGetTables", &["yes", "yes", "yes", "yes"]),
        ("CommandGetTableTypes", &["no", "yes", "yes", "yes"]),
        ("CommandGetPrimaryKeys", &["no", "empty", "yes", "no"]),
        ("CommandGetImportedKeys", &["no", "empty", "yes", "no"]),
        ("CommandGetExportedKeys", &["no", "empty", "yes", "no"]),
        ("CommandGetCrossReference", &["no", "empty", "yes", "no"]),
        ("CommandGetSqlInfo", &["yes", "yes", "yes", "yes"]),
        ("CommandGetXdbcTypeInfo", &["yes", "yes", "yes", "yes"]),
        ("Prepared query", &["yes", "yes", "yes", "yes"]),
        ("Parameters", &["no", "yes", "yes", "no"]),
        ("Many rows of parameters", &["no", "", "yes", "no"]),
        ("CancelFlightInfo", &["no", "no", "yes", "no"]),
        ("CancelQuery", &["no", "no", "yes", "no"]),
        ("RenewFlightEndpoint", &["no", "no", "no", "no"]),
        ("Session options", &["no", "no", "yes", "no"]),
        ("CloseSession", &["no", "no", "yes", "no"]),
        ("CommandStatementUpdate", &["no", "no", "yes", "in part"]),
        ("CommandStatementIngest", &["no", "no", "yes", "no"]),
        ("CommandStatementSubstraitPlan", &["no", "no", "no", "no"]),
        ("BeginTransaction", &["no", "no", "yes", "no"]),
    ],
};

#[test]
fn every_client_gets_every_call_answered_as_the_page_says() {
    let project = Project::starter().with("JCW_SERVE_KEY", KEY);
    project.jcw(&["run"]).succeeds();
    for name in ["ann", "bob"] {
        project.user(
            name,
            "commissioner",
            &format!("correct horse battery {name}"),
        );
    }
    let servers = [&[][..], &[], &["--ticket-life", "1"]].map(|more| project.serve(more));
    let addresses = servers.each_ref().map(|server| server.flight.to_string());
    if let Some(told) = clients::run("flight.py", &addresses) {
        clients::are_told("Flight SQL", &told, &PEERS);
    }
}
