//! A date is read by one of the formats that its column declares, written as
//! chrono's `strftime`. The formats that extracts really use are read by a
//! short list of steps; any other is handed to chrono.
//!
//! A year always has four digits unless the format says `%y`; days and months
//! may lack their leading zero when something stands between the fields.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike};

/// What a text says about a moment, before any time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// Days since 1970-01-01.
    pub(crate) day: i32,
    /// Microseconds since midnight; the whole day where `24:00` was written.
    pub(crate) micros: i64,
    /// Seconds east of Greenwich, where the text says.
    pub(crate) offset: Option<i32>,
}

/// One way to write a date or an instant.
#[derive(Debug, Clone)]
pub(crate) struct Format {
    /// Empty: chrono reads it.
    steps: Vec<Step>,
    /// A date whose fields stand at known places when none lacks a zero.
    fixed: Option<Fixed>,
    strftime: String,
}

/// Places of the fields of a date in a text of known length.
#[derive(Debug, Clone)]
struct Fixed {
    length: usize,
    year: usize,
    month: usize,
    day: usize,
    between: Vec<(usize, u8)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Year,
    ShortYear,
    Month,
    MonthName,
    Day,
    Hour,
    Minute,
    Second,
    /// `.` and digits, or nothing.
    Fraction,
    /// `Z` or `+01:00`, `+0100`, `+01`; nothing where the flag is set.
    Offset {
        optional: bool,
    },
    /// `T` or a space.
    Between,
    Byte(u8),
}

impl Step {
    #[inline]
    fn is_digits(&self) -> bool {
        use Step::*;
        matches!(
            self,
            Year | ShortYear | Month | Day | Hour | Minute | Second
        )
    }
}

impl Format {
    /// `None`: chrono does not know the format either.
    pub(crate) fn compile(strftime: &str) -> Option<Format> {
        let is_known = chrono::format::StrftimeItems::new(strftime)
            .all(|item| item != chrono::format::Item::Error);
        (is_known && !strftime.is_empty()).then(|| {
            let steps = steps_of(strftime).unwrap_or_default();
            Format {
                fixed: Fixed::of(&steps),
                steps,
                strftime: strftime.to_owned(),
            }
        })
    }

    /// RFC 3339, where the offset may be left out and a space may stand for `T`.
    pub(crate) fn rfc3339() -> Format {
        use Step::*;
        Format {
            steps: vec![
                Year,
                Byte(b'-'),
                Month,
                Byte(b'-'),
                Day,
                Between,
                Hour,
                Byte(b':'),
                Minute,
                Byte(b':'),
                Second,
                Fraction,
                Offset { optional: true },
            ],
            fixed: None,
            strftime: "%+".to_owned(),
        }
    }

    /// As a person would say it: `dd/mm/yyyy`.
    pub(crate) fn in_words(&self) -> String {
        if self.strftime == "%+" {
            return "yyyy-mm-ddThh:mm:ss".to_owned();
        }
        let mut words = self.strftime.clone();
        for (code, word) in [
            ("%F", "yyyy-mm-dd"),
            ("%T", "hh:mm:ss"),
            ("%R", "hh:mm"),
            ("%Y", "yyyy"),
            ("%y", "yy"),
            ("%m", "mm"),
            ("%d", "dd"),
            ("%e", "d"),
            ("%b", "mmm"),
            ("%B", "mmmm"),
            ("%H", "hh"),
            ("%M", "mm"),
            ("%S", "ss"),
            ("%.f", ".fff"),
            ("%:z", "+hh:mm"),
            ("%z", "+hhmm"),
        ] {
            words = words.replace(code, word);
        }
        words
    }

    /// Whether the day is read before the month (`true`) or after it, where
    /// both are numbers; and the format with the two made alike.
    pub(crate) fn day_order(&self) -> Option<(bool, String)> {
        let day = self
            .strftime
            .find("%d")
            .or_else(|| self.strftime.find("%e"))?;
        let month = self.strftime.find("%m")?;
        let alike = self.strftime.replace("%d", "%m").replace("%e", "%m");
        Some((day < month, alike))
    }

    /// The format with day and month changed over, where both are numbers and
    /// the year does not come first.
    pub(crate) fn swapped(&self) -> Option<Format> {
        self.day_order()?;
        if self.strftime.starts_with("%Y") {
            return None;
        }
        let swapped = self.strftime.replace("%e", "%d").replace("%m", "%e");
        Format::compile(&swapped.replace("%d", "%m").replace("%e", "%d"))
    }

    #[inline]
    pub(crate) fn read(&self, text: &str) -> Option<Moment> {
        if let Some(day) = self
            .fixed
            .as_ref()
            .and_then(|fixed| fixed.read(text.as_bytes()))
        {
            Some(Moment {
                day,
                micros: 0,
                offset: None,
            })
        } else if self.steps.is_empty() {
            self.read_by_chrono(text)
        } else {
            read_steps(&self.steps, text.as_bytes())
        }
    }

