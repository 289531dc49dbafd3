//! A plan is a contract's layout made ready for reading one file: patterns
//! compiled, labels folded, the file's name taken apart.

use crate::footer::Footer;
use crate::label::fold;
use crate::read_error::ReadError;
use jcw_project::{Column, Contract, Layout, Limits, Origin, SaidLabels};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

/// What a reader needs of the contract.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) layout: Layout,
    pub(crate) limits: Limits,
    /// Columns that stand in the file's table, in the order declared; those
    /// that may stand in it or come from the delivery's header last.
    pub(crate) columns: Vec<Planned>,
    pub(crate) footer: Option<Footer>,
    pub(crate) unpivot: Option<UnpivotPlan>,
    pub(crate) sheets: Vec<Regex>,
    /// Columns whose text is the same in every row of the file, unless the file
    /// shows them itself.
    pub(crate) from_file_name: Vec<FromFileName>,
    /// Columns that hold the sheet's name, or what it stands for.
    pub(crate) from_sheet: Vec<(String, BTreeMap<String, String>)>,
    /// The columns that number the rows.
    pub(crate) row_numbers: Vec<String>,
    /// Whether labels of the file may be quoted: see [`SaidLabels`].
    quotes_labels: bool,
}

/// A column to be found in the file.
#[derive(Debug)]
pub(crate) struct Planned {
    pub(crate) name: String,
    /// Its name and aliases, folded.
    pub(crate) labels: Vec<String>,
    /// A header without it is not the header.
    pub(crate) wanted: bool,
    pub(crate) fill_down: bool,
    pub(crate) from_header: Option<FromHeader>,
}

/// What the delivery's header says for a column that the file does not show.
#[derive(Debug, Clone)]
pub(crate) struct FromHeader {
    /// `None` where there is no such header: then the column is missing.
    pub(crate) value: Option<String>,
}

/// What the file's name says for a column that the file does not show.
#[derive(Debug)]
pub(crate) struct FromFileName {
    pub(crate) name: String,
    /// Its name and aliases, folded.
    pub(crate) labels: Vec<String>,
    pub(crate) text: Option<String>,
    /// The pattern that should have matched the name and did not.
    pub(crate) unmatched: Option<String>,
}

/// `unpivot`, compiled.
#[derive(Debug)]
pub(crate) struct UnpivotPlan {
    pub(crate) pattern: Regex,
    pub(crate) value: String,
}

impl Plan {
    /// Makes ready to read a file. `names` are what `from: file_name` patterns
    /// are matched against, the first that matches winning: for a member of a
    /// zip, the member's name and then the zip's.
    pub(crate) fn new(
        contract: &Contract,
        limits: &Limits,
        names: &[&str],
    ) -> Result<Self, ReadError> {
        let layout = contract.layout.clone();
        let unpivot = match &layout.unpivot {
            None => None,
            Some(unpivot) => Some(UnpivotPlan {
                pattern: compile("unpivot pattern", &unpivot.columns)?,
                value: unpivot
                    .value
                    .as_ref()
                    .map_or("value", |value| value.as_str())
                    .to_owned(),
            }),
        };
        let footer = layout
            .footer
            .as_ref()
            .map(|pattern| compile("footer pattern", pattern))
            .transpose()?
            .map(Footer::new);
        let sheets = layout
            .sheets
            .iter()
            .map(|pattern| compile_whole("sheet pattern", pattern))
            .collect::<Result<_, _>>()?;

        let made = made_by_layout(&layout, unpivot.as_ref());
        let mut plan = Plan {
            columns: Vec::with_capacity(contract.columns.len()),
            footer,
            unpivot,
            sheets,
            from_file_name: Vec::new(),
            from_sheet: Vec::new(),
            row_numbers: Vec::new(),
            quotes_labels: !contract.is_about_people(),
            limits: *limits,
            layout,
        };
        let mut from_header = Vec::new();
        for column in &contract.columns {
            let name = column.name.value.clone();
            match &column.from {
                None => plan.columns.push(Planned {
                    wanted: !column.optional && !made.contains(&name),
                    ..Planned::new(column)
                }),
                Some(Origin::FileName(pattern)) => {
                    let text = captured(&name, pattern, names)?;
                    let must_match = text.is_none() && !column.optional;
                    plan.from_file_name.push(FromFileName {
                        name,
                        labels: Planned::new(column).labels,
                        text,
                        unmatched: must_match.then(|| pattern.value.clone()),
                    });
                }
                Some(Origin::Sheet(names)) => plan.from_sheet.push((name, names.clone())),
                Some(Origin::RowNumber) => plan.row_numbers.push(name),
                Some(Origin::Header { value, .. }) => {
                    from_header.push(Planned {
                        from_header: Some(FromHeader {
                            value: value.clone(),
                        }),
                        ..Planned::new(column)
                    });
                }
                Some(Origin::Expression(_)) => {}
            }
        }
        plan.columns.extend(from_header);
        Ok(plan)
    }

