//! A section is one figure of the page, with all that a reader needs to rely on
//! it or to doubt it.

use super::chart::Point;

/// A count of children below this, below the area as a whole, is not shown.
const FEWEST: f64 = 5.0;

/// One figure of the page. What is empty is left out.
#[derive(Debug, Clone, Default)]
pub(crate) struct Section {
    pub(crate) title: String,
    /// The question that it answers.
    pub(crate) question: String,
    /// The figure, as a sentence.
    pub(crate) headline: String,
    /// What changed, and whether that is more than chance.
    pub(crate) change: String,
    /// A control chart, and what its points are.
    pub(crate) chart: Option<(String, Vec<Point>)>,
    pub(crate) tables: Vec<Table>,
    /// What is counted and divided.
    pub(crate) definition: String,
    /// What one must know before relying on it.
    pub(crate) caveats: Vec<String>,
    /// Rows kept back of those received, in the files that it is made from.
    pub(crate) rejected: Option<(f64, f64)>,
    /// Where to ask further.
    pub(crate) command: String,
    /// For the terminal.
    pub(crate) line: Option<String>,
}

/// A small table.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) caption: String,
    /// One that begins with `#` is of a column of numbers.
    pub(crate) labels: Vec<&'static str>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// A count of children in a part of the area.
pub(crate) fn few(count: Option<f64>) -> String {
    match count {
        None => "-".to_owned(),
        Some(count) if is_few(count) => "fewer than 5".to_owned(),
        Some(count) => whole(count),
    }
}

/// Whether a count is so small that it could show a child.
pub(crate) fn is_few(count: f64) -> bool {
    count > 0.0 && count < FEWEST
}

/// Which parts of a whole that is told are not shown: those that are few, and
/// where that is one alone, the next smallest too, or it could be worked out
/// from the rest.
pub(crate) fn hidden(counts: &[f64]) -> Vec<bool> {
    let mut hidden: Vec<bool> = counts.iter().map(|count| is_few(*count)).collect();
    if hidden.iter().filter(|is_hidden| **is_hidden).count() == 1 {
        let shown = (0..counts.len()).filter(|at| !hidden[*at] && counts[*at] > 0.0);
        if let Some(next) = shown.min_by(|a, b| counts[*a].total_cmp(&counts[*b])) {
            hidden[next] = true;
        }
    }
    hidden
}

/// A share of children in a part of the area: not shown where it tells a small
/// count, be it of those who are in it or of those who are not.
pub(crate) fn share(part: Option<f64>, whole: Option<f64>) -> String {
    match part.zip(whole) {
        Some((part, whole)) if whole > 0.0 => {
            match is_few(part) || is_few(whole) || is_few(whole - part) {
                true => "not shown".to_owned(),
                false => percent(100.0 * part / whole),
            }
        }
        _ => "-".to_owned(),
    }
}

pub(crate) fn percent(value: f64) -> String {
    format!("{value:.1} %")
}

/// `12,345`
pub(crate) fn whole(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match value <= -0.5 {
        true => format!("-{grouped}"),
        false => grouped,
    }
}

pub(crate) fn pounds(value: f64) -> String {
    format!("£{}", whole(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_could_show_a_child_is_not_shown() {
        let shown = [
            None,
            Some(0.0),
            Some(1.0),
            Some(4.0),
            Some(5.0),
            Some(1234.0),
        ]
        .map(few);
        let expected = ["-", "0", "fewer than 5", "fewer than 5", "5", "1,234"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_share_does_not_tell_a_small_count_on_either_side() {
        assert_eq!(share(Some(5.0), Some(20.0)), "25.0 %");
        assert_eq!(share(Some(4.0), Some(20.0)), "not shown");
        assert_eq!(share(Some(17.0), Some(20.0)), "not shown");
        assert_eq!(share(Some(0.0), Some(20.0)), "0.0 %");
        assert_eq!(share(Some(20.0), Some(20.0)), "100.0 %");
        assert_eq!(share(Some(0.0), Some(3.0)), "not shown");
        assert_eq!(share(None, Some(3.0)), "-");
    }

    #[test]
    fn one_part_that_is_few_takes_the_next_smallest_with_it() {
        assert_eq!(hidden(&[12.0, 3.0, 7.0]), [false, true, true]);
        assert_eq!(hidden(&[2.0, 3.0, 7.0]), [true, true, false]);
        assert_eq!(hidden(&[0.0, 3.0]), [false, true]);
        assert_eq!(hidden(&[12.0, 7.0]), [false, false]);
    }

    #[test]
    fn numbers_have_groups() {
        assert_eq!(whole(1_234_567.4), "1,234,567");
        assert_eq!(pounds(999.6), "£1,000");
        assert_eq!(whole(-0.2), "0");
    }
}
