//! The council's files: the Department for Education's tables of education,
//! health and care plans, one row for each area, year and breakdown.
//!
//! Cases are of *kinds* that exclude one another (asked for and refused; asked
//! for and agreed; ...). A kind says which columns it is counted in, so every sum
//! that holds between columns holds in every row, and breakdowns add up to the
//! total of their area.

mod pathway;
mod plans;
mod topics;

use crate::area::{Area, LEAVES, areas};
use crate::draw::{Draws, percentage, split};
use crate::text_file::{Dialect, TextFile};
use std::collections::BTreeMap;

/// The years a demo covers, oldest first. The oldest has totals only, and the
/// gaps (`x`) of the aggregate return that came before children were counted one
/// by one.
pub(crate) const YEARS: [i32; 3] = [2022, 2023, 2024];

/// All thirteen of the Department's files.
pub(crate) fn files(draws: Draws) -> Vec<TextFile> {
    let mut files: Vec<TextFile> = pathway::TABLES
        .iter()
        .chain(plans::TABLES.iter())
        .map(|table| table.file(draws))
        .collect();
    files.push(designated_officers(draws));
    files
}

/// One of the Department's files.
struct Table {
    file: &'static str,
    /// A count on a day in January (`202425`), not a year's flow (`2024`).
    is_stock: bool,
    /// What the Department calls the total in this file.
    total: &'static str,
    topics: &'static [Topic],
    /// How many years the file goes back.
    years: usize,
    groups: &'static [Group],
    /// In the order of the header, after the twelve that all files share.
    columns: &'static [&'static [Column]],
}

/// A breakdown and the share of cases under each label.
#[derive(Clone, Copy)]
struct Topic {
    name: &'static str,
    labels: &'static [(&'static str, f64)],
}

/// So many cases, of these kinds.
struct Group {
    whole: Whole,
    /// Share, and the columns a case of this kind is counted in; a minus sign
    /// takes it off instead.
    kinds: &'static [(f64, &'static str)],
}

