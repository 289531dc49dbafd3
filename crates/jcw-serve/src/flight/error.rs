//! How errors leave by this door: a gRPC code, and a sentence for the person.

use jcw_govern::{GovernError, Kind};
use jcw_login::LoginError;
use tonic::{Code, Status};

/// What this door's functions give.
pub(super) type Result<T, E = Status> = std::result::Result<T, E>;

/// The code for each kind; the message may be shown as it is.
pub(super) fn of_govern(error: GovernError) -> Status {
    let code = match error.kind {
        Kind::Syntax | Kind::NoColumn | Kind::NoFunction | Kind::Value => Code::InvalidArgument,
        Kind::NoTable | Kind::NoRelease => Code::NotFound,
        Kind::Refused => Code::PermissionDenied,
        Kind::Unsupported => Code::Unimplemented,
        Kind::Unauthenticated => Code::Unauthenticated,
        Kind::Limit => Code::ResourceExhausted,
        Kind::Time => Code::DeadlineExceeded,
        Kind::Cancelled => Code::Cancelled,
        Kind::Unavailable => Code::Unavailable,
        Kind::Internal => Code::Internal,
    };
    let message = match error.spot {
        Some(spot) => format!(
            "{} (line {}, column {})",
            error.message, spot.line, spot.column
        ),
        None => error.message,
    };
    Status::new(code, message)
}

pub(super) fn of_login(error: LoginError) -> Status {
    let message = error.to_string();
    match error {
        LoginError::Refused => Status::unauthenticated(message),
        LoginError::TooMany { .. } => Status::resource_exhausted(message),
        LoginError::Unavailable(_) => Status::unavailable(message),
        LoginError::Usage(_) => Status::invalid_argument(message),
    }
}

/// Something that we made cannot be encoded, which is our fault.
pub(super) fn ours(error: impl std::fmt::Display) -> Status {
    tracing::warn!(%error, "an answer cannot be encoded");
    Status::internal("the answer cannot be encoded")
}

/// Writing is never allowed, by whoever.
pub(super) fn read_only() -> Status {
    Status::permission_denied("the warehouse is read-only: only queries are answered")
}
