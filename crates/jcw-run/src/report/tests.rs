//! Reports of real runs over a lake in a temporary folder.

use crate::{Nobody, Outcome, Request, Which, open_lake, run};
use chrono::{DateTime, Utc};
use jcw_lake::Lake;
use jcw_project::{ProcessEnvironment, Project};
use std::path::Path;
use tempfile::TempDir;

const FILES: [(&str, &str); 4] = [
    (
        "pipelines/warehouse.yaml",
        "name: A warehouse
lake: ./lake
time_zone: Europe/London
home_area: E06000033
partners:
  - {id: council, name: The council, organisation: E06000033}
",
    ),
    (
        "pipelines/council/children.yaml",
        "description: Children with a disability, <every month>
owner: Data team
contract: council/children
files: ['extracts/children_*.csv']
schedule: {cron: '0 6 * * *', time_zone: Europe/London}
",
    ),
    (
        "pipelines/council/never.yaml",
        "description: Something that never came
owner: Data team
contract: council/children
files: ['extracts/never_*.csv']
schedule: {cron: '0 6 * * *', time_zone: Europe/London}
",
    ),
    (
        "schemas/council/children.yaml",
        r"description: one row for each child
owner: Data team
layout: {format: csv}
columns:
  - {name: month, type: text, required: true, from: {file_name: '(?<month>\d{4}-\d{2})'}}
  - {name: local_id, type: text, required: true, aliases: [Child Ref], classification: quasi}
  - {name: nhs_number, type: nhs_number, classification: identifier}
  - {name: surname, type: text, classification: identifier}
  - {name: age, type: integer, min: 0, max: 25}
  - {name: band, type: code, codes: {A: Low, B: High}, severity: warn}
period: [month]
key: [month, local_id]
row_id: [local_id]
",
    ),
];

struct World {
    folder: TempDir,
    project: Project,
    lake: Lake,
}

impl World {
    async fn new() -> World {
        let folder = TempDir::new().unwrap();
        for (path, text) in FILES {
            put(folder.path(), path, text);
        }
        std::fs::create_dir_all(folder.path().join("extracts")).unwrap();
        let (project, problems) = crate::check(folder.path(), &ProcessEnvironment);
        let project = project.unwrap_or_else(|| panic!("{problems:#?}"));
        let vault = crate::open_vault("vault", folder.path()).await.unwrap();
        let lake = open_lake("lake", folder.path()).await.unwrap();
        let lake = lake.with_vault(&vault).unwrap();
        World {
            folder,
            project,
            lake,
        }
    }

    fn deliver(&self, month: &str, rows: &str) {
        let text = format!("Child Ref,nhs_number,surname,age,band\n{rows}");
        put(
            self.folder.path(),
            &format!("extracts/children_{month}.csv"),
            &text,
        );
    }

    async fn run(&self) -> Outcome {
        let request = Request {
            which: Which::All,
            accept: Vec::new(),
        };
        run(&self.project, &self.lake, request, &Nobody)
            .await
            .unwrap()
    }

    fn read(&self, outcome: &Outcome, file: &str) -> String {
        let folder = self
            .folder
            .path()
            .join("vault/reports")
            .join(&outcome.run_id);
        std::fs::read_to_string(folder.join("council").join(file)).unwrap()
    }
}

