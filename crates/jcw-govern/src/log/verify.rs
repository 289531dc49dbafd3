//! Verifying the query log: every row's hash is computed again, and every
//! server's chain is followed from its first row to the last that the server
//! says the lake has.

use super::QUERY_LOG;
use super::row::{GENESIS, Link, links};
use super::seal::{Note, Noted};
use super::table::{TableError, note_name};
use futures::TryStreamExt as _;
use jcw_lake::{Lake, LakeError, SessionSettings, session};
use jcw_login::ServerKey;
use object_store::path::Path;
use std::collections::{BTreeMap, BTreeSet};

/// A query log that is whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// Rows in it.
    pub rows: u64,
    /// How far the chain of each server goes. Whoever notes this elsewhere can
    /// tell later whether a chain was written anew.
    pub chains: Vec<Chain>,
}

/// A server's chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The server.
    pub server_id: String,
    /// Its last row, from 1.
    pub sequence: i64,
    /// That row's hash: SHA-256, hex.
    pub hash: String,
    /// The last row that a server has sealed, if one has.
    pub sealed: Option<i64>,
}

/// The first place at which it is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// The table's file, and the row in it from 1; none where rows are missing at
    /// the end.
    pub place: Option<(String, u64)>,
    /// The server whose chain it is.
    pub server_id: String,
    /// The row of the chain, from 1.
    pub sequence: i64,
    /// What is wrong with it.
    pub reason: String,
}

struct Found {
    link: Link,
    file: usize,
    row: u64,
}

/// Follows the chains of the lake's query log. Rows that were `noted` elsewhere must
/// be in them; and with the servers' `key`, every chain must bear its seal.
///
/// # Errors
/// When the lake cannot be read. A break is no error but the inner result.
pub async fn verify_log(
    lake: &Lake,
    noted: &[Noted],
    key: Option<&ServerKey>,
) -> Result<Result<Verified, Break>, LakeError> {
    verify(lake, noted, key).await.map_err(|error| match error {
        TableError::Lake(error) => error,
        other => LakeError::Corrupt {
            what: QUERY_LOG.into(),
            reason: other.to_string(),
        },
    })
}

async fn verify(
    lake: &Lake,
    noted: &[Noted],
    key: Option<&ServerKey>,
) -> Result<Result<Verified, Break>, TableError> {
    // Before the table is opened: what a working server adds meanwhile is then beyond
    // what it had noted, and nothing that it had noted can be missing.
    let mut notes = noted_by_servers(lake).await?;
    let Some(table) = lake.table(QUERY_LOG).await? else {
        let none = BTreeMap::new();
        let found = heads(&notes, &none, &BTreeSet::new(), None);
        let found = found.and_then(|_| are_there(noted, &none));
        return Ok(found.map(|()| Verified::default()));
    };
    // One thread reads a file's rows in order: their places are told.
    let settings = SessionSettings {
        threads: Some(1),
        ..SessionSettings::default()
    };
    let context = session(lake.empty_catalog(), &settings)?;
    let mut files = Vec::new();
    let mut chains: BTreeMap<String, Vec<Found>> = BTreeMap::new();
    let mut rows = 0;
    for (path, provider) in table.by_file()? {
        let mut stream = context.read_table(provider)?.execute_stream().await?;
        let mut row = 0;
        while let Some(batch) = stream.try_next().await? {
            for link in links(&batch)? {
                row += 1;
                let chain = chains.entry(link.server_id.clone()).or_default();
                let file = files.len();
                chain.push(Found { link, file, row });
            }
        }
        rows += row;
        files.push(path);
    }
    for chain in chains.values_mut() {
        chain.sort_by_key(|found| found.link.sequence);
        if let Err((found, reason)) = follow(chain) {
            let file = files.get(found.file).cloned().unwrap_or_default();
            return Ok(Err(Break {
                place: Some((file, found.row)),
                server_id: found.link.server_id.clone(),
                sequence: found.link.sequence,
                reason,
            }));
        }
    }
    let begun = begun_since(&mut notes, lake, &chains).await?;
    let sealed = match heads(&notes, &chains, &begun, key) {
        Ok(sealed) => sealed,
        Err(broken) => return Ok(Err(broken)),
    };
    if let Err(broken) = are_there(noted, &chains) {
        return Ok(Err(broken));
    }
    let ends = chains.values().filter_map(|chain| chain.last());
    let ends = ends.map(|found| Chain {
        sealed: sealed.get(&found.link.server_id).copied(),
        server_id: found.link.server_id.clone(),
        sequence: found.link.sequence,
        hash: found.link.hash.clone(),
    });
    let verified = Verified {
        rows,
        chains: ends.collect(),
    };
    Ok(Ok(verified))
}

/// What was noted elsewhere is where it was.
fn are_there(noted: &[Noted], chains: &BTreeMap<String, Vec<Found>>) -> Result<(), Break> {
    for noted in noted {
        let reason = match at(chains.get(&noted.server_id), noted.sequence) {
            Some(found) if found.link.hash == noted.hash => continue,
            Some(_) => "the chain was written anew: this row was noted otherwise",
            None => "the row was noted, and is not there",
        };
        return Err(Break {
            place: None,
            server_id: noted.server_id.clone(),
            sequence: noted.sequence,
            reason: reason.into(),
        });
    }
    Ok(())
}

