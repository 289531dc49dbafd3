//! An ethnicity as the council has it and, separately, as health services have
//! it: the two code sets are not one to one, and the two were asked at
//! different times.

use super::chance::Chance;

/// One person's ethnicity in the records of both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ethnicity {
    /// DfE code of four letters.
    pub dfe: &'static str,
    /// NHS 2001 category: A to S, Z not stated, 99 not known.
    pub nhs: &'static str,
}

/// DfE code, share, the NHS category that comes nearest.
const CODES: [(&str, f64, &str); 20] = [
    ("WBRI", 740.0, "A"),
    ("WIRI", 6.0, "B"),
    ("WIRT", 1.5, "C"),
    ("WROM", 2.5, "C"),
    ("WOTH", 72.0, "C"),
    ("MWBC", 14.0, "D"),
    ("MWBA", 12.0, "E"),
    ("MWAS", 14.0, "F"),
    ("MOTH", 18.0, "G"),
    ("AIND", 14.0, "H"),
    ("APKN", 9.0, "J"),
    ("ABAN", 13.0, "K"),
    ("AOTH", 15.0, "L"),
    ("BCRB", 4.0, "M"),
    ("BAFR", 30.0, "N"),
    ("BOTH", 6.0, "P"),
    ("CHNE", 7.0, "R"),
    ("OOTH", 10.0, "S"),
    ("REFU", 5.0, "Z"),
    ("NOBT", 7.0, "99"),
];

/// A family's ethnicity as the council has it.
pub(super) fn of_family(chance: &mut Chance) -> usize {
    chance.weighted(&CODES.map(|(_, share, _)| share))
}

/// One child's records, given the family's place in the list: siblings are
/// mostly recorded alike.
pub(super) fn of_child(family: usize, chance: &mut Chance) -> Ethnicity {
    let place = match chance.happens(0.97) {
        true => family,
        false => of_family(chance),
    };
    let (dfe, _, nearest) = CODES.get(place).copied().unwrap_or(CODES[0]);
    let nhs = match chance.weighted(&[86.0, 6.0, 5.0, 3.0]) {
        0 => nearest,
        1 => "Z",
        2 => "99",
        _ => CODES[of_family(chance)].2,
    };
    Ethnicity { dfe, nhs }
}
