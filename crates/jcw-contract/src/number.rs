//! A number is read from its digits, never through a float, so that what is
//! stored is what was sent.
//!
//! Digits past the scale are never dropped in silence. Three things can be:
//! - they are float noise (`0.30000000000000004` where 0.3 was meant: the
//!   rounded number lies within four units in the last place of the float
//!   nearest to the text): rounded, as nothing was lost;
//! - the text has 15 significant digits or more, so a machine worked it out
//!   (`33.3333333333333`): rounded half away from zero, and reported as such;
//! - somebody wrote them (`1.23456` in a column of scale 4): refused.

use crate::text;

/// What may stand around the digits.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Dress {
    /// `£`, brackets or a trailing minus for a negative amount.
    pub(crate) money: bool,
    /// A closing `%`.
    pub(crate) percent: bool,
}

/// A number as a count of units of the last digit kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Scaled {
    pub(crate) value: i128,
    /// Digits that meant something were rounded away.
    pub(crate) rounded: bool,
}

/// Why a text is no number, as the end of a sentence that begins with the
/// column's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is not a number, or not one that may stand here.
    Type(&'static str),
    /// It has more digits after the point than are kept.
    Scale,
}

const NOT_A_NUMBER: Fault = Fault::Type("is not a number");
const BAD_GROUPS: Fault =
    Fault::Type("is not a number: commas must part thousands, in groups of three digits");
const TOO_LARGE: Fault = Fault::Type("is too large a number");

/// Digits without dress: `mantissa / 10^fraction`.
#[derive(Debug, Clone, Copy)]
struct Digits {
    negative: bool,
    mantissa: u128,
    fraction: u32,
}

/// A whole number; `12.0` is one, `12.5` is not.
pub(crate) fn parse_integer(text: &str) -> Result<i64, Fault> {
    let digits = read(text, Dress::default())?;
    if digits.fraction == 0 {
        return i64::try_from(digits.signed()).map_err(|_| TOO_LARGE);
    }
    match digits.at_scale(0) {
        Ok(Scaled {
            value,
            rounded: false,
        }) => i64::try_from(value).map_err(|_| TOO_LARGE),
        Ok(_) | Err(Fault::Scale) => Err(Fault::Type("is not a whole number")),
        Err(fault) => Err(fault),
    }
}

/// A number in units of `10^-scale`, of at most `precision` digits.
pub(crate) fn parse_decimal(
    text: &str,
    precision: u32,
    scale: u32,
    dress: Dress,
) -> Result<Scaled, Fault> {
    let scaled = read(text, dress)?.at_scale(scale)?;
    match 10u128.checked_pow(precision) {
        Some(limit) if scaled.value.unsigned_abs() >= limit => Err(TOO_LARGE),
        _ => Ok(scaled),
    }
}

impl Digits {
    fn signed(&self) -> i128 {
        // At most 38 digits, so far from either end of the range.
        let value = self.mantissa as i128;
        if self.negative { -value } else { value }
    }

    fn at_scale(&self, scale: u32) -> Result<Scaled, Fault> {
        if self.fraction <= scale {
            let value = 10i128
                .checked_pow(scale - self.fraction)
                .and_then(|unit| self.signed().checked_mul(unit))
                .ok_or(TOO_LARGE)?;
            return Ok(Scaled {
                value,
                rounded: false,
            });
        }
        let (whole, rest, half) = match 10u128.checked_pow(self.fraction - scale) {
            Some(unit) => {
                let rest = self.mantissa % unit;
                (self.mantissa / unit, rest, rest >= unit.div_ceil(2))
            }
            None => (0, self.mantissa, false),
        };
        let magnitude = (whole + u128::from(half)) as i128;
        let value = if self.negative { -magnitude } else { magnitude };
        let rounded = rest != 0 && !self.is_noise_beside(magnitude, scale);
        if rounded && significant(self.mantissa) < 15 {
            return Err(Fault::Scale);
        }
        Ok(Scaled { value, rounded })
    }

