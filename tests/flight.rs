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
    let mut addresses = Vec::from(servers.each_ref().map(|server| server.flight.to_string()));
    addresses.push(servers[0].http.to_string());
    if let Some(told) = clients::run("flight.py", &addresses) {
        clients::are_told("Flight SQL", &told, &PEERS);
    }
}

#[test]
fn tables_without_a_schema_are_of_the_sessions_and_no_session_is_in_one_it_may_not_see() {
    let project = Project::starter().with("JCW_SERVE_KEY", KEY);
    for (name, n) in [
        ("published/thing", 1),
        ("core/thing", 2),
        ("core/only_in_core", 7),
    ] {
        let head = "description: Made up\nowner: SEND data team\ngrain: [n]";
        let sql = format!("/*\n{head}\n*/\nselect {n} as n\n");
        project.write(&format!("pipelines/models/{name}.sql"), sql);
    }
    project.write(
        "pipelines/roles.yaml",
        "roles:\n  - {id: reader, description: Reads what is published, reads: [published]}\n  \
         - {id: engineer, description: Sees everything, reads: ['*']}\n",
    );
    project.jcw(&["run"]).succeeds();
    let password = "correct horse battery staple";
    project.user("ann", "reader", password);
    project.user("eve", "engineer", password);
    let servers = [project.serve(&[]), project.serve(&[])];
    let [server, other] = servers.each_ref().map(|server| server.flight.to_string());
    clients::run("flight_schema.py", &[server, other, password.into()]);
    for server in &servers {
        assert!(!server.said().contains("panicked"), "{}", server.said());
    }
}
