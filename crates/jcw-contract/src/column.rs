//! A typed column is what a contract makes of one column of text: an array of
//! the declared type, and a status for every row where the column has symbols.
//!
//! Order of judgement, cell by cell: symbol, blank, pattern, kind, range. Every
//! cell ends as a value, a null with a status, or a breach.

use crate::breach::{Breaches, RuleBook, RuleNumber};
use crate::date;
use crate::identifier::{nhs_number, uln, upn};
use crate::kind::{Bounds, DateFormats, KindReader};
use crate::symbol::{self, StatusNumber, Symbols};
use crate::text;
use arrow::array::{
    Array, ArrayRef, BooleanBuilder, PrimitiveBuilder, StringBuilder, StringViewArray,
    new_null_array,
};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType,
};
use jcw_project::{Column, Format, Severity};
use regex::Regex;
use std::sync::Arc;

/// Reads the cells of one declared column.
#[derive(Debug, Clone)]
pub(crate) struct ColumnReader {
    pub(crate) data_type: DataType,
    kind: KindReader,
    symbols: Option<Symbols>,
    pattern: Option<Regex>,
    bounds: Bounds,
    rules: ColumnRules,
    /// A blank breaks a rule.
    is_required: bool,
    /// What an unknown code becomes: its own text (the column only warns).
    keeps_unknown_codes: bool,
}

/// The rules that a cell of the column can break.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ColumnRules {
    pub(crate) required: RuleNumber,
    pub(crate) kind: RuleNumber,
    pub(crate) scale: RuleNumber,
    pub(crate) rounded: RuleNumber,
    pub(crate) clocks: RuleNumber,
    pub(crate) day_month: RuleNumber,
    pub(crate) filler: RuleNumber,
    pub(crate) test_number: RuleNumber,
    pub(crate) range: RuleNumber,
    pub(crate) pattern: RuleNumber,
}

/// A typed column and, where it has symbols, its status column.
pub(crate) type Typed = (ArrayRef, Option<ArrayRef>);

impl ColumnReader {
    /// The error says what the declaration has wrong.
    pub(crate) fn compile(
        column: &Column,
        format: Format,
        book: &mut RuleBook,
    ) -> Result<ColumnReader, String> {
        let data_type = column.kind.data_type();
        let kind = KindReader::compile(&column.kind, format)?;
        let bounds = Bounds::new(column.min, column.max, &data_type);
        let symbols = Symbols::new(&column.symbols);
        let pattern = match &column.pattern {
            None => None,
            Some(pattern) => Some(
                Regex::new(&format!("^(?:{})$", pattern.value))
                    .map_err(|error| format!("its pattern is no regex: {error}"))?,
            ),
        };
        let rules = ColumnRules::add(column, &kind, book);
        let reader = ColumnReader {
            data_type,
            kind,
            symbols,
            pattern,
            bounds,
            rules,
            is_required: column.required,
            keeps_unknown_codes: column.severity == Severity::Warn,
        };
        reader.check_symbol_values(column)?;
        Ok(reader)
    }

    /// The rule `<column>.required`.
    pub(crate) fn required_rule(&self) -> Option<RuleNumber> {
        self.is_required.then_some(self.rules.required)
    }

    /// A column that the file left out.
    pub(crate) fn absent(&self, rows: usize) -> Typed {
        let status = (self.symbols.as_ref())
            .map(|symbols| symbols.status_array(&vec![symbol::MISSING; rows]));
        (new_null_array(&self.data_type, rows), status)
    }

    /// A column made by an expression: its status follows from its nulls.
    pub(crate) fn computed(&self, values: ArrayRef) -> Typed {
        let status = self.symbols.as_ref().map(|symbols| {
            let numbers: Vec<_> = (0..values.len())
                .map(|row| {
                    if values.is_null(row) {
                        symbol::MISSING
                    } else {
                        symbol::OK
                    }
                })
                .collect();
            symbols.status_array(&numbers)
        });
        (values, status)
    }

