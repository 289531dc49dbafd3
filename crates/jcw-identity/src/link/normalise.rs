//! Canonical forms packed into machine words, so that millions of records fit
//! into memory and compare fast. 0 is none.

use crate::canonical;
use jcw_contract::identifier;

/// An NHS number as a number; none where it is kept for tests, so that nobody
/// is tied by a filler.
pub(crate) fn nhs_number(text: &str) -> Option<u64> {
    let is_issued = !identifier::is_test_nhs_number(text);
    canonical::nhs_number(text)
        .filter(|_| is_issued)
        .map(|digits| packed(&digits))
}

/// A unique learner number.
pub(crate) fn uln(text: &str) -> Option<u64> {
    canonical::uln(text).map(|digits| packed(&digits))
}

/// A unique pupil number and whether it is temporary. The check letter follows
/// from the rest and is left out.
pub(crate) fn upn(text: &str) -> Option<(u64, bool)> {
    let upn = canonical::upn(text)?;
    Some((packed(upn.get(1..)?), identifier::is_temporary_upn(text)))
}

/// NHS number status `01`: present and verified.
pub(crate) fn is_verified(status: &str) -> bool {
    status == "01" || status == "1"
}

/// 1 male, 2 female, 0 not known.
pub(crate) fn sex(text: &str) -> u8 {
    match canonical::sex(text) {
        Some("M") => 1,
        Some(_) => 2,
        None => 0,
    }
}

/// A postcode.
pub(crate) fn postcode(text: &str) -> Option<u64> {
    canonical::postcode(text).map(|code| packed(&code))
}

/// A packed postcode without its last two letters.
pub(crate) fn sector(postcode: u64) -> u64 {
    postcode / (36 * 36)
}

/// Family and given names without the particles between them, which partners
/// count now to the one and now to the other: `van der Mar` is MAR.
pub(crate) fn names(
    surname: Option<&str>,
    forename: Option<&str>,
    full_name: Option<&str>,
) -> (String, String) {
    let (forename, surname) = match (surname, forename) {
        (None, None) => full_name.map_or((None, None), canonical::full_name),
        (surname, forename) => (
            forename.and_then(canonical::name),
            surname.and_then(canonical::name),
        ),
    };
    (plain(surname), plain(forename))
}

const PARTICLES: [&str; 16] = [
    "VAN", "DER", "DEN", "DE", "DI", "DA", "DOS", "LA", "LE", "VON", "NI", "AL", "EL", "BIN",
    "BINT", "TER",
];

fn plain(name: Option<String>) -> String {
    let name = name.unwrap_or_default();
    let is_name = |word: &&str| !PARTICLES.contains(word);
    let kept: Vec<&str> = name.split(' ').filter(is_name).collect();
    match kept.is_empty() {
        true => name,
        false => kept.join(" "),
    }
}

fn packed(text: &str) -> u64 {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => u64::from(byte - b'0'),
        _ => u64::from(byte.to_ascii_uppercase().saturating_sub(b'A')) + 10,
    };
    (text.bytes().filter(u8::is_ascii_alphanumeric)).fold(1, |sum, byte| sum * 36 + digit(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_a_number_is_written_it_is_one_word() {
        assert!(nhs_number("4010232137").is_some());
        assert_eq!(nhs_number("4010232137.0"), nhs_number("401-023-2137"));
        assert_eq!(nhs_number("9434765919"), None, "kept for tests");
        assert_eq!(nhs_number("4010232138"), None);
        assert_eq!(upn("B801200005001"), upn("b801 2000 05001"));
        assert!(upn("L88212341900A").unwrap().1 && !upn("B801200005001").unwrap().1);
        assert_eq!(uln("927 630 8686"), uln("9276308686"));
        assert_eq!(postcode("ss0 0ry"), postcode("SS00RY"));
        assert_eq!(postcode("ZZ99 3VZ"), None);
        let sectors = ["SS1 4TJ", "SS1 4AB"].map(|code| sector(postcode(code).unwrap()));
        assert_eq!(sectors[0], sectors[1]);
        assert_eq!((sex("M"), sex("2"), sex("X"), sex("9")), (1, 2, 0, 0));
    }

    #[test]
    fn particles_belong_to_neither_name() {
        let whole = names(None, None, Some("Anne-Marie van der Marmere"));
        assert_eq!(whole, ("MARMERE".into(), "ANNE MARIE".into()));
        assert_eq!(
            names(Some("van der Marmere"), Some("Anne-Marie"), None),
            whole
        );
        assert_eq!(names(Some("Al"), None, None).0, "AL");
    }
}
