//! A made-up Southend with planted faults: what is kept back is what was
//! planted, and the same return in another shape is the same tables.

use crate::harness::Project;
use std::collections::BTreeSet;
use std::path::Path;

/// A made-up area in a folder of the project's.
fn synth(project: &Project, children: u32, years: &str, mess: &str) {
    let children = children.to_string();
    let args = [
        "synth",
        "--children",
        &children,
        "--seed",
        "7",
        "--years",
        years,
        "--mess",
        mess,
        "--out",
        "made_up",
    ];
    project.jcw(&args).succeeds();
}

/// A project whose partners' files are the made-up ones, or one shape of them.
fn made_up(made: &Project, extracts: &str) -> Project {
    Project::southend().with("JCW_SOURCES", made.path("made_up").join(extracts))
}

/// A kept-back row as text: table, file, row and rule.
fn kept_back(project: &Project) -> BTreeSet<String> {
    let sql = "select distinct table_name, file, \"row\" as line, rule from jcw.reject";
    let rows = project.query(sql).into_iter();
    rows.map(|row| {
        format!(
            "{} {} {} {}",
            row["table_name"].as_str().unwrap(),
            row["file"].as_str().unwrap(),
            row["line"],
            row["rule"].as_str().unwrap()
        )
    })
    .collect()
}

/// The same, as it was planted under a folder of the made-up area.
fn planted(made: &Project, extracts: &str) -> BTreeSet<String> {
    let text = made.read("made_up/truth/faults.csv");
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name: &str| header.iter().position(|label| *label == name).unwrap();
    let (file, row, rule) = (place("file"), place("row"), place("rule"));
    let (severity, table) = (place("severity"), place("table"));
    lines
        .map(|line| line.split(',').collect::<Vec<_>>())
        .filter(|cells| cells[file].starts_with(&format!("{extracts}/")))
        .filter(|cells| cells[severity] == "reject_row")
        .map(|cells| {
            let name = Path::new(cells[file]).file_name().unwrap();
            format!(
                "{} {} {} {}",
                cells[table],
                name.to_str().unwrap(),
                cells[row],
                cells[rule]
            )
        })
        .collect()
}

/// Says what differs, not all that is there.
#[track_caller]
fn same(found: &BTreeSet<String>, planted: &BTreeSet<String>) {
    let extra: Vec<_> = found.difference(planted).take(20).collect();
    let missed: Vec<_> = planted.difference(found).take(20).collect();
    assert!(
        extra.is_empty() && missed.is_empty(),
        "{} kept back, {} planted\nkept back, not planted: {extra:#?}\nplanted, not kept back: {missed:#?}",
        found.len(),
        planted.len()
    );
}

/// Every file loaded, and every count closes.
#[track_caller]
fn all_load(project: &Project) {
    for row in project.status() {
        assert!(
            row["status"] == "loaded" || row["status"] == "outdated",
            "{row}"
        );
        assert_eq!(row["closes"], true, "{row}");
    }
}

fn exactly_what_was_planted(children: u32, mess: &str) {
    let made = Project::empty();
    synth(&made, children, "2024..2024", mess);
    let project = made_up(&made, "extracts");
    project.jcw(&["run"]).succeeds();
    all_load(&project);
    let planted = planted(&made, "extracts");
    assert_eq!(planted.is_empty(), mess == "0");
    same(&kept_back(&project), &planted);
}

#[test]
fn nothing_is_kept_back_where_nothing_is_wrong() {
    exactly_what_was_planted(600, "0");
}

#[test]
fn what_is_kept_back_is_what_was_planted() {
    exactly_what_was_planted(600, "0.03");
}

#[test]
#[ignore = "takes minutes; run with a release build: cargo test --release -p jcw-tests -- --ignored"]
fn what_is_kept_back_is_what_was_planted_among_many() {
    for mess in ["0", "0.03"] {
        for children in [2_500, 50_000] {
            exactly_what_was_planted(children, mess);
        }
    }
}

/// Rows of a table without the marks of where they stood.
fn rows_of(project: &Project, table: &str) -> Vec<String> {
    let any = project.query(&format!("select * from {table} limit 1"));
    let mut columns: Vec<String> = any
        .first()
        .map(|row| row.as_object().unwrap().keys().cloned().collect())
        .unwrap_or_default();
    // The ICB's own number for a child is in what it receives alone.
    columns
        .retain(|name| !name.starts_with('_') && (table.contains("sen2") || name != "person_id"));
    if columns.is_empty() {
        return Vec::new();
    }
    let list = columns
        .iter()
        .map(|name| format!("\"{name}\""))
        .collect::<Vec<_>>()
        .join(", ");
    let csv = project
        .jcw(&[
            "query",
            &format!("select {list} from {table}"),
            "--format",
            "csv",
        ])
        .succeeds()
        .out;
    let mut lines: Vec<String> = csv.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

/// Loads two shapes of the same deliveries and compares every table.
fn same_tables(shapes: &[(&str, &str)], tables: &[&str]) {
    let made = Project::empty();
    synth(&made, 400, "2024..2024", "0.03");
    let projects: Vec<Project> = shapes
        .iter()
        .map(|(extracts, sources)| {
            let project = made_up(&made, extracts);
            let mut args = vec!["run"];
            args.extend(sources.split(' '));
            project.jcw(&args).succeeds();
            all_load(&project);
            project
        })
        .collect();
    for table in tables {
        let first = rows_of(&projects[0], table);
        assert!(first.len() > 1, "{table} is empty");
        for (project, (shape, _)) in projects.iter().zip(shapes).skip(1) {
            let set = |rows: &[String]| rows.iter().cloned().collect::<BTreeSet<_>>();
            let other = rows_of(project, table);
            println_differences(table, shape, &set(&first), &set(&other));
            assert_eq!(first.len(), other.len(), "{table} in shape {shape}");
        }
    }
}

#[track_caller]
fn println_differences(table: &str, shape: &str, a: &BTreeSet<String>, b: &BTreeSet<String>) {
    let only_a: Vec<_> = a.difference(b).take(3).collect();
    let only_b: Vec<_> = b.difference(a).take(3).collect();
    assert!(
        only_a.is_empty() && only_b.is_empty(),
        "{table} in shape {shape}\nonly in the first: {only_a:#?}\nonly in the other: {only_b:#?}"
    );
}

#[test]
fn a_sen2_return_is_the_same_tables_as_xml_as_nine_files_and_as_a_workbook() {
    same_tables(
        &[
            ("extracts", "council/sen2"),
            ("shapes/blade", "council/sen2"),
            ("shapes/template", "council/sen2"),
        ],
        &[
            "council.sen2_return",
            "council.sen2_person",
            "council.sen2_request",
            "council.sen2_assessment",
            "council.sen2_named_plan",
            "council.sen2_plan_detail",
            "council.sen2_active_plan",
            "council.sen2_placement_detail",
            "council.sen2_sen_need",
        ],
    );
}

#[test]
fn a_submission_is_the_same_tables_in_the_names_of_the_provider_and_of_the_icb() {
    same_tables(
        &[
            ("extracts", "eput/csds nelft/mhsds"),
            ("shapes/icb", "commissioner/csds commissioner/mhsds"),
        ],
        &[
            "eput.csds_header",
            "eput.csds_patient",
            "eput.csds_referral",
            "eput.csds_contact",
            "eput.csds_activity",
            "nelft.mhsds_header",
            "nelft.mhsds_patient",
            "nelft.mhsds_referral",
            "nelft.mhsds_contact",
        ],
    );
}
