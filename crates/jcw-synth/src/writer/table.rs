//! A table is what its specification says it is: columns, the labels that each
//! shape shows for them, and what may stand in them. Written from the
//! specifications and not from the contracts, because the contracts are what
//! these files test.

use crate::mess::Rule;

/// One table that partners hand over.
#[derive(Debug)]
pub(crate) struct Table {
    /// As SQL names it: `council.sen2_person`.
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [Column],
    /// Rows of the same delivery that a row belongs to.
    pub(crate) references: &'static [Reference],
    /// Rules over the columns of one row.
    pub(crate) rules: &'static [Rule],
    /// A column outside the key that may differ between two rows of one key.
    /// `None`: no two rows can have the same key, or the table has none.
    pub(crate) twin: Option<&'static str>,
    /// Rule id of two rows of one key.
    pub(crate) key: &'static str,
}

/// A row that a row belongs to, and is rejected with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reference {
    /// Rule id.
    pub(crate) id: &'static str,
    /// Table of the other row.
    pub(crate) table: &'static str,
    /// Own columns and those there.
    pub(crate) columns: &'static [(&'static str, &'static str)],
    /// Every shape shows the columns, so that a row may belong to none. In a
    /// message, rows stand in those that they belong to.
    pub(crate) is_shown: bool,
}

impl Reference {
    pub(crate) const fn new(
        id: &'static str,
        table: &'static str,
        columns: &'static [(&'static str, &'static str)],
    ) -> Reference {
        Reference {
            id,
            table,
            columns,
            is_shown: true,
        }
    }

    /// As [`new`](Self::new), where rows stand in one another.
    pub(crate) const fn nested(
        id: &'static str,
        table: &'static str,
        columns: &'static [(&'static str, &'static str)],
    ) -> Reference {
        Reference {
            is_shown: false,
            ..Self::new(id, table, columns)
        }
    }
}

/// One column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    /// Name in the warehouse, by which rules are called: `birth_date`.
    pub(crate) name: &'static str,
    /// Label in the partner's file.
    pub(crate) label: &'static str,
    /// Label in the shape for people: the template's, the data dictionary's.
    pub(crate) title: &'static str,
    pub(crate) kind: Kind,
    /// A row without it is wrong.
    pub(crate) is_required: bool,
    /// Its rules only query a row.
    pub(crate) is_queried: bool,
    /// Nothing is ever planted in it.
    pub(crate) is_safe: bool,
    /// A text that its range does not allow.
    pub(crate) out_of_range: Option<&'static str>,
    /// A text that its pattern does not allow.
    pub(crate) misshapen: Option<&'static str>,
    /// First and last year of the collection that has it.
    pub(crate) years: (i32, i32),
}

/// What may stand in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Integer,
    Decimal,
    Date,
    /// A date in a table whose every date is written `28/09/2022`.
    BritishDate,
    DateTime,
    Flag,
    /// One of a set of codes.
    Code,
    Organisation,
    NhsNumber,
    Upn,
}

impl PartialEq for Table {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Table {}

impl Table {
    /// Its rows say who somebody is: born when, called what, with which number.
    pub(crate) fn is_about_persons(&self) -> bool {
        self.columns.iter().any(|column| {
            matches!(column.kind, Kind::NhsNumber | Kind::Upn)
                || matches!(column.name, "date_of_birth" | "person_birth_date")
        })
    }

    /// A table of these columns, whose rows belong to no others.
    pub(crate) const fn new(name: &'static str, columns: &'static [Column]) -> Table {
        Table {
            name,
            columns,
            references: &[],
            rules: &[],
            twin: None,
            key: "key",
        }
    }

    pub(crate) fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|known| known.name == column)
    }

    pub(crate) fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|known| known.name == name)
    }
}

impl Column {
    pub(crate) const fn new(name: &'static str, label: &'static str, kind: Kind) -> Column {
        Column {
            name,
            label,
            title: label,
            kind,
            is_required: false,
            is_queried: false,
            is_safe: false,
            out_of_range: None,
            misshapen: None,
            years: (i32::MIN, i32::MAX),
        }
    }

    pub(crate) const fn titled(self, title: &'static str) -> Column {
        Column { title, ..self }
    }

    pub(crate) const fn required(self) -> Column {
        Column {
            is_required: true,
            ..self
        }
    }

    /// Its rules only query a row.
    pub(crate) const fn queried(self) -> Column {
        Column {
            is_queried: true,
            ..self
        }
    }

    /// Nothing is ever planted in it.
    pub(crate) const fn safe(self) -> Column {
        Column {
            is_safe: true,
            ..self
        }
    }

    /// This text is out of its range.
    pub(crate) const fn not(self, text: &'static str) -> Column {
        Column {
            out_of_range: Some(text),
            ..self
        }
    }

    /// This text does not have its form.
    pub(crate) const fn unlike(self, text: &'static str) -> Column {
        Column {
            misshapen: Some(text),
            ..self
        }
    }

    /// Collected from this year on.
    pub(crate) const fn since(self, year: i32) -> Column {
        Column {
            years: (year, self.years.1),
            ..self
        }
    }

    /// Collected up to this year.
    pub(crate) const fn until(self, year: i32) -> Column {
        Column {
            years: (self.years.0, year),
            ..self
        }
    }

    pub(crate) fn is_in(&self, year: i32) -> bool {
        (self.years.0..=self.years.1).contains(&year)
    }
}