    /// Reads every cell. A row whose cell breaks a rule holds null unless the
    /// value could be read.
    pub(crate) fn read(&self, cells: &StringViewArray, breaches: &mut Breaches) -> Typed {
        let rows = cells.len();
        let mut pass = Pass {
            reader: self,
            cells,
            breaches,
        };
        match &self.kind {
            KindReader::Text => pass.run(text_builder(cells), |_, cell, out| {
                out.append_value(cell);
                Ok(())
            }),
            KindReader::Integer => {
                let bounds = self.bounds.integers;
                pass.run(
                    PrimitiveBuilder::<Int64Type>::with_capacity(rows),
                    |notes, cell, out| {
                        let value = crate::number::parse_integer(cell)
                            .map_err(|fault| self.number_fault(fault))?;
                        out.append_value(value);
                        notes.when(!bounds.contains(&value), self.rules.range);
                        Ok(())
                    },
                )
            }
            KindReader::Decimal {
                precision,
                scale,
                dress,
            } => {
                let bounds = self.bounds.decimals;
                let builder = PrimitiveBuilder::<Decimal128Type>::with_capacity(rows)
                    .with_data_type(self.data_type.clone());
                pass.run(builder, |notes, cell, out| {
                    let scaled = crate::number::parse_decimal(cell, *precision, *scale, *dress)
                        .map_err(|fault| self.number_fault(fault))?;
                    out.append_value(scaled.value);
                    notes.when(scaled.rounded, self.rules.rounded);
                    notes.when(!bounds.contains(&scaled.value), self.rules.range);
                    Ok(())
                })
            }
            KindReader::Date { formats } => pass.run(
                PrimitiveBuilder::<Date32Type>::with_capacity(rows),
                |notes, cell, out| {
                    let moment = self.moment(formats, cell)?;
                    if date::is_filler(moment.day) {
                        return self.filler(notes, out);
                    }
                    let is_next_day = moment.micros == crate::kind::MICROS_A_DAY;
                    out.append_value(moment.day + i32::from(is_next_day));
                    Ok(())
                },
            ),
            KindReader::Timestamp { formats, zone } => {
                let mut zone = crate::zone::Zone::new(*zone);
                let builder = PrimitiveBuilder::<TimestampMicrosecondType>::with_capacity(rows)
                    .with_data_type(self.data_type.clone());
                pass.run(builder, |notes, cell, out| {
                    let moment = self.moment(formats, cell)?;
                    if date::is_filler(moment.day) {
                        return self.filler(notes, out);
                    }
                    let (instant, is_doubtful) = match moment.offset {
                        None => zone.instant(moment.day, moment.micros),
                        Some(offset) => (
                            i64::from(moment.day) * crate::kind::MICROS_A_DAY + moment.micros
                                - i64::from(offset) * 1_000_000,
                            false,
                        ),
                    };
                    out.append_value(instant);
                    notes.when(is_doubtful, self.rules.clocks);
                    Ok(())
                })
            }
            KindReader::Boolean { words, yes } => {
                pass.run(BooleanBuilder::with_capacity(rows), |_, cell, out| {
                    let place = words.find(cell).ok_or(self.fault())?;
                    out.append_value(place < *yes);
                    Ok(())
                })
            }
            KindReader::Code { codes } => pass.run(text_builder(cells), |notes, cell, out| {
                match codes.find(cell) {
                    Some(place) => out.append_value(codes.entry(place)),
                    None if self.keeps_unknown_codes => {
                        out.append_value(cell);
                        notes.status = symbol::INVALID;
                        notes.when(true, self.rules.kind);
                    }
                    None => return Err(self.fault()),
                }
                Ok(())
            }),
            KindReader::OrganisationCode => {
                let mut upper = String::new();
                pass.run(text_builder(cells), |_, cell, out| {
                    crate::kind::organisation_code(cell, &mut upper).ok_or(self.fault())?;
                    out.append_value(&upper);
                    Ok(())
                })
            }
            KindReader::NhsNumber => pass.run(
                StringBuilder::with_capacity(rows, rows * 10),
                |_, cell, out| {
                    let digits = self.identifier(nhs_number::parse(cell))?;
                    if nhs_number::begins_test_range(&digits) {
                        return Err((self.rules.test_number, None));
                    }
                    self.append_identifier(&digits, out)
                },
            ),
            KindReader::Upn => pass.run(
                StringBuilder::with_capacity(rows, rows * 13),
                |_, cell, out| self.append_identifier(&self.identifier(upn::parse(cell))?, out),
            ),
            KindReader::Uln => pass.run(
                StringBuilder::with_capacity(rows, rows * 10),
                |_, cell, out| self.append_identifier(&self.identifier(uln::parse(cell))?, out),
            ),
        }
    }

