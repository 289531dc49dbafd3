//! Canonical text is how a typed value is written so that it compares with
//! other tables and so that every contract reads it back with default formats:
//! dates `YYYY-MM-DD`, instants RFC 3339 in UTC, numbers plain and without
//! trailing zeros, `true` and `false`.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit};
use arrow::error::ArrowError;
use jcw_project::Contract;
use std::collections::BTreeMap;

/// The values of one accepted row by the name of their column, nulls left out:
/// what columns `from: header` of other tables take over.
pub fn header_values(contract: &Contract, accepted: &RecordBatch) -> BTreeMap<String, String> {
    let columns = contract.columns.iter().filter_map(|column| {
        let name = &column.name.value;
        // A column that cannot be written as text is none a header has.
        let texts = canonical(accepted.column_by_name(name)?).ok()?;
        let is_there = !texts.is_empty() && texts.is_valid(0);
        is_there.then(|| (name.clone(), texts.value(0).to_owned()))
    });
    columns.collect()
}

/// A column as canonical text.
pub(crate) fn canonical(column: &ArrayRef) -> Result<StringArray, ArrowError> {
    let column = match column.data_type() {
        DataType::Timestamp(_, _) => &cast(
            column,
            &DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        )?,
        _ => column,
    };
    let texts = cast(column, &DataType::Utf8)?.as_string::<i32>().clone();
    Ok(match column.data_type() {
        DataType::Decimal128(_, scale) if *scale > 0 => {
            texts.iter().map(|text| text.map(without_zeros)).collect()
        }
        _ => texts,
    })
}

/// `12.50` as `12.5`, `12.00` as `12`.
fn without_zeros(number: &str) -> &str {
    number.trim_end_matches('0').trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::*;
    use jcw_project::{Format, Kind};

    #[test]
    fn what_a_header_says_reads_back_the_same_in_any_table() {
        let instant = || Kind::Timestamp {
            formats: vec!["%d/%m/%Y %H:%M:%S%.f".into()],
            time_zone: chrono_tz::Europe::London,
        };
        let words = || Kind::Boolean {
            yes: vec!["ja".into()],
            no: vec!["nein".into()],
        };
        let mut header = contract(vec![
            column("text", Kind::Text),
            column("integer", Kind::Integer),
            column("decimal", Kind::Decimal { scale: 4 }),
            column("percentage", Kind::Percentage),
            column("day", date(&["%d/%m/%Y"])),
            column("instant", instant()),
            column("fine_instant", instant()),
            column("yes", words()),
            column("no", words()),
            column("code", codes(&["Asd"])),
            column("organisation", Kind::OrganisationCode),
            column("nhs_number", Kind::NhsNumber),
            column("upn", Kind::Upn),
            column("uln", Kind::Uln),
            column("absent", Kind::Integer),
        ]);
        let labels: Vec<String> = (header.columns.iter())
            .map(|column| column.name.value.clone())
            .collect();
        let row = "003 |1,200|£0.50|45%|02/01/2025|16/07/2025 09:30:00|16/07/2025 09:30:00.25|ja|nein|ASD|r1l|401 023 2137|b801200005001|927 630 8686|";
        let read = check(&header, &table(&labels.join("|"), &[row])).accepted;
        let values = header_values(&header, &read);
        assert_eq!(values["text"], "003");
        assert_eq!(values["integer"], "1200");
        assert_eq!(values["decimal"], "0.5");
        assert_eq!(values["percentage"], "45");
        assert_eq!(values["day"], "2025-01-02");
        assert_eq!(values["instant"], "2025-07-16T08:30:00Z");
        assert_eq!(values["fine_instant"], "2025-07-16T08:30:00.250Z");
        assert_eq!(
            (values["yes"].as_str(), values["no"].as_str()),
            ("true", "false")
        );
        assert_eq!(values.get("absent"), None);

        for column in &mut header.columns {
            column.kind = match &column.kind {
                Kind::Date { .. } => date(&[]),
                Kind::Timestamp { time_zone, .. } => Kind::Timestamp {
                    formats: Vec::new(),
                    time_zone: *time_zone,
                },
                Kind::Boolean { .. } => Kind::Boolean {
                    yes: Vec::new(),
                    no: Vec::new(),
                },
                other => other.clone(),
            };
        }
        let cells = labels
            .iter()
            .map(|label| values.get(label).map(String::as_str));
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        for format in [Format::Csv, Format::Xml, Format::Xlsx] {
            header.layout.format = format;
            let again = check(&header, &batch(&labels, &[cells.clone().collect()])).accepted;
            assert_eq!(shown(&again), shown(&read), "{format:?}");
        }
    }

    #[test]
    fn a_header_without_a_row_says_nothing() {
        let header = contract(vec![column("a", Kind::Text)]);
        let empty = RecordBatch::new_empty(header.table_schema());
        assert!(header_values(&header, &empty).is_empty());
    }
}
