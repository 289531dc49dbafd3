//! What people's tools ask of figures once they are connected, in the SQL that each
//! generates, is answered, and as a Postgres would.

use crate::clients::{self, Peers};
use crate::harness::repository;
use crate::postgres::{has_psql, psql, served};
use crate::server::PASSWORD;

#[test]
fn what_tools_ask_of_figures_is_answered_as_postgres_would() {
    if !has_psql() {
        return;
    }
    let (_project, served) = served();
    let recorded = repository().join("tests/clients/postgres_questions.sql");
    let recorded = std::fs::read_to_string(recorded).unwrap();
    let (mut wrong, mut told) = (Vec::new(), String::new());
    for section in recorded.split("\n-- client: ").skip(1) {
        let (name, statements) = section.split_once('\n').unwrap();
        // All of a client over one connection: its cursors are of that connection.
        let mut arguments = vec!["-q", "-A", "-t"];
        let mut expected: Vec<Vec<&str>> = Vec::new();
        let mut rows = Vec::new();
        for line in statements.lines().filter(|line| !line.is_empty()) {
            match line.strip_prefix("-- = ") {
                Some(row) => rows.push(row),
                None => {
                    arguments.extend(["-c", line, "-c", r"\echo --"]);
                    expected.push(std::mem::take(&mut rows));
                }
            }
        }
        let count = expected.len();
        let compared = expected.iter().filter(|rows| !rows.is_empty()).count();
        told.push_str(&format!("statements | {name} | {count}\n"));
        told.push_str(&format!("rows compared | {name} | {compared}\n"));
        let ran = psql(&served, "ann", PASSWORD, &arguments);
        if !ran.err.is_empty() {
            wrong.push(format!("{name}: {}", ran.err));
        }
        let answers = ran.out.split("--\n");
        for (index, (answer, expected)) in answers.zip(&expected).enumerate() {
            // Here what is whole is written with a fraction where it may have one.
            let answer = answer.replace(".000000", "");
            let answer = answer.replace(".0|", "|").replace(".0\n", "\n");
            if !expected.is_empty() && !answer.lines().eq(expected.iter().copied()) {
                wrong.push(format!("{name}, {index}: {answer} and not {expected:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(!served.said().contains("panicked"), "{}", served.said());
    clients::are_told("What tools ask of figures", &told, &Peers::NONE);
}
