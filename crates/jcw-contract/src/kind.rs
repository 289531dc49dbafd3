//! A kind, compiled: what it takes to read one cell of it.
//!
//! Two allowances for files whose cells have types of their own (sheets,
//! Parquet): a real date arrives as `2026-04-03` or `2026-04-03T00:00:00`
//! whatever the contract's formats say, and is taken as it is.

use crate::date;
use crate::lookup::Lookup;
use crate::number::{self, Dress};
use crate::text;
use arrow::datatypes::DataType;
use jcw_project::{Format, Kind};
use std::ops::RangeInclusive;

pub(crate) const MICROS_A_DAY: i64 = 86_400_000_000;

/// How to read a cell of one kind.
#[derive(Debug, Clone)]
pub(crate) enum KindReader {
    Text,
    Integer,
    Decimal {
        precision: u32,
        scale: u32,
        dress: Dress,
    },
    Date {
        formats: DateFormats,
    },
    Timestamp {
        formats: DateFormats,
        zone: chrono_tz::Tz,
    },
    /// The first `yes` words mean yes.
    Boolean {
        words: Lookup,
        yes: usize,
    },
    Code {
        codes: Lookup,
    },
    OrganisationCode,
    NhsNumber,
    Upn,
    Uln,
}

/// The ways in which a column's dates may be written.
#[derive(Debug, Clone)]
pub(crate) struct DateFormats {
    declared: Vec<date::Format>,
    /// The same with day and month changed over, to tell why a date is refused.
    swapped: Vec<date::Format>,
}

impl DateFormats {
    #[inline]
    pub(crate) fn read(&self, cell: &str) -> Option<date::Moment> {
        self.declared.iter().find_map(|format| format.read(cell))
    }

    /// A cell that was refused would be a date with day and month changed over.
    #[cold]
    pub(crate) fn is_swapped(&self, cell: &str) -> bool {
        self.swapped
            .iter()
            .any(|format| format.read(cell).is_some())
    }
}

impl KindReader {
    /// The error says what the declaration has wrong.
    pub(crate) fn compile(kind: &Kind, format: Format) -> Result<KindReader, String> {
        Ok(match kind {
            Kind::Text => KindReader::Text,
            Kind::Integer => KindReader::Integer,
            Kind::Decimal { scale } => {
                let scale = u32::try_from(*scale).ok().filter(|scale| *scale <= 38);
                let scale = scale.ok_or("its scale is not between 0 and 38")?;
                KindReader::Decimal {
                    precision: 38,
                    scale,
                    dress: Dress {
                        money: true,
                        percent: false,
                    },
                }
            }
            Kind::Percentage => KindReader::Decimal {
                precision: 12,
                scale: 4,
                dress: Dress {
                    money: false,
                    percent: true,
                },
            },
            Kind::Date { formats } => KindReader::Date {
                formats: compile_formats(formats, &["%Y-%m-%d"], typed_cells(format))?,
            },
            Kind::Timestamp { formats, time_zone } => {
                let canonical = if typed_cells(format).is_empty() {
                    &[]
                } else {
                    &["%Y-%m-%dT%H:%M:%S"][..]
                };
                KindReader::Timestamp {
                    formats: compile_formats(formats, &["%+"], canonical)?,
                    zone: *time_zone,
                }
            }
            Kind::Boolean { yes, no } => {
                let (yes, no) = if yes.is_empty() && no.is_empty() {
                    (
                        words(&["yes", "y", "true", "1"]),
                        words(&["no", "n", "false", "0"]),
                    )
                } else {
                    (yes.clone(), no.clone())
                };
                let count = yes.len();
                let trimmed = yes.iter().chain(&no).map(|word| text::trim(word));
                let words = Lookup::without_case(trimmed);
                if no.iter().any(|word| {
                    words
                        .find(text::trim(word))
                        .is_some_and(|place| place < count)
                }) {
                    return Err("the same text means both yes and no".to_owned());
                }
                KindReader::Boolean { words, yes: count }
            }
            Kind::Code { codes } => KindReader::Code {
                codes: Lookup::without_case(codes.keys().map(String::as_str)),
            },
            Kind::OrganisationCode => KindReader::OrganisationCode,
            Kind::NhsNumber => KindReader::NhsNumber,
            Kind::Upn => KindReader::Upn,
            Kind::Uln => KindReader::Uln,
        })
    }

    /// What is said of a cell that is not of the kind: the rest of a sentence
    /// that begins with the column's name.
    pub(crate) fn complaint(&self) -> String {
        match self {
            KindReader::Text => "is not text".to_owned(),
            KindReader::Integer => "is not a whole number".to_owned(),
            KindReader::Decimal { .. } => "is not a number".to_owned(),
            KindReader::Date { formats } => {
                format!("is not a date that exists, written {}", in_words(formats))
            }
            KindReader::Timestamp { formats, .. } => {
                format!(
                    "is not a date and time that exist, written {}",
                    in_words(formats)
                )
            }
            KindReader::Boolean { words, yes } => format!(
                "is neither yes ({}) nor no ({})",
                listed(words, 0..*yes),
                listed(words, *yes..words.len()),
            ),
            KindReader::Code { codes } if codes.len() <= 10 => {
                format!("is not one of the codes {}", listed(codes, 0..codes.len()))
            }
            KindReader::Code { codes } => {
                format!("is not one of the {} codes declared", codes.len())
            }
            KindReader::OrganisationCode => {
                "is not an organisation code: letters and digits only".to_owned()
            }
            KindReader::NhsNumber => "is not an NHS number".to_owned(),
            KindReader::Upn => "is not a unique pupil number (UPN)".to_owned(),
            KindReader::Uln => "is not a unique learner number (ULN)".to_owned(),
        }
    }
}

