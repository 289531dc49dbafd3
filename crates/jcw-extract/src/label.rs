//! A label is what a file's header calls a column.

/// The form in which labels are compared: lower case, runs of white space, `_`
/// and `-` as one space, nothing invisible, nothing around it.
///
/// `"Organisation_Code "` and `"organisation  code"` are the same label.
pub fn fold(label: &str) -> String {
    let mut folded = String::with_capacity(label.len());
    for character in label.chars() {
        if is_invisible(character) {
            continue;
        }
        if character.is_whitespace() || character == '_' || character == '-' {
            if !folded.is_empty() && !folded.ends_with(' ') {
                folded.push(' ');
            }
        } else {
            folded.extend(character.to_lowercase());
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

/// Whether a cell holds nothing that can be seen.
pub(crate) fn is_blank(text: &str) -> bool {
    text.chars()
        .all(|character| character.is_whitespace() || is_invisible(character))
}

/// A label without white space or anything invisible around it.
pub(crate) fn trim(label: &str) -> &str {
    label.trim_matches(|character: char| character.is_whitespace() || is_invisible(character))
}

/// Zero-width characters that editors and exports leave behind.
fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{200b}' | '\u{200c}' | '\u{200d}' | '\u{2060}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_look_alike_are_alike() {
        for label in [
            "Organisation Code",
            " organisation_code",
            "ORGANISATION - CODE\u{a0}",
            "\u{feff}organisation-code",
        ] {
            assert_eq!(fold(label), "organisation code");
        }
        assert_ne!(fold("organisationcode"), "organisation code");
    }

    #[test]
    fn blank_is_what_cannot_be_seen() {
        assert!(is_blank("") && is_blank(" \u{a0}\t\u{200b}"));
        assert!(!is_blank(" - "));
    }
}
