//! Pulling a source: what is at its URLs now is compared with what the ledger
//! remembers, and what is new is copied to the landing area byte for byte.

use crate::Error;
use crate::ledger::{Extract, Ledger};
use crate::progress::{Progress, Watcher};
use chrono::{SubsecRound, Utc};
use jcw_extract::{RemoteFile, Stillness};
use jcw_lake::{Lake, Landed};
use jcw_project::{Contract, Source};

/// A file that is new: its bytes are in the landing area.
pub(crate) struct Arrival {
    /// What is known of it so far.
    pub(crate) extract: Extract,
    /// Its bytes.
    pub(crate) landed: Landed,
}

impl Arrival {
    /// What the ledger says when the file is not loaded.
    pub(crate) fn refused(mut self, status: &str, rule: &str, reason: &str) -> Extract {
        self.extract.refuse(status, rule, reason.to_owned());
        self.extract
    }
}

/// What a look at a source found.
#[derive(Default)]
pub(crate) struct Pulled {
    /// New files, in the order in which they are to be loaded.
    pub(crate) arrivals: Vec<Arrival>,
    /// Files that are not loaded: duplicates, and those held or refused.
    pub(crate) settled: Vec<Extract>,
    /// Files that were dealt with by an earlier run.
    pub(crate) unchanged: usize,
}

/// Looks at `source` and lands what is new.
pub(crate) async fn pull(
    source: &Source,
    contract: &Contract,
    root: &std::path::Path,
    lake: &Lake,
    ledger: &Ledger,
    run_id: &str,
    accept: &[String],
    watcher: &dyn Watcher,
) -> Result<Pulled, Error> {
    watcher.saw(Progress::Looking {
        source: source.id.value.clone(),
    });
    let failed = |error| Error::Pull {
        source_id: source.id.value.clone(),
        error,
    };
    let listing = jcw_extract::list(source, root).await.map_err(failed)?;
    let mut pulled = Pulled::default();
    for refused in listing.refused {
        if ledger.last_seen(&source.id, &refused.url).is_some_and(|e| e.reason.as_ref() == Some(&refused.reason)) {
            pulled.unchanged += 1;
            continue;
        }
        let name = refused.url.rsplit('/').next().unwrap_or_default().to_owned();
        let mut extract = blank(source, contract, run_id, &refused.url, &name);
        extract.refuse("rejected", refused.rule, refused.reason);
        pulled.settled.push(extract);
    }
    for file in listing.files {
        let seen = ledger.last_seen(&source.id, &file.url);
        if seen.is_some_and(|e| is_same(e, &file) && e.contract_hash == contract.hash && !accepted(e, accept)) {
            pulled.unchanged += 1;
            continue;
        }
        match fetch(source, contract, &file, lake, run_id, watcher).await? {
            Fetched::Held(extract) => pulled.settled.push(extract),
            Fetched::Landed(arrival) => {
                let sha256 = &arrival.landed.sha256;
                let twin = ledger.loaded(&source.id, sha256, &contract.hash).cloned().or_else(|| {
                    let earlier = pulled.arrivals.iter().map(|a| &a.extract);
                    earlier.into_iter().find(|e| e.sha256.as_deref() == Some(sha256)).cloned()
                });
                match twin {
                    Some(twin) => pulled.settled.push(arrival.extract.duplicate_of(&twin)),
                    None => pulled.arrivals.push(arrival),
                }
            }
        }
    }
    Ok(pulled)
}

enum Fetched {
    Landed(Arrival),
    Held(Extract),
}

async fn fetch(
    source: &Source,
    contract: &Contract,
    file: &RemoteFile,
    lake: &Lake,
    run_id: &str,
    watcher: &dyn Watcher,
) -> Result<Fetched, Error> {
    let failed = |error| Error::Pull {
        source_id: source.id.value.clone(),
        error,
    };
    watcher.saw(Progress::Fetching {
        source: source.id.value.clone(),
        file: file.name.clone(),
        bytes: Some(file.size),
    });
    let mut extract = blank(source, contract, run_id, &file.url, &file.name);
    extract.size = Some(file.size as i64);
    extract.modified = Some(file.modified);
    extract.etag = file.etag.clone();
    let growing = "the file is still being written; it will be looked at again in the next run";
    if file.still(source.settle).await.map_err(failed)? == Stillness::Growing {
        extract.refuse("held", "delivery.growing", growing.to_owned());
        return Ok(Fetched::Held(extract));
    }
    let stream = file.stream().await.map_err(failed)?;
    let landed = lake.landing().put(stream, source.limits.max_bytes).await?;
    if !file.unchanged().await.map_err(failed)? {
        extract.refuse("held", "delivery.growing", growing.to_owned());
        return Ok(Fetched::Held(extract));
    }
    extract.size = Some(landed.size as i64);
    extract.sha256 = Some(landed.sha256.clone());
    Ok(Fetched::Landed(Arrival { extract, landed }))
}

/// Whether the store still shows the file that the ledger remembers. A file
/// held for what may pass is always looked at again.
fn is_same(seen: &Extract, file: &RemoteFile) -> bool {
    // The ledger keeps microseconds.
    seen.size == Some(file.size as i64)
        && seen.modified.map(|at| at.timestamp_micros()) == Some(file.modified.timestamp_micros())
        && seen.etag == file.etag
        && !matches!(seen.rule.as_deref(), Some("delivery.growing" | "reference.missing"))
}

fn accepted(seen: &Extract, accept: &[String]) -> bool {
    seen.status == "held"
        && seen
            .sha256
            .as_ref()
            .is_some_and(|sha256| accept.iter().any(|prefix| sha256.starts_with(prefix.as_str())))
}

fn blank(source: &Source, contract: &Contract, run_id: &str, url: &str, file: &str) -> Extract {
    Extract {
        // As exact as the ledger keeps it, so that it is the same when read again.
        received_at: Utc::now().trunc_subsecs(6),
        run_id: run_id.to_owned(),
        source: source.id.value.clone(),
        partner: source.partner.clone(),
        table_name: contract.table(),
        contract_hash: contract.hash.clone(),
        url: url.to_owned(),
        file: file.to_owned(),
        sha256: None,
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
        periods: "[]".to_owned(),
        table_version: None,
    }
}
