//! An NHS number is ten digits, the last of which checks the others (NHS Data
//! Dictionary, NHS NUMBER). A valid check digit is not a verified number.

use super::{Digits, uln, upn};

/// The ten digits of an NHS number as written, with spaces and hyphens taken
/// out. The error says what is wrong without saying the number.
#[inline]
pub(crate) fn parse(text: &str) -> Result<[u8; 10], &'static str> {
    let digits = Digits::read(text).map_err(|fault| match upn::parse(text) {
        Ok(_) => "is a unique pupil number (UPN), not an NHS number",
        Err(_) => fault,
    })?;
    if is_filler(&digits.0) {
        return Err("is a filler, not an NHS number");
    }
    if is_valid(&digits) {
        Ok(digits.0)
    } else if uln::is_valid(&digits) {
        Err("has the check digit of a unique learner number (ULN), not of an NHS number")
    } else {
        Err("has a wrong check digit")
    }
}

/// Numbers that begin with 9 are issued for tests, never to a person.
#[inline]
pub(crate) fn begins_test_range(digits: &[u8; 10]) -> bool {
    digits[0] == b'9'
}

/// Numbers that no feed of people should hold, as NHS England's validation
/// engine has it: the test range, palindromes and fillers.
pub(super) fn is_test(digits: &[u8; 10]) -> bool {
    begins_test_range(digits) || is_filler(digits) || digits.iter().eq(digits.iter().rev())
}

fn is_filler(digits: &[u8; 10]) -> bool {
    *digits == [digits[0]; 10] || digits == b"0123456789"
}

/// Weights 10 to 2 on the first nine digits; 11 less the sum modulo 11 is the
/// tenth, where 11 stands for 0 and 10 is never issued. Put shortly: with
/// weight 1 on the tenth, the whole sum divides by 11.
pub(super) fn is_valid(digits: &Digits) -> bool {
    digits.weighted() == 0
}
