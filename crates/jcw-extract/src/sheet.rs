//! Sheets of a workbook, xlsx or ods.
//!
//! A workbook is read by a thread of its own: rows of a large sheet stream past
//! instead of being held, and whatever a broken workbook does to the library
//! that reads it, it does there.

mod look;
#[cfg(test)]
mod tests;

pub(crate) use look::{HiddenRows, Look, hidden_rows, is_streamed};

use crate::cell;
use crate::plan::Plan;
use crate::read_error::ReadError;
use crate::reader::{Piece, Reader, Rows};
use crate::table::{Flow, Table};
use crate::tally::{Summary, Tally};
use calamine::{DataRef, Ods, Reader as _, Sheet, SheetType, SheetVisible, Xlsx};
use jcw_project::Format;
use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// Stands in a cell whose formula was never worked out: no number, no date.
const NO_RESULT: &str = "#FORMULA";

/// Batches read ahead of those taken.
const AHEAD: usize = 2;

/// Reads the sheets of a workbook.
pub(crate) struct SheetReader {
    tally: Arc<Tally>,
    rows: Receiver<Result<Rows, ReadError>>,
    thread: Option<JoinHandle<()>>,
}

type Sink = SyncSender<Result<Rows, ReadError>>;

/// Why reading ends before the workbook does.
enum Stop {
    /// The receiving end is gone: nobody wants the rest.
    Unwanted,
    Failed(ReadError),
}

impl From<ReadError> for Stop {
    fn from(error: ReadError) -> Self {
        Stop::Failed(error)
    }
}

impl SheetReader {
    /// `hidden` is how many rows each sheet hides, by its name.
    pub(crate) fn new(plan: Arc<Plan>, file: File, hidden: HiddenRows) -> Result<Self, ReadError> {
        let tally = Arc::new(Tally::default());
        let (sink, rows) = sync_channel(AHEAD);
        let counted = Arc::clone(&tally);
        let thread = std::thread::Builder::new()
            .name("sheets".to_owned())
            .spawn(move || {
                if let Err(Stop::Failed(error)) = read(&plan, &counted, file, &hidden, &sink) {
                    let _ = sink.send(Err(error));
                }
            })
            .map_err(|source| ReadError::Io {
                doing: "starting to read its sheets",
                source,
            })?;
        Ok(SheetReader {
            tally,
            rows,
            thread: Some(thread),
        })
    }
}

impl Reader for SheetReader {
    fn next_piece(&mut self) -> Option<Result<Piece, ReadError>> {
        match self.rows.recv() {
            Ok(rows) => Some(rows.map(|rows| Piece::rows(&self.tally, rows))),
            Err(_) => match self.thread.take()?.join() {
                Ok(()) => None,
                Err(_) => Some(Err(broken("reading it failed"))),
            },
        }
    }

    fn finish(self: Box<Self>) -> Result<Summary, ReadError> {
        let summary = self.tally.summary();
        if summary.records == 0 {
            Err(ReadError::NoRows)
        } else {
            Ok(summary)
        }
    }
}

fn read(
    plan: &Arc<Plan>,
    tally: &Arc<Tally>,
    file: File,
    hidden: &HiddenRows,
    sink: &Sink,
) -> Result<(), Stop> {
    if plan.layout.format == Format::Ods {
        let mut workbook = Ods::new(BufReader::new(file)).map_err(broken)?;
        for sheet in wanted(plan, tally, workbook.sheets_metadata())? {
            read_ods(plan, tally, &mut workbook, &sheet, sink)?;
        }
        return Ok(());
    }
    let mut workbook = Xlsx::new(BufReader::new(file)).map_err(broken)?;
    for sheet in wanted(plan, tally, workbook.sheets_metadata())? {
        if let Some(rows @ 1..) = hidden.get(&sheet) {
            let message =
                format!("the sheet \"{sheet}\" hides {rows} of its rows, which were read");
            tally.warn("sheet.hidden_rows", None, message);
        }
        read_xlsx(plan, tally, &mut workbook, &sheet, sink)?;
    }
    Ok(())
}

