//! Pulling a source: what is at its URLs now is compared with what the ledger
//! remembers, and what is new is copied to the landing area byte for byte.

use crate::Error;
use crate::ledger::{Extract, Ledger};
use crate::lot::Lot;
use crate::progress::{Progress, Watcher};
use crate::unit::{Recognised, Unit};
use chrono::{SubsecRound, Utc};
use jcw_extract::{RemoteFile, Stillness};
use jcw_lake::{Incoming, Lake, LakeError, Landing};
use jcw_project::Source;
use std::collections::BTreeMap;
use std::path::Path;

/// A file that is new: its bytes have come in.
pub(crate) struct Arrival {
    /// What is known of it so far.
    pub(crate) extract: Extract,
    /// Its bytes.
    pub(crate) incoming: Incoming,
}

impl Arrival {
    /// A file that was loaded before, to be held to the contract as it is now.
    pub(crate) fn again(
        extract: Extract,
        unit: &Unit<'_>,
        landing: &Landing,
        run_id: &str,
    ) -> Self {
        let sha256 = extract.sha256.as_deref().unwrap_or_default();
        let incoming = landing.again(sha256, extract.size.unwrap_or_default() as u64);
        Arrival {
            extract: Extract {
                run_id: run_id.to_owned(),
                contract_hash: unit.hash.clone(),
                version: None,
                periods: "[]".to_owned(),
                table_version: None,
                vault_version: None,
                ..extract
            },
            incoming,
        }
    }
}

/// What a look at a source found.
#[derive(Default)]
pub(crate) struct Pulled {
    /// New deliveries, in the order in which they are to be loaded.
    pub(crate) lots: Vec<Lot>,
    /// Files that were held or refused.
    pub(crate) settled: Vec<Extract>,
    /// Files that were dealt with by an earlier run.
    pub(crate) unchanged: usize,
    /// Files among them that are still held or rejected.
    pub(crate) waiting: usize,
    /// Fixed addresses at which there is no file.
    pub(crate) missing: Vec<String>,
}

impl Pulled {
    fn leave(&mut self, seen: &Extract) {
        self.unchanged += 1;
        self.waiting += usize::from(seen.status == "held" || seen.status == "rejected");
    }
}

/// A look at one source.
pub(crate) struct Look<'a> {
    pub(crate) source: &'a Source,
    pub(crate) unit: &'a Unit<'a>,
    /// The project's folder, where relative paths begin.
    pub(crate) root: &'a Path,
    pub(crate) lake: &'a Lake,
    pub(crate) run_id: &'a str,
    /// First characters of the SHA-256 of files that a person has accepted.
    pub(crate) accept: &'a [String],
    pub(crate) watcher: &'a dyn Watcher,
}

enum Fetched {
    Landed(Arrival),
    Refused(Extract),
}