    fn identifier<T>(&self, parsed: Result<T, &'static str>) -> Result<T, Fault> {
        parsed.map_err(|detail| (self.rules.kind, Some(detail)))
    }

    fn append_identifier(&self, characters: &[u8], out: &mut StringBuilder) -> Result<(), Fault> {
        out.append_value(std::str::from_utf8(characters).map_err(|_| self.fault())?);
        Ok(())
    }

    #[inline]
    fn moment(&self, formats: &DateFormats, cell: &str) -> Result<date::Moment, Fault> {
        formats
            .read(cell)
            .ok_or_else(|| match formats.is_swapped(cell) {
                true => (self.rules.day_month, None),
                false => self.fault(),
            })
    }

    /// A day that stands for no day is a blank.
    #[cold]
    fn filler<B: Output>(&self, notes: &mut Notes, out: &mut B) -> Result<(), Fault> {
        if self.is_required {
            let detail = "holds a day that stands for no day, such as 1900-01-01 or 9999-12-31";
            return Err((self.rules.required, Some(detail)));
        }
        notes.status = symbol::MISSING;
        notes.when(true, self.rules.filler);
        out.append_null();
        Ok(())
    }

    fn fault(&self) -> Fault {
        (self.rules.kind, None)
    }

    fn number_fault(&self, fault: crate::number::Fault) -> Fault {
        match fault {
            crate::number::Fault::Type(detail) => (self.rules.kind, Some(detail)),
            crate::number::Fault::Scale => (self.rules.scale, None),
        }
    }

    /// The value that a symbol stands for must itself be one of the kind.
    fn check_symbol_values(&self, column: &Column) -> Result<(), String> {
        for (symbol, meaning) in &column.symbols {
            let Some(value) = &meaning.value else {
                continue;
            };
            let mut book = RuleBook::default();
            let mut alone = self.clone();
            alone.rules = ColumnRules::add(column, &self.kind, &mut book);
            (alone.symbols, alone.pattern) = (None, None);
            let mut breaches = Breaches::new(&book);
            let cells = StringViewArray::from(vec![value.as_str()]);
            let (values, _) = alone.read(&cells, &mut breaches);
            if values.is_null(0) {
                return Err(format!(
                    "its symbol {symbol:?} stands for {value:?}, which the column's type does not allow"
                ));
            }
        }
        Ok(())
    }
}

impl ColumnRules {
    fn add(column: &Column, kind: &KindReader, book: &mut RuleBook) -> ColumnRules {
        let name = column.name.value.as_str();
        let mut add =
            |what: &str, severity, reason: &str| book.add_for(name, what, severity, reason);
        let range = match (column.min, column.max) {
            (Some(min), Some(max)) => format!("is not between {min} and {max}"),
            (Some(min), None) => format!("is less than {min}"),
            (None, Some(max)) => format!("is more than {max}"),
            (None, None) => String::new(),
        };
        let scale = match kind {
            KindReader::Decimal { scale, .. } => {
                format!(
                    "has more than {scale} digits after the point; the contract would have to keep more"
                )
            }
            _ => String::new(),
        };
        let form = column.pattern.as_ref().map_or_else(String::new, |form| {
            format!(
                "does not have the form {} (a regular expression)",
                form.value
            )
        });
        let kind_rule = if matches!(kind, KindReader::Code { .. }) {
            "code"
        } else {
            "type"
        };
        ColumnRules {
            required: add("required", column.severity, "is blank"),
            kind: add(kind_rule, column.severity, &kind.complaint()),
            scale: add("scale", column.severity, &scale),
            rounded: add(
                "rounded",
                Severity::Warn,
                "was worked out by a machine and has been rounded to the digits kept",
            ),
            clocks: add(
                "clock-change",
                Severity::Warn,
                "falls into the hour in which the clocks change",
            ),
            day_month: add(
                "day-month",
                column.severity,
                "has day and month the other way round than the contract; the dates of the file that could be either cannot be trusted",
            ),
            filler: add(
                "filler",
                Severity::Warn,
                "holds a day that stands for no day, such as 1900-01-01 or 9999-12-31, and is taken for blank",
            ),
            test_number: add(
                "test-number",
                column.severity,
                "begins with 9, which is kept for tests and never issued",
            ),
            range: add("range", column.severity, &range),
            pattern: add("pattern", column.severity, &form),
        }
    }
}