/// A number of cases that several files must agree on: its name and how many
/// there are for each plan kept up.
#[derive(Clone, Copy)]
pub(crate) struct Whole(pub(crate) &'static str, pub(crate) f64);

/// A column, and the years it is known for (`x` before and after).
#[derive(Clone, Copy)]
struct Column {
    name: &'static str,
    value: Value,
    since: i32,
    until: i32,
}

#[derive(Clone, Copy)]
enum Value {
    Count(&'static str),
    Percentage(&'static str, &'static [&'static str]),
}

/// A count under its own name.
const fn n(name: &'static str) -> Column {
    n_of(name, name)
}

/// A count that the kinds know by another name.
const fn n_of(name: &'static str, counted_as: &'static str) -> Column {
    Column {
        name,
        value: Value::Count(counted_as),
        since: 0,
        until: 9_999,
    }
}

/// A percentage of the sum of some counts.
const fn pc(name: &'static str, part: &'static str, of: &'static [&'static str]) -> Column {
    Column {
        name,
        value: Value::Percentage(part, of),
        since: 0,
        until: 9_999,
    }
}

impl Column {
    /// Unknown before children were counted one by one, in 2023.
    const fn since_2023(self) -> Self {
        Self {
            since: 2023,
            ..self
        }
    }

    /// No longer asked for after 2022.
    const fn until_2022(self) -> Self {
        Self {
            until: 2022,
            ..self
        }
    }

    /// Never known in this file.
    const fn never(self) -> Self {
        Self {
            since: 9_999,
            ..self
        }
    }

    fn cell(&self, year: i32, counts: &Counts) -> String {
        let count = |key: &str| counts.get(key).copied().unwrap_or(0);
        match self.value {
            _ if year < self.since || year > self.until => "x".to_owned(),
            Value::Count(key) => count(key).to_string(),
            Value::Percentage(part, of) => {
                percentage(count(part), of.iter().map(|key| count(key)).sum())
            }
        }
    }
}

/// What was counted, by the name the kinds use.
type Counts = BTreeMap<&'static str, i64>;

impl Table {
    /// The whole file.
    fn file(&self, draws: Draws) -> TextFile {
        let columns: Vec<&Column> = self.columns.iter().copied().flatten().collect();
        let header: Vec<&str> = SHARED
            .into_iter()
            .chain(columns.iter().map(|c| c.name))
            .collect();
        let mut file = TextFile::new(
            &format!("council/{}", self.file),
            Dialect::MarkedCrlf,
            &header,
        );
        let total = Topic {
            name: self.total,
            labels: &[],
        };
        let oldest = YEARS[0];
        for year in YEARS.into_iter().skip(YEARS.len() - self.years) {
            let topics = self.topics.iter().copied().filter(|_| year > oldest);
            for topic in [total].into_iter().chain(topics) {
                let leaves: Vec<Vec<Counts>> = (0..LEAVES.len())
                    .map(|leaf| self.leaf(draws, leaf, year, topic))
                    .collect();
                // Where the topic is the total, its own label is the only one.
                let labels = topic.labels.iter().map(|(label, _)| *label);
                let labels: Vec<&str> = labels
                    .chain([self.total])
                    .take(topic.labels.len().max(1))
                    .collect();
                for area in areas() {
                    for (at, label) in labels.iter().enumerate() {
                        let counts = summed(area.parts.iter().map(|leaf| &leaves[*leaf][at]));
                        let mut row = self.shared_cells(&area, year);
                        row.extend([topic.name.to_owned(), (*label).to_owned()]);
                        row.extend(columns.iter().map(|column| column.cell(year, &counts)));
                        file.rows.push(row);
                    }
                }
            }
        }
        file
    }

    /// The counts of one leaf in one year, for each label of the topic (one
    /// set for the total, which has none).
    fn leaf(&self, draws: Draws, leaf: usize, year: i32, topic: Topic) -> Vec<Counts> {
        let place = LEAVES[leaf].name;
        let labels: Vec<f64> = topic
            .labels
            .iter()
            .map(|(label, share)| share * draws.between(0.8, 1.25, &[place, topic.name, label]))
            .collect();
        let mut counts = vec![Counts::new(); labels.len().max(1)];
        for group in self.groups {
            let shares: Vec<f64> = group
                .kinds
                .iter()
                .map(|(share, columns)| {
                    // A place has its own ways, and they change a little each year.
                    let own = draws.between(0.5, 1.8, &[place, self.file, columns]);
                    let now = draws.between(0.85, 1.15, &[place, columns, &year.to_string()]);
                    share * own * now
                })
                .collect();
            let cases = split(group.whole.count(draws, leaf, year), &shares);
            for ((_, columns), cases) in group.kinds.iter().zip(cases) {
                let parts = if labels.is_empty() {
                    vec![cases]
                } else {
                    split(cases, &labels)
                };
                for (counts, part) in counts.iter_mut().zip(parts) {
                    for column in columns.split(' ') {
                        match column.strip_prefix('-') {
                            Some(column) => *counts.entry(column).or_default() -= part,
                            None => *counts.entry(column).or_default() += part,
                        }
                    }
                }
            }
        }
        counts
    }

    /// Time and place, which every row of a file begins with.
    fn shared_cells(&self, area: &Area, year: i32) -> Vec<String> {
        let (period, kind) = match self.is_stock {
            true => (academic_year(year), "Academic year"),
            false => (year.to_string(), "Calendar year"),
        };
        let mut cells = vec![period, kind.to_owned()];
        cells.extend(area.place_cells());
        cells.extend(area.authority().map(str::to_owned));
        cells
    }
}

impl Whole {
    /// How many cases there are in a leaf in a year. Numbers grow by a tenth a
    /// year; a place keeps its own level and moves a little round it.
    pub(crate) fn count(&self, draws: Draws, leaf: usize, year: i32) -> i64 {
        let place = &LEAVES[leaf];
        let level = draws.between(0.8, 1.25, &[place.name, self.0]);
        let moved = draws.between(0.96, 1.04, &[place.name, self.0, &year.to_string()]);
        let growth = 1.1f64.powi(year - YEARS[YEARS.len() - 1]);
        (place.plans * self.1 * level * moved * growth).round() as i64
    }
}

/// `202425` for the academic year that 2024 begins.
pub(crate) fn academic_year(year: i32) -> String {
    format!("{year}{:02}", (year + 1) % 100)
}

fn summed<'a>(parts: impl Iterator<Item = &'a Counts>) -> Counts {
    let mut sum = Counts::new();
    for (column, count) in parts.flatten() {
        *sum.entry(column).or_default() += count;
    }
    sum
}

const SHARED: [&str; 12] = [
    "time_period",
    "time_identifier",
    "geographic_level",
    "country_code",
    "country_name",
    "region_code",
    "region_name",
    "new_la_code",
    "old_la_code",
    "la_name",
    "breakdown_topic",
    "breakdown",
];

/// Who, in each authority and year, is named as designated officer for the
/// health and care side; authorities only, and no breakdown.
fn designated_officers(draws: Draws) -> TextFile {
    let mut header = SHARED[..10].to_vec();
    header.extend(["des_med_off", "des_clin_off", "des_so_care_off"]);
    let mut file = TextFile::new("council/sen2_dmo_dco.csv", Dialect::MarkedCrlf, &header);
    for year in YEARS.map(|year| (year + 1).to_string()) {
        for area in areas().iter().filter(|area| area.leaf.is_some()) {
            let mut row = vec![year.clone(), "Calendar year".to_owned()];
            row.extend(area.place_cells());
            row.extend(area.authority().map(str::to_owned));
            for officer in ["medical", "clinical", "social care"] {
                let asked = officer != "social care" || year != "2023";
                let has = draws.unit(&[area.code(), officer, &year]) < 0.7;
                row.push(
                    if !asked {
                        "n/a"
                    } else if has {
                        "Yes"
                    } else {
                        "No"
                    }
                    .to_owned(),
                );
            }
            file.rows.push(row);
        }
    }
    file
}
