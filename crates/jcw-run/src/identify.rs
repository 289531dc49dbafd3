//! Between loads and models it is found out who is who: what the vault holds of
//! people is linked, and the lake is told which pseudonyms are one person's.
//!
//! The person key is made from the best identifier that the person alone has,
//! so that it does not depend on what came first, and stays while records join
//! that know no better one. The same records, settings, decisions and key give
//! the same tables; where none of them has changed nothing is done.

use crate::error::Error;
use crate::key_ring::KeyRing;
use crate::ledger::Ledger;
use crate::people::{Told, each, follow_places, refuse_strangers, told};
use arrow::array::{ArrayRef, BooleanArray, Float64Array, RecordBatch, StringArray};
use jcw_identity::link::{Decisions, Link, Links, Records, Review, link};
use jcw_identity::{Domain, Key};
use jcw_lake::{Lake, Provenance, Scope};
use jcw_project::{LOCAL_ID_TABLE, PERSON_TABLE, Project, local_id_schema, person_schema};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Table of the vault with every record's place: `person_ref`, `source`,
/// `person_key`, `match_class`, `weight` (bits, of a probabilistic tie).
pub(crate) const LINK_TABLE: &str = "identity.link";
/// Table of the vault with the pairs that a person should look at.
pub(crate) const REVIEW_TABLE: &str = "identity.review";
/// Note of the vault with what people decided.
pub(crate) const DECISIONS_NOTE: &str = "decisions.csv";

/// Finds out who is who, unless that is known. Gives the versions of the lake's
/// tables that say so; none where nothing about anybody was ever loaded.
pub(crate) async fn identify(
    project: &Project,
    lake: &Lake,
    ledger: &Ledger,
    keys: &KeyRing,
    run_id: &str,
) -> Result<BTreeMap<String, u64>, Error> {
    let told = told(project, ledger);
    if told.is_empty() {
        return Ok(BTreeMap::new());
    }
    let vault = lake.vault()?;
    follow_places(&vault, &told).await?;
    let decisions = decisions(&vault).await?;
    let stamp = stamp(project, &told, &decisions, keys);
    if let Some(versions) = standing(lake, &stamp).await? {
        return Ok(versions);
    }
    let key = keys.key()?;
    let mut records = Records::new();
    each(&vault, &told, &mut |record, _, _| records.add(record)).await?;
    let settings = project.identity.linkage.clone();
    let links = tokio::task::spawn_blocking(move || link(&records, &decisions, &settings)).await?;
    let keep = Keep {
        stamp: &stamp,
        run_id,
    };
    if links.n_unmatched_decisions > 0 {
        tracing::warn!(
            decisions = links.n_unmatched_decisions,
            "decisions speak of records that are not there, and do nothing; decide again of what `jcw identity review` lists"
        );
    }
    let known = links.links.iter().map(|one| &*one.person_ref).collect();
    refuse_strangers(lake, &told, &known).await?;
    let person_keys = person_keys(&links, key);
    keep.rows(&vault, LINK_TABLE, link_rows(&links, &person_keys)?)
        .await?;
    keep.rows(&vault, REVIEW_TABLE, review_rows(&links.reviews)?)
        .await?;
    let mut versions = BTreeMap::new();
    for (table, rows) in [
        (PERSON_TABLE, person_rows(&links, &person_keys)?),
        (LOCAL_ID_TABLE, local_id_rows(&links, &person_keys, key)?),
    ] {
        versions.insert(table.to_owned(), keep.rows(lake, table, rows).await?);
    }
    tracing::info!(
        records = links.links.len(),
        people = links.clusters.len(),
        to_review = links.reviews.len(),
        "people told apart"
    );
    Ok(versions)
}

/// What people decided, as the vault has it.
pub(crate) async fn decisions(vault: &Lake) -> Result<Decisions, Error> {
    let Some(text) = vault.note(DECISIONS_NOTE).await? else {
        return Ok(Decisions::default());
    };
    Ok(Decisions::read(&text)?)
}

/// A hash of all that decides who is who: what stands of which contract, the
/// settings, the decisions, the key, and this program.
fn stamp(project: &Project, told: &[Told<'_>], decisions: &Decisions, keys: &KeyRing) -> String {
    let mut hasher = Sha256::new_with_prefix(concat!("identity ", env!("CARGO_PKG_VERSION")));
    for (contract, marks) in told {
        hasher.update(format!(
            "\n{} {} {marks:?}",
            contract.id.value, contract.hash
        ));
    }
    let rest = (&project.identity.linkage, decisions);
    let stamp = keys.stamp(told.iter().map(|(contract, _)| *contract));
    hasher.update(format!("\n{rest:?}\n{stamp}"));
    let hash = hasher.finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The versions of the lake's tables, if both were made from what is so now.
async fn standing(lake: &Lake, stamp: &str) -> Result<Option<BTreeMap<String, u64>>, Error> {
    let mut versions = BTreeMap::new();
    for name in [PERSON_TABLE, LOCAL_ID_TABLE] {
        let Some(table) = lake.table(name).await? else {
            return Ok(None);
        };
        let made_from = (table.provenance().await?).and_then(|made| made.model_hash);
        if made_from.as_deref() != Some(stamp) {
            return Ok(None);
        }
        versions.insert(name.to_owned(), table.version());
    }
    Ok(Some(versions))
}

/// The key of each person, by cluster.
fn person_keys(links: &Links, key: &Key) -> Vec<String> {
    (links.clusters.iter())
        .map(|cluster| key.pseudonym(Domain::PersonKey, [Some(cluster.anchor.as_bytes())]))
        .collect()
}

/// One row for each pseudonym. Where records of two tables say the same they
/// are one person's, and the stronger tie is the one that is told.
fn person_rows(links: &Links, person_keys: &[String]) -> Result<RecordBatch, Error> {
    let mut strongest: BTreeMap<&str, &Link> = BTreeMap::new();
    for one in &links.links {
        let known = strongest.entry(&one.person_ref).or_insert(one);
        if one.class < known.class {
            *known = one;
        }
    }
    let rows: Vec<_> = strongest.into_iter().collect();
    let key_of = |cluster: u32| person_keys.get(cluster as usize).map(String::as_str);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(
            rows.iter().map(|(name, _)| *name),
        )),
        Arc::new(
            rows.iter()
                .map(|(_, one)| key_of(one.cluster))
                .collect::<StringArray>(),
        ),
        Arc::new(StringArray::from_iter_values(
            rows.iter().map(|(_, one)| one.class.word()),
        )),
        Arc::new(
            (rows.iter())
                .map(|(_, one)| {
                    let cluster = links.clusters.get(one.cluster as usize);
                    Some(cluster.is_some_and(|cluster| cluster.has_verified_nhs_number))
                })
                .collect::<BooleanArray>(),
        ),
    ];
    Ok(RecordBatch::try_new(person_schema(), columns)?)
}

