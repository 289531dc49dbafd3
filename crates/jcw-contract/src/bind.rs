//! A binding says which column of a file is which column of the contract. It is
//! made by name, once for each header, so that a file whose columns move keeps
//! loading and one whose columns are renamed does not load wrongly.

use crate::text::fold_label;
use jcw_project::{
    Contract, DuplicateHeaders, Format, Origin, ROW_COLUMN, SaidLabels, Severity, did_you_mean,
};
use std::collections::{HashMap, HashSet};

/// Where the columns of a contract stand in the batches of one file.
#[derive(Debug, Clone)]
pub struct Binding {
    /// For each declared column its place in the batch; `None`: not there.
    pub(crate) columns: Vec<Option<usize>>,
    /// Pairs of places that must hold the same text in every row.
    pub(crate) twins: Vec<(usize, usize)>,
    /// The labels bound to, without `_row`.
    pub(crate) labels: Vec<String>,
    /// The same as JSON strings, each once.
    pub(crate) json_labels: Vec<String>,
    version: Option<String>,
    warnings: Vec<FileFault>,
}

/// Something wrong with a file as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault {
    /// `column.missing`, `column.unknown`, `column.count`, `header.not_found`,
    /// `header.duplicate`, `version.unknown`, or the id of the row-count rule.
    pub rule: String,
    /// The declared column, where it is about one.
    pub column: Option<String>,
    /// `Warn`, or `RejectFile`.
    pub severity: Severity,
    /// What is wrong and what to do. Labels are said as [`SaidLabels`] says
    /// them: a file without its header has a person's record in their place.
    pub message: String,
}

impl Binding {
    /// The version that the header shows, where the contract names versions.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// What is odd about the header but does not stop the file.
    pub fn warnings(&self) -> &[FileFault] {
        &self.warnings
    }

    /// Declared columns that the file leaves out.
    pub fn absent<'a>(&'a self, contract: &'a Contract) -> impl Iterator<Item = &'a str> {
        (contract.columns.iter().zip(&self.columns))
            .filter(|(column, place)| place.is_none() && !is_computed(column))
            .map(|(column, _)| column.name.value.as_str())
    }
}

pub(crate) fn is_computed(column: &jcw_project::Column) -> bool {
    matches!(column.from, Some(Origin::Expression(_)))
}

/// Finds the contract's columns among `labels` (without `_row`). All faults are
/// given at once.
pub(crate) fn bind(contract: &Contract, labels: &[&str]) -> Result<Binding, Vec<FileFault>> {
    let mut header = Header::new(contract, labels);
    let columns = if contract.layout.headerless {
        header.bind_by_position(contract)
    } else {
        header.bind_by_name(contract)
    };
    let version = header.version(contract);
    let (faults, warnings): (Vec<_>, Vec<_>) = header
        .faults
        .into_iter()
        .partition(|fault| fault.severity == Severity::RejectFile);
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Binding {
        columns,
        twins: header.twins,
        labels: labels.iter().map(|label| (*label).to_owned()).collect(),
        json_labels: crate::reject::json_labels(labels),
        version,
        warnings,
    })
}

/// The labels of a file, on their way to a binding.
struct Header<'a> {
    labels: &'a [&'a str],
    said: SaidLabels,
    /// Places by folded label; blank labels left out.
    places: HashMap<String, Vec<usize>>,
    bound: HashSet<usize>,
    twins: Vec<(usize, usize)>,
    faults: Vec<FileFault>,
}