fn put(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[tokio::test]
async fn a_partner_reads_what_became_of_its_rows_and_finds_them_again() {
    let world = World::new().await;
    world.deliver("2026-01", "C1,401 023 2137,Archer,7,A\nC2,,Baker,8,B\n");
    world.run().await;
    world.deliver(
        "2026-02",
        "C1,401 023 2137,Archer,7,A\n=C2,4010232138,Baker,8,B\nC3,,Cooper,88,Z\nC4,,Dyer,99,A\n",
    );
    let outcome = world.run().await;

    let page = world.read(&outcome, "children.html");
    for part in [
        "Children with a disability, &lt;every month&gt;",
        "<td>age.range</td><td>council.children</td><td>age</td><td class=\"n\">2</td><td>age is not between 0 and 25</td>",
        "<td class=\"n\">4</td><td>local_id C3</td>",
        "nhs_number.type in council.children: all of 1 rows",
        "<td>band.code</td>",
        "75.0 % of the rows were rejected; of the deliveries before, 0.0 %.",
        "(this run)",
    ] {
        assert!(page.contains(part), "{part} in {page}");
    }
    for person in [
        "4010232138",
        "401 023",
        "Baker",
        "Cooper",
        "Archer",
        ">88<",
        "<script",
    ] {
        assert!(!page.contains(person), "{person}");
    }

    let table = world.read(&outcome, "children.csv");
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("about,table,file,status,received,accepted"));
    for line in [
        "received,council.children,children_2026-02.csv,loaded,4,1,3,0,,,,,,,,",
        "rule,council.children,,,,,,,age.range,age,reject_row,2,,,,age is not between 0 and 25",
        "row,council.children,children_2026-02.csv,,,,,,age.range,age,reject_row,,,4,local_id C3,age is not between 0 and 25",
    ] {
        assert!(lines.contains(&line), "{line} in {table}");
    }
    assert!(table.contains("earlier,,children_2026-01.csv,loaded,2,2,0,0"));
    assert!(!table.contains("Baker") && !table.contains("4010232138"));
}

#[tokio::test]
async fn a_file_held_or_rejected_says_why_and_a_source_that_never_came_is_late() {
    let world = World::new().await;
    put(
        world.folder.path(),
        "extracts/children_2026-01.csv",
        "a,b\n1,2\n",
    );
    let outcome = world.run().await;
    let page = world.read(&outcome, "children.html");
    assert!(page.contains("rejected: "), "{page}");
    assert!(
        page.contains("Late: nothing has ever been loaded."),
        "{page}"
    );
    let page = world.read(&outcome, "never.html");
    assert!(page.contains("Nothing arrived.") && page.contains("class=\"late\""));
    let again = world.run().await;
    assert!(
        !world
            .folder
            .path()
            .join("vault/reports")
            .join(again.run_id)
            .exists()
    );
}

#[test]
fn a_source_is_late_when_it_waits_longer_than_ever() {
    use super::timing::Timing;
    use crate::ledger::Extract;
    let at = |day: &str| -> DateTime<Utc> { format!("{day}T09:00:00Z").parse().unwrap() };
    let load = |day: &str| -> Extract {
        serde_json::from_value(serde_json::json!({
            "received_at": at(day), "run_id": day, "source": "council/children",
            "partner": "council", "table_name": "council.children", "contract_hash": "",
            "url": "", "file": "", "sha256": day, "size": null, "modified": null, "etag": null,
            "status": "loaded", "rule": null, "reason": null, "version": null, "received": 1,
            "accepted": 1, "rejected": 0, "duplicate": 0, "superseded": 0, "warned": 0,
            "warnings": "[]", "periods": "", "table_version": 1,
        }))
        .unwrap()
    };
    let schedule = jcw_project::Schedule {
        cron: jcw_project::Placed {
            value: "0 6 * * *".into(),
            place: jcw_project::Place::start_of("pipelines/council/children.yaml"),
        },
        time_zone: chrono_tz::Europe::London,
    };
    let monthly = ["2026-01-05", "2026-02-05", "2026-03-04"].map(load);
    let is_late = |loads: &[Extract], day| {
        let timing = Timing::of(Some(&schedule), loads.iter(), at(day)).unwrap();
        timing.is_late
    };
    assert!(!is_late(&monthly, "2026-03-04"));
    assert!(!is_late(&monthly, "2026-04-03"), "no longer than before");
    assert!(is_late(&monthly, "2026-04-06"));
    assert!(
        is_late(&monthly[..1], "2026-01-07"),
        "one load: the schedule alone"
    );
    assert!(is_late(&[], "2026-01-07"));
    let unscheduled = Timing::of(None, monthly.iter(), at("2027-01-01")).unwrap();
    assert!(!unscheduled.is_late);
}
