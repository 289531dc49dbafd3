//! Ways to spoil one cell.

use crate::writer::record::Record;
use crate::writer::table::Kind;

/// Another digit at the end.
pub(crate) fn other_last_digit(text: &str) -> Option<String> {
    let last = text.chars().last()?.to_digit(10)?;
    let other = (last + 1) % 10;
    Some(format!("{}{other}", &text[..text.len() - 1]))
}

/// Another letter in front.
pub(crate) fn other_first_letter(text: &str) -> Option<String> {
    let first = text.chars().next()?;
    let other = if first == 'A' { 'B' } else { 'A' };
    Some(format!("{other}{}", text.get(1..)?))
}

/// 31 February of the same year, keeping the time.
pub(crate) fn no_such_day(text: &str) -> Option<String> {
    is_date(text).then(|| format!("{}-02-31{}", &text[..4], &text[10..]))
}

/// As people write dates: `28/09/2022`.
pub(crate) fn by_slashes(text: &str) -> Option<String> {
    (is_date(text) && text.len() == 10)
        .then(|| format!("{}/{}/{}", &text[8..10], &text[5..7], &text[..4]))
}

/// The same day some years later or earlier.
pub(crate) fn moved(text: &str, years: i32) -> Option<String> {
    if !is_date(text) {
        return None;
    }
    let year: i32 = text[..4].parse().ok()?;
    // 29 February is not in every year.
    let rest = match &text[4..10] {
        "-02-29" => "-02-28",
        rest => rest,
    };
    Some(format!("{}{rest}{}", year + years, &text[10..]))
}

pub(crate) fn is_date(text: &str) -> bool {
    text.len() >= 10 && text.is_ascii() && text.as_bytes()[4] == b'-'
}

/// The record with something else in a column that is as right as what was
/// there: numbers and dates move by one, yes becomes no, and a text ends in
/// another letter or digit.
pub(crate) fn twin(record: &Record, column: &str, last_day: &str) -> Record {
    let mut twin = record.clone();
    let text = record.get(column);
    let kind = record.table.column(column).map(|column| column.kind);
    let other = match (kind, text) {
        (Some(Kind::Flag), "1") => "0".to_owned(),
        (Some(Kind::Flag), _) => "1".to_owned(),
        (Some(Kind::Date), "") => last_day.to_owned(),
        (_, "") => "09".to_owned(),
        _ if is_date(text) => {
            let day = if &text[8..10] == "11" { "12" } else { "11" };
            format!("{}{day}{}", &text[..8], &text[10..])
        }
        _ if is_money(text) => format!("1{text}"),
        _ => match text.parse::<i64>() {
            Ok(number) if !text.starts_with('0') => (number + 1).to_string(),
            _ => other_end(text),
        },
    };
    twin.set(column, &other);
    twin
}

/// The next letter or digit at the end.
fn other_end(text: &str) -> String {
    let mut all: Vec<char> = text.chars().collect();
    if let Some(last) = all.last_mut() {
        *last = match *last {
            '9' => '0',
            'z' => 'a',
            'Z' => 'A',
            other => char::from_u32(other as u32 + 1).unwrap_or('x'),
        };
    }
    all.into_iter().collect()
}

/// A number with a point.
fn is_money(text: &str) -> bool {
    text.contains('.') && text.parse::<f64>().is_ok_and(|number| number >= 0.0)
}

/// A learner number made from an NHS number's digits: valid as the one, never
/// as the other.
pub(crate) fn learner_number(text: &str) -> Option<String> {
    let nine = text.get(..9)?;
    (0..10).find_map(|last| {
        let nine = format!("{}{last}", &nine[..8]);
        let number = (1..10).map(|check| format!("{nine}{check}"));
        number
            .into_iter()
            .find(|number| weighted_sum(number).is_some_and(|sum| sum % 11 == 10))
    })
}

/// An NHS number of the range kept for tests.
pub(crate) fn test_number(text: &str) -> Option<String> {
    let six = text.get(3..9)?;
    (0..10).find_map(|last| {
        let nine = format!("999{}{last}", &six[..5]);
        (0..10)
            .map(|check| format!("{nine}{check}"))
            .find(|number| weighted_sum(number).is_some_and(|sum| sum % 11 == 0))
    })
}

/// The sum of a ten-digit number's digits times 10 to 1: 0 modulo 11 for NHS
/// numbers, 10 for learner numbers.
pub(crate) fn weighted_sum(text: &str) -> Option<u32> {
    if text.len() != 10 {
        return None;
    }
    text.chars()
        .zip((1..=10).rev())
        .map(|(digit, weight)| Some(digit.to_digit(10)? * weight))
        .sum()
}

/// The letter with which a pupil number must begin.
pub(crate) fn upn_letter(text: &str) -> Option<char> {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRTUVWXYZ";
    let is_shaped = |text: &[u8]| text.len() == 13 && text[1..12].iter().all(u8::is_ascii_digit);
    if !is_shaped(text.as_bytes()) {
        return None;
    }
    let value = |byte: u8| match byte {
        b'0'..=b'9' => Some(u32::from(byte - b'0')),
        _ => (LETTERS.iter())
            .position(|letter| *letter == byte)
            .map(|place| place as u32),
    };
    let sum: Option<u32> = (text.bytes().skip(1).zip(2..))
        .map(|(byte, weight)| Some(value(byte)? * weight))
        .sum();
    Some(LETTERS[sum? as usize % LETTERS.len()] as char)
}

/// The next day, as a text; the same if it is no day.
pub(crate) fn day_after(text: &str) -> String {
    days_after(text, 1)
}

/// So many days later, as a text; the same if it is no day.
pub(crate) fn days_after(text: &str, days: i64) -> String {
    match text.parse::<chrono::NaiveDate>() {
        Ok(day) => crate::world::calendar::after(day, days).to_string(),
        Err(_) => text.to_owned(),
    }
}

/// A canonical date of the calendar, or an instant of one.
pub(crate) fn is_real_date(text: &str) -> bool {
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
    let (Some(_), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else {
        return false;
    };
    let most = match month {
        2 => 29,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    is_date(text) && (1..=12).contains(&month) && (1..=most).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn learner_and_test_numbers_have_their_own_check_digits() {
        for number in ["5990000002", "5123456789", "5000000000"] {
            let learner = learner_number(number).unwrap();
            assert_eq!(weighted_sum(&learner).unwrap() % 11, 10);
            let test = test_number(number).unwrap();
            assert!(test.starts_with("999"));
            assert_eq!(weighted_sum(&test).unwrap() % 11, 0);
        }
        // HESA's own example of a learner number.
        assert_eq!(weighted_sum("9276308686").unwrap() % 11, 10);
    }

    #[test]
    fn the_letter_of_a_pupil_number_is_that_of_the_published_examples() {
        assert_eq!(upn_letter("B801200005001"), Some('B'));
        assert_eq!(upn_letter("Q207000016049"), Some('P'));
    }

    #[test]
    fn dates_that_do_not_exist_are_none() {
        assert!(is_real_date("2024-02-29") && is_real_date("2024-05-31T10:00:00Z"));
        assert!(!is_real_date("2024-02-31") && !is_real_date("29/02/2024"));
        assert_eq!(no_such_day("2024-05-03").unwrap(), "2024-02-31");
    }
}
