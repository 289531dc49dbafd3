//! How a partner's software writes records down as lines of text.

use super::record::Record;
use super::table::{Column, Kind};

/// One software's habits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dialect {
    pub(crate) date: DateForm,
    /// Yes and no.
    pub(crate) flag: (&'static str, &'static str),
    /// NHS numbers as people read them out: 3, 3 and 4 digits.
    pub(crate) spaced_numbers: bool,
    pub(crate) quotes_all: bool,
    pub(crate) line_end: &'static str,
}

/// How a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DateForm {
    /// `2022-09-28`, `2022-09-28T10:15:00`.
    Iso,
    /// `2022-Sep-28 00:00:00`.
    EnglishMonth,
    /// `28/09/2022`, `28/09/2022 10:15`.
    British,
}

/// National submissions and most systems' exports.
pub(crate) const PLAIN: Dialect = Dialect {
    date: DateForm::Iso,
    flag: ("Y", "N"),
    spaced_numbers: false,
    quotes_all: false,
    line_end: "\r\n",
};

/// The Department's "Blade" export of a return.
pub(crate) const BLADE: Dialect = Dialect {
    date: DateForm::EnglishMonth,
    flag: ("true", "false"),
    ..PLAIN
};

/// What a database gives when it is asked for a table.
pub(crate) const DATABASE: Dialect = Dialect {
    quotes_all: true,
    line_end: "\n",
    ..PLAIN
};

/// A spreadsheet that a person saved as CSV.
pub(crate) const SPREADSHEET: Dialect = Dialect {
    date: DateForm::British,
    flag: ("Yes", "No"),
    spaced_numbers: true,
    ..PLAIN
};

impl Dialect {
    /// A line of labels.
    pub(crate) fn header<'a>(&self, labels: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
        let mut out = Vec::new();
        self.line(&mut out, labels);
        out
    }

    /// A line of texts as they are.
    pub(crate) fn line<'a>(&self, out: &mut Vec<u8>, cells: impl IntoIterator<Item = &'a str>) {
        for (place, cell) in cells.into_iter().enumerate() {
            self.separate(out, place);
            self.field(out, cell.as_bytes());
        }
        out.extend_from_slice(self.line_end.as_bytes());
    }

    /// As [`line`](Self::line), for more cells to follow.
    pub(crate) fn line_start<'a>(
        &self,
        out: &mut Vec<u8>,
        cells: impl IntoIterator<Item = &'a str>,
    ) {
        for cell in cells {
            self.field(out, cell.as_bytes());
            out.push(b',');
        }
    }

    /// A record's cells of the columns asked for.
    pub(crate) fn record(
        &self,
        out: &mut Vec<u8>,
        record: &Record,
        shows: impl Fn(&Column) -> bool,
    ) {
        let mut shown = 0;
        for (column, cell) in record.table.columns.iter().zip(record.cells()) {
            if shows(column) {
                self.separate(out, shown);
                shown += 1;
                self.cell(out, column.kind, cell);
            }
        }
        out.extend_from_slice(self.line_end.as_bytes());
    }

    fn separate(&self, out: &mut Vec<u8>, place: usize) {
        if place > 0 {
            out.push(b',');
        }
    }

    fn cell(&self, out: &mut Vec<u8>, kind: Kind, cell: &str) {
        if cell.is_empty() {
            return;
        }
        match (kind, cell) {
            (Kind::Flag, "1") => self.field(out, self.flag.0.as_bytes()),
            (Kind::Flag, "0") => self.field(out, self.flag.1.as_bytes()),
            (Kind::Date | Kind::BritishDate | Kind::DateTime, _) => match date_parts(cell) {
                Some(parts) if self.date != DateForm::Iso => {
                    self.field(out, self.date.write(parts).as_bytes());
                }
                _ => self.field(out, cell.as_bytes()),
            },
            (Kind::NhsNumber, _) if self.spaced_numbers && is_ten_digits(cell) => {
                let spaced = format!("{} {} {}", &cell[..3], &cell[3..6], &cell[6..]);
                self.field(out, spaced.as_bytes());
            }
            _ => self.field(out, cell.as_bytes()),
        }
    }

    fn field(&self, out: &mut Vec<u8>, text: &[u8]) {
        let must = |byte: &u8| matches!(byte, b',' | b'"' | b'\n' | b'\r');
        if !self.quotes_all && !text.iter().any(must) {
            out.extend_from_slice(text);
            return;
        }
        out.push(b'"');
        for byte in text {
            if *byte == b'"' {
                out.push(b'"');
            }
            out.push(*byte);
        }
        out.push(b'"');
    }
}

