//! A row count is judged against the delivery before: a file that suddenly has
//! a tenth of its rows, or ten times as many, is more often broken than true.

use crate::bind::FileFault;
use jcw_project::RowCount;

/// What the contract's row-count rule says of a file with `received` rows when
/// the last that loaded had `last`. Nothing is said of a first delivery.
pub fn check_row_count(rule: &RowCount, received: u64, last: Option<u64>) -> Option<FileFault> {
    let last = last.filter(|last| *last > 0)?;
    let ratio = received as f64 / last as f64;
    if (rule.min_ratio..=rule.max_ratio).contains(&ratio) {
        return None;
    }
    Some(FileFault {
        rule: rule.id.clone(),
        column: None,
        severity: rule.severity,
        message: format!(
            "the file has {received} rows, the last that loaded had {last}: {ratio:.2} times as many, where {} to {} is usual; look at the file and accept it if it is right",
            rule.min_ratio, rule.max_ratio
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jcw_project::Severity;

    #[test]
    fn a_file_that_shrank_or_swelled_is_held() {
        let rule = RowCount {
            id: "row-count".into(),
            min_ratio: 0.5,
            max_ratio: 2.0,
            severity: Severity::RejectFile,
        };
        for (received, last, is_held) in [
            (49, Some(100), true),
            (50, Some(100), false),
            (200, Some(100), false),
            (201, Some(100), true),
            (0, Some(100), true),
            (5, None, false),
            (5, Some(0), false),
        ] {
            assert_eq!(
                check_row_count(&rule, received, last).is_some(),
                is_held,
                "{received} {last:?}"
            );
        }
    }
}