    fn read_by_chrono(&self, text: &str) -> Option<Moment> {
        let moment = |at: NaiveDateTime, offset| Moment {
            day: days_since_epoch(at.date()),
            micros: i64::from(at.num_seconds_from_midnight()) * 1_000_000
                + i64::from(at.nanosecond().min(999_999_999)) / 1_000,
            offset,
        };
        let read = if let Ok(at) = DateTime::parse_from_str(text, &self.strftime) {
            Some(moment(
                at.naive_local(),
                Some(at.offset().local_minus_utc()),
            ))
        } else if let Ok(at) = NaiveDateTime::parse_from_str(text, &self.strftime) {
            Some(moment(at, None))
        } else {
            NaiveDate::parse_from_str(text, &self.strftime)
                .ok()
                .map(|date| moment(date.into(), None))
        };
        // Chrono takes `26` for the year 26.
        read.filter(|moment| (FIRST_DAY..=LAST_DAY).contains(&moment.day))
    }
}

impl Fixed {
    fn of(steps: &[Step]) -> Option<Fixed> {
        let mut fixed = Fixed {
            length: 0,
            year: 0,
            month: 0,
            day: 0,
            between: Vec::new(),
        };
        for step in steps {
            let at = fixed.length;
            fixed.length += match step {
                Step::Year => 4,
                Step::Month | Step::Day => 2,
                Step::Byte(_) => 1,
                _ => return None,
            };
            match step {
                Step::Year => fixed.year = at,
                Step::Month => fixed.month = at,
                Step::Day => fixed.day = at,
                Step::Byte(byte) => fixed.between.push((at, *byte)),
                _ => {}
            }
        }
        (fixed.length > 0).then_some(fixed)
    }

    /// `None`: the text may still be a date, with a zero left out.
    #[inline]
    fn read(&self, text: &[u8]) -> Option<i32> {
        if text.len() != self.length || self.between.iter().any(|(at, byte)| text[*at] != *byte) {
            return None;
        }
        let year = pair(text, self.year)? * 100 + pair(text, self.year + 2)?;
        day_number(year, pair(text, self.month)?, pair(text, self.day)?)
    }
}

/// The two digits at a place.
#[inline]
fn pair(text: &[u8], at: usize) -> Option<u32> {
    let (tens, ones) = (text[at].wrapping_sub(b'0'), text[at + 1].wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| u32::from(tens) * 10 + u32::from(ones))
}

/// 1000-01-01.
const FIRST_DAY: i32 = -354_285;
/// 9999-12-31.
const LAST_DAY: i32 = 2_932_896;

/// Days that stand for no day: 1753-01-01, 1899-12-30, 1899-12-31, 1900-01-01
/// (the first days that databases and sheets know) and 9999-12-31.
#[inline]
pub(crate) fn is_filler(day: i32) -> bool {
    day < -25_566 && matches!(day, -79_257 | -25_569 | -25_568 | -25_567) || day == LAST_DAY
}

fn days_since_epoch(date: NaiveDate) -> i32 {
    // Chrono counts from 0000-12-31.
    date.num_days_from_ce() - 719_163
}

/// The steps of a format, or `None` when one of them is not among ours.
fn steps_of(strftime: &str) -> Option<Vec<Step>> {
    use Step::*;
    if strftime == "%+" {
        return Some(Format::rfc3339().steps);
    }
    let mut steps = Vec::new();
    let mut rest = strftime.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first != b'%' {
            // White space means any white space to chrono, so leave it there.
            if !first.is_ascii() || first.is_ascii_whitespace() && first != b' ' {
                return None;
            }
            steps.push(Byte(first));
            rest = after;
            continue;
        }
        let (found, length): (&[Step], usize) = match after {
            [b'Y', ..] => (&[Year], 1),
            [b'y', ..] => (&[ShortYear], 1),
            [b'm', ..] => (&[Month], 1),
            [b'b' | b'B' | b'h', ..] => (&[MonthName], 1),
            [b'd', ..] => (&[Day], 1),
            [b'F', ..] => (&[Year, Byte(b'-'), Month, Byte(b'-'), Day], 1),
            [b'H', ..] => (&[Hour], 1),
            [b'M', ..] => (&[Minute], 1),
            [b'S', ..] => (&[Second], 1),
            [b'T', ..] => (&[Hour, Byte(b':'), Minute, Byte(b':'), Second], 1),
            [b'R', ..] => (&[Hour, Byte(b':'), Minute], 1),
            [b'.', b'f', ..] => (&[Fraction], 2),
            [b'z', ..] => (&[Offset { optional: false }], 1),
            [b':', b'z', ..] => (&[Offset { optional: false }], 2),
            _ => return None,
        };
        steps.extend_from_slice(found);
        rest = &after[length..];
    }
    let count = |step: Step| steps.iter().filter(|s| **s == step).count();
    let is_whole = count(Year) + count(ShortYear) == 1
        && count(Month) + count(MonthName) == 1
        && count(Day) == 1;
    is_whole.then_some(steps)
}

