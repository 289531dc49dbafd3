//! Check digits, by the published examples and by the book.

use super::*;
use proptest::prelude::*;

/// The NHS Data Dictionary's rule as it is worded.
fn nhs_by_the_book(digits: &[u32]) -> bool {
    let mut sum = 0;
    for (position, digit) in (1..).zip(&digits[..9]) {
        sum += digit * (11 - position);
    }
    match 11 - sum % 11 {
        11 => digits[9] == 0,
        10 => false,
        check => digits[9] == check,
    }
}

/// The Learning Records Service's rule as it is worded.
fn uln_by_the_book(digits: &[u32]) -> bool {
    let mut sum = 0;
    for (position, digit) in (1..).zip(&digits[..9]) {
        sum += digit * (11 - position);
    }
    match sum % 11 {
        0 => false,
        remainder => digits[0] != 0 && digits[9] == 10 - remainder,
    }
}

fn split(number: &str) -> Vec<u32> {
    number.chars().map(|c| c.to_digit(10).unwrap()).collect()
}

fn is_filler(number: &str) -> bool {
    number == "0123456789" || number.chars().all(|c| number.starts_with(c))
}

#[test]
fn the_published_nhs_numbers_are_valid() {
    for number in [
        "9434765919",
        "401 023 2137",
        "401-023-2137",
        " 401\u{a0}023\u{2011}2137",
        "４０１０２３２１３７",
        "4010232137.0",
    ] {
        assert!(is_nhs_number(number), "{number}");
    }
    for wrong in 0..9 {
        assert!(!is_nhs_number(&format!("943476591{wrong}")));
    }
    assert!((0..10).all(|check| check == 7 || !is_nhs_number(&format!("401023213{check}"))));
}

#[test]
fn wrong_nhs_numbers_are_refused_for_the_right_reason() {
    let parse = nhs_number::parse;
    assert_eq!(parse("401023213"), Err("has fewer than ten digits"));
    assert_eq!(parse("40102321377"), Err("has more than ten digits"));
    assert_eq!(parse("4010232138"), Err("has a wrong check digit"));
    assert_eq!(
        parse("4O10232137"),
        Err("has a character that is not a digit, a space or a hyphen")
    );
    assert_eq!(
        parse("4.01E+09"),
        Err("is written with an exponent, which has lost its last digits")
    );
    assert_eq!(
        parse("9276308686"),
        Err("has the check digit of a unique learner number (ULN), not of an NHS number")
    );
    assert_eq!(
        parse("B801200005001"),
        Err("is a unique pupil number (UPN), not an NHS number")
    );
    for filler in ["0000000000", "1111111111", "9999999999", "0123456789"] {
        assert_eq!(parse(filler), Err("is a filler, not an NHS number"));
        assert!(!is_nhs_number(filler) && is_test_nhs_number(filler));
    }
}

#[test]
fn test_numbers_begin_with_9_or_read_the_same_backwards() {
    for number in ["9434765919", "999 123 4567", "4010220104", "0123456789"] {
        assert!(is_test_nhs_number(number), "{number}");
    }
    for number in ["4010232137", "9276308686 1", "", "B801200005001"] {
        assert!(!is_test_nhs_number(number), "{number}");
    }
}

#[test]
fn the_published_pupil_numbers_are_judged_by_their_letter() {
    for upn in [
        "B801200005001",
        "b801 2000 05001",
        " Ｂ801200005001\u{a0}",
        "P207000016049",
        "L88212341900A",
        "l88212341900a",
    ] {
        assert!(is_upn(upn), "{upn}");
    }
    assert!(is_temporary_upn("L88212341900A") && !is_temporary_upn("B801200005001"));
    assert!(!is_temporary_upn("M88212341900A"));
    assert!(!is_upn("Q207000016049"));
    assert_eq!(upn_check_letter("Q207000016049"), Some('P'));
    assert_eq!(upn_check_letter("I207000016049"), Some('P'));
    assert_eq!(upn_check_letter("Z88212341900a"), Some('L'));
    assert_eq!(upn_check_letter("Q20700001604"), None);
    assert_eq!(upn_check_letter("Q20700001604S"), None);
}

