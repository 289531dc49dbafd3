//! Errors as the wire says them: a severity, an SQLSTATE, a sentence, and where
//! in the SQL.

use jcw_govern::{GovernError, Kind, Spot};
use jcw_login::LoginError;
use pgwire::error::{ErrorInfo, PgWireError};

/// The SQLSTATE of each kind, as [`Kind`] documents it.
fn state_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Syntax => "42601",
        Kind::NoTable => "42P01",
        Kind::NoColumn => "42703",
        Kind::NoFunction => "42883",
        Kind::Value => "22000",
        Kind::Refused => "42501",
        Kind::Unsupported => "0A000",
        Kind::NoRelease => "3D000",
        Kind::Unauthenticated => "28000",
        Kind::Limit => "53000",
        Kind::Time | Kind::Cancelled => "57014",
        Kind::Unavailable => "57P01",
        Kind::Internal => "XX000",
    }
}

/// An error after which the connection goes on.
pub(super) fn error(state: &str, message: impl Into<String>) -> PgWireError {
    told("ERROR", state, message)
}

/// An error after which the connection is closed.
pub(super) fn fatal(state: &str, message: impl Into<String>) -> PgWireError {
    told("FATAL", state, message)
}

fn told(severity: &str, state: &str, message: impl Into<String>) -> PgWireError {
    let mut info = ErrorInfo::new(severity.to_owned(), state.to_owned(), message.into());
    info.severity_nonlocalized = Some(severity.to_owned());
    PgWireError::UserError(Box::new(info))
}

/// What the governed session said, with the place in `sql`.
pub(super) fn governed(failed: GovernError, sql: &str) -> PgWireError {
    let mut info = ErrorInfo::new(
        "ERROR".to_owned(),
        state_of(failed.kind).to_owned(),
        failed.message,
    );
    info.severity_nonlocalized = Some("ERROR".to_owned());
    info.position = failed.spot.map(|spot| position(sql, spot).to_string());
    PgWireError::UserError(Box::new(info))
}

/// Moves the place of an error by what stands before the statement, in
/// characters, where a text holds several.
pub(super) fn moved(mut failed: PgWireError, by: usize) -> PgWireError {
    if let PgWireError::UserError(info) = &mut failed
        && let Some(position) = &info.position
        && let Ok(position) = position.parse::<usize>()
    {
        info.position = Some((position + by).to_string());
    }
    failed
}

/// Characters from the start of the text, counted from one.
fn position(sql: &str, spot: Spot) -> u64 {
    let before = spot.line.saturating_sub(1);
    let lines = sql
        .split_inclusive('\n')
        .take(usize::try_from(before).unwrap_or(0));
    let characters: usize = lines.map(|line| line.chars().count()).sum();
    u64::try_from(characters).unwrap_or(0) + spot.column
}

/// Why nobody was let in.
pub(super) fn not_let_in(failed: &LoginError) -> PgWireError {
    match failed {
        LoginError::Refused => fatal("28P01", failed.to_string()),
        LoginError::TooMany { .. } => fatal("53400", failed.to_string()),
        LoginError::Unavailable(_) => fatal("57P03", failed.to_string()),
        LoginError::Usage(_) => fatal("28000", failed.to_string()),
    }
}

/// What the protocol library says, without what it may quote.
pub(super) fn tidied(failed: PgWireError) -> PgWireError {
    match failed {
        PgWireError::UserError(_) => failed,
        PgWireError::StatementNotFound(_) => error("26000", "there is no such prepared statement"),
        PgWireError::PortalNotFound(_) => error("34000", "there is no such portal or cursor"),
        PgWireError::FailedToParseParameter(_)
        | PgWireError::InvalidRustTypeForParameter(_)
        | PgWireError::ParameterIndexOutOfBound(_) => {
            error("22P02", "a parameter's value does not fit its type")
        }
        PgWireError::QueryCanceled => error("57014", "the query was cancelled"),
        PgWireError::UnsupportedProtocolVersion(..) => {
            fatal("0A000", "only version 3 of the protocol is spoken here")
        }
        PgWireError::IoError(failed) => PgWireError::IoError(failed),
        PgWireError::ApiError(failed) => {
            tracing::debug!(%failed, "an answer could not be encoded");
            error("XX000", "the answer cannot be written in that format")
        }
        failed => {
            tracing::debug!(%failed, "a message could not be taken");
            error("08P01", "a message broke the protocol")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_told_in_characters_from_the_start() {
        let spot = Spot { line: 2, column: 3 };
        assert_eq!(position("é\nabc", spot), 5);
        let failed = GovernError {
            kind: Kind::NoColumn,
            message: "no".into(),
            spot: Some(spot),
        };
        let PgWireError::UserError(info) = moved(governed(failed, "é\nabc"), 10) else {
            panic!("not told");
        };
        assert_eq!(info.position.as_deref(), Some("15"));
        assert_eq!(info.code, "42703");
    }
}
