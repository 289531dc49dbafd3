//! A place is where people live or are seen: made-up postcodes of the right
//! shape, wards that do not exist, surgeries with made-up codes.

use super::chance::Chance;

/// Letters that the second half of a postcode may have.
const INWARD: &[u8; 20] = b"ABDEFGHJLNPQRSTUWXYZ";

/// A well-formed postcode in SS0 to SS9, `SS4 7QX`, that a household of a
/// hundred or so may share with others.
pub(super) fn postcode(chance: &mut Chance) -> String {
    let letter = |chance: &mut Chance| {
        char::from(INWARD[chance.between(0, INWARD.len() as i64 - 1) as usize])
    };
    let district = [0, 1, 1, 2, 2, 3, 3, 9, 9, 0][chance.between(0, 9) as usize];
    let sector = chance.between(0, 9);
    let (first, second) = (letter(chance), letter(chance));
    format!("SS{district} {sector}{first}{second}")
}

/// General practices with made-up codes of the right shape.
pub(super) const PRACTICES: [&str; 24] = [
    "F99801", "F99802", "F99803", "F99804", "F99805", "F99806", "F99807", "F99808", "F99809",
    "F99810", "F99811", "F99812", "F99813", "F99814", "F99815", "F99816", "F99817", "F99818",
    "F99819", "F99820", "F99821", "F99822", "F99823", "F99824",
];
