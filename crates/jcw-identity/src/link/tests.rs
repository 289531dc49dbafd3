//! What linkage promises, on small areas.

mod decisions;
mod local_ids;
mod names;
mod numbers;
mod outcome;
mod twins;
mod weights;

use super::*;
use chrono::NaiveDate;

/// Valid NHS numbers of the range that was never issued.
const NHS: [&str; 4] = ["5790211755", "5765520316", "5530952429", "5901322878"];
const UPN: [&str; 2] = ["B801200005001", "P207000016049"];

fn day(text: &str) -> Option<NaiveDate> {
    text.parse().ok()
}

/// A record of the council, with all that it knows.
fn council<'a>(person_ref: &'a str, local_id: &'a str, forename: &'a str) -> Record<'a> {
    Record {
        person_ref,
        source: "council.ehcna_case",
        scope: "council",
        local_id: Some(local_id),
        surname: Some("Marmere"),
        forename: Some(forename),
        birth_date: day("2014-05-03"),
        sex: Some("M"),
        postcode: Some("SS1 4TJ"),
        ..Record::default()
    }
}

/// A record of a provider, who sends no names.
fn provider<'a>(person_ref: &'a str, local_id: &'a str, nhs_number: &'a str) -> Record<'a> {
    Record {
        person_ref,
        source: "eput.patient",
        scope: "eput",
        local_id: Some(local_id),
        nhs_number: Some(nhs_number),
        nhs_number_status: Some("01"),
        birth_date: day("2014-05-03"),
        sex: Some("1"),
        postcode: Some("SS1 4TJ"),
        ..Record::default()
    }
}

fn linked_by(records: &[Record<'_>], decisions: &Decisions) -> Links {
    let mut all = Records::new();
    for record in records {
        all.add(record);
    }
    link(&all, decisions, &Settings::default())
}

fn linked(records: &[Record<'_>]) -> Links {
    linked_by(records, &Decisions::default())
}

fn cluster(links: &Links, person_ref: &str) -> u32 {
    let link = links
        .links
        .iter()
        .find(|link| &*link.person_ref == person_ref);
    link.unwrap().cluster
}

fn class(links: &Links, person_ref: &str) -> MatchClass {
    let link = links
        .links
        .iter()
        .find(|link| &*link.person_ref == person_ref);
    link.unwrap().class
}

fn are_one(links: &Links, a: &str, b: &str) -> bool {
    cluster(links, a) == cluster(links, b)
}

/// A town around the children whom a test is about, so that there is something
/// to learn from.
fn town() -> Vec<[String; 4]> {
    let surnames = [
        "Thornley", "Pelldon", "Cornwick", "Ketholt", "Langford", "Oakmere",
    ];
    let forenames = ["Amelia", "Oscar", "Ruth", "Kofi", "Isla", "Yusuf", "Edith"];
    (0..120usize)
        .map(|place| {
            [
                surnames[place * 7 % 6].to_owned() + ["", "son", "by"][place % 3],
                forenames[place * 5 % 7].to_owned(),
                (NaiveDate::default() + chrono::Days::new(13_000 + 41 * place as u64)).to_string(),
                format!(
                    "SS{} {}A{}",
                    place % 9,
                    place % 7,
                    &"ABDEFGHJ"[place % 8..=place % 8]
                ),
            ]
        })
        .collect()
}

fn in_town(records: &[Record<'_>]) -> Links {
    let town = town();
    let ids: Vec<[String; 3]> = (0..town.len())
        .map(|place| {
            [
                format!("c{place}"),
                format!("p{place}"),
                format!("T{:05}", place * 13),
            ]
        })
        .collect();
    let mut all = Records::new();
    for ([surname, forename, born, postcode], [a, b, id]) in town.iter().zip(&ids) {
        let resident = Record {
            person_ref: a,
            local_id: Some(id),
            surname: Some(surname),
            forename: Some(forename),
            birth_date: day(born),
            postcode: Some(postcode),
            sex: Some("F"),
            ..council("", "", "")
        };
        all.add(&resident);
        all.add(&Record {
            person_ref: b,
            source: "eput.patient",
            scope: "eput",
            surname: None,
            forename: None,
            ..resident
        });
    }
    for record in records {
        all.add(record);
    }
    link(&all, &Decisions::default(), &Settings::default())
}
