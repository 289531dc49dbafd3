//! Tests of the gate, on contracts as a project has them.

use super::*;
use arrow::array::Int64Array;
use jcw_project::{Level, Project};

const CONTRACT: &str = "
description: One row for each referral
owner: tests
layout: {format: csv}
columns:
  - {name: month, type: text, required: true}
  - {name: referral_id, type: text, required: true}
  - {name: child_id, type: text, classification: local_id}
  - {name: nhs_number, type: nhs_number, classification: identifier}
  - {name: surname, type: text, classification: identifier}
  - {name: forename, type: text, classification: identifier}
  - {name: born, type: date, classification: identifier}
  - {name: postcode, type: text, classification: identifier}
  - {name: need, type: text, classification: sensitive}
key: [referral_id]
period: [month]
person: {local_id: child_id, nhs_number: nhs_number, surname: surname, forename: forename, birth_date: born, postcode: postcode}
";

fn contract(text: &str) -> Contract {
    let root = tempfile::tempdir().unwrap();
    let files = [
        (
            "pipelines/warehouse.yaml",
            "name: test\nlake: ./lake\npartners:\n  - {id: council, name: Council}\n",
        ),
        (
            "pipelines/council/referral.yaml",
            "description: Referrals\nowner: tests\ncontract: council/referral\nfiles: [./referral.csv]\n",
        ),
        ("schemas/council/referral.yaml", text),
    ];
    for (path, text) in files {
        let path = root.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let (project, problems) = Project::load(root.path(), &|_: &str| None);
    let errors: Vec<_> = (problems.iter())
        .filter(|problem| problem.level == Level::Error)
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    project.unwrap().contracts.remove(0)
}

fn key() -> Key {
    Key::from_hex(&"1".repeat(64)).unwrap()
}

type Row<'r> = [Option<&'r str>; 9];

/// Rows as the contract gives them.
fn typed(contract: &Contract, rows: &[Row<'_>]) -> RecordBatch {
    let schema = contract.table_schema();
    let columns = schema.fields().iter().enumerate().map(|(place, field)| {
        let column: ArrayRef = match field.name().as_str() {
            EXTRACT_COLUMN => Arc::new(StringArray::from_iter_values(rows.iter().map(|_| "ab"))),
            ROW_COLUMN => Arc::new(Int64Array::from_iter_values(2..rows.len() as i64 + 2)),
            _ => {
                let texts: StringArray = rows.iter().map(|row| row[place]).collect();
                cast(&texts, field.data_type()).unwrap()
            }
        };
        column
    });
    RecordBatch::try_new(Arc::clone(&schema), columns.collect()).unwrap()
}

fn passed(rows: &[Row<'_>]) -> Passed {
    let contract = contract(CONTRACT);
    let gate = Gate::new(&contract, Some(&key()), None).unwrap();
    gate.pass(&typed(&contract, rows)).unwrap()
}

fn texts(rows: &RecordBatch, column: &str) -> Vec<Option<String>> {
    let column = cast(&rows[column], &DataType::Utf8).unwrap();
    let texts = column.as_string::<i32>().iter();
    texts.map(|text| text.map(str::to_owned)).collect()
}

const ANNA: Row<'static> = [
    Some("2024-01"),
    Some("R1"),
    Some("C1"),
    Some("4010232137"),
    Some("O'Brien"),
    Some("Anna"),
    Some("2012-05-17"),
    Some("SS1 1AA"),
    Some("SLCN"),
];

#[test]
fn the_lake_has_nothing_of_what_names_somebody() {
    let passed = passed(&[ANNA]);
    let lake = passed.lake.schema();
    let names: Vec<&str> = lake
        .fields()
        .iter()
        .map(|field| field.name().as_str())
        .collect();
    assert_eq!(
        names,
        [
            "month",
            "referral_id",
            "child_id",
            "need",
            "_extract",
            "_row",
            "person_ref",
            "birth_month",
            "lsoa"
        ]
    );
    assert_eq!(
        texts(&passed.lake, "birth_month")[0].as_deref(),
        Some("2012-05-01")
    );
    assert_eq!(
        texts(&passed.lake, "child_id")[0],
        Some(key().local_id("C1"))
    );
    let all = format!("{:?}", passed.lake);
    for raw in [
        "4010232137",
        "O'Brien",
        "Anna",
        "2012-05-17",
        "SS1 1AA",
        "\"C1\"",
    ] {
        assert!(!all.contains(raw), "{raw} in {all}");
    }
    let vault = passed.vault.unwrap();
    assert_eq!(texts(&vault, "surname")[0].as_deref(), Some("O'Brien"));
    assert_eq!(texts(&vault, "local_id")[0].as_deref(), Some("C1"));
    assert_eq!(
        texts(&vault, "birth_date")[0].as_deref(),
        Some("2012-05-17")
    );
    assert_eq!(
        texts(&vault, "person_ref"),
        texts(&passed.lake, "person_ref")
    );
}

#[test]
fn the_same_said_in_another_way_is_the_same_and_anything_else_is_not() {
    let mut otherwise = ANNA;
    otherwise[1] = Some("R2");
    otherwise[4] = Some("O\u{2019}BRIEN");
    otherwise[7] = Some("ss11aa");
    let mut moved = ANNA;
    moved[7] = Some("SS2 2BB");
    let refs = texts(&passed(&[ANNA, otherwise, moved]).lake, "person_ref");
    assert_eq!(refs[0], refs[1]);
    assert_ne!(refs[0], refs[2]);
}

#[test]
fn rows_that_name_nobody_are_not_one_person() {
    let said = |referral| {
        let mut row = ANNA;
        row[1] = Some(referral);
        [2, 3, 4, 5].into_iter().for_each(|place| row[place] = None);
        row
    };
    let passed = passed(&[said("R1"), said("R2"), said("R1")]);
    let refs = texts(&passed.lake, "person_ref");
    assert_ne!(refs[0], refs[1], "twins at one address");
    assert_eq!(refs[0], refs[2], "the same row again");
    assert_eq!(texts(&passed.lake, "child_id"), [None, None, None]);
}

#[test]
fn a_number_without_a_person_is_a_pseudonym_too_and_needs_a_key() {
    let about_nobody = CONTRACT.split("person:").next().unwrap();
    let contract = contract(about_nobody);
    assert!(matches!(
        Gate::new(&contract, None, None),
        Err(GateError::NoKey { .. })
    ));
    let gate = Gate::new(&contract, Some(&key()), None).unwrap();
    let passed = gate.pass(&typed(&contract, &[ANNA])).unwrap();
    assert!(passed.vault.is_none());
    assert_eq!(
        texts(&passed.lake, "child_id")[0],
        Some(key().local_id("C1"))
    );
    let open = about_nobody.replace(", classification: local_id", "");
    assert!(!needs_key(&self::contract(&open)));
}
