//! A lot is what a partner hands over as one: a file, or the files of a
//! delivery that come one table each. It loads whole, less its rejected rows,
//! or not at all.

use crate::Error;
use crate::ledger::{Extract, Ledger};
use crate::pull::Arrival;
use crate::unit::{Recognised, Unit};
use jcw_lake::Lake;
use sha2::{Digest, Sha256};

/// The files of one delivery, landed.
pub(crate) struct Lot {
    /// Number of the shape it comes in.
    pub(crate) shape: usize,
    /// Its files, each with the number of the table it holds; `None`: all.
    pub(crate) files: Vec<(Option<usize>, Arrival)>,
}

impl Lot {
    /// A lot of one file.
    pub(crate) fn of_one(what: &Recognised, arrival: Arrival) -> Self {
        Lot {
            shape: what.shape,
            files: vec![(what.table, arrival)],
        }
    }

    /// Lots that were loaded before, to be held to what is said of them now,
    /// from the ledger's rows about them.
    pub(crate) fn again(
        unit: &Unit<'_>,
        standing: &[Extract],
        lake: &Lake,
        run_id: &str,
    ) -> Vec<Self> {
        let mut lots: Vec<(String, Lot)> = Vec::new();
        for extract in standing {
            let Some(what) = unit.recognise(&extract.file) else {
                continue;
            };
            let mark = extract.mark().unwrap_or_default().to_owned();
            let arrival = Arrival::again(extract.clone(), unit, lake, run_id);
            match lots.iter_mut().find(|(known, _)| *known == mark) {
                None => lots.push((mark, Lot::of_one(&what, arrival))),
                Some((_, lot)) => lot.join(what.table, arrival),
            }
        }
        lots.into_iter().map(|(_, lot)| lot).collect()
    }

    /// Adds a file, unless the ledger's rows have named it already.
    fn join(&mut self, table: Option<usize>, arrival: Arrival) {
        let is_there = self
            .files
            .iter()
            .any(|(_, known)| known.extract.url == arrival.extract.url);
        if !is_there {
            self.files.push((table, arrival));
        }
    }

    /// What its rows are marked with: the SHA-256 of its one file, or one over
    /// the names and SHA-256s of all its files.
    pub(crate) fn mark(&self) -> String {
        if let [(_, only)] = self.files.as_slice() {
            return only.incoming.sha256().to_owned();
        }
        let mut lines: Vec<String> = self
            .files
            .iter()
            .map(|(_, file)| format!("{}  {}\n", file.incoming.sha256(), file.extract.file))
            .collect();
        lines.sort_unstable();
        let hash = Sha256::digest(lines.concat());
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether a person has said that it may load although it was held.
    pub(crate) fn is_accepted(&self, accept: &[String]) -> bool {
        let is_meant = |mark: &str| accept.iter().any(|prefix| mark.starts_with(prefix.as_str()));
        is_meant(&self.mark())
            || self
                .files
                .iter()
                .any(|(_, file)| is_meant(file.incoming.sha256()))
    }

    /// The file that holds a table.
    pub(crate) fn file_of(&self, table: usize) -> Option<usize> {
        self.files
            .iter()
            .position(|(held, _)| held.is_none_or(|held| held == table))
    }

    /// What the ledger says when it is not loaded.
    pub(crate) async fn refused(
        self,
        status: &str,
        rule: &str,
        reason: &str,
    ) -> Result<Vec<Extract>, Error> {
        let mut told = Vec::with_capacity(self.files.len());
        let delivery = self.delivery();
        for (_, file) in self.files {
            file.incoming.kept().await?;
            let mut extract = file.extract;
            extract.delivery.clone_from(&delivery);
            extract.refuse(status, rule, reason.to_owned());
            told.push(extract);
        }
        Ok(told)
    }

    /// What the ledger says when the same bytes stand in their tables already.
    pub(crate) async fn duplicate(self, ledger: &Ledger) -> Result<Vec<Extract>, Error> {
        let mut told = Vec::new();
        let (mark, delivery) = (self.mark(), self.delivery());
        for (table, file) in self.files {
            file.incoming.kept().await?;
            let extract = Extract {
                delivery: delivery.clone(),
                ..file.extract
            };
            let twins = ledger.still_stands(&extract.source, &mark, &extract.contract_hash);
            let is_its = |twin: &&Extract| table.is_none() || twin.table_name == extract.table_name;
            for twin in twins.into_iter().filter(is_its) {
                told.push(Extract {
                    table_name: twin.table_name.clone(),
                    ..extract.clone().duplicate_of(twin)
                });
            }
        }
        Ok(told)
    }

    /// The mark, where it is not the SHA-256 of a file.
    pub(crate) fn delivery(&self) -> Option<String> {
        (self.files.len() > 1).then(|| self.mark())
    }
}