impl<'a> Header<'a> {
    fn new(contract: &Contract, labels: &'a [&'a str]) -> Self {
        let expected = Expected::of(contract);
        let mut places = HashMap::<String, Vec<usize>>::new();
        for (place, label) in labels.iter().enumerate() {
            let label = fold_label(label);
            if !label.is_empty() {
                places.entry(label).or_default().push(place);
            }
        }
        Header {
            labels,
            said: SaidLabels::new(
                !contract.is_about_people(),
                labels.iter().map(|label| (*label, expected.has(label))),
            ),
            places,
            bound: HashSet::new(),
            twins: Vec::new(),
            faults: Vec::new(),
        }
    }

    fn bind_by_name(&mut self, contract: &Contract) -> Vec<Option<usize>> {
        if !self.said.is_any_declared() && self.is_no_header(contract) {
            return Vec::new();
        }
        let columns = (contract.columns.iter())
            .map(|column| {
                if is_computed(column) {
                    None
                } else {
                    self.find(contract, column)
                }
            })
            .collect();
        self.judge_unbound(contract);
        columns
    }

    /// Whether the contract expects labels, none of which is there.
    fn is_no_header(&mut self, contract: &Contract) -> bool {
        let expected = Expected::of(contract).names;
        if expected.is_empty() {
            return false;
        }
        let place = match contract.layout.format {
            Format::Csv | Format::Xlsx | Format::Ods => "first row",
            Format::JsonLines | Format::Parquet | Format::Xml => "file",
        };
        let expected = some_of(expected.iter().map(|name| format!("\"{name}\"")));
        self.reject(
            "header.not_found",
            None,
            format!(
                "no label of the contract stands in the {place}; is the header missing? The labels {expected} were expected"
            ),
        );
        true
    }

    /// Columns that the reader adds are found by name, the rest by position.
    fn bind_by_position(&mut self, contract: &Contract) -> Vec<Option<usize>> {
        let declared = contract
            .columns
            .iter()
            .filter(|column| column.from.is_none())
            .count();
        let added = (contract.columns.iter())
            .filter(|column| column.from.is_some() && !is_computed(column))
            .count();
        if self.labels.len() != declared + added {
            let found = self.labels.len().saturating_sub(added);
            self.reject(
                "column.count",
                None,
                format!(
                    "the file has no header, so its columns are bound by position; it has {found} columns and the contract declares {declared}"
                ),
            );
            return Vec::new();
        }
        let mut position = 0..declared;
        (contract.columns.iter())
            .map(|column| match &column.from {
                None => position.next(),
                Some(Origin::Expression(_)) => None,
                Some(_) => self.find(contract, column),
            })
            .collect()
    }

    /// The place of one declared column.
    fn find(&mut self, contract: &Contract, column: &jcw_project::Column) -> Option<usize> {
        let name = column.name.value.as_str();
        let mut candidates: Vec<String> = vec![fold_label(name)];
        for alias in &column.aliases {
            let alias = fold_label(alias);
            if !candidates.contains(&alias) {
                candidates.push(alias);
            }
        }
        let mut found: Vec<usize> = (candidates.iter())
            .filter_map(|label| self.places.get(label))
            .flatten()
            .copied()
            .collect();
        found.sort_unstable();
        self.bound.extend(&found);
        match found[..] {
            [] if column.optional && !column.required => None,
            [] => {
                self.missing(name);
                None
            }
            [place] => Some(place),
            [first, ..] if contract.layout.duplicate_headers == DuplicateHeaders::Identical => {
                self.twins
                    .extend(found[1..].iter().map(|twin| (first, *twin)));
                Some(first)
            }
            [first, ..] => {
                let labels = self.all_said(&found);
                self.reject(
                    "header.duplicate",
                    Some(name),
                    format!(
                        "the labels {labels} are all column \"{name}\"; the file must have it once, or the contract say `duplicate_headers: identical`"
                    ),
                );
                Some(first)
            }
        }
    }

    fn missing(&mut self, name: &str) {
        let quoted = (self.labels.iter().enumerate())
            .filter(|(place, _)| self.said.is_quoted(*place))
            .map(|(_, label)| *label);
        let near = match did_you_mean(name, quoted) {
            Some(near) => {
                format!("; \"{near}\" looks like it: add it to the column's aliases if it is")
            }
            None => String::new(),
        };
        let all: Vec<usize> = (0..self.labels.len()).collect();
        let labels = self.all_said(&all);
        self.reject(
            "column.missing",
            Some(name),
            format!("column \"{name}\" is not in the file{near}. The file's labels are {labels}"),
        );
    }

    /// Labels that no declared column took.
    fn judge_unbound(&mut self, contract: &Contract) {
        let mut unbound: Vec<Vec<usize>> = self.places.values().cloned().collect();
        unbound.retain(|places| !places.iter().any(|place| self.bound.contains(place)));
        unbound.sort_unstable();
        for places in unbound {
            let label = self.labels[places[0]];
            if places.len() > 1 && contract.layout.duplicate_headers == DuplicateHeaders::Reject {
                let labels = self.all_said(&places);
                self.reject(
                    "header.duplicate",
                    None,
                    format!(
                        "{labels} are the same label; each column of the file must have its own"
                    ),
                );
                continue;
            }
            let names = contract
                .columns
                .iter()
                .map(|column| column.name.value.as_str());
            let near = match did_you_mean(label, names) {
                Some(near) => {
                    format!("; if it is column \"{near}\", add it to that column's aliases")
                }
                None => String::new(),
            };
            self.faults.push(FileFault {
                rule: "column.unknown".to_owned(),
                column: None,
                severity: Severity::Warn,
                message: format!(
                    "the contract does not declare a column of the file, {}, so it is left out{near}",
                    self.said.say(places[0])
                ),
            });
        }
    }

    /// The first version of which every label is there.
    fn version(&mut self, contract: &Contract) -> Option<String> {
        let shown = (contract.versions.iter()).find(|version| {
            version
                .shows
                .iter()
                .all(|label| self.places.contains_key(&fold_label(label)))
        });
        if shown.is_none() && !contract.versions.is_empty() {
            self.faults.push(FileFault {
                rule: "version.unknown".to_owned(),
                column: None,
                severity: Severity::Warn,
                message: "the header shows none of the versions that the contract names".to_owned(),
            });
        }
        shown.map(|version| version.id.value.clone())
    }

    fn reject(&mut self, rule: &str, column: Option<&str>, message: String) {
        self.faults.push(FileFault {
            rule: rule.to_owned(),
            column: column.map(str::to_owned),
            severity: Severity::RejectFile,
            message,
        });
    }

    fn all_said(&self, places: &[usize]) -> String {
        some_of(places.iter().map(|place| self.said.say(*place)))
    }
}

