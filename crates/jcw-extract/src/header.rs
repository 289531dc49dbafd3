//! A header is the row, or the rows, that say what the columns are called.
//!
//! It is found by what it shows, not by where it stands: publishers put titles
//! above it, and add a line to them without notice.

use crate::label::{fold, is_blank, trim};
use crate::plan::{Plan, Planned};
use crate::read_error::ReadError;
use jcw_project::DuplicateHeaders;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// How many filled rows are looked at for the header.
const SEARCHED_ROWS: usize = 200;

/// The columns of a table by position.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    /// The label of each column up to the last that has one; `None` where the
    /// header is blank: such a column is not read.
    pub(crate) labels: Vec<Option<String>>,
    /// Whether a blank in the column takes the text above it.
    pub(crate) fill_down: Vec<bool>,
}

/// Looks for the header among the first rows of a table.
#[derive(Debug, Default)]
pub(crate) struct HeaderSearch {
    recent: VecDeque<Vec<String>>,
    offered: usize,
    nearest: Option<Nearest>,
    separated_by: Option<&'static str>,
}

#[derive(Debug)]
struct Nearest {
    row: i64,
    missing: Vec<String>,
}

impl HeaderSearch {
    /// Looks at the next row. Gives the header when this row completes it.
    pub(crate) fn offer(
        &mut self,
        plan: &Plan,
        row: i64,
        cells: &[&str],
    ) -> Result<Option<Header>, ReadError> {
        if cells.len() > plan.limits.max_columns {
            return Err(ReadError::TooManyColumns {
                line: Some(row),
                found: cells.len(),
                limit: plan.limits.max_columns,
            });
        }
        if cells.iter().all(|cell| is_blank(cell)) {
            self.recent.clear();
            return Ok(None);
        }
        self.offered += 1;
        if self.separated_by.is_none() {
            self.separated_by = other_delimiter(plan, cells);
        }
        self.recent
            .push_back(cells.iter().map(|cell| trim(cell).to_owned()).collect());
        let rows = plan.layout.header_rows.max(1);
        if self.recent.len() > rows {
            self.recent.pop_front();
        }
        if self.recent.len() < rows {
            return Ok(None);
        }

        let labels = join(self.recent.make_contiguous());
        if plan.layout.title_rows {
            let missing = missing(plan, &labels);
            if !missing.is_empty() {
                if self
                    .nearest
                    .as_ref()
                    .is_none_or(|nearest| missing.len() < nearest.missing.len())
                {
                    self.nearest = Some(Nearest { row, missing });
                }
                return if self.offered < SEARCHED_ROWS {
                    Ok(None)
                } else {
                    Err(self.give_up(plan))
                };
            }
        } else if let Some(found) = self.separated_by {
            return Err(delimiter_error(plan, found));
        }
        Header::new(plan, labels).map(Some)
    }

    /// The rows are at an end and none was the header.
    pub(crate) fn give_up(&self, plan: &Plan) -> ReadError {
        if self.offered == 0 {
            return ReadError::Empty;
        }
        if let Some(found) = self.separated_by {
            return delimiter_error(plan, found);
        }
        let wanted: Vec<&str> = plan
            .columns
            .iter()
            .filter(|column| column.wanted)
            .map(|column| column.name.as_str())
            .collect();
        ReadError::NoHeader {
            within: format!(" in the first {} filled rows", self.offered),
            wanted: if wanted.is_empty() {
                "the labels the contract describes".to_owned()
            } else {
                format!("the columns {}", some_of(&wanted))
            },
            nearest: match &self.nearest {
                Some(Nearest { row, missing }) if missing.len() < wanted.len() => {
                    format!("; row {row} comes nearest and lacks {}", some_of(missing))
                }
                _ => String::new(),
            },
        }
    }
}

