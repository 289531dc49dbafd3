//! The tribunal table: the Ministry of Justice's appeal rates by authority, a
//! spreadsheet saved as text, with titles, a two-row header, regions among the
//! rows, thousands separators and footnotes.

use crate::area::{LEAVES, REGIONS};
use crate::council::Whole;
use crate::draw::Draws;
use crate::text_file::{Dialect, TextFile};

const YEARS: std::ops::RangeInclusive<i32> = 2014..=2024;
const WIDTH: usize = 37;

/// Decisions a family may appeal against, and those that count under the rate
/// in development.
const DECISIONS: Whole = Whole("appealable decisions", 1.1);
const APPEALS: Whole = Whole("appeals", 0.028);

/// The whole file.
pub(crate) fn file(draws: Draws) -> TextFile {
    let mut file = TextFile::new(
        "council/send_tribunals_and_appeal_rate_2014_2024.csv",
        Dialect::MarkedCrlf,
        &[],
    );
    file.rows.clear();
    let mut push = |cells: Vec<String>| file.rows.push(padded(cells));
    push(vec!["SEND Appeal rate table 1: made-up figures in the shape of the Ministry of Justice's table, by local authorities in England 2014-20242,3".into()]);
    push(Vec::new());
    push(Vec::new());
    push(years_row());
    push(labels_row());
    for (place, region) in REGIONS.iter().enumerate() {
        push(vec![region.name.to_uppercase()]);
        for (leaf, area) in LEAVES
            .iter()
            .enumerate()
            .filter(|(_, area)| area.region == Some(place))
        {
            if let Some((_, number)) = area.codes {
                push(authority(draws, area.name, number, &[leaf]));
            }
        }
    }
    push(vec!["SOUTH WEST".into()]);
    push(none_at_all("Isles of Scilly", "420"));
    push(merged_away("Poole5"));
    push(authority(
        draws,
        "England Total4,9",
        "",
        &(0..LEAVES.len()).collect::<Vec<_>>(),
    ));
    push(Vec::new());
    push(vec![
        "Sources:".into(),
        "Made up; nothing in this table was counted".into(),
    ]);
    push(vec!["Notes: ".into()]);
    push(vec!["1. Total Appealable Decisions is the sum of four counts, on\nseveral lines of one cell, as in the published table".into()]);
    push(vec![".. Not Available".into()]);
    push(vec!["~ Suppressed ".into()]);
    file
}

fn years_row() -> Vec<String> {
    let years = YEARS.flat_map(|year| [year.to_string(), String::new(), String::new()]);
    ["Local Authority".into(), "LA code".into()]
        .into_iter()
        .chain(years)
        .collect()
}

fn labels_row() -> Vec<String> {
    let labels = YEARS.flat_map(|year| {
        // The footnote mark joins the label in the last two years.
        let decisions = if year < 2023 {
            "Total Appealable Decisions1"
        } else {
            "Total Appealable Decisions1,9"
        };
        [
            "Appeals registered4",
            decisions,
            "SEND Tribunal Appeal Rate2",
        ]
    });
    let in_development = [
        "In development: Total Appealable Decisions1,8",
        "In development: SEND Tribunal Appeal Rate2",
    ];
    ["", ""]
        .into_iter()
        .chain(labels)
        .chain(in_development)
        .map(str::to_owned)
        .collect()
}

fn authority(draws: Draws, name: &str, number: &str, leaves: &[usize]) -> Vec<String> {
    let count = |whole: Whole, year| {
        leaves
            .iter()
            .map(|leaf| whole.count(draws, *leaf, year))
            .sum::<i64>()
    };
    let mut cells = vec![name.to_owned(), number.to_owned()];
    let mut last = (0, 0);
    for year in YEARS {
        last = (count(APPEALS, year), count(DECISIONS, year));
        let is_suppressed = name == "Bedford" && year == 2021;
        cells.extend(match is_suppressed {
            true => ["~".to_owned(), grouped(last.1), "~".to_owned()],
            false => [grouped(last.0), grouped(last.1), rate(last.0, last.1)],
        });
    }
    let in_development = last.1 * 3 / 5;
    cells.extend([grouped(in_development), rate(last.0, in_development)]);
    cells
}

/// An authority too small to have had an appeal.
fn none_at_all(name: &str, number: &str) -> Vec<String> {
    let mut cells = vec![name.to_owned(), number.to_owned()];
    cells.extend(
        YEARS
            .flat_map(|_| [" - ", "14", "0.00%"])
            .map(str::to_owned),
    );
    cells.extend(["12".to_owned(), "0.00%".to_owned()]);
    cells
}

/// An authority that was merged into another in 2019 and has no number.
fn merged_away(name: &str) -> Vec<String> {
    let mut cells = vec![name.to_owned(), String::new()];
    for year in YEARS {
        cells.extend(match year {
            ..2019 => ["6".to_owned(), "600".to_owned(), "1.00%".to_owned()],
            2024 => [" .. ".to_owned(), "  ".to_owned(), String::new()],
            _ => [" .. ".to_owned(), " .. ".to_owned(), "..".to_owned()],
        });
    }
    cells.push("  ".to_owned());
    cells
}

fn rate(appeals: i64, decisions: i64) -> String {
    let tenths = (2_000 * appeals + decisions) / (2 * decisions.max(1));
    format!("{}.{}0%", tenths / 10, tenths % 10)
}

/// `1234567` as `1,234,567`; a zero as the publisher's ` - `.
fn grouped(count: i64) -> String {
    if count == 0 {
        return " - ".to_owned();
    }
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn padded(mut cells: Vec<String>) -> Vec<String> {
    cells.resize(WIDTH, String::new());
    cells
}