/// What the header of a file should show.
struct Expected<'a> {
    names: Vec<&'a str>,
    folded: HashSet<String>,
}

impl<'a> Expected<'a> {
    /// Columns that the reader adds stand in every batch, so they do not show
    /// that there is a header.
    fn of(contract: &'a Contract) -> Self {
        let layout = &contract.layout;
        let added: HashSet<&str> = (layout.sub_heading.iter())
            .chain(&layout.unlabelled)
            .map(|name| name.as_str())
            .collect();
        let is_captured = |name: &str| {
            layout.unpivot.as_ref().is_some_and(|unpivot| {
                let pattern = unpivot.columns.as_str();
                pattern.contains(&format!("(?<{name}>"))
                    || pattern.contains(&format!("(?P<{name}>"))
            })
        };
        let is_added = |name: &str| added.contains(name) || is_captured(name);
        let columns: Vec<_> = (contract.columns.iter())
            .filter(|column| column.from.is_none() && !is_added(column.name.as_str()))
            .collect();
        Expected {
            names: columns.iter().map(|column| column.name.as_str()).collect(),
            folded: columns
                .iter()
                .flat_map(|column| std::iter::once(&column.name.value).chain(&column.aliases))
                .map(|label| fold_label(label))
                .collect(),
        }
    }

    fn has(&self, label: &str) -> bool {
        self.folded.contains(&fold_label(label))
    }
}

/// A list in which a few stand for many.
fn some_of(labels: impl ExactSizeIterator<Item = impl Into<String>>) -> String {
    const MOST: usize = 40;
    let more = labels.len().saturating_sub(MOST);
    let mut labels: Vec<String> = labels.take(MOST).map(Into::into).collect();
    if more > 0 {
        labels.push(format!("and {more} more"));
    }
    labels.join(", ")
}

/// The labels of a text batch: all its columns but `_row`.
pub(crate) fn labels_of(schema: &arrow::datatypes::Schema) -> Vec<&str> {
    (schema.fields().iter())
        .map(|field| field.name().as_str())
        .filter(|name| *name != ROW_COLUMN)
        .collect()
}

#[cfg(test)]
mod tests;
