//! A lot that went through its contracts is written but not yet visible; here it
//! is weighed against what stands, and committed: rejects first, so that a run
//! killed in between leaves files that are not loaded, and whose rejects the next
//! run writes again over these.

use crate::error::Error;
use crate::judge::{Judged, Tally};
use crate::ledger::{Extract, Warning};
use crate::load::{Loader, Start};
use crate::lot::Lot;
use crate::sides::Sides;
use jcw_lake::{Committed, ExtractUsed, Period, Provenance, Scope, Staged};
use jcw_project::Severity;
use std::collections::BTreeSet;

/// A lot that went through its contracts, written but not yet visible.
pub(crate) struct Weighed {
    /// One for each table of the unit; the header's alone, when none of its
    /// rows was kept.
    pub(crate) tables: Vec<(Sides<Staged>, Judged)>,
    pub(crate) rejects: Sides<Staged>,
    /// The periods it covers, none where the tables have none, and when the
    /// partner made what it has of each.
    pub(crate) periods: Vec<(Period, Option<String>)>,
    /// Columns that name a period.
    pub(crate) columns: Vec<String>,
}

impl Loader<'_> {
    /// Commits what of a lot is not older than what stands of its period.
    pub(crate) async fn commit_current(
        &self,
        lot: Lot,
        mut weighed: Weighed,
        standing: &[(&Extract, Vec<String>)],
        start: Start,
    ) -> Result<Vec<Extract>, Error> {
        let mine = &lot.files[0].1.extract;
        let mut older = Vec::new();
        let mut newest = None;
        for (period, as_of) in &weighed.periods {
            let newer = as_of
                .as_deref()
                .and_then(|as_of| self.newer(standing, &key_of(period), as_of, mine));
            if let Some(newer) = newer {
                older.push(period.clone());
                newest = Some(newer);
            }
        }
        if let Some(newest) = newest
            && older.len() == weighed.periods.len()
        {
            let reason = format!(
                "{} of {} was made later and stands; this one is kept but not loaded",
                newest.file, newest.source
            );
            weighed.abandon().await;
            return lot.refused("outdated", "delivery.older", &reason).await;
        }
        weighed.leave_out(&older).await;
        self.commit(lot, weighed, start).await
    }

    /// A delivery that stands, covers the period, and was made later; of two
    /// made at the same moment, the one that its own partner has sent.
    fn newer<'e>(
        &self,
        standing: &[(&'e Extract, Vec<String>)],
        period: &str,
        as_of: &str,
        mine: &Extract,
    ) -> Option<&'e Extract> {
        let table = self.unit.header().table();
        let owner = &self.unit.header().partner;
        let covers = standing.iter().filter(|(extract, periods)| {
            extract.table_name == table && periods.iter().any(|covered| covered == period)
        });
        covers
            .map(|(extract, _)| *extract)
            .find(|extract| match extract.as_of(period) {
                Some(theirs) if theirs == as_of => {
                    extract.partner == *owner && mine.partner != *owner
                }
                Some(theirs) => theirs.as_str() > as_of,
                None => false,
            })
    }

    /// A lot whose header keeps none of its rows: what was loaded before stays,
    /// and the rejects say why.
    pub(crate) async fn refuse_all(
        &self,
        lot: Lot,
        weighed: Weighed,
    ) -> Result<Vec<Extract>, Error> {
        let delivery = Some(lot.mark());
        let mut tallies: Vec<Judged> = Vec::new();
        for (staged, judged) in weighed.tables {
            staged.abandon().await;
            tallies.push(judged);
        }
        let files = self.commit_rejects(lot, weighed.rejects).await?;
        let header = self.unit.header().table();
        let mut told = Vec::with_capacity(files.len());
        for (_, mut extract) in files {
            extract.delivery.clone_from(&delivery);
            if let Some(judged) = tallies.first().filter(|_| extract.table_name == header) {
                extract.take_in(judged);
            }
            let reason = format!(
                "not one of the {} rows keeps the contract, so what was loaded before stays; `jcw status --rejects` says which rules they break",
                tallies.first().map_or(0, |judged| judged.tally.received)
            );
            extract.refuse("rejected", "delivery.no_row_kept", reason);
            told.push(extract);
        }
        Ok(told)
    }

    /// Puts the lot's rejects in their table, over those that an earlier try
    /// has left; gives back what is known of its files.
    async fn commit_rejects(
        &self,
        lot: Lot,
        rejects: Sides<Staged>,
    ) -> Result<Vec<(Option<usize>, Extract)>, Error> {
        let mark = lot.mark();
        let mut is_again = lot.is_known;
        let mut run_id = String::new();
        let mut files = Vec::with_capacity(lot.files.len());
        for (table, file) in lot.files {
            is_again |= !file.incoming.kept().await?.is_new;
            run_id.clone_from(&file.extract.run_id);
            files.push((table, file.extract));
        }
        if rejects.lake.rows() > 0 || is_again {
            let scope = Scope::Periods {
                columns: vec!["extract".to_owned()],
                values: vec![vec![Some(mark)]],
            };
            let provenance = Provenance {
                run_id,
                ..Provenance::default()
            };
            self.commit_sides(rejects, scope, provenance).await?;
        }
        Ok(files)
    }

    /// The vault first: the lake has no pseudonym of which the vault does not
    /// know whose it is.
    async fn commit_sides(
        &self,
        staged: Sides<Staged>,
        scope: Scope,
        provenance: Provenance,
    ) -> Result<Sides<Committed>, Error> {
        let vault = match staged.vault {
            Some(staged) => {
                let vault = self.lake.vault()?;
                let committed = vault.commit(staged, scope.clone(), provenance.clone());
                Some(committed.await?)
            }
            None => None,
        };
        let lake = self.lake.commit(staged.lake, scope, provenance).await?;
        Ok(Sides { lake, vault })
    }

    /// Makes the lot visible to models: rejects first, so that a run killed in
    /// between leaves files that are not loaded, and whose rejects the next run
    /// writes again over these.
    async fn commit(
        &self,
        lot: Lot,
        weighed: Weighed,
        start: Start,
    ) -> Result<Vec<Extract>, Error> {
        let delivery = Some(lot.mark());
        let (periods, as_of) = weighed.as_kept();
        let scope = match (start, weighed.columns.is_empty()) {
            (Start::AsItStands, false) => Scope::Periods {
                columns: weighed.columns,
                values: weighed
                    .periods
                    .into_iter()
                    .map(|(period, _)| period)
                    .collect(),
            },
            _ => Scope::Everything,
        };
        let files = self.commit_rejects(lot, weighed.rejects).await?;
        let mut loaded = Vec::with_capacity(self.unit.tables.len());
        for (number, (staged, judged)) in weighed.tables.into_iter().enumerate() {
            let holds = |held: &Option<usize>| held.is_none_or(|held| held == number);
            let file = files
                .iter()
                .find(|(held, _)| holds(held))
                .unwrap_or(&files[0]);
            let mut extract = Extract {
                table_name: self.unit.tables[number].contract.table(),
                delivery: delivery.clone(),
                as_of: as_of.clone(),
                periods: periods.clone(),
                ..file.1.clone()
            };
            extract.take_in(&judged);
            let provenance = Provenance {
                run_id: extract.run_id.clone(),
                extracts: vec![ExtractUsed {
                    source: extract.source.clone(),
                    sha256: extract.sha256.clone().unwrap_or_default(),
                    file: extract.file.clone(),
                    rows: judged.tally.accepted,
                }],
                model_hash: Some(self.unit.hash.clone()),
                ..Provenance::default()
            };
            let committed = self.commit_sides(staged, scope.clone(), provenance).await?;
            extract.table_version = Some(committed.lake.version as i64);
            extract.vault_version = committed.vault.map(|vault| vault.version as i64);
            extract.superseded = match start {
                Start::OverRemains => 0,
                _ => committed.lake.superseded_rows as i64,
            };
            loaded.push(extract);
        }
        Ok(loaded)
    }
}

