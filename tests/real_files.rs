//! The real run: `JCW_SOURCES=../shared/data jcw run --lake L`, as the README
//! gives it, then the published figures against those that DfE, MoJ and NHS
//! England print.

use crate::harness::{Project, shared_data};
use serde_json::{Value, json};
use std::sync::OnceLock;

/// The real run, done once for all tests of this file.
fn southend() -> Option<&'static Project> {
    static RUN: OnceLock<Option<Project>> = OnceLock::new();
    RUN.get_or_init(|| {
        let project = Project::southend().with("JCW_SOURCES", shared_data()?);
        project.jcw(&["run"]).succeeds().says(&["Published"]);
        Some(project)
    })
    .as_ref()
}

macro_rules! real {
    ($name:ident, $project:ident, $body:block) => {
        #[test]
        fn $name() {
            let Some($project) = southend() else { return };
            $body
        }
    };
}

/// numerator, denominator, value of a metric for an area and period, over all.
fn figure(
    project: &Project,
    metric: &str,
    part: &str,
    area: &str,
    period: &str,
) -> (f64, f64, f64) {
    let rows = project.query(&format!(
        "select numerator, denominator, value from published.metric_value
         where metric_id = '{metric}' and part = '{part}' and area_code = '{area}' and period = '{period}'
           and breakdown_topic = 'Total' and breakdown = 'Total' and basis = 'published'"
    ));
    assert_eq!(rows.len(), 1, "{metric} {part} {area} {period}: {rows:?}");
    let number = |key: &str| rows[0][key].as_f64().unwrap_or(f64::NAN);
    (number("numerator"), number("denominator"), number("value"))
}

fn rounded(value: f64) -> String {
    format!("{value:.1}")
}

const SOUTHEND: &str = "E06000033";
const ENGLAND: &str = "E92000001";

real!(southend_2024_is_what_dfe_prints, project, {
    let (n, d, v) = figure(project, "E03", "all", SOUTHEND, "2024");
    assert_eq!((n, d, rounded(v).as_str()), (137.0, 569.0, "24.1"));
    let (n, d, v) = figure(project, "E04", "all", SOUTHEND, "2024");
    assert_eq!((n, rounded(v).as_str()), (137.0, "26.8"), "of {d}");
    let (n, d, v) = figure(project, "E13", "all", SOUTHEND, "2024");
    assert_eq!((n, d, rounded(v).as_str()), (48.0, 299.0, "16.1"));
    for (metric, printed) in [
        ("E28", "66.3"),
        ("E11", "13.1"),
        ("E05", "93.1"),
        ("E10", "16.5"),
    ] {
        assert_eq!(
            rounded(figure(project, metric, "all", SOUTHEND, "2024").2),
            printed,
            "{metric}"
        );
    }
});

real!(england_2024_is_what_dfe_prints, project, {
    for (metric, printed) in [
        ("E03", "25.2"),
        ("E04", "27.8"),
        ("E05", "84.8"),
        ("E10", "6.1"),
        ("E11", "34.1"),
        ("E13", "46.4"),
        ("E28", "44.4"),
    ] {
        assert_eq!(
            rounded(figure(project, metric, "all", ENGLAND, "2024").2),
            printed,
            "{metric}"
        );
    }
});

real!(the_years_before_are_what_the_brief_recomputed, project, {
    let requests = [
        ("2019", 293.0, 140.0),
        ("2020", 225.0, 106.0),
        ("2021", 358.0, 124.0),
        ("2022", 423.0, 134.0),
        ("2023", 517.0, 120.0),
        ("2024", 569.0, 137.0),
    ];
    for (year, received, refused) in requests {
        assert_eq!(
            figure(project, "E01", "all", SOUTHEND, year).0,
            received,
            "{year}"
        );
        let (n, d, _) = figure(project, "E03", "all", SOUTHEND, year);
        assert_eq!((n, d), (refused, received), "{year}");
    }
    let timeliness = [
        ("2019", "98.5"),
        ("2020", "93.5"),
        ("2021", "96.2"),
        ("2022", "72.5"),
        ("2023", "3.8"),
    ];
    for (year, printed) in timeliness {
        assert_eq!(
            rounded(figure(project, "E13", "all", SOUTHEND, year).2),
            printed,
            "{year}"
        );
    }
});

