//! What a file's first bytes say it is, whatever its name says.

use memchr::{memchr_iter, memmem};

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Zip,
    Parquet,
    Xml,
    Text,
    /// A kind that no reader opens, by what a person would call it.
    Other(&'static str),
}

/// Bytes needed to tell.
pub(crate) const HEAD: usize = 512;

/// Tells by the first [`HEAD`] bytes (or fewer, of a short file).
pub(crate) fn kind(head: &[u8]) -> Kind {
    const SIGNATURES: [(&[u8], Kind); 11] = [
        (b"PK\x03\x04", Kind::Zip),
        (b"PK\x05\x06", Kind::Zip),
        (b"PAR1", Kind::Parquet),
        (
            b"\xD0\xCF\x11\xE0",
            Kind::Other("an old .xls workbook, or one with a password"),
        ),
        (b"%PDF", Kind::Other("a PDF")),
        (b"\x1F\x8B", Kind::Other("a gzip archive")),
        (b"7z\xBC\xAF\x27\x1C", Kind::Other("a 7z archive")),
        (b"Rar!", Kind::Other("a RAR archive")),
        (b"\x89PNG", Kind::Other("a picture")),
        (b"\xFF\xD8\xFF", Kind::Other("a picture")),
        (b"{\\rtf", Kind::Other("a rich-text document")),
    ];
    if let Some((_, kind)) = SIGNATURES
        .iter()
        .find(|(signature, _)| head.starts_with(signature))
    {
        return *kind;
    }
    let text = narrow(head);
    let text = text.trim_ascii_start();
    let starts = |prefix: &str| {
        text.get(..prefix.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(prefix.as_bytes()))
    };
    if starts("<!doctype html") || starts("<html") {
        return Kind::Other("a web page");
    }
    let is_tag = |start: &[u8]| matches!(start, [b'<', next, ..] if next.is_ascii_alphabetic() || *next == b'_');
    // One tag alone may be a title: <OFFICIAL>.
    let is_one_of_many =
        || memchr_iter(b'<', text).nth(1).is_some() || memmem::find(text, b"/>").is_some();
    if starts("<?xml") || starts("<!") || is_tag(text) && is_one_of_many() {
        return Kind::Xml;
    }
    Kind::Text
}

/// The bytes without a byte-order mark, those of UTF-16 made single.
fn narrow(head: &[u8]) -> Vec<u8> {
    match head {
        [0xEF, 0xBB, 0xBF, text @ ..] => text.to_vec(),
        [0xFF, 0xFE, text @ ..] | [0xFE, 0xFF, text @ ..] => {
            text.iter().copied().filter(|byte| *byte != 0).collect()
        }
        [b'<', 0, ..] | [0, b'<', ..] => head.iter().copied().filter(|byte| *byte != 0).collect(),
        text => text.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_its_bytes_say() {
        assert_eq!(kind(b"PK\x03\x04rest"), Kind::Zip);
        assert_eq!(kind(b"\n <!DOCTYPE HTML><p>"), Kind::Other("a web page"));
        assert_eq!(kind(b"a,b\n1,2\n"), Kind::Text);
        assert_eq!(kind(b""), Kind::Text);
        for xml in [
            &b"<?xml version='1.0'?><Message/>"[..],
            b"\xEF\xBB\xBF\n<Message><Header>",
            b"\xFF\xFE<\0M\0/\0>\0",
            b"<!DOCTYPE lolz [",
        ] {
            assert_eq!(kind(xml), Kind::Xml);
        }
        assert_eq!(kind(b"<5,>10\n"), Kind::Text);
        assert_eq!(kind(b"<OFFICIAL>\na,b\n1,2\n"), Kind::Text);
    }
}
