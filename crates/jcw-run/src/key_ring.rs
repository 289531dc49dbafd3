//! KeyRing are what makes pseudonyms in a run: the project's key, the one that the
//! lake's pseudonyms were made with, and the look-up from postcodes to areas.
//!
//! The lake keeps its key's fingerprint. A key that does not fit is never used:
//! half of the tables would join nothing. `jcw identity rotate` alone puts
//! another in its place.

use crate::error::Error;
use crate::unit::UnitTable;
use jcw_identity::{Gate, GateError, Key, Postcodes, needs_key};
use jcw_lake::{Lake, lake_around};
use jcw_project::{Contract, Project};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// Variable of the environment that holds the key itself.
const KEY_VARIABLE: &str = "JCW_IDENTITY_KEY";
/// Note of the lake that holds its key's fingerprint.
const NOTE: &str = "identity-key";
/// Note of the lake that is not blank while tables still have the key of before.
const ROTATION_NOTE: &str = "identity-rotation";

/// What makes pseudonyms in a run.
pub(crate) struct KeyRing {
    key: Option<Key>,
    /// Of the key in hand, or of the lake's where there is none in hand.
    fingerprint: Option<String>,
    postcodes: Option<LookUp>,
}

/// Postcodes that are read when the first is asked for.
struct LookUp {
    path: PathBuf,
    hash: String,
    read: OnceLock<Arc<Postcodes>>,
}

impl KeyRing {
    /// The project's, if they are the lake's too.
    pub(crate) async fn of(project: &Project, lake: &Lake) -> Result<KeyRing, Error> {
        let key = in_hand(project)?;
        let known = lake.note(NOTE).await?.map(|text| text.trim().to_owned());
        let own = key.as_ref().map(Key::fingerprint);
        if let (Some(own), Some(known)) = (&own, &known)
            && own != known
        {
            return Err(Error::OtherKey);
        }
        Ok(KeyRing {
            key,
            fingerprint: own.or(known),
            postcodes: LookUp::of(project)?,
        })
    }

    /// A key that nobody knows, for rows that are thrown away.
    pub(crate) fn of_nobody() -> Result<KeyRing, Error> {
        let key = Key::random()?;
        Ok(KeyRing {
            fingerprint: Some(key.fingerprint()),
            key: Some(key),
            postcodes: None,
        })
    }

    /// The key.
    pub(crate) fn key(&self) -> Result<&Key, Error> {
        self.key.as_ref().ok_or(Error::NoKey)
    }

    /// Puts the key in hand in the place of the lake's: from now on every table
    /// that it was not made with is one to load again.
    pub(crate) async fn take_over(project: &Project, lake: &Lake) -> Result<(), Error> {
        let key = in_hand(project)?.ok_or(Error::NoKey)?.fingerprint();
        lake.put_note(ROTATION_NOTE, format!("to {key}\n")).await?;
        Ok(lake.put_note(NOTE, format!("{key}\n")).await?)
    }

    /// Whether some tables may still have the key of before.
    pub(crate) async fn is_rotating(lake: &Lake) -> Result<bool, Error> {
        let note = lake.note(ROTATION_NOTE).await?;
        Ok(note.is_some_and(|text| !text.trim().is_empty()))
    }

    /// Every table has the new key.
    pub(crate) async fn end_rotation(lake: &Lake) -> Result<(), Error> {
        Ok(lake.put_note(ROTATION_NOTE, String::new()).await?)
    }

    /// What stands between the rows of these tables and the lake. The key is the
    /// lake's from the first time on.
    pub(crate) async fn gates(
        &self,
        tables: &[UnitTable<'_>],
        lake: &Lake,
    ) -> Result<Vec<Arc<Gate>>, Error> {
        let mut gates = Vec::with_capacity(tables.len());
        for table in tables {
            let contract = table.contract;
            let has_postcode = |person: &jcw_project::Person| person.postcode.is_some();
            let postcodes = match contract.person.as_ref().is_some_and(has_postcode) {
                true => self.read_postcodes()?,
                false => None,
            };
            let gate = Gate::new(contract, self.key.as_ref(), postcodes);
            gates.push(Arc::new(gate.map_err(|error| match error {
                GateError::NoKey { .. } => Error::NoKey,
                error => Error::Gate(error),
            })?));
        }
        let is_needed = tables.iter().any(|table| needs_key(table.contract));
        if is_needed
            && lake.note(NOTE).await?.is_none()
            && let Some(fingerprint) = &self.fingerprint
        {
            lake.put_note(NOTE, format!("{fingerprint}\n")).await?;
        }
        Ok(gates)
    }

    /// What belongs to the hash of all that decides the rows of these contracts,
    /// besides the contracts.
    pub(crate) fn stamp<'c>(&self, contracts: impl Iterator<Item = &'c Contract>) -> String {
        let (mut needs, mut looks_up) = (false, false);
        for contract in contracts {
            needs |= needs_key(contract);
            let mut persons = contract.person.iter();
            looks_up |= persons.any(|person| person.postcode.is_some());
        }
        let mut stamp = String::new();
        if needs {
            stamp += "+key:";
            stamp += self.fingerprint.as_deref().unwrap_or("none");
        }
        if looks_up && let Some(postcodes) = &self.postcodes {
            stamp += "+postcodes:";
            stamp += &postcodes.hash;
        }
        stamp
    }

    fn read_postcodes(&self) -> Result<Option<Arc<Postcodes>>, Error> {
        let Some(postcodes) = &self.postcodes else {
            return Ok(None);
        };
        if let Some(read) = postcodes.read.get() {
            return Ok(Some(Arc::clone(read)));
        }
        let read = Arc::new(Postcodes::read(&postcodes.path)?);
        Ok(Some(Arc::clone(postcodes.read.get_or_init(|| read))))
    }
}

impl LookUp {
    fn of(project: &Project) -> Result<Option<LookUp>, Error> {
        let Some(path) = &project.identity.postcodes else {
            return Ok(None);
        };
        let mut file = match std::fs::File::open(path) {
            Ok(file) => file,
            // Said when a postcode is to be looked up: many a run has none.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Some(LookUp::missing(path)));
            }
            Err(error) => return Err(Error::Disk(error)),
        };
        let mut hasher = Sha256::new();
        std::io::copy(&mut file, &mut hasher).map_err(Error::Disk)?;
        let hash = hasher.finalize();
        Ok(Some(LookUp {
            path: path.clone(),
            hash: hash[..8].iter().map(|byte| format!("{byte:02x}")).collect(),
            read: OnceLock::new(),
        }))
    }

    fn missing(path: &std::path::Path) -> LookUp {
        LookUp {
            path: path.to_owned(),
            hash: "missing".to_owned(),
            read: OnceLock::new(),
        }
    }
}

/// The key that the environment or the project's key file holds.
fn in_hand(project: &Project) -> Result<Option<Key>, Error> {
    match std::env::var(KEY_VARIABLE) {
        Ok(text) if !text.trim().is_empty() => {
            let key = Key::from_hex(&text);
            return Ok(Some(key.map_err(|error| Error::Variable {
                name: KEY_VARIABLE,
                error,
            })?));
        }
        _ => {}
    }
    let Some(file) = &project.identity.key_file else {
        return Ok(None);
    };
    refuse_inside(file)?;
    Ok(Some(Key::read(file)?))
}

/// A key in a lake or a vault would go wherever copies of them go.
pub fn refuse_inside(file: &Path) -> Result<(), Error> {
    match lake_around(file) {
        None => Ok(()),
        Some(lake) => Err(Error::KeyInside {
            file: file.to_owned(),
            lake,
        }),
    }
}
