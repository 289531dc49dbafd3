//! An identifier is a number that an authority gave one person or one place,
//! with a form that shows slips of the pen. A valid form is not a verified
//! identifier.
//!
//! | | form | check |
//! |---|---|---|
//! | NHS number | ten digits | weights 10 to 1, sum modulo 11 is 0 |
//! | ULN | ten digits, the first not 0 | weights 10 to 1, sum modulo 11 is 10 |
//! | UPN | a letter, eleven digits, a digit or (temporary) a letter | the first letter is the weighted sum modulo 23 |
//! | postcode | `A9 9AA` to `AA9A 9AA` | |
//!
//! The sums of the first two differ, so that no ten digits are both: columns
//! that were swapped are told apart by their check digits.

pub(crate) mod nhs_number;
mod postcode;
pub(crate) mod uln;
pub(crate) mod upn;

pub use postcode::is_postcode;

use crate::text;

/// Whether a text is an NHS number with a valid check digit, spaces and hyphens
/// taken out. A filler such as 0000000000 is none; a test number is one.
pub fn is_nhs_number(text: &str) -> bool {
    nhs_number::parse(text).is_ok()
}

/// Whether ten digits are kept for tests or are a filler: those that begin with
/// 9, that read the same backwards, and 0123456789.
pub fn is_test_nhs_number(text: &str) -> bool {
    Digits::read(text).is_ok_and(|digits| nhs_number::is_test(&digits.0))
}

/// Whether a text is a unique pupil number, permanent or temporary.
pub fn is_upn(text: &str) -> bool {
    upn::parse(text).is_ok()
}

/// The letter that a unique pupil number should begin with, whichever it does;
/// none when the text does not have the form of one.
pub fn upn_check_letter(text: &str) -> Option<char> {
    upn::check_letter(text)
}

/// Whether a text is a unique pupil number that a school gave for the time
/// being: one whose last character is a letter.
pub fn is_temporary_upn(text: &str) -> bool {
    upn::parse(text).is_ok_and(|upn| upn[12].is_ascii_alphabetic())
}

/// Whether a text is a unique learner number with a valid check digit, spaces
/// and hyphens taken out.
pub fn is_uln(text: &str) -> bool {
    uln::parse(text).is_ok()
}

/// Ten digits as written, with spaces and hyphens taken out.
struct Digits([u8; 10]);

impl Digits {
    /// The error is the rest of a sentence, and never says a digit.
    #[inline]
    fn read(text: &str) -> Result<Digits, &'static str> {
        match text::plain(text) {
            None => Digits::of(text.as_bytes()),
            Some(plain) => Digits::of(plain.as_bytes()),
        }
    }

    #[inline]
    fn of(text: &[u8]) -> Result<Digits, &'static str> {
        match <[u8; 10]>::try_from(text) {
            Ok(digits) if digits.iter().all(u8::is_ascii_digit) => Ok(Digits(digits)),
            _ => Digits::gather(text),
        }
    }

    /// Ten digits from among spaces and hyphens. A sheet that took the number
    /// for a quantity writes `.0` behind it, which loses nothing.
    fn gather(text: &[u8]) -> Result<Digits, &'static str> {
        let text = text.strip_suffix(b".0").unwrap_or(text);
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
                _ if is_scientific(text) => {
                    return Err("is written with an exponent, which has lost its last digits");
                }
                _ => return Err("has a character that is not a digit, a space or a hyphen"),
            }
        }
        if count < 10 {
            return Err("has fewer than ten digits");
        }
        Ok(Digits(digits))
    }

    /// The digits, weighted 10 to 1, modulo 11.
    fn weighted(&self) -> u32 {
        let sum: u32 = (self.0.iter().zip((1..=10u32).rev()))
            .map(|(digit, weight)| u32::from(digit - b'0') * weight)
            .sum();
        sum % 11
    }
}

/// `9.43E+09`
fn is_scientific(text: &[u8]) -> bool {
    text.first().is_some_and(u8::is_ascii_digit)
        && text.iter().any(|byte| byte.eq_ignore_ascii_case(&b'e'))
        && (text.iter())
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+'))
}

#[cfg(test)]
mod tests;