fn is_ten_digits(text: &str) -> bool {
    text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Year, month, day and time of a canonical date, which need not exist: a
/// planted 31 February is written down as any other day.
pub(crate) struct DateParts<'a> {
    pub(crate) year: &'a str,
    pub(crate) month: &'a str,
    pub(crate) day: &'a str,
    /// `HH:MM:SS`, blank for a date alone.
    pub(crate) time: &'a str,
}

/// `None`: the text is no canonical date.
pub(crate) fn date_parts(text: &str) -> Option<DateParts<'_>> {
    let is_date = text.len() >= 10
        && text.is_ascii()
        && text
            .bytes()
            .take(10)
            .enumerate()
            .all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
    is_date.then(|| DateParts {
        year: &text[..4],
        month: &text[5..7],
        day: &text[8..10],
        time: text.get(11..19).unwrap_or_default(),
    })
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

impl DateForm {
    fn write(self, parts: DateParts) -> String {
        let DateParts {
            year,
            month,
            day,
            time,
        } = parts;
        match self {
            DateForm::Iso if time.is_empty() => format!("{year}-{month}-{day}"),
            DateForm::Iso => format!("{year}-{month}-{day}T{time}"),
            DateForm::EnglishMonth => {
                let number: usize = month.parse().unwrap_or_default();
                let name = MONTHS.get(number.wrapping_sub(1)).unwrap_or(&"???");
                let time = if time.is_empty() { "00:00:00" } else { time };
                format!("{year}-{name}-{day} {time}")
            }
            DateForm::British if time.is_empty() => format!("{day}/{month}/{year}"),
            DateForm::British => format!("{day}/{month}/{year} {}", &time[..5]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::writer::table::Table;

    static CHILD: Table = Table::new(
        "zoo.child",
        &[
            Column::new("name", "Name", Kind::Text),
            Column::new("born", "Born", Kind::Date),
            Column::new("number", "Number", Kind::NhsNumber),
            Column::new("tame", "Tame", Kind::Flag),
        ],
    );

    fn written(dialect: Dialect) -> String {
        let record = Record::new(&CHILD)
            .put("name", "Rex, \"the\" first")
            .put("born", "2022-09-28")
            .put("number", "5990000001")
            .put_flag("tame", false)
            .done();
        let mut out = Vec::new();
        dialect.record(&mut out, &record, |_| true);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_same_record_is_written_as_each_software_writes_it() {
        assert_eq!(
            written(PLAIN),
            "\"Rex, \"\"the\"\" first\",2022-09-28,5990000001,N\r\n"
        );
        assert!(written(BLADE).ends_with(",2022-Sep-28 00:00:00,5990000001,false\r\n"));
        assert!(written(SPREADSHEET).ends_with(",28/09/2022,599 000 0001,No\r\n"));
        assert!(written(DATABASE).ends_with(",\"2022-09-28\",\"5990000001\",\"N\"\n"));
    }

    #[test]
    fn a_day_that_does_not_exist_is_written_like_any_other() {
        let parts = date_parts("2024-02-31").unwrap();
        assert_eq!(DateForm::British.write(parts), "31/02/2024");
        assert!(date_parts("31/02/2024").is_none());
    }
}