#[test]
fn wrong_pupil_numbers_are_refused_for_the_right_reason() {
    for (upn, reason) in [
        ("B80120000500", "has fewer than 13 characters"),
        ("B8012000050011", "has more than 13 characters"),
        ("1801200005001", "does not begin with a letter"),
        (
            "B80120O005001",
            "has something other than a digit among its 2nd to 12th characters",
        ),
        (
            "B80120000500I",
            "ends in neither a digit nor a letter of the alphabet without I, O and S",
        ),
        ("Q207000016049", "has a wrong check letter"),
        (
            "S207000016049",
            "begins with a letter that no unique pupil number has: I, O or S",
        ),
        (
            "401 023 2137",
            "is an NHS number, not a unique pupil number (UPN)",
        ),
        (
            "9276308686",
            "is a unique learner number (ULN), not a unique pupil number (UPN)",
        ),
    ] {
        assert_eq!(upn::parse(upn), Err(reason), "{upn}");
    }
}

#[test]
fn learner_numbers_have_their_own_check_digit() {
    assert!(is_uln("9276308686") && is_uln("927 630-8686") && is_uln("9276308686.0"));
    assert_eq!(uln::parse("9276308685"), Err("has a wrong check digit"));
    assert_eq!(uln::parse("9999999999"), Err("has a wrong check digit"));
    assert_eq!(
        uln::parse("4010232137"),
        Err("has the check digit of an NHS number, not of a unique learner number (ULN)")
    );
    assert_eq!(uln::parse("927630868"), Err("has fewer than ten digits"));
    assert_eq!(
        uln::parse("0276308686"),
        Err("begins with 0, which no unique learner number does")
    );
}

#[test]
fn postcodes_have_six_forms() {
    for code in [
        "M1 1AE",
        "M60 1NW",
        "W1A 1HQ",
        "CR2 6XH",
        "DN55 1PT",
        "EC1A 1BB",
        "ss117xx",
        "GIR 0AA",
        "SS0\u{a0}0RY",
    ] {
        assert!(is_postcode(code), "{code}");
    }
    for code in [
        "",
        "SS11",
        "SS11 7X",
        "SS1 1 7XXX",
        "QS1 1AA",
        "SI1 1AA",
        "SS1 1AC",
        "SS111 1AA",
        "S 1AA",
        "ZZ99 3VZ",
        "É1 1AA",
        "SS11-7XX",
    ] {
        assert!(!is_postcode(code), "{code}");
    }
}

proptest! {
    #[test]
    fn check_digits_agree_with_the_book(number in "[0-9]{10}") {
        prop_assert_eq!(is_nhs_number(&number), nhs_by_the_book(&split(&number)) && !is_filler(&number));
        prop_assert_eq!(is_uln(&number), uln_by_the_book(&split(&number)));
    }

    #[test]
    fn no_ten_digits_are_both_an_nhs_number_and_a_uln(nine in "[0-9]{9}") {
        for check in 0..10 {
            let number = format!("{nine}{check}");
            prop_assert!(!(is_nhs_number(&number) && is_uln(&number)));
        }
    }

    #[test]
    fn one_wrong_digit_or_two_swapped_are_always_found(nine in "[0-9]{9}", at in 0usize..9, by in 1u8..10) {
        for check in 0..10 {
            let number = format!("{nine}{check}");
            for is_valid in [is_nhs_number, is_uln] {
                if !is_valid(&number) {
                    continue;
                }
                let mut slip = number.clone().into_bytes();
                slip[at] = b'0' + (slip[at] - b'0' + by) % 10;
                prop_assert!(!is_valid(std::str::from_utf8(&slip).unwrap()));
                let mut swapped = number.clone().into_bytes();
                swapped.swap(at, at + 1);
                let swapped = String::from_utf8(swapped).unwrap();
                prop_assert!(swapped == number || !is_valid(&swapped));
            }
        }
    }

    #[test]
    fn every_pupil_number_has_exactly_one_letter(rest in "[0-9]{11}[0-9A-HJ-NP-RT-Z]", wrong in "[A-Z]") {
        let letter = upn_check_letter(&format!("A{rest}")).unwrap();
        let upn = format!("{letter}{rest}");
        prop_assert!(is_upn(&upn));
        prop_assert_eq!(is_upn(&format!("{wrong}{rest}")), wrong.starts_with(letter));
        prop_assert_eq!(is_temporary_upn(&upn), rest.ends_with(|c: char| c.is_ascii_alphabetic()));
        prop_assert!(!is_nhs_number(&upn) && !is_uln(&upn));
    }

    #[test]
    fn no_text_stops_the_program(text in "\\PC{0,14}") {
        let _ = (is_nhs_number(&text), is_uln(&text), is_upn(&text), is_postcode(&text), is_test_nhs_number(&text));
    }
}