real!(the_tribunal_rate_has_both_official_denominators, project, {
    let rows = project.query(&format!(
        "select numerator, denominator, value from published.metric_value
         where metric_id = 'E33' and basis = 'published' and area_code = '{SOUTHEND}' and period = '2024' order by denominator desc"
    ));
    let seen: Vec<_> = rows
        .iter()
        .filter_map(|row| {
            Some((
                row["numerator"].as_f64()?,
                row["denominator"].as_f64()?,
                rounded(row["value"].as_f64()?),
            ))
        })
        .collect();
    assert_eq!(
        seen,
        [
            (48.0, 2207.0, "2.2".to_owned()),
            (48.0, 1344.0, "3.6".to_owned())
        ]
    );
});

real!(
    every_published_percentage_is_recomputed_from_its_counts,
    project,
    {
        let counted = project.query(
            "select count(*) as cells,
                count(*) filter (where not agrees and exception is null) as unexplained,
                count(*) filter (where not agrees and exception is not null) as exceptions,
                count(*) filter (where agrees and exception is not null) as stale
         from published.dfe_reconciliation",
        );
        let differing = project.query(
        "select * from published.dfe_reconciliation where not agrees and exception is null limit 20",
    );
        println!("percentages compared: {counted:?}");
        let counted = &counted[0];
        assert!(counted["cells"].as_u64().unwrap() > 10_000, "{counted}");
        assert_eq!(counted["unexplained"], json!(0), "{differing:#?}");
        // An exception that no longer differs is no exception: it must go.
        assert_eq!(counted["stale"], json!(0));
    }
);

real!(
    no_percentage_in_the_files_is_left_out_of_the_reconciliation,
    project,
    {
        // Count, in the files themselves, every cell under a percentage heading that is a number.
        let folder = shared_data().unwrap().join("dfe_ehc_plans_2025");
        let mut cells = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.extension().is_none_or(|e| e != "csv") || name.starts_with("send_tribunals") {
                continue;
            }
            let text = std::fs::read_to_string(&path).unwrap();
            let mut lines = text.trim_start_matches('\u{feff}').lines();
            let percentages: Vec<usize> = split(lines.next().unwrap())
                .iter()
                .enumerate()
                .filter(|(_, label)| {
                    let label = label.to_lowercase();
                    label.ends_with("_pc") || label.starts_with("pc_")
                })
                .map(|(index, _)| index)
                .collect();
            for line in lines {
                let fields = split(line);
                cells += percentages
                    .iter()
                    .filter(|&&i| fields[i].parse::<f64>().is_ok())
                    .count();
            }
        }
        let compared = project.value("select count(*) from published.dfe_reconciliation");
        assert_eq!(compared, json!(cells));
    }
);

/// Splits a line of a DfE file: commas, and quotes round names with commas.
fn split(line: &str) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.trim_end_matches('\r').chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    fields.push(field);
    fields
}

real!(
    eput_community_paediatrics_waits_are_what_the_workbooks_say,
    project,
    {
        for (month, total, over_18, over_52) in [
            ("2023-02", 1546, 719, 4),
            ("2023-04", 2100, 938, 104),
            ("2023-06", 3310, 1180, 304),
            ("2023-08", 3370, 1505, 103),
        ] {
            let waiting = |metric: &str| -> Value {
                project.value(&format!(
                    "select numerator from published.metric_value
                 where metric_id = '{metric}' and basis = 'published' and area_code = 'R1L' and period = '{month}'
                   and breakdown = 'Community paediatric service'"
                ))
            };
            assert_eq!(waiting("H01"), json!(f64::from(total)), "{month}");
            assert_eq!(
                waiting("H02"),
                json!(f64::from(over_18 + over_52)),
                "{month}"
            );
            assert_eq!(waiting("H03"), json!(f64::from(over_52)), "{month}");
        }
    }
);

