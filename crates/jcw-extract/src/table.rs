//! A table is read row by row, in order, when what a row means depends on the
//! rows before it: titles, the header, sub-headings, blanks to be filled, a
//! footer.

use crate::columns::{Columns, added_labels};
use crate::footer::Found;
use crate::header::{Header, HeaderSearch};
use crate::label::is_blank;
use crate::plan::Plan;
use crate::read_error::ReadError;
use crate::reader::{Malformed, Rows};
use crate::tally::Tally;
use arrow::array::{ArrayRef, StringViewBuilder};
use std::sync::Arc;

/// Rows handed on at once.
const ROWS: usize = 8_192;

/// One table of a file: the file itself, or a sheet.
pub(crate) struct Table {
    plan: Arc<Plan>,
    tally: Arc<Tally>,
    sheet: Option<String>,
    search: HeaderSearch,
    body: Option<Body>,
}

/// A table whose header has been found.
struct Body {
    header: Header,
    columns: Columns,
    builders: Vec<StringViewBuilder>,
    rows: Vec<i64>,
    malformed: Vec<Malformed>,
    /// The last text of each column that is filled down.
    above: Vec<String>,
    has_sub_heading: bool,
    sub_heading: Option<String>,
    /// Records so far, and those not yet handed on.
    records: i64,
    waiting: i64,
    footer: Option<Found>,
}

/// Whether a table goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flow {
    /// There may be more rows.
    On,
    /// The footer ended it.
    Ended,
}

impl Table {
    pub(crate) fn new(
        plan: &Arc<Plan>,
        tally: &Arc<Tally>,
        sheet: Option<&str>,
    ) -> Result<Self, ReadError> {
        let mut table = Table {
            plan: Arc::clone(plan),
            tally: Arc::clone(tally),
            sheet: sheet.map(str::to_owned),
            search: HeaderSearch::default(),
            body: None,
        };
        if plan.layout.headerless {
            table.begin(Header::declared(plan))?;
        }
        Ok(table)
    }

    /// Takes the header and what batches look like, once the header is known
    /// and if no row has been read yet: for a reader that can go on by itself.
    pub(crate) fn into_header(self) -> Option<(Header, Columns)> {
        self.body.map(|body| (body.header, body.columns))
    }

    /// Whether the header has been found.
    pub(crate) fn has_header(&self) -> bool {
        self.body.is_some()
    }

    /// How many fields a row must have; 0 before the header is known.
    pub(crate) fn width(&self) -> usize {
        self.body.as_ref().map_or(0, |body| body.header.width())
    }

    /// Takes the next row of a file of text, in which a row must have as many
    /// fields as the header.
    pub(crate) fn offer_record(
        &mut self,
        row: i64,
        cells: &[&str],
        raw: &[u8],
    ) -> Result<Flow, ReadError> {
        let Some(body) = &mut self.body else {
            return self.offer_header(row, cells);
        };
        let (plan, tally) = (&self.plan, &self.tally);
        if plan.layout.headerless && body.records == 0 && cells.len() != body.header.width() {
            return Err(ReadError::Width {
                declared: body.header.width(),
                found: cells.len(),
            });
        }
        if let Some(flow) = body.is_no_record(plan, cells) {
            return Ok(flow);
        }
        if cells.len() < body.header.width()
            || cells[body.header.width()..]
                .iter()
                .any(|cell| !is_blank(cell))
        {
            body.set_aside(ragged(row, body.header.width(), cells.len(), raw));
            return Ok(Flow::On);
        }
        body.push(tally, row, cells);
        Ok(Flow::On)
    }

    /// Takes the next row of a sheet, in which cells at the end may be missing.
    pub(crate) fn offer_row(&mut self, row: i64, cells: &[&str]) -> Result<Flow, ReadError> {
        let Some(body) = &mut self.body else {
            return self.offer_header(row, cells);
        };
        let (plan, tally) = (&self.plan, &self.tally);
        if let Some(flow) = body.is_no_record(plan, cells) {
            return Ok(flow);
        }
        if cells
            .iter()
            .skip(body.header.width())
            .any(|cell| !is_blank(cell))
        {
            tally.warn(
                "table.outside",
                Some(row),
                "text to the right of the table was not read",
            );
        }
        let mut under_none = cells.iter().zip(&body.header.labels);
        if under_none.any(|(cell, label)| label.is_none() && !is_blank(cell)) {
            tally.warn(
                "table.unlabelled",
                Some(row),
                "text under a blank in the header, such as a merged cell leaves, was not read",
            );
        }
        body.push(tally, row, cells);
        Ok(Flow::On)
    }

    /// Sets a record aside that could not be taken apart.
    pub(crate) fn set_aside(&mut self, malformed: Malformed) -> Result<(), ReadError> {
        match &mut self.body {
            Some(body) => {
                body.set_aside(malformed);
                Ok(())
            }
            None if malformed.rule == "csv.encoding" => Err(ReadError::HeaderEncoding {
                line: malformed.row,
                encoding: self.plan.layout.encoding.value.clone(),
            }),
            None => Err(ReadError::HeaderQuote {
                line: malformed.row,
            }),
        }
    }

    /// Whether the row is the footer: asked of a last line that is cut.
    pub(crate) fn is_footer(&self, cells: &[&str]) -> bool {
        self.body.is_some()
            && self
                .plan
                .footer
                .as_ref()
                .is_some_and(|footer| footer.find(cells).is_some())
    }