/// The rule that a cell broke, and more about it.
type Fault = (RuleNumber, Option<&'static str>);

/// One run down the cells of one column.
struct Pass<'a, 'b, 'c> {
    reader: &'a ColumnReader,
    cells: &'a StringViewArray,
    breaches: &'b mut Breaches<'c>,
}

impl Pass<'_, '_, '_> {
    /// `read` appends exactly one value, or fails and appends none. It notes
    /// breaches by a value that was read.
    #[inline]
    fn run<B: Output>(
        &mut self,
        mut out: B,
        mut read: impl FnMut(&mut Notes, &str, &mut B) -> Result<(), Fault>,
    ) -> Typed {
        let reader = self.reader;
        let has_statuses = reader.symbols.is_some();
        let mut statuses: Vec<StatusNumber> =
            Vec::with_capacity(if has_statuses { self.cells.len() } else { 0 });
        // Its own copy: threads that share a regex wait for each other's scratch space.
        let pattern = reader.pattern.clone();
        let mut last_match = "";
        for row in 0..self.cells.len() {
            let cell = if self.cells.is_valid(row) {
                text::trim(self.cells.value(row))
            } else {
                ""
            };
            let mut notes = Notes {
                breaches: self.breaches,
                row,
                status: symbol::OK,
            };
            if let Some((number, value)) = reader
                .symbols
                .as_ref()
                .and_then(|symbols| symbols.find(cell))
            {
                notes.status = number;
                // The contract's author declared the value; it was tried when
                // the contract was compiled.
                let is_value = value.is_some_and(|value| read(&mut notes, value, &mut out).is_ok());
                if !is_value {
                    out.append_null();
                }
            } else if cell.is_empty() {
                notes.status = symbol::MISSING;
                notes.when(reader.is_required, reader.rules.required);
                out.append_null();
            } else {
                if let Some(pattern) = &pattern
                    && cell != last_match
                {
                    let is_match = pattern.is_match(cell);
                    notes.when(!is_match, reader.rules.pattern);
                    if is_match {
                        last_match = cell;
                    }
                }
                if let Err((rule, detail)) = read(&mut notes, cell, &mut out) {
                    notes.status = symbol::INVALID;
                    out.append_null();
                    notes.breaches.add(row, rule, detail);
                }
            }
            if has_statuses {
                statuses.push(notes.status);
            }
        }
        let status = reader
            .symbols
            .as_ref()
            .map(|symbols| symbols.status_array(&statuses));
        (out.finish(), status)
    }
}

/// Takes down what is to be said of a cell beside its value.
struct Notes<'b, 'c> {
    breaches: &'b mut Breaches<'c>,
    row: usize,
    status: StatusNumber,
}

impl Notes<'_, '_> {
    #[inline]
    fn when(&mut self, is_broken: bool, rule: RuleNumber) {
        if is_broken {
            self.breaches.add(self.row, rule, None);
        }
    }
}

fn text_builder(cells: &StringViewArray) -> StringBuilder {
    let bytes = cells.views().iter().map(|view| *view as u32 as usize).sum();
    StringBuilder::with_capacity(cells.len(), bytes)
}

/// What the pass needs of an arrow builder.
trait Output {
    fn append_null(&mut self);
    fn finish(self) -> ArrayRef;
}

impl<T: ArrowPrimitiveType> Output for PrimitiveBuilder<T> {
    fn append_null(&mut self) {
        PrimitiveBuilder::append_null(self);
    }
    fn finish(mut self) -> ArrayRef {
        Arc::new(PrimitiveBuilder::finish(&mut self))
    }
}

impl Output for StringBuilder {
    fn append_null(&mut self) {
        StringBuilder::append_null(self);
    }
    fn finish(mut self) -> ArrayRef {
        Arc::new(StringBuilder::finish(&mut self))
    }
}

impl Output for BooleanBuilder {
    fn append_null(&mut self) {
        BooleanBuilder::append_null(self);
    }
    fn finish(mut self) -> ArrayRef {
        Arc::new(BooleanBuilder::finish(&mut self))
    }
}