    /// The declared column that a label belongs to.
    pub(crate) fn column(&self, label: &str) -> Option<&Planned> {
        let folded = fold(label);
        self.columns
            .iter()
            .find(|column| column.labels.contains(&folded))
    }

    /// The labels of a header, by position, ready to be said in a message.
    pub(crate) fn said<'l>(&self, labels: impl Iterator<Item = Option<&'l str>>) -> SaidLabels {
        // The names given to blank labels do not stand in the file.
        let is_given = |name: &str| {
            let given = self.layout.unlabelled.iter();
            given
                .chain(&self.layout.sub_heading)
                .any(|given| given.as_str() == name)
        };
        let is_declared = |label: &str| {
            !label.is_empty()
                && self
                    .column(label)
                    .is_some_and(|column| !is_given(&column.name))
        };
        SaidLabels::new(
            self.quotes_labels,
            labels
                .map(Option::unwrap_or_default)
                .map(|label| (label, is_declared(label))),
        )
    }

    /// Whether rows can be taken apart without knowing the rows before them.
    pub(crate) fn rows_stand_alone(&self) -> bool {
        self.footer.is_none()
            && self.layout.sub_heading.is_none()
            && self.row_numbers.is_empty()
            && !self.columns.iter().any(|column| column.fill_down)
    }
}

impl Planned {
    fn new(column: &Column) -> Self {
        Planned {
            labels: std::iter::once(&column.name.value)
                .chain(&column.aliases)
                .map(|label| fold(label))
                .collect(),
            name: column.name.value.clone(),
            wanted: false,
            fill_down: column.fill_down,
            from_header: None,
        }
    }
}

/// Names of columns that the layout makes rather than finds by their label.
fn made_by_layout(layout: &Layout, unpivot: Option<&UnpivotPlan>) -> BTreeSet<String> {
    let mut made: BTreeSet<String> = layout
        .unlabelled
        .iter()
        .map(|name| name.value.clone())
        .collect();
    made.extend(layout.sub_heading.iter().map(|name| name.value.clone()));
    if let Some(unpivot) = unpivot {
        made.extend(unpivot.pattern.capture_names().flatten().map(str::to_owned));
        made.insert(unpivot.value.clone());
    }
    made
}

/// What the pattern captures for the column in the first name it matches.
fn captured(column: &str, pattern: &str, names: &[&str]) -> Result<Option<String>, ReadError> {
    let pattern = compile("file name pattern", pattern)?;
    let captures = names.iter().find_map(|name| pattern.captures(name));
    Ok(captures.and_then(|captures| {
        captures
            .name(column)
            .or_else(|| captures.get(1))
            .or_else(|| captures.get(0))
            .map(|text| text.as_str().to_owned())
    }))
}

fn compile(what: &'static str, pattern: &str) -> Result<Regex, ReadError> {
    Regex::new(pattern).map_err(|error| ReadError::Contract {
        what,
        reason: error.to_string(),
    })
}

/// A pattern that must match the whole text.
pub(crate) fn compile_whole(what: &'static str, pattern: &str) -> Result<Regex, ReadError> {
    compile(what, &format!("^(?:{pattern})$"))
}