impl Header {
    /// The columns of a file without a header, in the order declared.
    pub(crate) fn declared(plan: &Plan) -> Self {
        let sub_heading = plan.layout.sub_heading.as_ref().map(|name| name.as_str());
        let columns = plan
            .columns
            .iter()
            .filter(|column| sub_heading != Some(column.name.as_str()))
            .filter(|column| column.from_header.is_none());
        let (labels, fill_down) = columns
            .map(|column| (Some(column.name.clone()), column.fill_down))
            .unzip();
        Header { labels, fill_down }
    }

    /// The columns of a file whose records each name their own.
    pub(crate) fn of_keys(plan: &Plan) -> Self {
        let label = |column: &Planned| (Some(column.name.clone()), false);
        let (labels, fill_down) = plan.columns.iter().map(label).unzip();
        Header { labels, fill_down }
    }

    /// The columns that the labels name.
    pub(crate) fn new(plan: &Plan, labels: Vec<String>) -> Result<Self, ReadError> {
        let width = labels
            .iter()
            .rposition(|label| !label.is_empty())
            .map_or(0, |last| last + 1);
        let mut labels: Vec<Option<String>> = labels
            .into_iter()
            .take(width)
            .map(|label| Some(label).filter(|label| !label.is_empty()))
            .collect();
        name_unlabelled(plan, &mut labels);
        if plan.layout.duplicate_headers == DuplicateHeaders::Reject {
            refuse_duplicates(plan, &labels)?;
        }
        let fill_down = labels
            .iter()
            .map(|label| {
                label
                    .as_ref()
                    .and_then(|label| plan.column(label))
                    .is_some_and(|column| column.fill_down)
            })
            .collect();
        Ok(Header { labels, fill_down })
    }

    /// How many fields a row must have.
    pub(crate) fn width(&self) -> usize {
        self.labels.len()
    }
}

/// Header rows as one: `upper / lower`, the upper one filled to the right.
fn join(rows: &[Vec<String>]) -> Vec<String> {
    let Some((lowest, upper)) = rows.split_last() else {
        return Vec::new();
    };
    let width = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut above = vec![""; upper.len()];
    let mut labels = Vec::with_capacity(width);
    for position in 0..width {
        let mut parts = Vec::with_capacity(rows.len());
        let lower = lowest.get(position).map_or("", String::as_str);
        for (above, row) in above.iter_mut().zip(upper) {
            let own = row.get(position).map_or("", String::as_str);
            if !own.is_empty() {
                *above = own;
            }
            // Nothing below: the label is the column's own, not its neighbour's.
            let part = if lower.is_empty() { own } else { *above };
            if !part.is_empty() {
                parts.push(part);
            }
        }
        if !lower.is_empty() {
            parts.push(lower);
        }
        labels.push(parts.join(" / "));
    }
    labels
}

/// What a header must show and these labels do not; empty for the header.
fn missing(plan: &Plan, labels: &[String]) -> Vec<String> {
    let mut shown: BTreeSet<String> = labels.iter().map(|label| fold(label)).collect();
    let mut unpivoted = 0;
    if let Some(unpivot) = &plan.unpivot {
        for captures in labels
            .iter()
            .filter(|label| !label.is_empty())
            .filter_map(|label| unpivot.pattern.captures(label))
        {
            unpivoted += 1;
            shown.extend(captures.name("column").map(|column| fold(column.as_str())));
        }
    }
    let is_shown = |column: &&Planned| column.labels.iter().any(|label| shown.contains(label));
    let wanted: Vec<&Planned> = plan.columns.iter().filter(|column| column.wanted).collect();
    let mut missing: Vec<String> = wanted
        .iter()
        .filter(|column| !is_shown(column))
        .map(|column| column.name.clone())
        .collect();
    // A title may match a loose pattern by accident; two titles in one row do not.
    let least = if wanted.is_empty() { 2 } else { 1 };
    match &plan.unpivot {
        Some(unpivot) if unpivoted < least => {
            missing.push(format!("a label like `{}`", unpivot.pattern))
        }
        None if wanted.is_empty() && !plan.columns.iter().any(|column| is_shown(&column)) => {
            missing.push("any declared column".to_owned())
        }
        _ => {}
    }
    missing
}