/// Names of the sheets that the layout asks for, in the workbook's order.
fn wanted(plan: &Plan, tally: &Tally, sheets: &[Sheet]) -> Result<Vec<String>, ReadError> {
    let sheets: Vec<&Sheet> = sheets
        .iter()
        .filter(|sheet| sheet.typ == SheetType::WorkSheet)
        .collect();
    let names = || {
        sheets
            .iter()
            .map(|sheet| sheet.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    if plan.sheets.is_empty() {
        return match sheets.as_slice() {
            [only] => Ok(vec![only.name.clone()]),
            _ => Err(ReadError::WhichSheet {
                found: sheets.len(),
                names: names(),
            }),
        };
    }
    for pattern in &plan.sheets {
        if !sheets.iter().any(|sheet| pattern.is_match(&sheet.name)) {
            return Err(ReadError::NoSheet {
                wanted: format!("`{pattern}`"),
                found: names(),
            });
        }
    }
    let wanted: Vec<&Sheet> = sheets
        .iter()
        .filter(|sheet| {
            plan.sheets
                .iter()
                .any(|pattern| pattern.is_match(&sheet.name))
        })
        .copied()
        .collect();
    for sheet in wanted
        .iter()
        .filter(|sheet| sheet.visible != SheetVisible::Visible)
    {
        tally.warn(
            "sheet.hidden",
            None,
            format!("the sheet \"{}\" is hidden and was read", sheet.name),
        );
    }
    Ok(wanted.into_iter().map(|sheet| sheet.name.clone()).collect())
}

/// Reads a sheet cell by cell: the dimension that a sheet records of itself is
/// often wrong, and is not asked for.
fn read_xlsx(
    plan: &Arc<Plan>,
    tally: &Arc<Tally>,
    workbook: &mut Xlsx<BufReader<File>>,
    name: &str,
    sink: &Sink,
) -> Result<(), Stop> {
    let mut table = Table::new(plan, tally, Some(name))?;
    let mut reader = workbook.worksheet_cells_reader(name).map_err(broken)?;
    let mut row = Row::default();
    while let Some(found) = reader.next_cell_with_formula_metadata().map_err(broken)? {
        let (number, column) = (i64::from(found.pos.0) + 1, found.pos.1 as usize);
        if number != row.number {
            if number < row.number {
                return Err(broken("its rows are not in order").into());
            }
            if row.offer(&mut table, sink)? == Flow::Ended {
                return end(table, sink);
            }
            row.start(number);
        }
        let has_no_result = found.formula.is_some() && found.value == DataRef::Empty;
        if has_no_result {
            tally.warn(
                "sheet.formula",
                Some(number),
                format!("a formula was never worked out; its cell was read as {NO_RESULT}"),
            );
        } else if let DataRef::Error(error) = &found.value {
            let message = format!("a cell holds the error {error}, which was read as its text");
            tally.warn("sheet.error", Some(number), message);
        }
        let text = cell::xlsx(&found.value);
        row.set(plan, column, if has_no_result { NO_RESULT } else { &text })?;
    }
    row.offer(&mut table, sink)?;
    end(table, sink)
}

fn read_ods(
    plan: &Arc<Plan>,
    tally: &Arc<Tally>,
    workbook: &mut Ods<BufReader<File>>,
    name: &str,
    sink: &Sink,
) -> Result<(), Stop> {
    let mut table = Table::new(plan, tally, Some(name))?;
    let range = workbook.worksheet_range(name).map_err(broken)?;
    let (top, left) = range.start().unwrap_or_default();
    for (offset, cells) in range.rows().enumerate() {
        let mut row = Row::default();
        row.start(i64::from(top) + offset as i64 + 1);
        for (column, value) in cells.iter().enumerate() {
            row.set(plan, left as usize + column, &cell::ods(value))?;
        }
        if row.offer(&mut table, sink)? == Flow::Ended {
            break;
        }
    }
    end(table, sink)
}

/// A row of a sheet, as its cells come in.
#[derive(Default)]
struct Row {
    number: i64,
    cells: Vec<String>,
    used: usize,
}

impl Row {
    fn start(&mut self, number: i64) {
        self.number = number;
        self.cells.iter_mut().for_each(String::clear);
        self.used = 0;
    }

    fn set(&mut self, plan: &Plan, column: usize, text: &str) -> Result<(), ReadError> {
        if text.is_empty() {
            return Ok(());
        }
        if column >= plan.limits.max_columns {
            return Err(ReadError::TooManyColumns {
                line: Some(self.number),
                found: column + 1,
                limit: plan.limits.max_columns,
            });
        }
        if text.len() > plan.limits.max_line_bytes {
            return Err(ReadError::LongLine {
                line: self.number,
                limit: plan.limits.max_line_bytes,
            });
        }
        if self.cells.len() <= column {
            self.cells.resize(column + 1, String::new());
        }
        text.clone_into(&mut self.cells[column]);
        self.used = self.used.max(column + 1);
        Ok(())
    }

    /// Gives the row to the table, and what is full to the reader.
    fn offer(&self, table: &mut Table, sink: &Sink) -> Result<Flow, Stop> {
        if self.used == 0 {
            return Ok(Flow::On);
        }
        let cells: Vec<&str> = self.cells[..self.used].iter().map(String::as_str).collect();
        let flow = table.offer_row(self.number, &cells)?;
        if let Some(rows) = table.take_full()? {
            send(sink, rows)?;
        }
        Ok(flow)
    }
}

fn end(table: Table, sink: &Sink) -> Result<(), Stop> {
    match table.end()? {
        Some(rows) => send(sink, rows),
        None => Ok(()),
    }
}

fn send(sink: &Sink, rows: Rows) -> Result<(), Stop> {
    sink.send(Ok(rows)).map_err(|_| Stop::Unwanted)
}

fn broken(error: impl std::fmt::Display) -> ReadError {
    ReadError::Broken {
        kind: "workbook",
        reason: error.to_string(),
    }
}
