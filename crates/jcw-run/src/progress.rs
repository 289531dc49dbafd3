//! Progress is what a run tells whoever is watching while it goes: a terminal
//! shows bars, a log shows lines, a test collects them.

/// Something that happened in a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A source is being looked at.
    Looking {
        /// The source's id.
        source: String,
    },
    /// A file is being copied to the landing area.
    Fetching {
        /// The source's id.
        source: String,
        /// The file's name.
        file: String,
        /// Its size, where the store says.
        bytes: Option<u64>,
    },
    /// Rows of a file have been checked since the last such event.
    Checked {
        /// The source's id.
        source: String,
        /// The file's name.
        file: String,
        /// How many.
        rows: u64,
    },
    /// A file is done with.
    Received {
        /// The source's id.
        source: String,
        /// The file's name.
        file: String,
        /// `loaded`, `duplicate`, `held`, `rejected`.
        status: &'static str,
        /// Rows accepted.
        accepted: u64,
        /// Rows rejected.
        rejected: u64,
    },
    /// A model is being built.
    Building {
        /// The model's name.
        model: String,
    },
    /// A model is built, tested and stored, or was found unchanged.
    Built {
        /// The model's name.
        model: String,
        /// Rows in its table.
        rows: u64,
        /// It was not built because nothing it reads has changed.
        unchanged: bool,
    },
    /// A release is out.
    Published {
        /// Its id.
        release: String,
    },
}

/// Whoever is watching.
pub trait Watcher: Send + Sync {
    /// Called as things happen, from any thread; must not block.
    fn saw(&self, event: Progress);
}

/// Nobody is watching.
#[derive(Debug, Default, Clone, Copy)]
pub struct Nobody;

impl Watcher for Nobody {
    fn saw(&self, _: Progress) {}
}
