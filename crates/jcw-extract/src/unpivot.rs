//! Unpivoting turns columns into rows: `2023 / Appeals` and `2024 / Appeals`
//! become two rows with a column `year`.

use crate::header::Header;
use crate::plan::Plan;
use crate::read_error::ReadError;
use arrow::array::{
    Array, ArrayRef, Int64Array, StringViewArray, StringViewBuilder, UInt32Array, new_null_array,
};
use arrow::compute::{interleave, take};
use arrow::datatypes::DataType;
use jcw_project::DuplicateHeaders;
use std::sync::Arc;

/// Which columns become rows, and where their text goes.
#[derive(Debug)]
pub(crate) struct Unpivot {
    /// Columns repeated in each row, by position.
    keep: Vec<usize>,
    /// Names of the columns that the captures make.
    names: Vec<String>,
    /// The rows that one row becomes.
    groups: Vec<Group>,
    /// Labels of the columns that take the texts.
    targets: Vec<String>,
}

#[derive(Debug)]
struct Group {
    /// What the captures hold, one for each of `names`.
    captured: Vec<String>,
    /// For each target the column it is read from.
    sources: Vec<Option<usize>>,
}

impl Unpivot {
    /// `None` when the layout does not unpivot. `labels` are the labels of the
    /// columns read; those from `found` on were not in the header.
    pub(crate) fn new(
        plan: &Plan,
        labels: &[String],
        found: usize,
    ) -> Result<Option<Self>, ReadError> {
        let Some(unpivot) = &plan.unpivot else {
            return Ok(None);
        };
        let names: Vec<String> = unpivot
            .pattern
            .capture_names()
            .flatten()
            .filter(|name| *name != "column")
            .map(str::to_owned)
            .collect();
        let mut made = Unpivot {
            keep: Vec::new(),
            names,
            groups: Vec::new(),
            targets: Vec::new(),
        };
        for (position, label) in labels.iter().enumerate() {
            let Some(captures) = unpivot.pattern.captures(label).filter(|_| position < found)
            else {
                made.keep.push(position);
                continue;
            };
            let target = match captures.name("column") {
                Some(column) => plan.column(column.as_str()).map_or_else(
                    || column.as_str().trim().to_owned(),
                    |column| column.name.clone(),
                ),
                None => unpivot.value.clone(),
            };
            let captured = made
                .names
                .iter()
                .map(|name| {
                    captures
                        .name(name)
                        .map_or("", |text| text.as_str())
                        .trim()
                        .to_owned()
                })
                .collect();
            made.place(plan, labels, position, captured, target)?;
        }
        let targets = made.targets.len();
        for group in &mut made.groups {
            group.sources.resize(targets, None);
        }
        Ok(Some(made))
    }

    fn place(
        &mut self,
        plan: &Plan,
        labels: &[String],
        position: usize,
        captured: Vec<String>,
        target: String,
    ) -> Result<(), ReadError> {
        let target = match self.targets.iter().position(|known| *known == target) {
            Some(target) => target,
            None => {
                self.targets.push(target);
                self.targets.len() - 1
            }
        };
        let group = match self
            .groups
            .iter()
            .position(|group| group.captured == captured)
        {
            Some(group) => group,
            None => {
                self.groups.push(Group {
                    captured,
                    sources: Vec::new(),
                });
                self.groups.len() - 1
            }
        };
        let sources = &mut self.groups[group].sources;
        if sources.len() <= target {
            sources.resize(target + 1, None);
        }
        match sources[target] {
            Some(first) if plan.layout.duplicate_headers == DuplicateHeaders::Reject => {
                let said = plan.said(labels.iter().map(|label| Some(label.as_str())));
                Err(ReadError::duplicate(&said, first, position))
            }
            Some(_) => Ok(()),
            None => {
                sources[target] = Some(position);
                Ok(())
            }
        }
    }

    /// Labels after unpivoting.
    pub(crate) fn labels(&self, labels: &[String]) -> Vec<String> {
        let kept = self.keep.iter().map(|position| labels[*position].clone());
        kept.chain(self.names.iter().cloned())
            .chain(self.targets.iter().cloned())
            .collect()
    }

    /// Columns and row numbers after unpivoting; the rows that one row becomes
    /// stay together, in the order of the header.
    pub(crate) fn apply(
        &self,
        columns: &[ArrayRef],
        rows: &Int64Array,
    ) -> Result<(Vec<ArrayRef>, Int64Array), ReadError> {
        let count = rows.len();
        let repeated: UInt32Array = (0..count as u32)
            .flat_map(|row| std::iter::repeat_n(row, self.groups.len()))
            .collect();
        let mut made = Vec::with_capacity(self.keep.len() + self.names.len() + self.targets.len());
        for position in &self.keep {
            made.push(take(&columns[*position], &repeated, None)?);
        }
        for name in 0..self.names.len() {
            made.push(self.captures(name, count));
        }
        for target in 0..self.targets.len() {
            made.push(self.texts(target, columns, count)?);
        }
        let rows = repeated
            .values()
            .iter()
            .map(|row| rows.value(*row as usize))
            .collect();
        Ok((made, rows))
    }

    fn captures(&self, name: usize, count: usize) -> ArrayRef {
        let mut builder =
            StringViewBuilder::with_capacity(count * self.groups.len()).with_deduplicate_strings();
        for _ in 0..count {
            for group in &self.groups {
                builder.append_value(&group.captured[name]);
            }
        }
        Arc::new(builder.finish())
    }

    fn texts(
        &self,
        target: usize,
        columns: &[ArrayRef],
        count: usize,
    ) -> Result<ArrayRef, ReadError> {
        let nothing = new_null_array(&DataType::Utf8View, count);
        let sources: Vec<&dyn Array> = self
            .groups
            .iter()
            .map(|group| {
                group.sources[target]
                    .map_or(nothing.as_ref(), |position| columns[position].as_ref())
            })
            .collect();
        if sources.is_empty() {
            return Ok(Arc::new(StringViewArray::new_null(0)));
        }
        let indices: Vec<(usize, usize)> = (0..count)
            .flat_map(|row| (0..self.groups.len()).map(move |group| (group, row)))
            .collect();
        Ok(interleave(&sources, &indices)?)
    }
}

/// The labels of the header's columns that are read.
pub(crate) fn read_labels(header: &Header) -> Vec<String> {
    header.labels.iter().flatten().cloned().collect()
}