    /// Whether the rounded number is, to a float, the same number.
    fn is_noise_beside(&self, rounded: i128, scale: u32) -> bool {
        if significant(self.mantissa) < 15 {
            return false;
        }
        let float = |digits: u128, scale: u32| format!("{digits}e-{scale}").parse::<f64>();
        match (
            float(self.mantissa, self.fraction),
            float(rounded.unsigned_abs(), scale),
        ) {
            (Ok(sent), Ok(kept)) => sent.to_bits().abs_diff(kept.to_bits()) <= 4,
            _ => false,
        }
    }
}

fn significant(mantissa: u128) -> u32 {
    mantissa.checked_ilog10().map_or(0, |log| log + 1)
}

#[inline]
fn read(text: &str, dress: Dress) -> Result<Digits, Fault> {
    let digits = match read_plain(text.as_bytes()) {
        Some(digits) => digits,
        None => match text::plain(text) {
            None => read_dressed(text, dress)?,
            Some(plain) => read_dressed(plain.trim(), dress)?,
        },
    };
    if digits.negative && digits.mantissa == 0 {
        return Err(Fault::Type("is minus zero"));
    }
    Ok(digits)
}

/// The common case: up to 18 digits with perhaps a minus and a point.
#[inline]
fn read_plain(text: &[u8]) -> Option<Digits> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut mantissa = 0u64;
    let mut point = None;
    for (at, &byte) in digits.iter().enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            mantissa = mantissa * 10 + u64::from(digit);
        } else if byte == b'.' && point.is_none() && digits.len() > 1 {
            point = Some(at);
        } else {
            return None;
        }
    }
    Some(Digits {
        negative,
        mantissa: u128::from(mantissa),
        fraction: point.map_or(0, |at| (digits.len() - at - 1) as u32),
    })
}

/// Everything else: signs, pounds, brackets, thousands.
#[cold]
fn read_dressed(text: &str, dress: Dress) -> Result<Digits, Fault> {
    let mut body = text;
    if dress.percent
        && let Some(rest) = body.strip_suffix('%')
    {
        body = rest.trim_end();
    }
    let mut negative = false;
    let mut is_signed = false;
    if dress.money {
        if let Some(inner) = body
            .strip_prefix('(')
            .and_then(|rest| rest.strip_suffix(')'))
        {
            (negative, is_signed, body) = (true, true, inner.trim());
        } else if let Some(rest) = body.strip_suffix('-') {
            (negative, is_signed, body) = (true, true, rest.trim_end());
        }
    }
    let mut has_pounds = false;
    if dress.money
        && let Some(rest) = body.strip_prefix('£')
    {
        (has_pounds, body) = (true, rest.trim_start());
    }
    if !is_signed && let Some(rest) = body.strip_prefix(['-', '+']) {
        (negative, body) = (body.starts_with('-'), rest);
    }
    if dress.money
        && !has_pounds
        && let Some(rest) = body.strip_prefix('£')
    {
        body = rest.trim_start();
    }
    let (mantissa, fraction) = read_groups(body.as_bytes())?;
    Ok(Digits {
        negative,
        mantissa,
        fraction,
    })
}

/// A number of 38 digits begins here.
const LIMIT: u128 = 10u128.pow(37);

