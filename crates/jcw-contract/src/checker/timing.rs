//! How fast rows are checked: `cargo test --release -p jcw-contract timing -- --ignored --nocapture`.

use crate::testing::*;
use crate::*;
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringViewArray};
use jcw_project::{Contract, Key, Kind, ROW_COLUMN, Severity};
use std::sync::Arc;
use std::time::Duration;

/// Time that this thread had a processor: other work on the machine does not count.
struct Instant(Duration);

impl Instant {
    fn now() -> Self {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        let nanos = text.split(' ').next().unwrap().parse().unwrap();
        Instant(Duration::from_nanos(nanos))
    }

    fn elapsed(&self) -> Duration {
        Instant::now().0 - self.0
    }
}

const ROWS: usize = 5_000_000;
const BATCH: usize = 8_192;

#[test]
#[ignore = "a measurement, not a promise"]
fn timing_of_five_million_contacts() {
    let contract = contacts();
    let checker = compile(&contract);
    for rejects_every in [usize::MAX, 100] {
        let batches: Vec<RecordBatch> = (0..16)
            .map(|number| contact_batch(number, rejects_every))
            .collect();
        let binding = bind(&checker, &batches[0]);
        let mut kept = 0;
        let mut keys: Vec<Vec<u64>> = Vec::new();
        let start = Instant::now();
        for number in 0..ROWS / BATCH {
            let checked = checker
                .check(&binding, &batches[number % 16], &DELIVERY, Keys::Collect)
                .unwrap();
            kept += checked.accepted.num_rows();
            keys.push(checked.key_hashes);
        }
        let checking = start.elapsed();
        // The batches come again and again; their keys should not.
        for (number, hashes) in keys.iter_mut().enumerate() {
            hashes
                .iter_mut()
                .for_each(|hash| *hash = hash.wrapping_mul(2 * number as u64 + 1));
        }
        let start = Instant::now();
        let mut index = KeyIndex::new(1 << 30);
        for hashes in &keys {
            index.add(hashes).unwrap();
        }
        let adding = start.elapsed();
        let suspects = index.finish();
        let indexing = start.elapsed();
        println!(
            "{ROWS} rows, {kept} accepted: {:.2} s checking ({:.1} million rows/s), {:.2} s finding repeated keys (of which {:.2} s adding; {} found)",
            checking.as_secs_f64(),
            ROWS as f64 / checking.as_secs_f64() / 1e6,
            indexing.as_secs_f64(),
            adding.as_secs_f64(),
            suspects.len(),
        );
    }
    for column in &contract.columns {
        let mut alone = contacts();
        alone
            .columns
            .retain(|other| other.name.value == column.name.value);
        (alone.rules, alone.key) = (Vec::new(), None);
        let checker = compile(&alone);
        let batch = contact_batch(1, usize::MAX);
        let place = batch.schema().index_of(&column.name.value).unwrap();
        let batch = batch.project(&[place, batch.num_columns() - 1]).unwrap();
        let binding = bind(&checker, &batch);
        let start = Instant::now();
        for _ in 0..1000 {
            checker
                .check(&binding, &batch, &DELIVERY, Keys::Ignore)
                .unwrap();
        }
        println!(
            "{:>14} {:5.1} ns/cell",
            column.name.value,
            start.elapsed().as_nanos() as f64 / (1000 * BATCH) as f64
        );
    }
}

fn contacts() -> Contract {
    let mut age = column("age", Kind::Integer);
    (age.min, age.max) = (Some(0.0), Some(25.0));
    let mut sector = column("sector", Kind::Text);
    sector.pattern = Some(placed("[A-Z]{1,2}[0-9]{1,2} [0-9]"));
    let mut id = column("contact_id", Kind::Text);
    id.required = true;
    let mut nhs_number = column("nhs_number", Kind::NhsNumber);
    nhs_number.required = true;
    let mut contract = contract(vec![
        id,
        nhs_number,
        column("provider", Kind::OrganisationCode),
        column("team", Kind::OrganisationCode),
        column("referred_on", date(&["%Y-%m-%d"])),
        column("seen_on", date(&["%d/%m/%Y"])),
        age,
        with_symbols(
            column("minutes", Kind::Integer),
            &["x=unavailable", "*=suppressed"],
        ),
        column("cost", Kind::Decimal { scale: 2 }),
        column(
            "attended",
            Kind::Boolean {
                yes: vec!["Y".into()],
                no: vec!["N".into()],
            },
        ),
        column(
            "need",
            codes(&[
                "ASD", "HI", "MLD", "MSI", "OTH", "PD", "PMLD", "SEMH", "SLCN", "SLD", "SPLD", "VI",
            ]),
        ),
        sector,
    ]);
    contract.rules = vec![rule(
        "in-order",
        "seen_on >= referred_on",
        Severity::RejectRow,
    )];
    contract.key = Some(Key {
        id: "key".into(),
        columns: vec![placed("contact_id")],
    });
    contract
}

fn contact_batch(number: usize, rejects_every: usize) -> RecordBatch {
    let row = |row: usize| {
        let seed = (number * BATCH + row) as u64;
        let random = seed
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(31)
            .wrapping_mul(0xbf58_476d_1ce4_e5b9)
            >> 8;
        let part = |shift: u32, below: u64| (random >> shift) % below;
        [
            format!("C{seed:012}"),
            nhs_number(random),
            ["R1L", "RAT", "RAJ"][part(3, 3) as usize].to_owned(),
            format!("R1L{:02}", part(5, 60)),
            format!(
                "20{:02}-{:02}-{:02}",
                20 + part(7, 3),
                1 + part(9, 12),
                1 + part(11, 28)
            ),
            format!(
                "{:02}/{:02}/20{:02}",
                1 + part(13, 28),
                1 + part(15, 12),
                23 + part(17, 3)
            ),
            if row % rejects_every == 1 {
                "26".to_owned()
            } else {
                part(19, 26).to_string()
            },
            if part(21, 50) == 0 {
                "*".to_owned()
            } else {
                (5 + part(23, 115)).to_string()
            },
            format!("{}.{:02}", part(25, 900), part(27, 100)),
            ["Y", "N"][part(29, 2) as usize].to_owned(),
            ["ASD", "SLCN", "SEMH", "mld", "VI"][part(31, 5) as usize].to_owned(),
            format!("SS{} {}", part(33, 10), part(35, 10)),
        ]
    };
    let rows: Vec<[String; 12]> = (0..BATCH).map(row).collect();
    let mut columns: Vec<(String, ArrayRef)> = (contacts().columns.iter().enumerate())
        .map(|(place, column)| {
            let cells =
                StringViewArray::from_iter_values(rows.iter().map(|row| row[place].as_str()));
            (column.name.value.clone(), Arc::new(cells) as ArrayRef)
        })
        .collect();
    columns.push((
        ROW_COLUMN.to_owned(),
        Arc::new(Int64Array::from_iter_values(2..BATCH as i64 + 2)),
    ));
    RecordBatch::try_from_iter(columns).unwrap()
}

/// A number with a valid check digit, not from the range kept for tests, so
/// that nothing is reported.
fn nhs_number(random: u64) -> String {
    (0..)
        .map(|slip| format!("4{:08}", (random + slip) % 100_000_000))
        .find_map(|nine| {
            (0..10)
                .map(|check| format!("{nine}{check}"))
                .find(|number| crate::identifier::is_nhs_number(number))
        })
        .unwrap()
}
