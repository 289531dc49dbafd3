//! A canonical form is the one way in which an identifier is written before it
//! is compared or made a pseudonym of. What has no canonical form is `None`:
//! nobody is found by it.

use icu_normalizer::DecomposingNormalizer;
use jcw_contract::identifier;

/// Ten digits of a valid NHS number; neither a filler nor one kept for tests
/// that reads the same backwards.
pub fn nhs_number(text: &str) -> Option<String> {
    identifier::is_nhs_number(text).then(|| digits(text))
}

/// Thirteen characters of a valid unique pupil number, permanent or temporary.
pub fn upn(text: &str) -> Option<String> {
    identifier::is_upn(text).then(|| unspaced(text))
}

/// Ten digits of a valid unique learner number.
pub fn uln(text: &str) -> Option<String> {
    identifier::is_uln(text).then(|| digits(text))
}

/// A partner's own number, trimmed; partners' numbers may differ in case alone.
pub fn local_id(text: &str) -> Option<String> {
    filled(text).map(str::to_owned)
}

/// A name in capitals, without accents: letters and digits, everything else a
/// single space; an apostrophe joins (`O'Brien` is `OBRIEN`).
pub fn name(text: &str) -> Option<String> {
    let mut name = String::with_capacity(text.len());
    for letter in DecomposingNormalizer::new_nfkd().normalize_iter(text.chars()) {
        match letter {
            'ß' => name.push_str("SS"),
            'ø' | 'Ø' => name.push('O'),
            'ł' | 'Ł' => name.push('L'),
            'æ' | 'Æ' => name.push_str("AE"),
            'đ' | 'Đ' | 'ð' | 'Ð' => name.push('D'),
            'þ' | 'Þ' => name.push_str("TH"),
            '\'' | '\u{2019}' | '\u{2018}' | '\u{2bc}' | '`' | '.' => {}
            '\u{300}'..='\u{36f}' => {}
            letter if letter.is_alphanumeric() => name.extend(letter.to_uppercase()),
            _ if !name.ends_with(' ') => name.push(' '),
            _ => {}
        }
    }
    filled(&name).map(str::to_owned)
}

/// The given name and the family name of a full one: `Smith, Anna` and
/// `Anna Maria Smith` are both `ANNA ...` and `SMITH`. One word is a family name.
pub fn full_name(text: &str) -> (Option<String>, Option<String>) {
    if let Some((family, given)) = text.split_once(',') {
        return (name(given), name(family));
    }
    match filled(text).and_then(|text| text.rsplit_once(char::is_whitespace)) {
        Some((given, family)) => (name(given), name(family)),
        None => (None, name(text)),
    }
}

/// A postcode in capitals with its one space: `SS1 1AA`.
pub fn postcode(text: &str) -> Option<String> {
    if !identifier::is_postcode(text) {
        return None;
    }
    let mut postcode = unspaced(text);
    postcode.insert(postcode.len().checked_sub(3)?, ' ');
    Some(postcode)
}

/// `F` or `M`, from the words and codes of the partners: DfE's and the NHS's
/// `1` and `2`, and letters. Anything else is not known.
pub fn sex(text: &str) -> Option<&'static str> {
    match text.trim().to_ascii_lowercase().as_str() {
        "1" | "01" | "m" | "male" | "boy" | "boys" => Some("M"),
        "2" | "02" | "f" | "female" | "girl" | "girls" => Some("F"),
        _ => None,
    }
}

fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

fn digits(text: &str) -> String {
    text.chars().filter(char::is_ascii_digit).take(10).collect()
}

fn unspaced(text: &str) -> String {
    text.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|letter| letter.to_ascii_uppercase())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_a_number_is_written_it_is_one_number() {
        for text in ["4010232137", "401 023 2137", "401-023-2137", "4010232137.0"] {
            assert_eq!(nhs_number(text).as_deref(), Some("4010232137"), "{text}");
        }
        for text in ["4010232138", "0000000000", "", "B801200005001"] {
            assert_eq!(nhs_number(text), None, "{text}");
        }
        assert_eq!(upn(" b801200005001").as_deref(), Some("B801200005001"));
        assert_eq!(uln("927 630 8686").as_deref(), Some("9276308686"));
    }

    #[test]
    fn a_name_is_known_without_its_accents_case_and_signs() {
        for (text, canonical) in [
            ("Zoë", "ZOE"),
            ("O\u{2019}Brien", "OBRIEN"),
            ("o'brien ", "OBRIEN"),
            ("Smith-Jones", "SMITH JONES"),
            ("Łukasz  Straße", "LUKASZ STRASSE"),
            ("Ｓｍｉｔｈ", "SMITH"),
        ] {
            assert_eq!(name(text).as_deref(), Some(canonical), "{text}");
        }
        assert_eq!(name(" - "), None);
    }

    #[test]
    fn a_full_name_has_a_given_and_a_family_name() {
        let both = (Some("ANNA MARIA".to_owned()), Some("SMITH".to_owned()));
        assert_eq!(full_name("Anna Maria Smith"), both);
        assert_eq!(full_name("SMITH, Anna Maria"), both);
        assert_eq!(full_name("Smith"), (None, Some("SMITH".to_owned())));
        assert_eq!(full_name(""), (None, None));
    }

    #[test]
    fn a_postcode_has_one_space() {
        for text in ["ss11aa", "SS1 1AA", "SS11AA ", "S S 1 1 A A"] {
            assert_eq!(postcode(text).as_deref(), Some("SS1 1AA"), "{text}");
        }
        assert_eq!(postcode("ZZ99 3VZ"), None);
        assert_eq!(
            (sex("2"), sex("Male"), sex("9")),
            (Some("F"), Some("M"), None)
        );
    }
}