#[inline]
fn read_steps(steps: &[Step], text: &[u8]) -> Option<Moment> {
    let mut reader = Reader { text, at: 0 };
    let (mut year, mut month, mut day) = (0, 0, 0);
    let (mut hour, mut minute, mut second, mut micros) = (0, 0, 0, 0);
    let mut offset = None;
    for (index, step) in steps.iter().enumerate() {
        // Fields that touch have their full width.
        let touches = step.is_digits()
            && (steps.get(index + 1).is_some_and(Step::is_digits)
                || index > 0 && steps[index - 1].is_digits());
        let shortest = if touches { 2 } else { 1 };
        match step {
            Step::Year => year = reader.number(4, 4)?,
            Step::ShortYear => {
                // As POSIX has it: 69 to 99 are in the last century.
                let short = reader.number(2, 2)?;
                year = if short < 69 {
                    2000 + short
                } else {
                    1900 + short
                };
            }
            Step::Month => month = reader.number(shortest, 2)?,
            Step::MonthName => month = reader.month_name()?,
            Step::Day => day = reader.number(shortest, 2)?,
            Step::Hour => hour = reader.number(shortest, 2)?,
            Step::Minute => minute = reader.number(2, 2)?,
            Step::Second => second = reader.number(2, 2)?,
            Step::Fraction => micros = reader.fraction()?,
            Step::Offset { optional } => {
                if !*optional || !reader.is_at_end() {
                    offset = Some(reader.offset()?);
                }
            }
            Step::Between => {
                reader
                    .next()
                    .filter(|byte| matches!(byte, b'T' | b't' | b' '))?;
            }
            Step::Byte(byte) => {
                reader.next().filter(|found| found == byte)?;
            }
        }
    }
    if !reader.is_at_end() {
        return None;
    }
    let is_midnight_at_the_end = hour == 24 && minute == 0 && second == 0 && micros == 0;
    let is_time = hour < 24 && minute < 60 && second < 60;
    if !is_time && !is_midnight_at_the_end {
        return None;
    }
    Some(Moment {
        day: day_number(year, month, day)?,
        micros: i64::from(hour * 3_600 + minute * 60 + second) * 1_000_000 + i64::from(micros),
        offset,
    })
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    #[inline]
    fn is_at_end(&self) -> bool {
        self.at == self.text.len()
    }

    #[inline]
    fn next(&mut self) -> Option<u8> {
        let byte = *self.text.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    #[inline]
    fn number(&mut self, shortest: usize, longest: usize) -> Option<u32> {
        let start = self.at;
        let mut number = 0;
        while self.at - start < longest
            && let Some(&byte) = self.text.get(self.at)
            && byte.is_ascii_digit()
        {
            number = number * 10 + u32::from(byte - b'0');
            self.at += 1;
        }
        (self.at - start >= shortest).then_some(number)
    }

    /// Nothing, or a point and digits; microseconds.
    fn fraction(&mut self) -> Option<u32> {
        if self.text.get(self.at) != Some(&b'.') {
            return Some(0);
        }
        self.at += 1;
        let start = self.at;
        let mut micros = 0;
        while let Some(&byte) = self.text.get(self.at)
            && byte.is_ascii_digit()
        {
            if self.at - start < 6 {
                micros = micros * 10 + u32::from(byte - b'0');
            }
            self.at += 1;
        }
        let count = self.at - start;
        (1..=9)
            .contains(&count)
            .then(|| micros * 10u32.pow(6u32.saturating_sub(count as u32)))
    }

    /// Seconds east of Greenwich.
    fn offset(&mut self) -> Option<i32> {
        let sign = match self.next()? {
            b'Z' | b'z' => return Some(0),
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = self.number(2, 2)?;
        if self.text.get(self.at) == Some(&b':') {
            self.at += 1;
        }
        let minutes = if self.is_at_end() {
            0
        } else {
            self.number(2, 2)?
        };
        (hours < 24 && minutes < 60).then_some(sign * (hours * 3_600 + minutes * 60) as i32)
    }

    /// `Jan` or `January`, in any case.
    fn month_name(&mut self) -> Option<u32> {
        const MONTHS: [&str; 12] = [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ];
        let rest = &self.text[self.at..];
        let starts_with = |name: &str| {
            rest.get(..name.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
        };
        let month = MONTHS.iter().position(|name| starts_with(&name[..3]))?;
        let length = if starts_with(MONTHS[month]) {
            MONTHS[month].len()
        } else {
            3
        };
        self.at += length;
        Some(month as u32 + 1)
    }
}

/// Days since 1970-01-01 of a day that exists, in the years 1000 to 9999
/// (Hinnant, "chrono-compatible low-level date algorithms").
#[inline]
fn day_number(year: u32, month: u32, day: u32) -> Option<i32> {
    const DAYS: [u32; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    if !(1000..=9999).contains(&year) {
        return None;
    }
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let longest = DAYS.get((month as usize).wrapping_sub(1))? + u32::from(is_leap && month == 2);
    if day == 0 || day > longest {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let month_from_march = (month + 9) % 12;
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some((era * 146_097 + day_of_era) as i32 - 719_468)
}

#[cfg(test)]
mod tests;