real!(
    occupational_therapy_that_nobody_submitted_is_never_nought,
    project,
    {
        let months = project.query(
            "select period, numerator, value, status from published.metric_value
         where metric_id = 'H01' and basis = 'published' and area_code = 'R1L'
           and breakdown = 'Therapy interventions: Occupational therapy' order by period",
        );
        assert_eq!(months.len(), 8, "{months:?}");
        for month in &months {
            if month["period"] == json!("2023-02") {
                assert_eq!(
                    (&month["numerator"], &month["status"]),
                    (&json!(368.0), &json!("ok"))
                );
            } else {
                assert_eq!(month["status"], json!("not_submitted"), "{month}");
                assert!(month.get("numerator").is_none_or(Value::is_null), "{month}");
                assert!(month.get("value").is_none_or(Value::is_null), "{month}");
            }
        }
    }
);

real!(every_row_received_is_accounted_for, project, {
    let status = project.status();
    assert!(status.len() >= 30, "{} files", status.len());
    for file in &status {
        assert_eq!(file["closes"], json!(true), "{file}");
        assert_eq!(file["status"], json!("loaded"), "{file}");
    }
});

real!(every_metric_of_the_issue_has_figures, project, {
    let expected = [
        "E01", "E03", "E04", "E05", "E07", "E08", "E09", "E10", "E11", "E12", "E13", "E14", "E16",
        "E20", "E21", "E22", "E23", "E24", "E25", "E26", "E27", "E28", "E30", "E32", "E33", "E34",
        "E35", "E36", "E37", "H01", "H02", "H03", "J06", "J07", "J09",
    ];
    let rows = project.query(
        "select metric_id, count(value) as figures from published.metric_value where basis = 'published' group by metric_id order by 1",
    );
    for metric in expected {
        let row = rows.iter().find(|row| row["metric_id"] == json!(metric));
        let figures = row.and_then(|row| row["figures"].as_u64()).unwrap_or(0);
        assert!(figures > 0, "{metric} has no figure");
        let defined = project.value(&format!(
            "select count(*) from published.metric_definition where metric_id = '{metric}' and basis = 'published'"
        ));
        assert!(defined.as_u64().unwrap() > 0, "{metric} has no definition");
    }
});

real!(a_figure_explains_itself_down_to_the_file, project, {
    project
        .jcw(&["explain", "E03", "--area", SOUTHEND, "--period", "2024"])
        .succeeds()
        .says(&[
            "137",
            "569",
            "24.1",
            "requests.csv",
            "council.dfe_requests",
            "24.1 ",
        ]);
    let sha256 = project.value("select sha256 from jcw.extract where file = 'requests.csv'");
    project
        .jcw(&["explain", "E03", "--area", SOUTHEND, "--period", "2024"])
        .says(&[sha256.as_str().unwrap()]);
});

real!(
    southend_stands_beside_england_its_region_and_its_neighbours,
    project,
    {
        let rows = project.query(&format!(
        "select * from published.metric_comparison
         where metric_id = 'E03' and area_code = '{SOUTHEND}' and period = '2024' and breakdown = 'Total'"
    ));
        assert_eq!(rows.len(), 1, "{rows:?}");
        assert_eq!(rounded(rows[0]["england_value"].as_f64().unwrap()), "25.2");
        assert!(rows[0]["region_value"].as_f64().unwrap() > 0.0);
    }
);

real!(a_run_again_does_nothing_and_says_so, project, {
    let before = project.jcw(&["releases", "--format", "json"]).out;
    project.jcw(&["run"]).succeeds().says(&["Nothing to do"]);
    assert_eq!(project.jcw(&["releases", "--format", "json"]).out, before);
});
