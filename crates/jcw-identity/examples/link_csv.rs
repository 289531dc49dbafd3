//! Links the records of a CSV (tests/bench/link_records.py writes it) and says
//! how long it took and how often it was right.
//!
//! `link_csv RECORDS.csv [CLUSTERS.csv]`

use jcw_identity::link::{Decisions, Record, Records, Settings, link};
use jcw_identity::{Accuracy, Report};
use std::collections::HashMap;
use std::error::Error;
use std::io::Write as _;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("name a CSV of records")?;
    let start = Instant::now();
    let mut reader = csv::Reader::from_path(path)?;
    let header = reader.headers()?.clone();
    let place = |name: &str| header.iter().position(|column| column == name);
    let mut records = Records::new();
    let mut truth: HashMap<String, (u64, i32)> = HashMap::new();
    let mut row = csv::StringRecord::new();
    while reader.read_record(&mut row)? {
        let cell = |name: &str| place(name).and_then(|place| row.get(place));
        let birth_date = cell("birth_date").and_then(|day| day.parse().ok());
        let record = Record {
            person_ref: cell("record").ok_or("a record has no name")?,
            source: cell("source").ok_or("a record has no source")?,
            scope: cell("scope").ok_or("a record has no scope")?,
            local_id: cell("local_id"),
            nhs_number: cell("nhs_number"),
            nhs_number_status: cell("nhs_number_status"),
            upn: cell("upn"),
            uln: cell("uln"),
            surname: cell("surname"),
            forename: cell("forename"),
            full_name: cell("full_name"),
            birth_date,
            sex: cell("sex"),
            postcode: cell("postcode"),
        };
        records.add(&record);
        if let Some(person) = cell("person").and_then(|person| person.parse().ok()) {
            let day = birth_date.map_or(0, |day| chrono::Datelike::num_days_from_ce(&day));
            truth.insert(record.person_ref.to_owned(), (person, day));
        }
    }
    let read = start.elapsed();
    let companions = [
        "council.ehcna_case",
        "eput.advice_tracker",
        "commissioner.dco_advice_tracker",
    ];
    let settings = Settings {
        companions: vec![companions.map(str::to_owned).to_vec()],
        ..Settings::default()
    };
    let links = link(&records, &Decisions::default(), &settings);
    let linked = start.elapsed();
    let known: Vec<(u32, u64, i32)> = (links.links.iter())
        .filter_map(|link| {
            truth
                .get(&*link.person_ref)
                .map(|(who, day)| (link.cluster, *who, *day))
        })
        .collect();
    let mut report = Report::new(&links);
    report.accuracy = Some(Accuracy::of(&known));
    let mut out = std::io::stdout().lock();
    for (what, of, number) in report.rows() {
        writeln!(out, "{what:<40} {of:<60} {number:>12}")?;
    }
    writeln!(out, "read in {read:.2?}, linked in {:.2?}", linked - read)?;
    if let Some(path) = arguments.next() {
        let mut writer = csv::Writer::from_path(path)?;
        writer.write_record(["record", "cluster", "class"])?;
        for link in &links.links {
            let cluster = link.cluster.to_string();
            writer.write_record([&*link.person_ref, &cluster, link.class.word()])?;
        }
        writer.flush()?;
    }
    Ok(())
}
