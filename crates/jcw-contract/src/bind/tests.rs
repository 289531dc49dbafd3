//! Which label of a file is which column.

use crate::testing::*;
use jcw_project::{Classification, DuplicateHeaders, Kind, Origin, STATUS_MISSING, Version};

#[test]
fn columns_are_bound_by_name_wherever_they_stand() {
    let mut contract = contract(vec![
        column("nhs_number", Kind::Text),
        column("la_code", Kind::Text),
    ]);
    contract.columns[1].aliases = vec!["LA".into(), "New LA code".into()];
    for labels in [
        "nhs_number|la_code",
        "\u{feff}NHS Number|la\u{a0}",
        "new  la-code|NHS_NUMBER",
    ] {
        let bound = bind(&compile(&contract), &table(labels, &[]));
        assert!(bound.warnings().is_empty());
        assert_eq!(bound.absent(&contract).count(), 0);
        let checked = check(&contract, &table(labels, &["1|2"]));
        let expected = if labels.starts_with("new") {
            "2|1|2"
        } else {
            "1|2|2"
        };
        assert_eq!(shown(&checked.accepted), [expected]);
    }
}

#[test]
fn a_missing_column_rejects_the_file_and_says_what_was_found() {
    let contract = contract(vec![
        column("requests_received", Kind::Integer),
        column("la_code", Kind::Text),
        column("period", Kind::Text),
    ]);
    let faults = compile(&contract)
        .bind(&["request_received", "period", "other"])
        .unwrap_err();
    let rules: Vec<_> = faults
        .iter()
        .map(|fault| (fault.rule.as_str(), fault.column.as_deref().unwrap()))
        .collect();
    assert_eq!(
        rules,
        [
            ("column.missing", "requests_received"),
            ("column.missing", "la_code")
        ]
    );
    assert_eq!(
        faults[0].message,
        "column \"requests_received\" is not in the file; \"request_received\" looks like it: add it to the column's aliases if it is. The file's labels are \"request_received\", \"period\", \"other\""
    );
}

fn sayings(contract: &jcw_project::Contract, labels: &[&str]) -> String {
    let faults = match compile(contract).bind(labels) {
        Ok(binding) => binding.warnings().to_vec(),
        Err(faults) => faults,
    };
    let said: Vec<String> = faults
        .iter()
        .map(|fault| format!("{}: {}", fault.rule, fault.message))
        .collect();
    said.join("\n")
}

#[test]
fn a_person_where_the_header_should_be_is_in_no_message() {
    let mut month = column("month", Kind::Text);
    month.from = Some(Origin::FileName(placed("(?<month>.+)")));
    let mut contract = contract(vec![
        column("id", Kind::Text),
        column("name", Kind::Text),
        month,
    ]);
    // The column that the reader adds is no sign of a header.
    assert_eq!(
        sayings(&contract, &["Jane Doe", "9434765919", "month"]),
        "header.not_found: no label of the contract stands in the first row; is the header missing? The labels \"id\", \"name\" were expected"
    );
    let said = sayings(
        &contract,
        &["id", "name", "943 476 5919", "Jane Doe", "month"],
    );
    assert!(
        said.contains("the 3rd label") && said.contains("\"Jane Doe\""),
        "{said}"
    );
    // A contract about people quotes nothing of the file's.
    for (classification, kind) in [
        (Classification::Sensitive, Kind::Text),
        (Classification::Open, Kind::NhsNumber),
    ] {
        contract.columns[0].classification = classification;
        contract.columns[0].kind = kind;
        for labels in [
            &["id", "Jane Doe", "9434765919", "month"][..],
            &["id", "name", "Jane Doe", "9434765919", "month"],
            &["id", "name", "Jane Doe", "Jane Doe", "month"],
            &["id", "nams", "month"],
        ] {
            let said = sayings(&contract, labels);
            assert!(
                said.contains("the 2nd label") || said.contains("the 3rd label"),
                "{said}"
            );
            assert!(
                !["Jane", "94347", "nams"]
                    .iter()
                    .any(|text| said.contains(text)),
                "{said}"
            );
        }
    }
}

#[test]
fn an_optional_column_left_out_is_null_and_missing() {
    let mut optional = with_symbols(column("b", Kind::Integer), &["=not_submitted"]);
    optional.optional = true;
    let contract = contract(vec![column("a", Kind::Text), optional]);
    let checked = check(&contract, &table("a|extra", &["1|2"]));
    assert_eq!(
        shown(&checked.accepted),
        [format!("1|NULL|{STATUS_MISSING}|2")]
    );
    let bound = compile(&contract).bind(&["a", "extra"]).unwrap();
    assert_eq!(bound.absent(&contract).collect::<Vec<_>>(), ["b"]);
    assert_eq!(bound.warnings()[0].rule, "column.unknown");
}

#[test]
fn a_label_that_comes_twice_is_refused_or_compared() {
    let mut contract = contract(vec![column("a", Kind::Text)]);
    for labels in [["a", " A"], ["x", "x"]] {
        let labels = ["a", labels[0], labels[1]];
        let labels = if labels[1] == "a" {
            &labels[1..]
        } else {
            &labels[..]
        };
        assert_eq!(
            compile(&contract).bind(labels).unwrap_err()[0].rule,
            "header.duplicate"
        );
    }
    contract.layout.duplicate_headers = DuplicateHeaders::Identical;
    let checked = check(&contract, &table("a|A", &["1|1", "1|2", "1 | 1", "|NULL"]));
    assert_eq!(rejects(&checked.rejected), ["3 duplicate-header"]);
    assert_eq!(
        texts(&checked.rejected, "row_values"),
        [r#"{"a":"1","A":"2"}"#]
    );
    assert_eq!(checked.accepted.num_rows(), 3);
}

#[test]
fn a_file_without_a_header_is_bound_by_position_and_width() {
    let mut contract = contract(vec![
        column("code", Kind::Text),
        column("name", Kind::Text),
        column("month", Kind::Text),
    ]);
    contract.columns[2].from = Some(Origin::FileName(placed("(?<month>.+)")));
    contract.layout.headerless = true;
    let checked = check(
        &contract,
        &table("column_1|column_2|month", &["R1L|EPUT|2023-04"]),
    );
    assert_eq!(shown(&checked.accepted), ["R1L|EPUT|2023-04|2"]);
    assert_eq!(
        compile(&contract)
            .bind(&["1", "2", "3", "month"])
            .unwrap_err()[0]
            .rule,
        "column.count"
    );
}

#[test]
fn the_version_is_what_the_header_shows() {
    let mut contract = contract(vec![column("a", Kind::Text)]);
    contract.versions = vec![
        Version {
            id: placed("2026"),
            shows: vec!["New Thing".into()],
        },
        Version {
            id: placed("2025"),
            shows: vec!["pc_decsion_4weeks".into()],
        },
    ];
    let checked = check(&contract, &table("a|PC_decsion_4weeks", &["1|2"]));
    assert_eq!(texts(&checked.accepted, "_version"), ["2025"]);
    let bound = compile(&contract).bind(&["a"]).unwrap();
    assert_eq!(
        (bound.version(), bound.warnings()[0].rule.as_str()),
        (None, "version.unknown")
    );
    assert_eq!(
        texts(&check(&contract, &table("a", &["1"])).accepted, "_version"),
        ["NULL"]
    );
}