    /// Rows enough to hand on.
    pub(crate) fn take_full(&mut self) -> Result<Option<Rows>, ReadError> {
        match &mut self.body {
            Some(body) if body.waiting >= ROWS as i64 => body.take(self.sheet.as_deref()).map(Some),
            _ => Ok(None),
        }
    }

    /// The last rows. Checks that the table is all there.
    pub(crate) fn end(mut self) -> Result<Option<Rows>, ReadError> {
        let Some(body) = &mut self.body else {
            return Err(self.search.give_up(&self.plan));
        };
        match (&self.plan.footer, body.footer) {
            (Some(footer), None) if footer.counts() => return Err(ReadError::FooterMissing),
            (Some(_), None) => self.tally.warn(
                "footer.missing",
                None,
                "no row matched the footer; all rows to the end were read",
            ),
            (_, Some(Found { count: Some(said) })) if said != body.records => {
                return Err(ReadError::FooterCount {
                    said,
                    read: body.records,
                });
            }
            _ => {}
        }
        if body.waiting == 0 {
            Ok(None)
        } else {
            body.take(self.sheet.as_deref()).map(Some)
        }
    }

    fn offer_header(&mut self, row: i64, cells: &[&str]) -> Result<Flow, ReadError> {
        if let Some(header) = self.search.offer(&self.plan, row, cells)? {
            self.begin(header)?;
        }
        Ok(Flow::On)
    }

    fn begin(&mut self, header: Header) -> Result<(), ReadError> {
        let columns = Columns::new(&self.plan, &header, self.sheet.as_deref())?;
        let width = columns.positions.len() + added_labels(&self.plan).count();
        self.body = Some(Body {
            builders: std::iter::repeat_with(StringViewBuilder::new)
                .take(width)
                .collect(),
            above: vec![String::new(); header.width()],
            rows: Vec::new(),
            malformed: Vec::new(),
            has_sub_heading: self.plan.layout.sub_heading.is_some(),
            sub_heading: None,
            records: 0,
            waiting: 0,
            footer: None,
            header,
            columns,
        });
        Ok(())
    }
}

impl Body {
    /// Deals with a row that is a footer, a blank row or a sub-heading.
    fn is_no_record(&mut self, plan: &Plan, cells: &[&str]) -> Option<Flow> {
        if let Some(found) = plan.footer.as_ref().and_then(|footer| footer.find(cells)) {
            self.footer = Some(found);
            return Some(Flow::Ended);
        }
        let first = self.columns.positions.first().copied().unwrap_or(0);
        let mut filled = cells
            .iter()
            .enumerate()
            .filter(|(_, cell)| !is_blank(cell))
            .map(|(position, _)| position);
        match (filled.next(), filled.next()) {
            (None, _) if plan.layout.skip_blank_rows => Some(Flow::On),
            (Some(position), None) if position == first && plan.layout.sub_heading.is_some() => {
                self.sub_heading = cells.get(first).map(|text| (*text).to_owned());
                Some(Flow::On)
            }
            _ => None,
        }
    }

    fn push(&mut self, tally: &Tally, row: i64, cells: &[&str]) {
        self.records += 1;
        self.waiting += 1;
        let mut builders = self.builders.iter_mut();
        for (position, label) in self.header.labels.iter().enumerate() {
            let cell = cells.get(position).copied().unwrap_or_default();
            if label.is_none() {
                if !is_blank(cell) {
                    tally.warn(
                        "table.unlabelled",
                        Some(row),
                        format!("column {} has no label and was not read", position + 1),
                    );
                }
                continue;
            }
            let Some(builder) = builders.next() else {
                break;
            };
            if !self.header.fill_down[position] {
                builder.append_value(cell);
            } else if is_blank(cell) {
                builder.append_value(&self.above[position]);
            } else {
                cell.clone_into(&mut self.above[position]);
                builder.append_value(cell);
            }
        }
        // What follows are the columns of `added_labels`, in that order.
        if self.has_sub_heading
            && let Some(builder) = builders.next()
        {
            builder.append_option(self.sub_heading.as_deref());
        }
        for builder in builders {
            builder.append_value(self.records.to_string());
        }
        self.rows.push(row);
    }

    fn set_aside(&mut self, malformed: Malformed) {
        self.records += 1;
        self.waiting += 1;
        self.malformed.push(malformed);
    }

    fn take(&mut self, sheet: Option<&str>) -> Result<Rows, ReadError> {
        let columns: Vec<ArrayRef> = self
            .builders
            .iter_mut()
            .map(|builder| Arc::new(builder.finish()) as ArrayRef)
            .collect();
        let batch = self
            .columns
            .batch(columns, std::mem::take(&mut self.rows))?;
        Ok(Rows {
            batch,
            malformed: std::mem::take(&mut self.malformed),
            records: std::mem::take(&mut self.waiting),
            sheet: sheet.map(str::to_owned),
        })
    }
}

/// A record with another number of fields than the header.
pub(crate) fn ragged(row: i64, expected: usize, found: usize, raw: &[u8]) -> Malformed {
    let reason = if found < expected {
        format!("the row has {found} fields and the header has {expected}")
    } else {
        format!(
            "the row has {found} fields and the header has {expected}; a field that contains the delimiter must stand in quotation marks"
        )
    };
    Malformed::new(row, "csv.ragged", reason, raw)
}
