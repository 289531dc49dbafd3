//! One reader for each noun. Each takes a file, or a node of one, takes its
//! fields, notes what is wrong, and gives the noun when nothing it needs is
//! missing.

pub(crate) mod column;
pub(crate) mod contract;
pub(crate) mod layout;
pub(crate) mod metric;
pub(crate) mod model;
pub(crate) mod source;
pub(crate) mod symbols;
pub(crate) mod warehouse;

use crate::expand::Environment;
use crate::place::{Place, Placed};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;

/// One file of the project, as text.
pub(crate) struct File {
    /// Relative to the root, with forward slashes.
    pub(crate) path: Arc<Path>,
    /// Name without extension.
    pub(crate) stem: String,
    pub(crate) text: String,
}

impl File {
    /// `id`, at the start of the file whose path it was made from.
    pub(crate) fn placed(&self, id: impl Into<String>) -> Placed<String> {
        Placed::new(id.into(), self.start())
    }

    pub(crate) fn start(&self) -> Place {
        Place { file: self.path.clone(), line: 1, column: 1, length: 1 }
    }

    /// SHA-256 (hex) of the text.
    pub(crate) fn hash(&self) -> String {
        hex(Sha256::digest(self.text.as_bytes()))
    }
}

pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What every reader may look at besides its own file.
pub(crate) struct Setting<'s> {
    pub(crate) environment: &'s dyn Environment,
    /// `schemas/symbols.yaml`.
    pub(crate) symbols: symbols::Sets,
    /// The warehouse's.
    pub(crate) time_zone: chrono_tz::Tz,
}