/// Digits with perhaps thousands separators and a point.
fn read_groups(body: &[u8]) -> Result<(u128, u32), Fault> {
    let mut mantissa = 0u128;
    let mut fraction = None::<u32>;
    let mut in_group = 0;
    let mut has_groups = false;
    let mut has_digits = false;
    for &byte in body {
        match (byte, &mut fraction) {
            (b'0'..=b'9', fraction) => {
                if mantissa >= LIMIT {
                    return Err(Fault::Type("has more digits than can be kept"));
                }
                mantissa = mantissa * 10 + u128::from(byte - b'0');
                has_digits = true;
                match fraction {
                    Some(count) => *count += 1,
                    None => in_group += 1,
                }
            }
            (b',', None) => {
                let fits = if has_groups {
                    in_group == 3
                } else {
                    (1..=3).contains(&in_group)
                };
                if !fits {
                    return Err(BAD_GROUPS);
                }
                (has_groups, in_group) = (true, 0);
            }
            (b'.', fraction @ None) => *fraction = Some(0),
            (b',', Some(_)) => return Err(BAD_GROUPS),
            (b'e' | b'E', _) if has_digits => {
                return Err(Fault::Type("has an exponent; numbers are written out"));
            }
            _ => return Err(NOT_A_NUMBER),
        }
    }
    if !has_digits {
        return Err(NOT_A_NUMBER);
    }
    if has_groups && in_group != 3 {
        return Err(BAD_GROUPS);
    }
    Ok((mantissa, fraction.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MONEY: Dress = Dress {
        money: true,
        percent: false,
    };
    const PERCENT: Dress = Dress {
        money: false,
        percent: true,
    };

    fn money(text: &str) -> Result<i128, Fault> {
        parse_decimal(text, 38, 2, MONEY).map(|scaled| scaled.value)
    }

    #[test]
    fn money_is_read_as_people_write_it() {
        for (text, pence) in [
            ("£1,234.56", 123_456),
            ("£ 1,234.56", 123_456),
            ("-£5", -500),
            ("£-5", -500),
            ("(123.45)", -12_345),
            ("(£1,000)", -100_000),
            ("£(5)", -500),
            ("123-", -12_300),
            ("123.4", 12_340),
            (".5", 50),
            ("5.", 500),
            ("+7", 700),
            ("\u{2212}7", -700),
            ("1,234,567.80", 123_456_780),
            ("007", 700),
        ] {
            if text == "£(5)" {
                assert!(
                    money(text).is_err(),
                    "a pound sign goes inside the brackets"
                );
            } else {
                assert_eq!(money(text), Ok(pence), "{text}");
            }
        }
    }

    #[test]
    fn what_could_mean_two_things_is_refused() {
        for text in [
            "1.234,56", "1,5", "12,34", "1,2345", ",123", "1,,234", "1e3", "1E400", "NaN", "nan",
            "Infinity", "-inf", "-0", "-0.00", "(0)", "0-", "£ -", "£", "-", "", "(", "()", "--5",
            "-(5)", "(-5)", "5--", "-5-", "1 234", "0x10", "½", "1.2.3", ".", "£££1", "£-£1",
            "12%",
        ] {
            assert!(money(text).is_err(), "{text}");
        }
        assert_eq!(
            money("1e3"),
            Err(Fault::Type("has an exponent; numbers are written out"))
        );
    }

    #[test]
    fn a_percentage_may_carry_its_sign() {
        let percent = |text| parse_decimal(text, 12, 4, PERCENT).map(|scaled| scaled.value);
        assert_eq!(percent("45%"), Ok(450_000));
        assert_eq!(percent("45.5 %"), Ok(455_000));
        assert_eq!(percent("45.5"), Ok(455_000));
        assert!(percent("45%%").is_err());
        assert!(percent("£45").is_err());
        assert!(percent("123456789").is_err());
    }

    #[test]
    fn whole_floats_are_whole_numbers_and_others_are_not() {
        assert_eq!(parse_integer("12.0"), Ok(12));
        assert_eq!(parse_integer("-71"), Ok(-71));
        assert_eq!(parse_integer("718,838"), Ok(718_838));
        assert_eq!(parse_integer("12.000000000000002"), Ok(12));
        assert_eq!(
            parse_integer("12.5"),
            Err(Fault::Type("is not a whole number"))
        );
        assert_eq!(
            parse_integer("33.3333333333333333"),
            Err(Fault::Type("is not a whole number"))
        );
        assert_eq!(parse_integer("9223372036854775807"), Ok(i64::MAX));
        assert_eq!(parse_integer("-9223372036854775808"), Ok(i64::MIN));
        assert!(parse_integer("9223372036854775808").is_err());
        assert!(parse_integer("(5)").is_err());
    }

    #[test]
    fn digits_past_the_scale_are_never_lost_in_silence() {
        let at = |text, scale| parse_decimal(text, 38, scale, Dress::default());
        let kept = |value| {
            Ok(Scaled {
                value,
                rounded: false,
            })
        };
        let rounded = |value| {
            Ok(Scaled {
                value,
                rounded: true,
            })
        };
        assert_eq!(at("0.30000000000000004", 4), kept(3000));
        assert_eq!(at("2.4999999999999996", 1), kept(25));
        assert_eq!(at("44867520326.8435", 4), kept(448_675_203_268_435));
        assert_eq!(at("44867520326.8435", 2), rounded(4_486_752_032_684));
        assert_eq!(at("33.3333333333333", 4), rounded(333_333));
        assert_eq!(at("1.50000", 1), kept(15));
        assert_eq!(at("1.23456", 4), Err(Fault::Scale));
        assert_eq!(at("0.00001", 4), Err(Fault::Scale));
        assert_eq!(at(&format!("0.{}1", "0".repeat(60)), 4), Err(Fault::Scale));
    }

    /// Reads a plain decimal by moving characters about.
    fn slowly(negative: bool, whole: &str, fraction: &str, scale: usize) -> i128 {
        let digits = format!("{whole}{fraction:0<scale$}");
        let value: i128 = digits.parse().unwrap();
        if negative { -value } else { value }
    }

    fn with_commas(whole: &str) -> String {
        let mut out = String::new();
        for (at, c) in whole.chars().enumerate() {
            if at > 0 && (whole.len() - at).is_multiple_of(3) {
                out.push(',');
            }
            out.push(c);
        }
        out
    }

    proptest! {
        #[test]
        fn decimals_agree_with_a_slow_reading(negative: bool, whole in "[1-9][0-9]{0,27}", fraction in "[0-9]{0,6}") {
            let expected = slowly(negative, &whole, &fraction, 6);
            let point = if fraction.is_empty() { "" } else { "." };
            let commas = with_commas(&whole);
            let sign = if negative { "-" } else { "" };
            for text in [
                format!("{sign}{whole}{point}{fraction}"),
                format!("{sign}{commas}{point}{fraction}"),
                format!("{sign}£{commas}{point}{fraction}"),
                if negative { format!("({commas}{point}{fraction})") } else { format!("+{whole}{point}{fraction}") },
            ] {
                prop_assert_eq!(parse_decimal(&text, 38, 6, MONEY), Ok(Scaled { value: expected, rounded: false }), "{}", text);
            }
        }

        #[test]
        fn integers_agree_with_the_standard_library(number: i64) {
            prop_assert_eq!(parse_integer(&number.to_string()), Ok(number));
            prop_assert_eq!(parse_integer(&format!("{number}.0")), Ok(number));
        }

        #[test]
        fn a_float_written_out_is_kept_or_reported(number in -1.0e12f64..1.0e12, scale in 0u32..6) {
            let text = format!("{number}");
            let exact = parse_decimal(&text, 38, scale, Dress::default());
            if let Ok(scaled) = exact {
                let error = (scaled.value as f64 / 10f64.powi(scale as i32) - number).abs();
                prop_assert!(error <= 0.5000001 * 10f64.powi(-(scale as i32)) + number.abs() * 1e-15);
                if !scaled.rounded {
                    prop_assert!(error <= number.abs() * 2e-15, "{} {:?}", text, scaled);
                }
            }
        }

        #[test]
        fn no_text_stops_the_program(text in "[-+£()0-9., %eE]{0,50}") {
            let _ = parse_integer(&text);
            let _ = parse_decimal(&text, 12, 4, PERCENT);
            let _ = money(&text);
        }
    }
}