impl Weighed {
    pub(crate) async fn abandon(self) {
        for (staged, _) in self.tables {
            staged.abandon().await;
        }
        self.rejects.abandon().await;
    }

    /// Leaves out what it has of some periods.
    async fn leave_out(&mut self, periods: &[Period]) {
        if periods.is_empty() {
            return;
        }
        self.periods.retain(|(period, _)| !periods.contains(period));
        for (staged, judged) in &mut self.tables {
            let rows = staged.leave_out(periods).await;
            judged.tally.accepted -= rows;
            judged.tally.outdated += rows;
        }
    }

    /// Its periods and when each was made, as the ledger keeps them.
    fn as_kept(&self) -> (String, Option<String>) {
        let as_of: Vec<&Option<String>> = self.periods.iter().map(|(_, as_of)| as_of).collect();
        let as_of = (as_of.iter().any(|as_of| as_of.is_some()))
            .then(|| serde_json::to_string(&as_of).unwrap_or_default());
        let periods: Vec<&Period> = match self.columns.is_empty() {
            true => Vec::new(),
            false => self.periods.iter().map(|(period, _)| period).collect(),
        };
        let periods = serde_json::to_string(&periods).unwrap_or_else(|_| "[]".to_owned());
        (periods, as_of)
    }

    pub(crate) fn keeps_nothing(&self) -> bool {
        self.tables
            .first()
            .is_none_or(|(_, header)| header.tally.accepted == 0)
    }
}

impl Extract {
    /// Records what became of a table's rows.
    fn take_in(&mut self, judged: &Judged) {
        let tally = &judged.tally;
        self.status = "loaded".to_owned();
        self.received = tally.received as i64;
        self.accepted = tally.accepted as i64;
        self.rejected = tally.rejected as i64;
        self.duplicate = tally.duplicate as i64;
        self.outdated = Some(tally.outdated as i64);
        self.warned = tally
            .rules
            .iter()
            .filter(|c| c.severity == Severity::Warn)
            .map(|c| c.rows as i64)
            .sum();
        self.version.clone_from(&judged.version);
        self.warnings = told(self, tally, judged.warnings.clone());
    }
}

/// A period as the ledger's rows name it.
fn key_of(period: &Period) -> String {
    match period.is_empty() {
        true => String::new(),
        false => serde_json::to_string(period).unwrap_or_default(),
    }
}

/// Everything odd about the file, as the ledger keeps it; the log is told too.
fn told(extract: &Extract, tally: &Tally, mut warnings: BTreeSet<Warning>) -> String {
    let warned = tally
        .rules
        .iter()
        .filter(|count| count.severity == Severity::Warn);
    warnings.extend(warned.map(|count| Warning {
        rule: count.rule.clone(),
        message: count.reason.clone(),
        rows: count.rows,
        first_row: Some(count.first_row),
    }));
    for Warning {
        rule,
        message,
        rows,
        ..
    } in &warnings
    {
        tracing::info!(source = %extract.source, file = %extract.file, %rule, rows, "{message}");
    }
    serde_json::to_string(&warnings).unwrap_or_else(|_| "[]".to_owned())
}
