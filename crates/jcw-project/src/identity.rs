//! How the project tells who is who (`pipelines/identity.yaml`): where the key
//! for pseudonyms is, the look-up from postcodes to areas, and how sure the
//! warehouse must be that two records are of one person. A project without the
//! file has the defaults.

use crate::linkage::Linkage;
use std::path::PathBuf;

/// Variable of the environment that names the key file; it comes before the
/// project's own.
pub(crate) const KEY_FILE_VARIABLE: &str = "JCW_IDENTITY_KEY_FILE";

/// `pipelines/identity.yaml`. The key itself is never part of a project.
#[derive(Debug, Clone, Default)]
pub struct Identity {
    /// Holds the key; absolute. `None`: it is in the environment, or there is none.
    pub key_file: Option<PathBuf>,
    /// A CSV file with the columns `pcds` and `lsoa21`, as ONS's postcode
    /// directory has them; absolute. It is read where rows come in, and its rows
    /// go nowhere. `None`, or where there is no such file: areas are not known.
    pub postcodes: Option<PathBuf>,
    /// How records are linked.
    pub linkage: Linkage,
}
