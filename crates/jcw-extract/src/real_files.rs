//! The publishers' real files, where they are at hand.

use crate::testing::*;
use jcw_project::{Column, Contract, DuplicateHeaders, Format, Layout, Origin};
use std::collections::BTreeMap;

fn csv() -> Layout {
    layout(Format::Csv)
}

/// The Ministry of Justice's table of appeals.
fn appeals() -> Contract {
    let mut layout = csv();
    layout.title_rows = true;
    layout.header_rows = 2;
    layout.sub_heading = Some(text("region"));
    layout.footer = Some(text("^(England total excluding suppressed|Sources:)"));
    layout.unpivot = unpivot(r"^(?<year>\d{4}) / (?<column>.+?)[\d,]*$", None);
    contract(
        layout,
        vec![
            column("la_name").alias("Local Authority"),
            column("la_code"),
            column("region"),
            column("year"),
            column("appeals_registered"),
            column("appealable_decisions").alias("Total Appealable Decisions"),
            column("appeal_rate").alias("SEND Tribunal Appeal Rate"),
            column("appealable_decisions_new")
                .alias("In development: Total Appealable Decisions")
                .optional(),
            column("appeal_rate_new")
                .alias("In development: SEND Tribunal Appeal Rate")
                .optional(),
        ],
    )
}

#[test]
fn the_table_of_appeals_becomes_one_row_for_each_area_and_year() {
    let Some(path) = real("dfe_ehc_plans_2025/send_tribunals_and_appeal_rate_2014_2024.csv") else {
        return;
    };
    let whole = read_path(&appeals(), &path).unwrap();
    assert!(whole.malformed.is_empty());
    assert_eq!(
        whole.labels,
        [
            "Local Authority",
            "LA code",
            "region",
            "year",
            "appeals_registered",
            "appealable_decisions",
            "appeal_rate",
            "appealable_decisions_new",
            "appeal_rate_new"
        ]
    );
    let southend = whole.find("Local Authority", "Southend-on-Sea");
    assert_eq!(southend.len(), 11);
    let last = southend[10];
    assert_eq!(
        whole.texts(last),
        [
            "Southend-on-Sea",
            "882",
            "EAST OF ENGLAND",
            "2024",
            "48",
            "2,207",
            "2.20%",
            "1,344",
            "3.60%"
        ]
    );
    assert_eq!(whole.cell(southend[0], "appealable_decisions_new"), None);
    let england = *whole
        .find("Local Authority", "England Total4,9")
        .last()
        .unwrap();
    assert_eq!(
        &whole.texts(england)[4..],
        ["22,276", "689,739", "3.20%", "364,912", "6.10%"]
    );
    assert_eq!(whole.cells.len() as i64, whole.summary.records * 11);
    assert_eq!(whole.find("region", "INNER LONDON").len() % 11, 0);
}

/// Every `Table 4` sheet of a SitRep workbook.
fn waits() -> Contract {
    let mut layout = layout(Format::Xlsx);
    layout.title_rows = true;
    layout.sheets = vec![text("Table 4[a-g]?")];
    layout.unlabelled = vec![text("organisation_type"), text("organisation_name")];
    layout.unpivot = unpivot(
        r"^\((?<age_group>A|CYP)\) ?(?<service>.+)$",
        Some("waiting"),
    );
    let month = Origin::FileName(text(r"community_health_(?<report_month>\d{4}-\d{2}-\d{2})"));
    contract(
        layout,
        vec![
            column("organisation_type").alias("level").fill_down(),
            column("organisation_code").optional(),
            column("organisation_name").alias("name"),
            column("age_group"),
            column("service"),
            column("waiting"),
            column("band").from(Origin::Sheet(BTreeMap::from([(
                "Table 4".to_owned(),
                "total".to_owned(),
            )]))),
            column("report_month").from(month),
        ],
    )
}

#[test]
fn every_month_of_the_situation_report_is_read_the_same() {
    let months = [
        "2023-03-01",
        "2023-04-01",
        "2023-05-01",
        "2023-06-01",
        "2023-07-01",
        "2023-08-01",
        "2023-10-01",
        "2023-11-01",
    ];
    let mut waiting = Vec::new();
    for month in months {
        let Some(path) = real(&format!("nhs_chs_sitrep/community_health_{month}.xlsx")) else {
            return;
        };
        let whole = read_path(&waits(), &path).unwrap();
        assert!(
            whole.malformed.is_empty() && whole.summary.warnings.is_empty(),
            "{month}: {:?}",
            whole.summary.warnings
        );
        // Labels change from month to month, and in August from sheet to sheet.
        let name =
            |row: usize| whole.any_cell(row, &["organisation_name", "Organisation Name", "name"]);
        let kind =
            |row: usize| whole.any_cell(row, &["organisation_type", "Organisation Type", "level"]);
        let bands: std::collections::BTreeSet<&str> = (0..whole.cells.len())
            .filter_map(|row| whole.cell(row, "band"))
            .collect();
        assert_eq!(bands.len(), 8, "{month}");
        let trust = |row: &usize| {
            name(*row).is_some_and(|name| {
                name.eq_ignore_ascii_case("Essex Partnership University NHS Foundation Trust")
            }) && whole.cell(*row, "band") == Some("total")
                && whole
                    .cell(*row, "service")
                    .is_some_and(|service| service.contains("Community paediatric"))
                && whole.cell(*row, "report_month") == Some(month)
        };
        let rows: Vec<usize> = (0..whole.cells.len()).filter(trust).collect();
        assert_eq!(rows.len(), 1, "{month}");
        let kind = kind(rows[0]).unwrap();
        assert!(
            kind == "Provider" || kind == "Organisation",
            "{month}: {kind}"
        );
        waiting.push(whole.cell(rows[0], "waiting").unwrap().to_owned());
    }
    println!("EPUT, community paediatric service, waiting: {waiting:?}");
    assert!(waiting.contains(&"2100".to_owned()));
}

