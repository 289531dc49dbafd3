//! Text is what a cell holds before it has a type. Here it loses what no
//! reader can see, and labels become comparable.

use icu_normalizer::ComposingNormalizer;
use std::borrow::Cow;

/// The cell without white space (no-break spaces too), byte-order marks and
/// zero-width characters at either end.
#[inline]
pub(crate) fn trim(cell: &str) -> &str {
    let bytes = cell.as_bytes();
    match (bytes.first(), bytes.last()) {
        (Some(first), Some(last)) if is_plain(*first) && is_plain(*last) => cell,
        (None, _) | (_, None) => cell,
        _ => cell.trim_matches(is_unseen),
    }
}

/// ASCII that is never trimmed.
#[inline]
fn is_plain(byte: u8) -> bool {
    byte > b' ' && byte < 0x7f
}

fn is_unseen(c: char) -> bool {
    c.is_whitespace() || is_zero_width(c)
}

fn is_zero_width(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}'
    )
}

/// Text in which look-alikes are made plain: full-width forms become ASCII,
/// any Unicode space a space, typographic hyphens and the minus sign `-`,
/// zero-width characters go, and an accent joins its letter (NFC). `None`:
/// nothing to change.
pub(crate) fn plain(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let plain: String = text
        .chars()
        .filter(|c| !is_zero_width(*c))
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            c if c.is_whitespace() => ' ',
            c => c,
        })
        .collect();
    let plain = composed(&plain).unwrap_or(plain);
    (plain != text).then_some(plain)
}

/// Text in which an accent joins its letter (NFC). `None`: nothing to change.
pub(crate) fn composed(text: &str) -> Option<String> {
    match ComposingNormalizer::new_nfc().normalize(text) {
        Cow::Borrowed(_) => None,
        Cow::Owned(composed) => Some(composed),
    }
}

/// A label as it is compared: without case, with runs of white space, `_` and
/// `-` taken as one space, and without what cannot be seen.
pub fn fold_label(label: &str) -> String {
    let label = plain(label).map_or(Cow::Borrowed(label), Cow::Owned);
    let mut folded = String::with_capacity(label.len());
    let mut gap = false;
    for c in label.chars() {
        if c.is_whitespace() || c == '_' || c == '-' {
            gap = !folded.is_empty();
            continue;
        }
        if gap {
            folded.push(' ');
            gap = false;
        }
        folded.extend(c.to_lowercase());
    }
    folded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_trimmed() {
        for cell in ["  x ", "x\u{a0}", "\u{feff}x", "\u{200b}x\t\r\n", "x"] {
            assert_eq!(trim(cell), "x");
        }
        assert_eq!(trim(" - "), "-");
        assert_eq!(trim(" \u{a0} "), "");
        assert_eq!(trim("é "), "é");
    }

    #[test]
    fn labels_differ_only_by_what_a_reader_sees() {
        for label in [
            "NHS_Number",
            " nhs  number",
            "NHS-number\u{a0}",
            "\u{feff}Nhs _ Number",
        ] {
            assert_eq!(fold_label(label), "nhs number");
        }
        assert_ne!(fold_label("nhsnumber"), fold_label("nhs number"));
        assert_eq!(fold_label("E\u{301}cole"), fold_label("\u{e9}cole"));
    }
}
