//! What can go wrong when somebody asks. A message says what to do and never
//! holds a value of the data, a path, or a name that the caller may not see.

/// Where in the SQL, both counted from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// Line.
    pub line: u64,
    /// Column, in characters.
    pub column: u64,
}

/// What kind of thing went wrong; each door has its own code for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The SQL cannot be parsed. gRPC INVALID_ARGUMENT, SQLSTATE 42601, HTTP 400.
    Syntax,
    /// No such table or schema, or no right to it: the same. NOT_FOUND, 42P01, 404.
    NoTable,
    /// No such column, or a hidden one. INVALID_ARGUMENT, 42703, 400.
    NoColumn,
    /// No such function, or one that is not allowed. INVALID_ARGUMENT, 42883, 400.
    NoFunction,
    /// Types do not fit, or a value cannot be computed. INVALID_ARGUMENT, 22000, 400.
    Value,
    /// The statement is of a kind that is never allowed: it writes, sets, explains
    /// with figures. PERMISSION_DENIED, 42501, 403.
    Refused,
    /// It asks for what is not built: Substrait, cursors. UNIMPLEMENTED, 0A000, 501.
    Unsupported,
    /// No such release. NOT_FOUND, 3D000, 404.
    NoRelease,
    /// Not logged in, or no longer. UNAUTHENTICATED, 28000, 401.
    Unauthenticated,
    /// More than the role's limits: memory, rows, length. RESOURCE_EXHAUSTED, 53000, 429.
    Limit,
    /// It took longer than the role may. DEADLINE_EXCEEDED, 57014, 408.
    Time,
    /// Somebody cancelled it. CANCELLED, 57014, 499.
    Cancelled,
    /// The server is stopping, or the lake is away. UNAVAILABLE, 57P01, 503.
    Unavailable,
    /// Our fault. INTERNAL, XX000, 500.
    Internal,
}

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct GovernError {
    /// For the door's code.
    pub kind: Kind,
    /// A sentence for the person who asked.
    pub message: String,
    /// Where in the SQL.
    pub spot: Option<Spot>,
}

impl GovernError {
    /// An error with a sentence for the person who asked.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        GovernError {
            kind,
            message: message.into(),
            spot: None,
        }
    }
}

/// What this crate's functions give.
pub(crate) type Result<T, E = GovernError> = std::result::Result<T, E>;