/// The forms in which a reader of typed cells writes a date.
fn typed_cells(format: Format) -> &'static [&'static str] {
    match format {
        Format::Xlsx | Format::Ods | Format::Parquet => &["%Y-%m-%d", "%Y-%m-%dT00:00:00"],
        Format::Csv | Format::JsonLines | Format::Xml => &[],
    }
}

fn compile_formats(
    declared: &[String],
    default: &[&str],
    also: &[&str],
) -> Result<DateFormats, String> {
    let mut texts: Vec<&str> = declared.iter().map(String::as_str).collect();
    if texts.is_empty() {
        texts.extend(default);
    }
    for text in also {
        if !texts.contains(text) {
            texts.push(text);
        }
    }
    let declared = texts
        .into_iter()
        .map(|text| {
            date::Format::compile(text)
                .ok_or_else(|| format!("its format {text:?} is not one that strftime knows"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(DateFormats {
        swapped: declared.iter().filter_map(date::Format::swapped).collect(),
        declared,
    })
}

fn in_words(formats: &DateFormats) -> String {
    let forms: Vec<String> = (formats.declared.iter())
        .map(date::Format::in_words)
        .filter(|form| !form.ends_with("T00:00:00"))
        .collect();
    forms.join(" or ")
}

fn listed(lookup: &Lookup, places: std::ops::Range<usize>) -> String {
    let words: Vec<&str> = places.map(|place| lookup.entry(place)).collect();
    words.join(", ")
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The code in upper case, into `upper`. `None`: it is no organisation code.
#[inline]
pub(crate) fn organisation_code(cell: &str, upper: &mut String) -> Option<()> {
    upper.clear();
    match text::plain(cell) {
        None => upper.push_str(cell),
        Some(plain) => upper.push_str(plain.trim()),
    }
    upper.make_ascii_uppercase();
    (!upper.is_empty() && upper.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(())
}

/// The values that a column's range allows, as they are stored.
#[derive(Debug, Clone)]
pub(crate) struct Bounds {
    pub(crate) integers: Span<i64>,
    pub(crate) decimals: Span<i128>,
}

/// A closed range that can be copied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Span<T> {
    from: T,
    to: T,
}

impl<T: PartialOrd> Span<T> {
    #[inline]
    pub(crate) fn contains(&self, value: &T) -> bool {
        self.from <= *value && *value <= self.to
    }
}

impl Bounds {
    pub(crate) fn new(min: Option<f64>, max: Option<f64>, data_type: &DataType) -> Bounds {
        let scale = match data_type {
            DataType::Decimal128(_, scale) => u32::try_from(*scale).unwrap_or(0),
            _ => 0,
        };
        let range: RangeInclusive<i128> = min.map_or(i128::MIN, |min| scaled(min, scale, f64::ceil))
            ..=max.map_or(i128::MAX, |max| scaled(max, scale, f64::floor));
        let clamp =
            |bound: &i128| (*bound).clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64;
        Bounds {
            integers: Span {
                from: clamp(range.start()),
                to: clamp(range.end()),
            },
            decimals: Span {
                from: *range.start(),
                to: *range.end(),
            },
        }
    }
}

/// A bound in units of `10^-scale`; one with more digits is moved inwards.
fn scaled(bound: f64, scale: u32, inwards: fn(f64) -> f64) -> i128 {
    match number::parse_decimal(&format!("{bound}"), 38, scale, Dress::default()) {
        Ok(exact) if !exact.rounded => exact.value,
        _ if bound == 0.0 => 0,
        _ => inwards(bound * 10f64.powi(scale as i32)) as i128,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_exact_and_move_inwards() {
        let bounds = Bounds::new(Some(0.1), Some(99.99), &DataType::Decimal128(38, 2));
        assert!(bounds.decimals.contains(&10) && !bounds.decimals.contains(&9));
        assert!(bounds.decimals.contains(&9999) && !bounds.decimals.contains(&10000));
        let bounds = Bounds::new(Some(0.5), Some(-0.0), &DataType::Int64);
        assert!(!bounds.integers.contains(&0));
        let bounds = Bounds::new(Some(-1.5), None, &DataType::Int64);
        assert!(bounds.integers.contains(&-1) && !bounds.integers.contains(&-2));
        assert!(bounds.integers.contains(&i64::MAX));
    }

    #[test]
    fn organisation_codes_are_upper_case_letters_and_digits() {
        let mut upper = String::new();
        for (cell, code) in [
            ("r1l", "R1L"),
            ("Ｒ１Ｌ", "R1L"),
            ("R\u{200b}1L", "R1L"),
            ("E06000033", "E06000033"),
        ] {
            assert_eq!(organisation_code(cell, &mut upper), Some(()));
            assert_eq!(upper, code);
        }
        for cell in ["R1-L", "R 1L", "É1L", ""] {
            assert_eq!(organisation_code(cell, &mut upper), None, "{cell}");
        }
    }
}