/// The row of a chain that is known to be without gaps.
fn at(chain: Option<&Vec<Found>>, sequence: i64) -> Option<&Found> {
    chain?.get(usize::try_from(sequence.checked_sub(1)?).ok()?)
}

/// One server's rows, in order.
fn follow(chain: &[Found]) -> Result<(), (&Found, String)> {
    let (mut sequence, mut hash) = (0, GENESIS);
    for found in chain {
        let link = &found.link;
        if !link.is_whole {
            return Err((
                found,
                "the row was changed: it does not give its hash".into(),
            ));
        }
        if link.sequence == sequence {
            return Err((found, "the row is there twice".into()));
        }
        if link.sequence != sequence + 1 {
            let missing = link.sequence - sequence - 1;
            let reason = match missing {
                1 => "the row before it is missing".into(),
                _ => format!("{missing} rows before it are missing"),
            };
            return Err((found, reason));
        }
        if link.previous_hash != hash {
            return Err((found, "it does not follow the row before it".into()));
        }
        (sequence, hash) = (link.sequence, &link.hash);
    }
    Ok(())
}

/// Chains go as far as their servers said: rows taken from the end leave no gap.
/// Gives how far each is sealed; with a key, every chain must be.
fn heads(
    notes: &BTreeMap<String, Note>,
    chains: &BTreeMap<String, Vec<Found>>,
    begun: &BTreeSet<String>,
    key: Option<&ServerKey>,
) -> Result<BTreeMap<String, i64>, Break> {
    let mut known: BTreeSet<&String> = notes.keys().collect();
    if key.is_some() {
        known.extend(chains.keys().filter(|id| !begun.contains(*id)));
    }
    let mut seals = BTreeMap::new();
    for server_id in known {
        let note = notes.get(server_id);
        let chain = chains.get(server_id);
        let last = chain.and_then(|chain| chain.last());
        let last = last.map_or(0, |found| found.link.sequence);
        let broken = |sequence: i64, reason: String| {
            Err(Break {
                place: None,
                server_id: server_id.clone(),
                sequence,
                reason,
            })
        };
        if let Some(Note { head, .. }) = note {
            match at(chain, head.sequence) {
                Some(found) if found.link.hash == head.hash => (),
                Some(_) => {
                    let reason = "the chain was written anew: the server noted another row";
                    return broken(head.sequence, reason.into());
                }
                None => {
                    let reason = format!(
                        "rows are missing at the end: there are {last} of {}",
                        head.sequence
                    );
                    return broken(head.sequence, reason);
                }
            }
        }
        let Some(sealed) = note.and_then(|note| note.sealed.as_ref()) else {
            match key {
                None => continue,
                Some(_) => return broken(last, "no server has sealed the chain".into()),
            }
        };
        let is_there = at(chain, sealed.head.sequence)
            .is_some_and(|found| found.link.hash == sealed.head.hash);
        let is_sealed = key.is_none_or(|key| sealed.is_of(key, server_id));
        if !is_there || !is_sealed {
            let reason = "the seal is not of this chain and this key";
            return broken(sealed.head.sequence, reason.into());
        }
        seals.insert(server_id.clone(), sealed.head.sequence);
    }
    Ok(seals)
}

/// What every server has noted of its chain.
async fn noted_by_servers(lake: &Lake) -> Result<BTreeMap<String, Note>, TableError> {
    let mut notes = BTreeMap::new();
    for server_id in servers(lake).await? {
        if let Some(note) = lake.note(&note_name(&server_id)).await? {
            notes.insert(server_id, serde_json::from_str(&note)?);
        }
    }
    Ok(notes)
}

/// Adds what servers have noted that began after the others were read, and gives those
/// that have noted more since than was read of their rows: nothing is known of these yet.
async fn begun_since(
    notes: &mut BTreeMap<String, Note>,
    lake: &Lake,
    chains: &BTreeMap<String, Vec<Found>>,
) -> Result<BTreeSet<String>, TableError> {
    let mut begun = BTreeSet::new();
    for (server_id, chain) in chains {
        if notes.contains_key(server_id) {
            continue;
        }
        let Some(note) = lake.note(&note_name(server_id)).await? else {
            continue;
        };
        let note: Note = serde_json::from_str(&note)?;
        match at(Some(chain), note.head.sequence) {
            Some(_) => drop(notes.insert(server_id.clone(), note)),
            None => drop(begun.insert(server_id.clone())),
        }
    }
    Ok(begun)
}

/// Servers that have noted how far their chain goes.
async fn servers(lake: &Lake) -> Result<Vec<String>, TableError> {
    let notes = lake.store().list(Some(&Path::from("notes")));
    let notes: Vec<_> = notes.try_collect().await?;
    let named = notes.iter().filter_map(|note| {
        let name = note.location.filename()?;
        let server_id = name.strip_prefix("query_log_")?.strip_suffix(".json")?;
        Some(server_id.to_owned())
    });
    Ok(named.collect())
}
