//! A unique pupil number is thirteen characters: a check letter, the number of
//! the local authority, and nine more, the last of which is a letter while the
//! number is temporary (DfE, Unique pupil numbers).

use super::Digits;
use super::{nhs_number, uln};
use crate::text;

/// The letters, by the number that each stands for.
const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";

/// The thirteen characters in upper case, spaces taken out. The error says what
/// is wrong without saying the number.
pub(crate) fn parse(text: &str) -> Result<[u8; 13], &'static str> {
    let upn = shaped(text).map_err(|fault| match Digits::read(text) {
        Ok(digits) if nhs_number::is_valid(&digits) => {
            "is an NHS number, not a unique pupil number (UPN)"
        }
        Ok(digits) if uln::is_valid(&digits) => {
            "is a unique learner number (ULN), not a unique pupil number (UPN)"
        }
        _ => fault,
    })?;
    if letter_of(&upn) == upn[0] {
        Ok(upn)
    } else if value(upn[0]).is_none() {
        Err("begins with a letter that no unique pupil number has: I, O or S")
    } else {
        Err("has a wrong check letter")
    }
}

/// The letter that a text of the right form should begin with.
pub(super) fn check_letter(text: &str) -> Option<char> {
    let upn = shaped(text).ok()?;
    Some(char::from(letter_of(&upn)))
}

/// Thirteen characters of which all but the check letter are what they may be.
fn shaped(text: &str) -> Result<[u8; 13], &'static str> {
    let plain = text::plain(text);
    let mut upn = [0u8; 13];
    let mut count = 0;
    for byte in plain.as_deref().unwrap_or(text).bytes() {
        if byte == b' ' {
            continue;
        }
        *upn.get_mut(count).ok_or("has more than 13 characters")? = byte.to_ascii_uppercase();
        count += 1;
    }
    if count < upn.len() {
        return Err("has fewer than 13 characters");
    }
    if !upn[0].is_ascii_alphabetic() {
        return Err("does not begin with a letter");
    }
    if !upn[1..12].iter().all(u8::is_ascii_digit) {
        return Err("has something other than a digit among its 2nd to 12th characters");
    }
    match value(upn[12]) {
        Some(_) => Ok(upn),
        None => Err("ends in neither a digit nor a letter of the alphabet without I, O and S"),
    }
}

/// The characters after the first, weighted 2 to 13, name the first.
fn letter_of(upn: &[u8; 13]) -> u8 {
    let sum: u32 = (upn.iter().zip(1u32..).skip(1))
        .map(|(character, weight)| value(*character).unwrap_or(0) * weight)
        .sum();
    LETTERS[sum as usize % LETTERS.len()]
}

fn value(character: u8) -> Option<u32> {
    match character {
        b'0'..=b'9' => Some(u32::from(character - b'0')),
        _ => LETTERS
            .iter()
            .position(|letter| *letter == character)
            .map(|place| place as u32),
    }
}
