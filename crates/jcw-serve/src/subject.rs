//! The [`Subject`] of a client's certificate, as RFC 4514 writes it: the last
//! part first, `CN=grafana,O=Southend`.
//!
//! The TLS layer has verified the certificate; here only its name is read, with
//! the little of DER that takes. What is not as expected has no subject.

use rustls_pki_types::CertificateDer;

/// A name that an authority of ours has vouched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subject(pub(crate) String);

const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const OBJECT_IDENTIFIER: u8 = 0x06;
/// UTF8String, PrintableString, IA5String.
const TEXTS: [u8; 3] = [0x0c, 0x13, 0x16];
/// `[0] EXPLICIT`, the version.
const VERSION: u8 = 0xa0;

impl Subject {
    /// Of the first certificate, if it has a name.
    pub(crate) fn of(shown: Option<&[CertificateDer<'_>]>) -> Option<Subject> {
        let name = name(shown?.first()?)?;
        (!name.is_empty()).then_some(Subject(name))
    }
}

fn name(certificate: &[u8]) -> Option<String> {
    let (certificate, _) = expect(SEQUENCE, certificate)?;
    let (mut rest, _) = expect(SEQUENCE, certificate)?;
    if let Some((_, after)) = expect(VERSION, rest) {
        rest = after;
    }
    // Serial number, algorithm, issuer, validity.
    for _ in 0..4 {
        (_, _, rest) = next(rest)?;
    }
    let (mut subject, _) = expect(SEQUENCE, rest)?;
    let mut parts = Vec::new();
    while !subject.is_empty() {
        let (set, after) = expect(SET, subject)?;
        parts.push(part(set)?);
        subject = after;
    }
    parts.reverse();
    Some(parts.join(","))
}

/// What stands in one set: mostly one type and value.
fn part(mut set: &[u8]) -> Option<String> {
    let mut values = Vec::new();
    while !set.is_empty() {
        let (pair, after) = expect(SEQUENCE, set)?;
        let (kind, value) = expect(OBJECT_IDENTIFIER, pair)?;
        let (tag, text, _) = next(value)?;
        let text = TEXTS.contains(&tag).then_some(text)?;
        values.push(format!("{}={}", word(kind)?, escaped(text)?));
        set = after;
    }
    Some(values.join("+"))
}

/// The kinds of RFC 4514; a certificate with another is nobody's.
fn word(kind: &[u8]) -> Option<&'static str> {
    Some(match kind {
        [0x55, 0x04, 0x03] => "CN",
        [0x55, 0x04, 0x05] => "serialNumber",
        [0x55, 0x04, 0x06] => "C",
        [0x55, 0x04, 0x07] => "L",
        [0x55, 0x04, 0x08] => "ST",
        [0x55, 0x04, 0x09] => "STREET",
        [0x55, 0x04, 0x0a] => "O",
        [0x55, 0x04, 0x0b] => "OU",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x19] => "DC",
        [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 0x01, 0x01] => "UID",
        _ => return None,
    })
}

/// So that no value reads as two parts of a name.
fn escaped(text: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(text).ok()?;
    if text.chars().any(char::is_control) {
        return None;
    }
    let mut escaped = String::new();
    for (at, c) in text.char_indices() {
        let is_edge = at == 0 || at + c.len_utf8() == text.len();
        if "\"+,;<>=\\".contains(c) || (c == ' ' && is_edge) || (c == '#' && at == 0) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    Some(escaped)
}

/// The content of the next element, which must have this tag, and what follows.
fn expect(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = next(bytes)?;
    (found == tag).then_some((content, rest))
}

/// Tag and content of the next element, and what follows.
fn next(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            let length = digits
                .iter()
                .fold(0, |sum, &digit| sum << 8 | usize::from(digit));
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};

    fn subject(names: &[(DnType, &str)]) -> Option<Subject> {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = DistinguishedName::new();
        for (kind, name) in names {
            params.distinguished_name.push(kind.clone(), *name);
        }
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        Subject::of(Some(&[certificate.der().clone()]))
    }

    #[test]
    fn no_value_can_be_written_so_that_it_reads_as_another_name() {
        let honest = subject(&[(DnType::OrganizationName, "b"), (DnType::CommonName, "a")]);
        assert_eq!(honest, Some(Subject("CN=a,O=b".into())));
        let forged = subject(&[(DnType::CommonName, "a,O=b")]);
        assert_eq!(forged, Some(Subject("CN=a\\,O\\=b".into())));
        assert_eq!(subject(&[(DnType::CommonName, "a\0b")]), None);
        assert_eq!(subject(&[]), None);
        assert_eq!(Subject::of(None), None);
    }

    #[test]
    fn what_is_no_certificate_has_no_subject() {
        let params = CertificateParams::new(vec!["a".to_owned()]).unwrap();
        let certificate = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
        let whole = certificate.der();
        for end in 0..whole.len() {
            let cut = CertificateDer::from(whole[..end].to_vec());
            assert_eq!(Subject::of(Some(&[cut])), None);
        }
        for at in 0..whole.len() {
            let mut changed = whole.to_vec();
            changed[at] ^= 0xff;
            let _ = Subject::of(Some(&[CertificateDer::from(changed)]));
        }
    }
}
