//! An exit code tells cron and scripts how a command ended, without their
//! having to read what it printed.

use std::process::ExitCode;

/// How a command ended. The numbers are part of the command line's promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// Something failed: the message says what.
    Failed = 1,
    /// The project's files or the arguments are wrong; nothing was run.
    Invalid = 2,
    /// A data test failed, and nothing was published; or a unit test failed.
    TestFailed = 3,
    /// Published, but a file was held back or rejected.
    Incomplete = 4,
    /// Another run has the lake.
    Busy = 5,
    /// The key for pseudonyms is missing, or is not the lake's.
    Key = 6,
}

impl Exit {
    /// The code for an error.
    pub(crate) fn of(error: &anyhow::Error) -> Exit {
        if error.is::<crate::home::Invalid>() {
            return Exit::Invalid;
        }
        if let Some(jcw_login::LoginError::Usage(_)) = error.downcast_ref() {
            return Exit::Invalid;
        }
        match error.downcast_ref::<jcw_run::Error>() {
            Some(jcw_run::Error::Busy { .. }) => Exit::Busy,
            Some(error) if error.is_about_key() => Exit::Key,
            Some(
                jcw_run::Error::Usage(_) | jcw_run::Error::Select(_) | jcw_run::Error::Lineage(_),
            ) => Exit::Invalid,
            _ => Exit::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// Whether the reader of our output went away, which is no failure of ours.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
    })
}
