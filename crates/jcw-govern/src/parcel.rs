//! A [`Parcel`] is a file of a table on its way to somebody, as it is, and the row of
//! the query log that says how much of it left.

use crate::error::{GovernError, Result};
use crate::log::Question;
use crate::session::Session;

/// A file, or a part of one, that leaves piece by piece. Dropped before it is whole, it
/// was cancelled.
#[derive(Debug)]
pub struct Parcel {
    /// Taken when its row is written.
    question: Option<Question>,
    rows: u64,
    /// Bytes that have not left yet.
    left: u64,
}

impl Parcel {
    /// Of so many rows and bytes; the rows are counted with the last byte, because
    /// nobody can read them before.
    pub(crate) fn begin(session: &Session, table: &str, rows: u64, bytes: u64) -> Result<Parcel> {
        let mut question = Question::files(session, table);
        question.begin()?;
        Ok(Parcel {
            question: Some(question),
            rows,
            left: bytes,
        })
    }

    /// So many bytes leave now, and with the last of them the log says that all did.
    ///
    /// # Errors
    /// When it cannot be logged: then they must not leave.
    pub fn gives(&mut self, bytes: u64) -> Result<()> {
        let Some(mut question) = self.question.take() else {
            return Ok(());
        };
        self.left = self.left.saturating_sub(bytes);
        let is_whole = self.left == 0;
        question.gave_of_file(if is_whole { self.rows } else { 0 }, bytes);
        if is_whole {
            return question.answered();
        }
        self.question = Some(question);
        Ok(())
    }

    /// Nothing more leaves, for this reason.
    pub fn breaks_off(&mut self, error: GovernError) -> GovernError {
        match self.question.take() {
            Some(question) => question.failed(error),
            None => error,
        }
    }
}
