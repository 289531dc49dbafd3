//! A footer is the row that ends a table: `Number of records: 123`.

use crate::label::trim;
use regex::Regex;

/// The pattern that tells a footer from a row.
#[derive(Debug)]
pub(crate) struct Footer {
    pattern: Regex,
}

/// A row that turned out to be the footer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// The number of rows it says the table has.
    pub(crate) count: Option<i64>,
}

impl Footer {
    pub(crate) fn new(pattern: Regex) -> Self {
        Footer { pattern }
    }

    /// Whether the footer must say how many rows there are.
    pub(crate) fn counts(&self) -> bool {
        self.pattern
            .capture_names()
            .flatten()
            .any(|name| name == "count")
    }

    /// Matches the row's filled cells, each trimmed, with one space between.
    pub(crate) fn find(&self, cells: &[&str]) -> Option<Found> {
        let mut text = String::new();
        for cell in cells
            .iter()
            .map(|cell| trim(cell))
            .filter(|cell| !cell.is_empty())
        {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(cell);
        }
        let captures = self.pattern.captures(&text)?;
        let count = captures
            .name("count")
            .and_then(|count| count.as_str().replace(',', "").parse().ok());
        Some(Found { count })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_footer_is_seen_across_cells_and_its_count_is_read() {
        let footer = Footer::new(Regex::new(r"^Number of records: (?<count>[\d,]+)").unwrap());
        assert_eq!(
            footer.find(&["Number of records:", " 1,234", ""]),
            Some(Found { count: Some(1234) })
        );
        assert_eq!(footer.find(&["1", "Number of records: 2"]), None);
    }
}