/// One row for each number as the lake has it. A number that was given to two
/// people says nothing where it stands alone, and is left out.
fn local_id_rows(links: &Links, person_keys: &[String], key: &Key) -> Result<RecordBatch, Error> {
    let mut whose: BTreeMap<String, Option<&str>> = BTreeMap::new();
    for one in &links.local_ids {
        let person = (person_keys.get(one.cluster as usize))
            .filter(|_| !one.is_reused)
            .map(String::as_str);
        let known = whose.entry(key.local_id(&one.local_id)).or_insert(person);
        if *known != person {
            *known = None;
        }
    }
    let ambiguous = whose.values().filter(|person| person.is_none()).count();
    if ambiguous > 0 {
        tracing::warn!(
            numbers = ambiguous,
            "numbers that were given to two people tell nothing alone"
        );
    }
    whose.retain(|_, person| person.is_some());
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(whose.keys())),
        Arc::new(whose.values().copied().collect::<StringArray>()),
    ];
    Ok(RecordBatch::try_new(local_id_schema(), columns)?)
}

fn link_rows(links: &Links, person_keys: &[String]) -> Result<RecordBatch, Error> {
    let rows = &links.links;
    let key_of = |cluster: u32| person_keys.get(cluster as usize).map(String::as_str);
    let text = |of: &dyn Fn(&Link) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(of)))
    };
    Ok(RecordBatch::try_from_iter([
        ("person_ref", text(&|one| one.person_ref.to_string())),
        ("source", text(&|one| one.source.to_string())),
        (
            "person_key",
            Arc::new(
                rows.iter()
                    .map(|one| key_of(one.cluster))
                    .collect::<StringArray>(),
            ) as ArrayRef,
        ),
        ("match_class", text(&|one| one.class.word().to_owned())),
        (
            "weight",
            Arc::new(rows.iter().map(|one| one.weight).collect::<Float64Array>()) as ArrayRef,
        ),
    ])?)
}

fn review_rows(reviews: &[Review]) -> Result<RecordBatch, Error> {
    let text = |of: &dyn Fn(&Review) -> String| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(reviews.iter().map(of)))
    };
    let probabilities: Float64Array = reviews.iter().map(|one| one.probability).collect();
    Ok(RecordBatch::try_from_iter([
        ("a", text(&|one| one.a.to_string())),
        ("a_source", text(&|one| one.a_source.to_string())),
        ("b", text(&|one| one.b.to_string())),
        ("b_source", text(&|one| one.b_source.to_string())),
        ("probability", Arc::new(probabilities) as ArrayRef),
        ("reason", text(&|one| one.reason.to_owned())),
    ])?)
}

/// Keeps rows in the place of those before.
struct Keep<'k> {
    stamp: &'k str,
    run_id: &'k str,
}

impl Keep<'_> {
    async fn rows(&self, lake: &Lake, table: &str, rows: RecordBatch) -> Result<u64, Error> {
        let stage = lake.stage(table, &rows.schema(), &[]).await?;
        let mut writer = stage.writer();
        writer.write(&rows).await?;
        let files = writer.close().await?;
        let provenance = Provenance {
            run_id: self.run_id.to_owned(),
            model_hash: Some(self.stamp.to_owned()),
            ..Provenance::default()
        };
        let staged = stage.finish(files);
        let committed = lake.commit(staged, Scope::Everything, provenance).await?;
        Ok(committed.version)
    }
}

#[cfg(test)]
mod tests {
    use super::local_id_rows;
    use jcw_identity::Key;
    use jcw_identity::link::{Links, LocalId};

    #[test]
    fn a_number_of_two_people_is_left_out() {
        let number = |local_id: &str, is_reused| LocalId {
            scope: "council".into(),
            local_id: local_id.into(),
            cluster: 0,
            is_reused,
        };
        let links = Links {
            local_ids: Vec::from([number("C1", false), number("C2", true)]),
            ..Links::default()
        };
        let key = Key::from_hex(&"1".repeat(64)).unwrap();
        let rows = local_id_rows(&links, &["person".to_owned()], &key).unwrap();
        assert_eq!(rows.num_rows(), 1);
    }
}
