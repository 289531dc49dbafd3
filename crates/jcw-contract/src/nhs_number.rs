//! An NHS number is ten digits, the last of which checks the others (NHS Data
//! Dictionary, NHS NUMBER). A valid check digit is not a verified number.

use crate::text;

/// The ten digits of an NHS number as written, with spaces and hyphens taken
/// out. The error says what is wrong without saying the number.
pub(crate) fn parse(text: &str) -> Result<[u8; 10], &'static str> {
    match text::plain(text) {
        None => digits(text.as_bytes()),
        Some(plain) => digits(plain.as_bytes()),
    }
}

/// Numbers that begin 999 are issued for tests, never to a person.
pub(crate) fn is_test_number(digits: &[u8; 10]) -> bool {
    digits.starts_with(b"999")
}

#[inline]
fn digits(text: &[u8]) -> Result<[u8; 10], &'static str> {
    let digits = match <[u8; 10]>::try_from(text) {
        Ok(digits) if digits.iter().all(u8::is_ascii_digit) => digits,
        _ => gather(text)?,
    };
    if digits == [digits[0]; 10] || &digits == b"0123456789" {
        return Err("is a filler, not an NHS number");
    }
    if !has_valid_check_digit(&digits) {
        return Err("has a wrong check digit");
    }
    Ok(digits)
}

/// Ten digits from among spaces and hyphens.
fn gather(text: &[u8]) -> Result<[u8; 10], &'static str> {
    let mut digits = [0u8; 10];
    let mut count = 0;
    for &byte in text {
        match byte {
            b'0'..=b'9' if count < 10 => {
                digits[count] = byte;
                count += 1;
            }
            b'0'..=b'9' => return Err("has more than ten digits"),
            b' ' | b'-' => {}
            _ => return Err("has a character that is not a digit, a space or a hyphen"),
        }
    }
    if count < 10 {
        return Err("has fewer than ten digits");
    }
    Ok(digits)
}

/// Weights 10 to 2 on the first nine digits; 11 less the sum modulo 11 is the
/// tenth, where 11 stands for 0 and 10 is never issued. Put shortly: with
/// weight 1 on the tenth, the whole sum divides by 11.
fn has_valid_check_digit(digits: &[u8; 10]) -> bool {
    let sum: u32 = digits
        .iter()
        .zip((1..=10u32).rev())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    sum.is_multiple_of(11)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The rule as the Data Dictionary words it.
    fn by_the_book(number: &str) -> bool {
        let digits: Vec<u32> = number.chars().map(|c| c.to_digit(10).unwrap()).collect();
        let mut sum = 0;
        for (position, digit) in (1..).zip(&digits[..9]) {
            sum += digit * (11 - position);
        }
        match 11 - sum % 11 {
            11 => digits[9] == 0,
            10 => false,
            check => digits[9] == check,
        }
    }

    fn is_filler(number: &str) -> bool {
        number == "0123456789" || number.chars().all(|c| number.starts_with(c))
    }

    #[test]
    fn the_published_examples_are_valid() {
        for number in [
            "9434765919",
            "401 023 2137",
            "401-023-2137",
            " 401\u{a0}023\u{2011}2137",
            "４０１０２３２１３７",
        ] {
            assert!(parse(number).is_ok(), "{number}");
        }
    }

    #[test]
    fn wrong_numbers_are_refused_for_the_right_reason() {
        assert_eq!(parse("401023213"), Err("has fewer than ten digits"));
        assert_eq!(parse("40102321377"), Err("has more than ten digits"));
        assert_eq!(parse("4010232138"), Err("has a wrong check digit"));
        assert_eq!(
            parse("4O10232137"),
            Err("has a character that is not a digit, a space or a hyphen")
        );
        for filler in ["0000000000", "1111111111", "9999999999", "0123456789"] {
            assert_eq!(parse(filler), Err("is a filler, not an NHS number"));
        }
    }

    proptest! {
        #[test]
        fn the_check_digit_agrees_with_the_book(number in "[0-9]{10}") {
            prop_assert_eq!(parse(&number).is_ok(), by_the_book(&number) && !is_filler(&number));
        }

        #[test]
        fn one_wrong_digit_or_two_swapped_are_always_found(nine in "[0-9]{9}", at in 0usize..9, by in 1u8..10) {
            for check in 0..10 {
                let number = format!("{nine}{check}");
                let Ok(digits) = parse(&number) else { continue };
                let mut slip = digits;
                slip[at] = b'0' + (slip[at] - b'0' + by) % 10;
                prop_assert!(parse(std::str::from_utf8(&slip).unwrap()).is_err());
                let mut swapped = digits;
                swapped.swap(at, at + 1);
                prop_assert!(swapped == digits || parse(std::str::from_utf8(&swapped).unwrap()).is_err());
            }
        }

        #[test]
        fn no_text_stops_the_program(text in "\\PC{0,14}") {
            let _ = parse(&text);
        }
    }
}