impl Look<'_> {
    /// Looks at the source and lands what is new.
    pub(crate) async fn pull(&self, ledger: &Ledger) -> Result<Pulled, Error> {
        self.watcher.saw(Progress::Looking {
            source: self.source.id.value.clone(),
        });
        let listing = jcw_extract::list(self.source, self.root)
            .await
            .map_err(|e| self.failed(e))?;
        let mut pulled = Pulled {
            missing: listing.missing,
            ..Pulled::default()
        };
        for refused in listing.refused {
            let seen = ledger.last_seen(&self.source.id, &refused.url);
            if seen.is_some_and(|extract| extract.reason.as_ref() == Some(&refused.reason)) {
                pulled.unchanged += 1;
                pulled.waiting += 1;
                continue;
            }
            let name = refused
                .url
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned();
            let mut extract = self.blank(&refused.url, &name);
            extract.refuse("rejected", refused.rule, refused.reason);
            pulled.settled.push(extract);
        }
        for group in self.groups(listing.files, ledger, &mut pulled) {
            self.take(group, ledger, &mut pulled).await?;
        }
        Ok(pulled)
    }

    /// Puts together the files that are one delivery, each group where its
    /// first file stands in the listing.
    fn groups(
        &self,
        files: Vec<RemoteFile>,
        ledger: &Ledger,
        pulled: &mut Pulled,
    ) -> Vec<Vec<(Recognised, RemoteFile)>> {
        let mut groups: Vec<Vec<(Recognised, RemoteFile)>> = Vec::new();
        let mut numbers = BTreeMap::new();
        for file in files {
            let Some(what) = self.unit.recognise(&file.name) else {
                let reason = format!(
                    "no shape of the delivery {} has files of this name; `jcw contract show {}` says how they are named",
                    self.unit.id, self.unit.id
                );
                match ledger.last_seen(&self.source.id, &file.url) {
                    Some(seen) if seen.reason.as_ref() == Some(&reason) => pulled.leave(seen),
                    _ => {
                        let mut extract = self.blank(&file.url, &file.name);
                        extract.refuse("rejected", "delivery.name", reason);
                        pulled.settled.push(extract);
                    }
                }
                continue;
            };
            let folder = file.url.rsplit_once('/').map_or("", |(folder, _)| folder);
            let set = (folder.to_owned(), what.shape, what.set.clone());
            let number = *numbers.entry(set).or_insert(groups.len());
            if number == groups.len() {
                groups.push(Vec::new());
            }
            groups[number].push((what, file));
        }
        groups
    }

    /// Takes the files of one delivery, if one of them is news.
    async fn take(
        &self,
        group: Vec<(Recognised, RemoteFile)>,
        ledger: &Ledger,
        pulled: &mut Pulled,
    ) -> Result<(), Error> {
        let seen = |file: &RemoteFile| ledger.last_seen(&self.source.id, &file.url);
        let shape = group.first().map_or(0, |(what, _)| what.shape);
        let there: Vec<Option<usize>> = group.iter().map(|(what, _)| what.table).collect();
        let missing = self.unit.missing(shape, &there);
        let has_twins = (1..there.len()).any(|n| there[..n].contains(&there[n]));
        let is_whole = missing.is_empty() && !has_twins;
        if group.iter().all(|(_, file)| {
            seen(file).is_some_and(|extract| {
                // What was not whole may be now, with no file of it new.
                let was_whole = !matches!(
                    extract.rule.as_deref(),
                    Some("delivery.incomplete" | "delivery.twice")
                );
                was_whole == is_whole && self.is_settled(extract, file)
            })
        }) {
            let all = group.iter().filter_map(|(_, file)| seen(file));
            all.for_each(|extract| pulled.leave(extract));
            return Ok(());
        }
        let mut files = Vec::with_capacity(group.len());
        let mut lacks = Vec::new();
        let mut is_news = false;
        for (what, file) in group {
            match self.fetch(&file).await? {
                Fetched::Refused(extract) => {
                    is_news = true;
                    lacks.push(extract.file.clone());
                    pulled.settled.push(extract);
                }
                Fetched::Landed(mut arrival) => {
                    // Where its stamp does not show changes, only its bytes can tell.
                    let is_known = seen(&file).is_some_and(|extract| {
                        !file.shows_changes() && self.has_settled(extract, &arrival)
                    });
                    is_news |= !is_known;
                    if let Some(table) = what.table {
                        arrival.extract.table_name = self.unit.tables[table].contract.table();
                    }
                    files.push((what.table, arrival));
                }
            }
        }
        if files.is_empty() {
            return Ok(());
        }
        if !is_news {
            let all = files
                .iter()
                .filter_map(|(_, arrival)| ledger.last_seen(&self.source.id, &arrival.extract.url));
            all.for_each(|extract| pulled.leave(extract));
            return Ok(());
        }
        let lot = Lot::new(self.unit, shape, files);
        lacks.extend(missing.iter().map(|table| format!("table {table}")));
        if has_twins {
            let reason =
                "two files of the delivery are for the same table; leave the one that counts";
            let told = lot.refused("held", "delivery.twice", reason).await?;
            pulled.settled.extend(told);
        } else if lacks.is_empty() {
            pulled.lots.push(lot);
        } else {
            let reason = format!(
                "the delivery is not whole yet, it lacks: {}; it is loaded when all of it is there",
                lacks.join(", ")
            );
            pulled
                .settled
                .extend(lot.refused("held", "delivery.incomplete", &reason).await?);
        }
        Ok(())
    }

    async fn fetch(&self, file: &RemoteFile) -> Result<Fetched, Error> {
        self.watcher.saw(Progress::Fetching {
            source: self.source.id.value.clone(),
            file: file.name.clone(),
            bytes: file.size,
        });
        let mut extract = self.blank(&file.url, &file.name);
        extract.size = file.size.map(|size| size as i64);
        extract.modified = Some(file.modified);
        extract.etag = file.etag.clone();
        if file
            .still(self.source.settle)
            .await
            .map_err(|e| self.failed(e))?
            == Stillness::Growing
        {
            return Ok(growing(extract));
        }
        let stream = file.stream().await.map_err(|e| self.failed(e))?;
        let landing = self.lake.vault()?.landing();
        let incoming = match landing.take_in(stream, self.source.limits.max_bytes).await {
            Ok(incoming) => incoming,
            Err(error) => return of_this_file(extract, error).map_err(Error::from),
        };
        if !file.unchanged().await.map_err(|e| self.failed(e))? {
            return Ok(growing(extract));
        }
        extract.size = Some(incoming.size() as i64);
        extract.sha256 = Some(incoming.sha256().to_owned());
        Ok(Fetched::Landed(Arrival { extract, incoming }))
    }

    /// Whether there is nothing to do about a file: it is as it was when it was
    /// dealt with, under the same contract, and nobody has accepted it since.
    fn is_settled(&self, seen: &Extract, file: &RemoteFile) -> bool {
        is_same(seen, file) && self.is_dealt_with(seen)
    }

    /// The same of a file that only its bytes can tell from what it was.
    fn has_settled(&self, seen: &Extract, arrival: &Arrival) -> bool {
        seen.sha256 == arrival.extract.sha256 && self.is_dealt_with(seen)
    }

    /// Whether what was found out about a file still holds. A file held for
    /// what may pass is always looked at again.
    fn is_dealt_with(&self, seen: &Extract) -> bool {
        seen.contract_hash == self.unit.hash
            && !is_accepted(seen, self.accept)
            && !matches!(
                seen.rule.as_deref(),
                Some("delivery.growing" | "delivery.truncated" | "reference.missing")
            )
    }

    fn failed(&self, error: jcw_extract::Error) -> Error {
        Error::Pull {
            source_id: self.source.id.value.clone(),
            error,
        }
    }

    fn blank(&self, url: &str, file: &str) -> Extract {
        Extract {
            // As exact as the ledger keeps it, so that it is the same when read again.
            received_at: Utc::now().trunc_subsecs(6),
            run_id: self.run_id.to_owned(),
            source: self.source.id.value.clone(),
            partner: self.source.partner.clone(),
            table_name: self.unit.header().table(),
            contract_hash: self.unit.hash.clone(),
            url: url.to_owned(),
            file: file.to_owned(),
            sha256: None,
            delivery: None,
            as_of: None,
            outdated: None,
            size: None,
            modified: None,
            etag: None,
            status: String::new(),
            rule: None,
            reason: None,
            version: None,
            received: 0,
            accepted: 0,
            rejected: 0,
            duplicate: 0,
            superseded: 0,
            warned: 0,
            warnings: "[]".to_owned(),
            periods: "[]".to_owned(),
            table_version: None,
            vault_version: None,
        }
    }
}

