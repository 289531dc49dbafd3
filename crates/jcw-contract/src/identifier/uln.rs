//! A unique learner number is ten digits, the last of which checks the others
//! (Learning Records Service). The first is never 0; the filler 9999999999 does
//! not pass its own check.

use super::{Digits, nhs_number};

/// The ten digits, with spaces and hyphens taken out. The error says what is
/// wrong without saying the number.
pub(crate) fn parse(text: &str) -> Result<[u8; 10], &'static str> {
    let digits = Digits::read(text)?;
    if is_valid(&digits) {
        Ok(digits.0)
    } else if digits.0[0] == b'0' {
        Err("begins with 0, which no unique learner number does")
    } else if nhs_number::is_valid(&digits) && digits.0 != [digits.0[0]; 10] {
        Err("has the check digit of an NHS number, not of a unique learner number (ULN)")
    } else {
        Err("has a wrong check digit")
    }
}

/// Weights 10 to 2 on the first nine digits; 10 less the sum modulo 11 is the
/// tenth, where a sum that divides by 11 is never issued. Put shortly: with
/// weight 1 on the tenth, the whole sum leaves 10.
pub(super) fn is_valid(digits: &Digits) -> bool {
    digits.0[0] != b'0' && digits.weighted() == 10
}