#[test]
fn the_departments_tables_are_read_to_the_last_row() {
    let tables = [
        "annual_reviews",
        "assessments",
        "caseload",
        "ceased_plans",
        "newplans",
        "personal_budgets",
        "requests",
        "residential_settings",
        "sen2_dmo_dco",
        "sen_need_newplans",
        "sen_needs_all_plans",
        "timeliness_20_week",
        "work_based_placements",
    ];
    let mut layout = csv();
    layout.duplicate_headers = DuplicateHeaders::Identical;
    let contract = contract(
        layout,
        columns(&["time_period", "geographic_level", "new_la_code"]),
    );
    for table in tables {
        let Some(path) = real(&format!("dfe_ehc_plans_2025/{table}.csv")) else {
            return;
        };
        let whole = read_path(&contract, &path).unwrap();
        let lines = std::fs::read_to_string(&path).unwrap().lines().count();
        assert_eq!(
            (whole.cells.len(), whole.malformed.len()),
            (lines - 1, 0),
            "{table}"
        );
        assert_eq!(whole.labels[0], "time_period", "{table}");
    }
}

#[test]
fn files_without_a_header_bind_in_order() {
    let names: Vec<String> = (1..=27).map(|position| format!("c{position}")).collect();
    let mut layout = csv();
    layout.headerless = true;
    let contract = contract(
        layout,
        names
            .iter()
            .map(|name| column(name))
            .collect::<Vec<Column>>(),
    );
    for (file, rows) in [("lookups/ods_etr.csv", 100), ("lookups/ods_ect.csv", 2)] {
        let Some(path) = real(file) else { return };
        let whole = read_path(&contract, &path).unwrap();
        assert!(
            whole.cells.len() >= rows && whole.malformed.is_empty(),
            "{file}: {}",
            whole.cells.len()
        );
        assert!(
            whole
                .cell(0, "c2")
                .unwrap()
                .ends_with("NHS FOUNDATION TRUST")
                || file.contains("etr")
        );
    }
}

#[test]
fn neighbours_become_one_row_for_each_authority_and_rank() {
    let Some(path) = real("lookups/la_statistical_neighbours.csv") else {
        return;
    };
    let mut layout = csv();
    layout.skip_blank_rows = true;
    layout.unpivot = unpivot("^(?<la_name>.+)$", Some("neighbour"));
    let contract = contract(
        layout,
        vec![
            column("la_name"),
            column("neighbour"),
            column("rank").from(Origin::RowNumber),
        ],
    );
    let whole = read_path(&contract, &path).unwrap();
    assert_eq!(whole.labels, ["rank", "la_name", "neighbour"]);
    let southend: Vec<(&str, &str)> = whole
        .find("la_name", "Southend-on-Sea")
        .into_iter()
        .map(|row| {
            (
                whole.cell(row, "rank").unwrap(),
                whole.cell(row, "neighbour").unwrap(),
            )
        })
        .collect();
    assert_eq!(southend.len(), 10);
    assert_eq!((southend[0].0, southend[9].0), ("1", "10"));
    assert_eq!(
        whole
            .find("la_name", "Bournemouth, Christchurch and Poole")
            .len(),
        10
    );
}

#[test]
fn a_workbook_of_alike_sheets_is_one_table() {
    let Some(path) = real("dfe_other/DSG_by_year_dr.xlsx") else {
        return;
    };
    let mut layout = layout(Format::Xlsx);
    layout.sheets = vec![text("dsg_budget_.*")];
    let contract = contract(
        layout,
        vec![
            column("la_code"),
            column("la_name"),
            column("total").alias("Total DSG allocation (£s)"),
            column("time_period"),
        ],
    );
    let whole = read_path(&contract, &path).unwrap();
    assert_eq!(whole.cells.len(), 163 + 163 + 164 + 164 + 165);
    assert_eq!(
        whole.texts(0),
        ["ENGLAND", "", "44867520326.8435", "201920"]
    );
}
