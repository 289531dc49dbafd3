//! A record is one row of one table as the texts of its cells, in the order of
//! the table's columns, before any shape writes it down. Faults are planted in
//! it, so that every shape shows the same ones.
//!
//! Texts are canonical: dates `YYYY-MM-DD`, date-times `YYYY-MM-DDTHH:MM:SS`,
//! yes and no `1` and `0`, numbers plain, nothing for what is blank.

use super::table::Table;
use std::fmt::{Display, Write};

/// The cells of one row, in one piece of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) table: &'static Table,
    text: String,
    ends: Vec<u32>,
}

impl Record {
    /// A record of a table without any cell yet.
    pub(crate) fn new(table: &'static Table) -> Self {
        Record {
            table,
            text: String::with_capacity(table.columns.len() * 8),
            ends: Vec::with_capacity(table.columns.len()),
        }
    }

    /// Adds the cell of a column. Columns come in the table's order; those
    /// passed over are blank.
    pub(crate) fn put(mut self, column: &str, value: impl Display) -> Self {
        self.skip_to(column);
        // Writing to a text cannot fail.
        let _ = write!(self.text, "{value}");
        self.ends.push(self.text.len() as u32);
        self
    }

    /// As [`put`](Self::put), blank for `None`.
    pub(crate) fn put_some(self, column: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.put(column, value),
            None => self.put(column, ""),
        }
    }

    /// As [`put`](Self::put), `1` for yes and `0` for no.
    pub(crate) fn put_flag(self, column: &str, is_so: bool) -> Self {
        self.put(column, if is_so { "1" } else { "0" })
    }

    /// The record with the rest of its cells blank.
    pub(crate) fn done(mut self) -> Self {
        self.ends
            .resize(self.table.columns.len(), self.text.len() as u32);
        self
    }

    fn skip_to(&mut self, column: &str) {
        let from = self.ends.len();
        let rest = self.table.columns.get(from..).unwrap_or_default();
        let ahead = rest.iter().position(|known| known.name == column);
        debug_assert!(
            ahead.is_some(),
            "{} has no column {column} after its {from}.",
            self.table.name
        );
        self.ends
            .resize(from + ahead.unwrap_or_default(), self.text.len() as u32);
    }

    /// The text of a cell.
    pub(crate) fn cell(&self, place: usize) -> &str {
        let from = match place {
            0 => 0,
            _ => self.ends[place - 1] as usize,
        };
        &self.text[from..self.ends[place] as usize]
    }

    /// The text of a column's cell; blank where the table has no such column.
    pub(crate) fn get(&self, column: &str) -> &str {
        self.table
            .place(column)
            .map_or("", |place| self.cell(place))
    }

    /// Puts another text into a column's cell.
    pub(crate) fn set(&mut self, column: &str, value: &str) {
        let Some(place) = self.table.place(column) else {
            debug_assert!(false, "{} has no column {column}", self.table.name);
            return;
        };
        let from = match place {
            0 => 0,
            _ => self.ends[place - 1],
        };
        let to = self.ends[place];
        self.text.replace_range(from as usize..to as usize, value);
        for end in &mut self.ends[place..] {
            *end = *end - (to - from) + value.len() as u32;
        }
    }

    /// All cells in order.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|place| self.cell(place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writer::table::{Column, Kind};

    static PET: Table = Table::new(
        "zoo.pet",
        &[
            Column::new("name", "Name", Kind::Text),
            Column::new("born", "Born", Kind::Date),
            Column::new("tame", "Tame", Kind::Flag),
        ],
    );

    #[test]
    fn cells_stand_where_their_columns_are_and_may_be_changed() {
        let mut record = Record::new(&PET)
            .put("name", "Rex")
            .put_flag("tame", true)
            .done();
        assert_eq!(record.cells().collect::<Vec<_>>(), ["Rex", "", "1"]);
        record.set("born", "2020-01-01");
        record.set("name", "");
        assert_eq!(record.cells().collect::<Vec<_>>(), ["", "2020-01-01", "1"]);
        assert_eq!(record.get("born"), "2020-01-01");
    }
}
