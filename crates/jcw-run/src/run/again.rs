//! What stands is loaded again where its contract has changed since, or where a
//! killed run left tables otherwise than the ledger says. A contract that refuses
//! what stands sets its own tables aside, and no others.

use super::Run;
use crate::error::Error;
use crate::key_ring::KeyRing;
use crate::ledger::{Extract, Ledger};
use crate::load::{Loader, Prepared};
use crate::lot::Lot;
use crate::retain::{place_of, why_gone};
use crate::unit::Unit;

impl Run<'_> {
    /// Holds every delivery that stands in a table to a contract that has
    /// changed since: all of them, from the landing area, whether the partner
    /// still shows them or not, so that a table never holds rows of two
    /// contracts. If the changed contract refuses one of them, nothing of that
    /// source is changed, and nothing more is loaded of it in this run.
    /// The same for a table that a killed run left in a state nobody recorded.
    pub(super) async fn load_again(&mut self, ledger: &mut Ledger) -> Result<(), Error> {
        let is_rotating = KeyRing::is_rotating(self.lake).await?;
        for unit in Unit::all(self.project, self.keys) {
            match self.load_unit_again(ledger, &unit, is_rotating).await {
                // One partner's trouble is not another's.
                Err(error @ Error::Reload { .. }) if !is_rotating => {
                    self.outcome.failed_sources.push(error.to_string());
                    self.set_aside(&unit);
                }
                done => done?,
            }
        }
        if is_rotating {
            KeyRing::end_rotation(self.lake).await?;
        }
        Ok(())
    }

    async fn load_unit_again(
        &mut self,
        ledger: &mut Ledger,
        unit: &Unit<'_>,
        is_rotating: bool,
    ) -> Result<(), Error> {
        let names: Vec<String> = unit.table_names().collect();
        let standing: Vec<Extract> = ledger
            .standing()
            .into_iter()
            .filter(|e| names.contains(&e.table_name))
            .cloned()
            .collect();
        let is_changed = standing.iter().any(|e| e.contract_hash != unit.hash);
        if standing.is_empty() || !is_changed && self.are_as_recorded(ledger, &names).await? {
            return Ok(());
        }
        self.refuse_gone(unit, &standing, is_changed, is_rotating)
            .await?;
        let refused = |reason: String| Error::Reload {
            contract: unit.id.to_owned(),
            reason,
        };
        let prepared =
            Loader::prepare(self.project, self.lake, unit, self.keys, self.watcher).await?;
        let loader = match prepared {
            Prepared::Ready(loader) => loader,
            // Half of the tables would have the key of before.
            Prepared::Missing(table) if is_rotating => {
                let reason = format!(
                    "{} refers to {table}, which has not been loaded, so the rotation is not finished and nothing was published: take the reference out of the contract until it is loaded",
                    unit.id
                );
                return Err(Error::Rotation { reason });
            }
            // The table may be pulled in this very run: the next one sees to it.
            Prepared::Missing(table) => {
                return Err(refused(format!(
                    "it refers to {table}, which has not been loaded"
                )));
            }
        };
        let landing = self.lake.vault()?.landing();
        let lots = || Lot::again(unit, &standing, &landing, &self.outcome.run_id).map_err(refused);
        for lot in lots()?.into_iter().filter(|_| is_changed) {
            if let Some(reason) = loader.refuses(&lot).await? {
                let file = &lot.files[0].1.extract.file;
                return Err(refused(format!("it refuses {file}: {reason}")));
            }
        }
        let first = ledger.extracts().len();
        for lot in lots()? {
            let told = loader.load_over(lot, &ledger.extracts()[first..]).await?;
            told.into_iter().for_each(|extract| ledger.note(extract));
        }
        self.outcome
            .received
            .extend_from_slice(&ledger.extracts()[first..]);
        ledger.save(self.lake).await
    }

    /// What is loaded again must be there.
    async fn refuse_gone(
        &self,
        unit: &Unit<'_>,
        standing: &[Extract],
        is_changed: bool,
        is_rotating: bool,
    ) -> Result<(), Error> {
        let landing = self.lake.vault()?.landing();
        for extract in standing {
            let Some(sha256) = extract.sha256.as_deref() else {
                continue;
            };
            if landing.size(sha256).await?.is_some() {
                continue;
            }
            let (file, place) = (&extract.file, place_of(sha256));
            let reason = why_gone(self.lake, sha256).await?;
            if is_rotating {
                let reason = format!(
                    "{file} of {}, on which tables rest, {reason}, so the rotation is not finished and nothing was published: put it back as {place} of the vault, from a copy of the vault or from the partner, then try again",
                    unit.id
                );
                return Err(Error::Rotation { reason });
            }
            if is_changed {
                let reason = format!(
                    "{file}, on which tables rest, {reason}, so that it can be held to the change only when it is put back as {place} of the vault"
                );
                return Err(Error::Reload {
                    contract: unit.id.to_owned(),
                    reason,
                });
            }
            return Err(Error::Gone {
                unit: unit.id.to_owned(),
                file: file.clone(),
                reason,
                place,
            });
        }
        Ok(())
    }

    /// Whether tables stand as the ledger's last loads left them, in the vault
    /// too. If not, a run was killed between a commit and the ledger, or one of
    /// the two was restored without the other: nobody can say what is there.
    async fn are_as_recorded(&self, ledger: &Ledger, tables: &[String]) -> Result<bool, Error> {
        let vault = self.lake.vault()?;
        for table in tables {
            if let Some(recorded) = ledger.last_vault_version(table) {
                let version = vault.newest_version(table).await?;
                if version.map(|version| version as i64) != Some(recorded) {
                    return Ok(false);
                }
            }
            let version = self.lake.newest_version(table).await?;
            if version.map(|version| version as i64) != ledger.last_version(table) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Leaves a unit's tables as they are for the rest of the run.
    fn set_aside(&mut self, unit: &Unit<'_>) {
        let contracts = unit.tables.iter().map(|table| &table.contract.id.value);
        self.aside.extend(contracts.cloned());
    }

    pub(super) fn is_aside(&self, unit: &Unit<'_>) -> bool {
        self.aside.contains(&unit.header().id.value)
    }
}
