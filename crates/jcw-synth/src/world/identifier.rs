//! An identifier is what an organisation knows a person by. All of these are
//! made from the person's number so that no two people share one, and all of
//! their check digits are right; the faults come later.

/// Letters of a UPN by the value they stand for: no I, O or S.
const UPN_LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";
/// Numbers below this are what the bodies of identifiers are made from.
const BODY: u64 = 10_000_000;

/// Person numbers in another order: a bijection of `0..10,000,000`.
fn shuffled(number: u64, seed: u64, multiplier: u64) -> u64 {
    // Multipliers end in 1, 3, 7 or 9 and are therefore coprime to ten million.
    (number % BODY * multiplier + seed % BODY) % BODY
}

fn digits(mut number: u64, count: usize) -> Vec<u64> {
    let mut digits = vec![0; count];
    for digit in digits.iter_mut().rev() {
        *digit = number % 10;
        number /= 10;
    }
    digits
}

fn text(digits: &[u64]) -> String {
    digits
        .iter()
        .map(|digit| char::from(b'0' + (*digit % 10) as u8))
        .collect()
}

/// Weights 10 to 2 over the first nine digits, modulo 11.
fn remainder(nine: &[u64]) -> u64 {
    nine.iter()
        .zip((2..=10).rev())
        .map(|(d, w)| d * w)
        .sum::<u64>()
        % 11
}

/// A valid NHS number of the range beginning with 5, which was never issued,
/// so that no real person can be meant.
#[must_use]
pub fn nhs_number(person: u64, seed: u64) -> String {
    let mut nine = digits(5 * BODY + shuffled(person, seed, 7_654_321), 8);
    nine.push(0);
    let start = person % 10;
    for turn in 0..10 {
        nine[8] = (start + turn) % 10;
        let check = match 11 - remainder(&nine) {
            11 => 0,
            10 => continue,
            check => check,
        };
        let mut all = nine.clone();
        all.push(check);
        // Receivers refuse numbers that read the same backwards.
        if all.iter().ne(all.iter().rev()) {
            return text(&all);
        }
    }
    // Two of ten ninth digits at most are refused above.
    text(&nine)
}

/// A valid unique learner number: ten digits, no leading 0.
#[must_use]
pub fn uln(person: u64, seed: u64) -> String {
    let body = shuffled(person, seed, 3_217_649);
    let mut nine = digits((1 + person % 9) * BODY + body, 8);
    nine.push(0);
    let start = person / 9 % 10;
    for turn in 0..10 {
        nine[8] = (start + turn) % 10;
        let rest = remainder(&nine);
        if rest != 0 {
            nine.push(10 - rest);
            break;
        }
    }
    text(&nine)
}

/// A valid unique pupil number given by this local authority; a temporary one
/// ends in a letter.
#[must_use]
pub fn upn(person: u64, seed: u64, authority: u16, temporary: bool) -> String {
    let mut values = digits(u64::from(authority), 3);
    values.extend(digits(
        200_000_000 + shuffled(person, seed, 1_299_709) * 10 + person % 10,
        9,
    ));
    if temporary {
        // The letter stands for another value than the digit would, so that
        // it is not somebody's permanent number with its end spelt otherwise.
        values[11] += 10;
    }
    let sum: u64 = values.iter().zip(2..=13).map(|(v, w)| v * w).sum();
    let mut upn = String::with_capacity(13);
    upn.push(char::from(UPN_LETTERS[(sum % 23) as usize]));
    upn.push_str(&text(&values[..11]));
    match temporary {
        true => upn.push(char::from(UPN_LETTERS[(values[11] % 23) as usize])),
        false => upn.push_str(&text(&values[11..])),
    }
    upn
}

/// The council's own number of a child.
#[must_use]
pub fn council_child_id(person: u64) -> String {
    format!("C{:07}", 1_000_000 + person)
}

/// What a provider knows a patient by. Every provider counts for itself, so
/// the same number means different children at different providers.
#[must_use]
pub fn local_patient_id(person: u64, seed: u64, multiplier: u64) -> String {
    format!("{:07}", shuffled(person, seed >> 3, multiplier))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn sum11(text: &str) -> u64 {
        text.bytes()
            .zip((1..=10).rev())
            .map(|(digit, weight)| u64::from(digit - b'0') * weight)
            .sum::<u64>()
            % 11
    }

    fn upn_is_valid(upn: &str) -> bool {
        let sum: u64 = upn
            .bytes()
            .skip(1)
            .zip(2..=13)
            .map(|(byte, weight)| {
                let value = match byte.is_ascii_digit() {
                    true => u64::from(byte - b'0'),
                    false => UPN_LETTERS.iter().position(|l| *l == byte).unwrap() as u64,
                };
                value * weight
            })
            .sum();
        upn.len() == 13 && upn.as_bytes()[0] == UPN_LETTERS[(sum % 23) as usize]
    }

    #[test]
    fn the_check_letter_is_that_of_the_published_example() {
        assert!(upn_is_valid("B801200005001"));
        assert!(!upn_is_valid("Q207000016049"));
    }

    #[test]
    fn every_identifier_is_valid_and_nobody_shares_one() {
        let mut seen = BTreeSet::new();
        for person in 1..=20_000 {
            let nhs = nhs_number(person, 42);
            assert!(nhs.len() == 10 && nhs.starts_with('5') && sum11(&nhs) == 0);
            let uln = uln(person, 42);
            assert!(
                uln.len() == 10 && !uln.starts_with('0') && sum11(&uln) == 10,
                "{uln}"
            );
            let temporary = person % 7 == 0;
            let upn = upn(person, 42, 882, temporary);
            assert!(upn_is_valid(&upn), "{upn}");
            assert_eq!(
                upn.ends_with(|end: char| end.is_ascii_alphabetic()),
                temporary
            );
            assert!(seen.insert(nhs) && seen.insert(uln) && seen.insert(upn));
        }
    }
}
