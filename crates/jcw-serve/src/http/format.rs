//! A [`Format`] is how an answer is written down, by the word that the caller
//! gives or by what they accept.

use super::problem::Problem;
use http::{HeaderMap, StatusCode, header};

/// How an answer is written down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// One object: the release, the columns, the rows, how many there are.
    Json,
    /// With a line of names.
    Csv,
    /// An Arrow IPC stream.
    Arrow,
    /// A Parquet file.
    Parquet,
}

const ALL: [Format; 4] = [Format::Json, Format::Csv, Format::Arrow, Format::Parquet];

impl Format {
    /// In `format`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::Csv => "csv",
            Format::Arrow => "arrow",
            Format::Parquet => "parquet",
        }
    }

    /// In `Accept`.
    fn media(self) -> &'static str {
        match self {
            Format::Json => "application/json",
            Format::Csv => "text/csv",
            Format::Arrow => "application/vnd.apache.arrow.stream",
            Format::Parquet => super::PARQUET,
        }
    }

    /// In `Content-Type`.
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Format::Csv => "text/csv; charset=utf-8; header=present",
            other => other.media(),
        }
    }

    /// What the caller wants: the word first, then what they accept, then
    /// `usual`.
    ///
    /// # Errors
    /// When there is no such format, or none of those accepted.
    pub(super) fn wanted(
        word: Option<&str>,
        headers: &HeaderMap,
        usual: Format,
    ) -> Result<Format, Problem> {
        if let Some(word) = word {
            let found = ALL.into_iter().find(|format| format.word() == word);
            return found.ok_or_else(|| {
                Problem::bad("there is no such format; it is json, csv, arrow or parquet")
            });
        }
        let accepted: Vec<&str> = (headers.get_all(header::ACCEPT).iter())
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .collect();
        if accepted.is_empty() {
            return Ok(usual);
        }
        let mut best: Option<(f32, Format)> = None;
        for range in accepted {
            let (media, weight) = weighed(range);
            let format = match media {
                "*/*" => Some(usual),
                "application/*" if usual != Format::Csv => Some(usual),
                "application/*" => Some(Format::Json),
                "text/*" => Some(Format::Csv),
                _ => ALL.into_iter().find(|format| format.media() == media),
            };
            let is_better = weight > 0.0 && best.is_none_or(|(known, _)| weight > known);
            if let Some(format) = format.filter(|_| is_better) {
                best = Some((weight, format));
            }
        }
        best.map(|(_, format)| format).ok_or_else(|| {
            let media = ALL.map(Format::media).join(", ");
            let detail = format!("answers are written as {media}");
            Problem::new(StatusCode::NOT_ACCEPTABLE, "format", detail)
        })
    }
}

/// `text/csv;q=0.5` in its parts.
fn weighed(range: &str) -> (&str, f32) {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse().ok());
    (media, weight.unwrap_or(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepting(accept: &'static str) -> Option<Format> {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, http::HeaderValue::from_static(accept));
        Format::wanted(None, &headers, Format::Json).ok()
    }

    #[test]
    fn the_format_is_what_the_caller_likes_best() {
        assert_eq!(accepting("*/*"), Some(Format::Json));
        assert_eq!(accepting("text/csv"), Some(Format::Csv));
        assert_eq!(
            accepting("text/html, text/csv;q=0.3, */*;q=0.1"),
            Some(Format::Csv)
        );
        let arrow = "application/json;q=0.5, application/vnd.apache.arrow.stream";
        assert_eq!(accepting(arrow), Some(Format::Arrow));
        assert_eq!(accepting("image/png"), None);
        assert_eq!(accepting("text/csv;q=0"), None);
        let wanted = Format::wanted(Some("parquet"), &HeaderMap::new(), Format::Csv);
        assert_eq!(wanted.ok(), Some(Format::Parquet));
        assert!(Format::wanted(Some("xlsx"), &HeaderMap::new(), Format::Csv).is_err());
    }
}
