//! A place is where people live or are seen: made-up postcodes of the right
//! shape, wards that do not exist, surgeries with made-up codes.

use super::chance::Chance;

/// Districts that children live in.
const DISTRICTS: [u8; 5] = [0, 1, 2, 3, 9];

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

/// A lower-layer super output area: half of a postcode sector, of which a made-up
/// Southend has a hundred. Its code is none of the country's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Area(u8);

impl Area {
    /// Every area.
    pub fn all() -> impl Iterator<Item = Area> {
        (0..20 * DISTRICTS.len() as u8).map(Area)
    }

    /// The area that a postcode of the made-up form `SS4 7QX` lies in; `None`
    /// for one that the directory does not have, which one in 400 is.
    #[must_use]
    pub fn of(postcode: &str) -> Option<Area> {
        let [b'S', b'S', district, b' ', sector, first, second] = *postcode.as_bytes() else {
            return None;
        };
        let district = DISTRICTS.iter().position(|own| own + b'0' == district)?;
        if (first, second) == (b'Z', b'Z') {
            return None;
        }
        let half = u8::from(first >= b'N');
        Some(Area(
            20 * district as u8 + 2 * sector.checked_sub(b'0')? + half,
        ))
    }

    /// `E01990001`.
    #[must_use]
    pub fn code(self) -> String {
        format!("E0199{:04}", u16::from(self.0) + 1)
    }

    /// Decile of the Index of Multiple Deprivation, 1 the most deprived: more
    /// of the area is deprived than of the country.
    #[must_use]
    pub fn decile(self) -> u8 {
        const MIX: [u8; 20] = [1, 6, 2, 8, 1, 4, 10, 3, 7, 2, 5, 9, 1, 3, 6, 2, 8, 4, 10, 5];
        MIX[usize::from(self.0) * 7 % MIX.len()]
    }
}

/// Another postcode of the same area; the same one if it is none of ours.
pub(crate) fn nearby(postcode: &str, bits: u64) -> String {
    let Some(area) = Area::of(postcode) else {
        return postcode.to_owned();
    };
    let start = postcode.get(..5).unwrap_or_default();
    (0..INWARD.len() as u64)
        .map(|turn| {
            let letter = |drawn: u64| char::from(INWARD[(drawn % INWARD.len() as u64) as usize]);
            format!(
                "{start}{}{}",
                letter((bits >> 8) + turn),
                letter(bits >> 24)
            )
        })
        .find(|other| other != postcode && Area::of(other) == Some(area))
        .unwrap_or_else(|| postcode.to_owned())
}

/// Every postcode that there is.
pub(crate) fn postcodes() -> impl Iterator<Item = String> {
    DISTRICTS.into_iter().flat_map(|district| {
        (0..10u8).flat_map(move |sector| {
            INWARD.iter().flat_map(move |first| {
                INWARD.iter().map(move |second| {
                    let (first, second) = (char::from(*first), char::from(*second));
                    format!("SS{district} {sector}{first}{second}")
                })
            })
        })
    })
}

/// General practices with made-up codes of the right shape.
pub(super) const PRACTICES: [&str; 24] = [
    "F99801", "F99802", "F99803", "F99804", "F99805", "F99806", "F99807", "F99808", "F99809",
    "F99810", "F99811", "F99812", "F99813", "F99814", "F99815", "F99816", "F99817", "F99818",
    "F99819", "F99820", "F99821", "F99822", "F99823", "F99824",
];