fn growing(mut extract: Extract) -> Fetched {
    let reason = "the file is still being written; it will be looked at again in the next run";
    extract.refuse("held", "delivery.growing", reason.to_owned());
    Fetched::Refused(extract)
}

/// A file whose bytes did not come, or are too many, is held or rejected by
/// itself; what else went wrong is not the file's.
fn of_this_file(mut extract: Extract, error: LakeError) -> Result<Fetched, LakeError> {
    let LakeError::Incoming(incoming) = &error else {
        return Err(error);
    };
    let (status, rule) = match incoming.downcast_ref() {
        Some(jcw_extract::Error::CutShort { .. }) => ("held", "delivery.truncated"),
        Some(jcw_extract::Error::TooLarge { .. }) => ("rejected", "limit.bytes"),
        _ => return Err(error),
    };
    extract.refuse(status, rule, incoming.to_string());
    Ok(Fetched::Refused(extract))
}

/// Whether the store still shows the file that the ledger remembers.
fn is_same(seen: &Extract, file: &RemoteFile) -> bool {
    // The ledger keeps microseconds.
    file.shows_changes()
        && file.size.is_none_or(|size| seen.size == Some(size as i64))
        && seen.modified.map(|at| at.timestamp_micros()) == Some(file.modified.timestamp_micros())
        && seen.etag == file.etag
}

fn is_accepted(seen: &Extract, accept: &[String]) -> bool {
    let is_meant = |sha256: &String| names(accept, sha256);
    seen.status == "held" && seen.sha256.as_ref().is_some_and(is_meant)
}

/// Whether one of the first characters that a person has given are this file's.
pub(crate) fn names(accept: &[String], sha256: &str) -> bool {
    let mut prefixes = accept.iter();
    prefixes.any(|prefix| sha256.starts_with(prefix.as_str()))
}
