//! An [`Ask`] is what somebody asks by this door, however it was sent.

use super::format::Format;
use super::problem::Problem;
use chrono::NaiveDate;
use http::HeaderMap;
use jcw_govern::ReleaseChoice;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

/// Which release, in a header.
const RELEASE: &str = "x-jcw-release";
/// Why somebody asks, in a header.
const PURPOSE: &str = "x-jcw-purpose";

/// A query in a body.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Ask {
    /// One query that reads.
    #[schema(example = "select * from published.metric_value where metric_id = $1")]
    pub(super) sql: String,
    /// Values of `$1`, `$2` and so on; text is read as what the query needs.
    #[serde(default)]
    pub(super) parameters: Vec<Value>,
    /// How the answer is written, and of which release.
    #[serde(flatten)]
    pub(super) choices: Choices,
}

/// What may be chosen at every address that gives rows.
#[derive(Debug, Clone, Deserialize, ToSchema, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Choices {
    /// `json`, `csv`, `arrow` or `parquet`; by `Accept` otherwise.
    pub(super) format: Option<String>,
    /// A release's id or number, or a day (`2026-03-31`, `as of 2026-03-31`): the
    /// newest release by its end. The newest of all otherwise. Also as the header
    /// `x-jcw-release`.
    pub(super) release: Option<String>,
    /// Why you ask; kept in the query log. Also as the header `x-jcw-purpose`.
    pub(super) purpose: Option<String>,
    /// CSV begins with a byte order mark, by which older Excels know UTF-8.
    #[serde(default, deserialize_with = "flag")]
    #[param(value_type = bool)]
    pub(super) bom: bool,
    /// In CSV, text that a spreadsheet would take for a formula (it begins with
    /// `=`, `+`, `-`, `@`, tab or a new line, and is no number) gets an apostrophe
    /// before it, for people who open it by hand. `false`, for programs, leaves
    /// text as it is; so do the other formats.
    #[serde(default = "yes", deserialize_with = "flag")]
    #[schema(default = true)]
    #[param(value_type = bool, default = true)]
    pub(super) escape: bool,
}

/// A query in an address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct AskInAddress {
    /// One query that reads.
    #[param(example = "select * from published.metric_value")]
    pub(super) sql: String,
    /// Values of `$1`, `$2` and so on: a JSON array.
    pub(super) parameters: Option<String>,
    #[serde(flatten)]
    #[param(ignore)]
    pub(super) choices: Choices,
}

impl AskInAddress {
    /// The same as it would be in a body.
    ///
    /// # Errors
    /// When the parameters are no JSON array.
    pub(super) fn into_ask(self) -> Result<Ask, Problem> {
        let parameters = match self.parameters.as_deref() {
            None | Some("") => Vec::new(),
            Some(text) => serde_json::from_str(text)
                .map_err(|_| Problem::bad("`parameters` is a JSON array: [\"E06000033\", 2024]"))?,
        };
        Ok(Ask {
            sql: self.sql,
            parameters,
            choices: self.choices,
        })
    }
}

impl Choices {
    /// What is said in the address or the body goes before what headers say.
    ///
    /// # Errors
    /// When a header is not plain text.
    pub(super) fn with_headers(mut self, headers: &HeaderMap) -> Result<Choices, Problem> {
        if self.release.is_none() {
            self.release = text(headers, RELEASE)?;
        }
        if self.purpose.is_none() {
            self.purpose = text(headers, PURPOSE)?;
        }
        Ok(self)
    }

    /// Which release.
    pub(super) fn release(&self) -> ReleaseChoice {
        release_of(self.release.as_deref())
    }

    /// How the answer is written.
    ///
    /// # Errors
    /// When it cannot be.
    pub(super) fn format(&self, headers: &HeaderMap, usual: Format) -> Result<Format, Problem> {
        Format::wanted(self.format.as_deref(), headers, usual)
    }
}

/// A release by words: an id, a number, a day, `as of` a day.
pub(crate) fn release_of(words: Option<&str>) -> ReleaseChoice {
    let words = words.unwrap_or_default().trim();
    let day = match words.split_at_checked(6) {
        Some((start, day)) if start.eq_ignore_ascii_case("as of ") => day.trim(),
        _ => words,
    };
    if words.is_empty() || words.eq_ignore_ascii_case("newest") {
        return ReleaseChoice::Newest;
    }
    match day.trim_matches('\'').parse::<NaiveDate>() {
        Ok(day) => ReleaseChoice::AsOf(day),
        Err(_) => ReleaseChoice::Named(words.to_owned()),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(name) else {
        return Ok(None);
    };
    let wrong = |_| Problem::bad(format!("the header {name} is not plain text"));
    let value = value.to_str().map_err(wrong)?.trim();
    Ok((!value.is_empty()).then(|| value.to_owned()))
}

fn yes() -> bool {
    true
}

/// `true`, in a body or in an address, where it is text.
fn flag<'de, D: serde::Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    match Value::deserialize(from)? {
        Value::Bool(is_on) => Ok(is_on),
        Value::String(word) if matches!(word.as_str(), "true" | "1") => Ok(true),
        Value::String(word) if matches!(word.as_str(), "false" | "0" | "") => Ok(false),
        _ => Err(serde::de::Error::custom("not true or false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_the_newest_a_name_or_a_day() {
        let day = ReleaseChoice::AsOf(NaiveDate::from_ymd_opt(2026, 3, 31).unwrap());
        assert_eq!(release_of(None), ReleaseChoice::Newest);
        assert_eq!(release_of(Some(" ")), ReleaseChoice::Newest);
        assert_eq!(release_of(Some("12")), ReleaseChoice::Named("12".into()));
        assert_eq!(release_of(Some("2026-03-31")), day);
        assert_eq!(release_of(Some("AS OF '2026-03-31'")), day);
        assert_eq!(
            release_of(Some("2026-02-31")),
            ReleaseChoice::Named("2026-02-31".into())
        );
        assert_eq!(
            release_of(Some("ärzte")),
            ReleaseChoice::Named("ärzte".into())
        );
    }
}
