//! A postcode is two parts, `SS11 7XX`: the outward code of two to four
//! characters and the inward code of three (Royal Mail, PAF Programmers' Guide).
//! Only the form is looked at. The NHS's pseudo-postcodes (`ZZ99 3VZ`, no fixed
//! abode) have another form on purpose, and are none.

use crate::text;

/// Whether a text has the form of a UK postcode, in any case, with or without
/// its space.
pub fn is_postcode(text: &str) -> bool {
    let plain = text::plain(text);
    let code: Vec<u8> = (plain.as_deref().unwrap_or(text).bytes())
        .filter(|byte| *byte != b' ')
        .map(|byte| byte.to_ascii_uppercase())
        .collect();
    let Some((outward, [digit, unit @ ..])) = code.split_last_chunk::<3>() else {
        return false;
    };
    let is_inward = digit.is_ascii_digit() && unit.iter().all(|letter| is(*letter, b"CIKMOV"));
    is_inward && (is_outward(outward) || code == b"GIR0AA")
}

/// `A9 A99 A9A AA9 AA99 AA9A`
fn is_outward(code: &[u8]) -> bool {
    let Some((first, rest)) = code.split_first() else {
        return false;
    };
    let is_district = |code: &[u8], last: &[u8]| match code {
        [one] => one.is_ascii_digit(),
        [one, two] => one.is_ascii_digit() && (two.is_ascii_digit() || last.contains(two)),
        _ => false,
    };
    is(*first, b"QVX")
        && match rest {
            [second, district @ ..] if second.is_ascii_alphabetic() => {
                is(*second, b"IJZ") && is_district(district, b"ABEHMNPRVWXY")
            }
            district => is_district(district, b"ABCDEFGHJKPSTUW"),
        }
}

/// Whether it is a capital letter other than these.
fn is(letter: u8, except: &[u8]) -> bool {
    letter.is_ascii_uppercase() && !except.contains(&letter)
}