/// Gives the declared names to the blank labels directly before the first
/// label. Names that the header shows elsewhere need no place.
fn name_unlabelled(plan: &Plan, labels: &mut [Option<String>]) {
    let Some(first) = labels.iter().position(Option::is_some) else {
        return;
    };
    let shown: BTreeSet<&str> = labels
        .iter()
        .flatten()
        .filter_map(|label| plan.column(label))
        .map(|column| column.name.as_str())
        .collect();
    let names: Vec<String> = plan
        .layout
        .unlabelled
        .iter()
        .filter(|name| !shown.contains(name.as_str()))
        .map(|name| name.value.clone())
        .collect();
    for (place, name) in labels[..first]
        .iter_mut()
        .rev()
        .zip(names.into_iter().rev())
    {
        *place = Some(name);
    }
}

fn refuse_duplicates(plan: &Plan, labels: &[Option<String>]) -> Result<(), ReadError> {
    let said = plan.said(labels.iter().map(Option::as_deref));
    // A row without any label of the contract is refused for that, by the contract.
    if !said.is_any_declared() && plan.unpivot.is_none() {
        return Ok(());
    }
    let mut seen = BTreeMap::new();
    for (position, label) in labels.iter().enumerate() {
        let Some(label) = label else { continue };
        if let Some(first) = seen.insert(fold(label), position) {
            return Err(ReadError::duplicate(&said, first, position));
        }
    }
    Ok(())
}

/// The delimiter by which a row of one cell falls apart into labels that the
/// contract knows.
fn other_delimiter(plan: &Plan, cells: &[&str]) -> Option<&'static str> {
    let [cell] = cells else { return None };
    if plan.layout.format != jcw_project::Format::Csv || plan.columns.len() < 2 {
        return None;
    }
    let known = |part: &str| plan.column(part.trim_matches('"')).is_some();
    [
        (',', "commas"),
        (';', "semicolons"),
        ('\t', "tabs"),
        ('|', "pipes"),
    ]
    .into_iter()
    .filter(|(delimiter, _)| *delimiter as u32 != u32::from(plan.layout.delimiter))
    .find(|(delimiter, _)| cell.contains(*delimiter) && cell.split(*delimiter).any(known))
    .map(|(_, name)| name)
}

fn delimiter_error(plan: &Plan, found: &'static str) -> ReadError {
    let declared = match plan.layout.delimiter {
        b',' => "commas".to_owned(),
        b';' => "semicolons".to_owned(),
        b'\t' => "tabs".to_owned(),
        b'|' => "pipes".to_owned(),
        other => format!("\"{}\"", char::from(other)),
    };
    ReadError::Delimiter { found, declared }
}

/// Up to five names, and how many more there are.
fn some_of(names: &[impl AsRef<str>]) -> String {
    let mut text = names
        .iter()
        .take(5)
        .map(|name| name.as_ref())
        .collect::<Vec<_>>()
        .join(", ");
    if names.len() > 5 {
        text.push_str(&format!(" and {} more", names.len() - 5));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
        rows.iter()
            .map(|row| row.iter().map(|cell| (*cell).to_owned()).collect())
            .collect()
    }

    #[test]
    fn two_header_rows_are_joined_and_the_upper_one_reaches_right() {
        let joined = join(&rows(&[
            &["Area", "2023", "", "2024", ""],
            &["", "Appeals", "Rate", "Appeals", "Rate", ""],
        ]));
        assert_eq!(
            joined,
            [
                "Area",
                "2023 / Appeals",
                "2023 / Rate",
                "2024 / Appeals",
                "2024 / Rate",
                ""
            ]
        );
    }
}
