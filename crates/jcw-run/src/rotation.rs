//! A rotation puts a new key in the place of the lake's: everything that was
//! made pseudonyms of is loaded again from the landing area. It is done
//! everywhere or not begun; one that was killed is finished by the next run.

use crate::error::Error;
use crate::key_ring::KeyRing;
use crate::ledger::Ledger;
use crate::outcome::Outcome;
use crate::people::remember_places;
use crate::progress::Watcher;
use crate::references::Outside;
use crate::retain::{place_of, why_gone};
use crate::run::{build, claim_vault, take_lease};
use crate::unit::Unit;
use jcw_identity::needs_key;
use jcw_lake::Lake;
use jcw_project::Project;
use std::collections::BTreeMap;

/// Puts the key in hand in the place of the lake's: loads again what was made
/// pseudonyms of with another one, and publishes. One that was interrupted is
/// finished.
pub async fn rotate(
    project: &Project,
    lake: &Lake,
    watcher: &dyn Watcher,
) -> Result<Outcome, Error> {
    let run_id = uuid::Uuid::now_v7().to_string();
    let lease = take_lease(lake, &run_id).await?;
    let taken_over = take_over(project, lake).await;
    lease.release().await?;
    taken_over?;
    build(project, lake, &[], watcher).await
}

async fn take_over(project: &Project, lake: &Lake) -> Result<(), Error> {
    claim_vault(lake).await?;
    let ledger = Ledger::read(lake).await?;
    refuse_half_rotation(project, lake, &ledger).await?;
    remember_places(project, lake).await?;
    KeyRing::take_over(project, lake).await
}

/// A new key takes the place of the lake's everywhere or nowhere: what is to be
/// loaded again must be there, and what that refers to.
async fn refuse_half_rotation(
    project: &Project,
    lake: &Lake,
    ledger: &Ledger,
) -> Result<(), Error> {
    let landing = lake.vault()?.landing();
    let standing = ledger.standing();
    for unit in Unit::all(project, &KeyRing::of_nobody()?) {
        let names: Vec<String> = unit.table_names().collect();
        let of_unit = standing.iter().filter(|e| names.contains(&e.table_name));
        let files: BTreeMap<&str, &str> = of_unit
            .filter_map(|extract| Some((extract.sha256.as_deref()?, extract.file.as_str())))
            .collect();
        if files.is_empty() || !unit.tables.iter().any(|one| needs_key(one.contract)) {
            continue;
        }
        if let Err(table) = Outside::read(project, lake, &unit).await? {
            let reason = format!(
                "{} refers to {table}, which has not been loaded; nothing was changed: load it with the key of before, then try again",
                unit.id
            );
            return Err(Error::Rotation { reason });
        }
        for (sha256, file) in files {
            if landing.size(sha256).await?.is_none() {
                let reason = format!(
                    "{file} of {}, on which tables rest, {}; nothing was changed: put it back as {} of the vault, from a copy of the vault or from the partner, then try again",
                    unit.id,
                    why_gone(lake, sha256).await?,
                    place_of(sha256)
                );
                return Err(Error::Rotation { reason });
            }
        }
    }
    Ok(())
}
