//! A lot is what a partner hands over as one: a file, or the files of a
//! delivery that come one table each. It loads whole, less its rejected rows,
//! or not at all.

use crate::Error;
use crate::ledger::{Extract, Ledger};
use crate::pull::{Arrival, names};
use crate::unit::Unit;
use jcw_lake::Landing;
use sha2::{Digest, Sha256};

/// The files of one delivery, landed.
pub(crate) struct Lot {
    /// Number of the shape it comes in.
    pub(crate) shape: usize,
    /// Names of files say something that the bytes do not.
    names_count: bool,
    /// It was judged before, whether its bytes were kept since or not.
    pub(crate) is_known: bool,
    /// Its files, each with the number of the table it holds; `None`: all.
    pub(crate) files: Vec<(Option<usize>, Arrival)>,
}

impl Lot {
    /// A lot of these files of one shape.
    pub(crate) fn new(unit: &Unit<'_>, shape: usize, files: Vec<(Option<usize>, Arrival)>) -> Self {
        Lot {
            shape,
            names_count: unit.reads_names(),
            is_known: false,
            files,
        }
    }

    /// Lots that were loaded before, to be held to what is said of them now,
    /// from the ledger's rows about them; or what is against it.
    pub(crate) fn again(
        unit: &Unit<'_>,
        standing: &[Extract],
        landing: &Landing,
        run_id: &str,
    ) -> Result<Vec<Self>, String> {
        let mut lots: Vec<(String, Lot)> = Vec::new();
        for extract in standing {
            let Some(what) = unit.recognise(&extract.file) else {
                return Err(format!(
                    "no shape has files named like {} any more",
                    extract.file
                ));
            };
            let mark = extract.mark().unwrap_or_default().to_owned();
            let arrival = Arrival::again(extract.clone(), unit, landing, run_id);
            match lots.iter_mut().find(|(known, _)| *known == mark) {
                None => {
                    let files = vec![(what.table, arrival)];
                    lots.push((mark, Lot::new(unit, what.shape, files)));
                }
                Some((_, lot)) => lot.join(what.table, arrival),
            }
        }
        for (_, lot) in &lots {
            let there: Vec<_> = lot.files.iter().map(|(table, _)| *table).collect();
            if let Some(table) = unit.missing(lot.shape, &there).first() {
                let file = &lot.files[0].1.extract.file;
                return Err(format!("the delivery of {file} has no table {table}"));
            }
        }
        Ok(lots.into_iter().map(|(_, lot)| lot).collect())
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

    /// What its rows are marked with: a SHA-256 over its source and the SHA-256s
    /// of its files, with their names where columns are read from them. The same
    /// bytes may be another month's, or another contract's.
    pub(crate) fn mark(&self) -> String {
        let mut lines: Vec<String> = (self.files.iter())
            .map(|(_, file)| match self.names_count {
                true => format!("{}  {}\n", file.incoming.sha256(), file.extract.file),
                false => format!("{}\n", file.incoming.sha256()),
            })
            .collect();
        lines.sort_unstable();
        lines.extend(
            self.files
                .first()
                .map(|(_, file)| file.extract.source.clone()),
        );
        let hash = Sha256::digest(lines.concat());
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether a person has said that it may load although it was held.
    pub(crate) fn is_accepted(&self, accept: &[String]) -> bool {
        let mut files = self.files.iter();
        files.any(|(_, file)| names(accept, file.incoming.sha256()))
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
        let delivery = Some(self.mark());
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
        let mark = self.mark();
        for (table, file) in self.files {
            file.incoming.kept().await?;
            let extract = Extract {
                delivery: Some(mark.clone()),
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
}
