//! What the vault says of people, record by record: for linkage, and for those
//! who look after it.

use crate::error::Error;
use crate::identify::{DECISIONS_NOTE, REVIEW_TABLE, decisions};
use crate::ledger::Ledger;
use crate::run::take_lease;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StringArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use chrono::Datelike;
use datafusion::prelude::{col, lit};
use futures::TryStreamExt;
use jcw_identity::link::{Decision, Decisions, Mention, Record, Records, link};
use jcw_identity::{Accuracy, Report};
use jcw_lake::{Lake, SessionSettings, session};
use jcw_project::{Contract, EXTRACT_COLUMN, PERSON_REF_COLUMN, Project, ROW_COLUMN};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

/// Note of the vault with the places of records of which somebody decided, while
/// their pseudonyms change.
const PLACES_NOTE: &str = "rotation.json";

/// A contract about people, and the marks of the deliveries of it that stand.
pub(crate) type Told<'p> = (&'p Contract, BTreeSet<String>);

/// Where a record stands: table, mark of the delivery, row.
type Where = (String, String, i64);

/// The contracts about people of which something stands. A killed run may have
/// left more in the vault.
pub(crate) fn told<'p>(project: &'p Project, ledger: &Ledger) -> Vec<Told<'p>> {
    let standing = ledger.standing();
    let mut told = Vec::new();
    for contract in project.contracts.iter().filter(|one| one.person.is_some()) {
        let table = contract.table();
        let marks: BTreeSet<String> = (standing.iter())
            .filter(|extract| extract.table_name == table)
            .filter_map(|extract| extract.mark().map(str::to_owned))
            .collect();
        if !marks.is_empty() {
            told.push((contract, marks));
        }
    }
    told
}

/// Shows every record with where it stands.
pub(crate) async fn each(
    vault: &Lake,
    told: &[Told<'_>],
    see: &mut dyn FnMut(&Record<'_>, &str, i64),
) -> Result<(), Error> {
    for (contract, marks) in told {
        let (name, Some(person)) = (contract.table(), &contract.person) else {
            continue;
        };
        let Some(table) = vault.table(&name).await? else {
            continue;
        };
        let mut columns = vec![PERSON_REF_COLUMN, EXTRACT_COLUMN, ROW_COLUMN];
        let roles = person.roles();
        let played = roles.iter().filter(|(_, column)| column.is_some());
        columns.extend(played.map(|(role, _)| *role));
        let stands = marks.iter().map(|mark| lit(mark.as_str())).collect();
        let context = session(vault.empty_catalog(), &SessionSettings::default())?;
        let mut batches = context
            .read_table(table.provider()?)?
            .filter(col(EXTRACT_COLUMN).in_list(stands, false))?
            .select_columns(&columns)?
            .execute_stream()
            .await?;
        while let Some(batch) = batches.try_next().await? {
            show(&batch, &name, &contract.partner, see)?;
        }
    }
    Ok(())
}

/// Refuses a lake with rows of people of whom the vault says nothing: models
/// would lose them without a word.
pub(crate) async fn refuse_strangers(
    lake: &Lake,
    told: &[Told<'_>],
    known: &HashSet<&str>,
) -> Result<(), Error> {
    for (contract, _) in told {
        let name = contract.table();
        let Some(table) = lake.table(&name).await? else {
            continue;
        };
        let context = session(lake.empty_catalog(), &SessionSettings::default())?;
        let mut batches = context
            .read_table(table.provider()?)?
            .select_columns(&[PERSON_REF_COLUMN])?
            .execute_stream()
            .await?;
        let mut strangers = 0;
        while let Some(batch) = batches.try_next().await? {
            let refs = cast(batch.column(0), &DataType::Utf8)?;
            let refs = refs.as_string::<i32>().iter().flatten();
            strangers += refs.filter(|one| !known.contains(one)).count();
        }
        if strangers > 0 {
            return Err(Error::Strangers {
                table: name,
                rows: strangers,
            });
        }
    }
    Ok(())
}

fn show(
    batch: &RecordBatch,
    source: &str,
    scope: &str,
    see: &mut dyn FnMut(&Record<'_>, &str, i64),
) -> Result<(), Error> {
    let text = |role: &str| -> Result<Option<StringArray>, Error> {
        let column = (batch.column_by_name(role)).map(|column| cast(column, &DataType::Utf8));
        Ok(column.transpose()?.map(|c| c.as_string::<i32>().clone()))
    };
    let (refs, extracts) = (text(PERSON_REF_COLUMN)?, text(EXTRACT_COLUMN)?);
    let (local_id, nhs_number) = (text("local_id")?, text("nhs_number")?);
    let (status, upn, uln) = (text("nhs_number_status")?, text("upn")?, text("uln")?);
    let (surname, forename) = (text("surname")?, text("forename")?);
    let (full_name, sex, postcode) = (text("full_name")?, text("sex")?, text("postcode")?);
    let births = batch.column_by_name("birth_date");
    let births = births.map(|column| column.as_primitive::<Date32Type>());
    let rows = batch.column_by_name(ROW_COLUMN);
    let rows = rows.map(|column| column.as_primitive::<Int64Type>());
    fn of(texts: &Option<StringArray>, row: usize) -> Option<&str> {
        let texts = texts.as_ref()?;
        texts.is_valid(row).then(|| texts.value(row))
    }
    for row in 0..batch.num_rows() {
        let day = births.and_then(|days| days.is_valid(row).then(|| days.value(row)));
        let record = Record {
            person_ref: of(&refs, row).unwrap_or_default(),
            source,
            scope,
            local_id: of(&local_id, row),
            nhs_number: of(&nhs_number, row),
            nhs_number_status: of(&status, row),
            upn: of(&upn, row),
            uln: of(&uln, row),
            surname: of(&surname, row),
            forename: of(&forename, row),
            full_name: of(&full_name, row),
            birth_date: day.and_then(Date32Type::to_naive_date_opt),
            sex: of(&sex, row),
            postcode: of(&postcode, row),
        };
        let place = rows.map_or(0, |rows| rows.value(row));
        see(&record, of(&extracts, row).unwrap_or_default(), place);
    }
    Ok(())
}

/// How well linkage went: what, of what, number. `truth` is a CSV file that says
/// who is who by their numbers, as `jcw synth` writes it (`truth/people.csv`);
/// with it, how often it was right.
pub async fn identity_report(
    project: &Project,
    lake: &Lake,
    truth: Option<&Path>,
) -> Result<RecordBatch, Error> {
    let (vault, ledger) = (lake.vault()?, Ledger::read(lake).await?);
    let truth = truth.map(Truth::read).transpose()?;
    let mut records = Records::new();
    let mut known: HashMap<(String, String), (u64, i32)> = HashMap::new();
    each(&vault, &told(project, &ledger), &mut |record, _, _| {
        records.add(record);
        if let Some(person) = truth.as_ref().and_then(|truth| truth.whose(record)) {
            let day = record.birth_date.map_or(0, |day| day.num_days_from_ce());
            let place = (record.person_ref.to_owned(), record.source.to_owned());
            known.insert(place, (person, day));
        }
    })
    .await?;
    let (decisions, settings) = (decisions(&vault).await?, project.identity.linkage.clone());
    let links = tokio::task::spawn_blocking(move || link(&records, &decisions, &settings)).await?;
    let mut report = Report::new(&links);
    if truth.is_some() {
        let judged: Vec<(u32, u64, i32)> = (links.links.iter())
            .filter_map(|one| {
                let place = (one.person_ref.to_string(), one.source.to_string());
                let (person, day) = known.get(&place)?;
                Some((one.cluster, *person, *day))
            })
            .collect();
        report.accuracy = Some(Accuracy::of(&judged));
    }
    let rows = report.rows();
    let column = |of: fn(&(String, String, String)) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(of)))
    };
    Ok(RecordBatch::try_from_iter([
        ("what", column(|row| &row.0)),
        ("of", column(|row| &row.1)),
        ("number", column(|row| &row.2)),
    ])?)
}

/// Who is who, by numbers.
struct Truth {
    people: HashMap<String, u64>,
}

impl Truth {
    /// A column each of `person`, `nhs_number`, `upn`, `uln`, and of partners'
    /// own numbers (`council_child_id`, `eput_local_patient_id`).
    fn read(path: &Path) -> Result<Truth, Error> {
        let text = std::fs::read_to_string(path).map_err(Error::Disk)?;
        let mut lines = text.lines().map(|line| line.split(','));
        let header: Vec<&str> = lines.next().into_iter().flatten().collect();
        let mut people = HashMap::new();
        for (number, line) in lines.enumerate() {
            let cells = header.iter().zip(line).filter(|(_, cell)| !cell.is_empty());
            for (label, cell) in cells.filter(|(label, _)| **label != "person") {
                people.insert(format!("{} {cell}", kind_of(label)), number as u64);
            }
        }
        Ok(Truth { people })
    }

    /// The first of the record's numbers that somebody has: its own partner's
    /// before those that are carried from elsewhere.
    fn whose(&self, record: &Record<'_>) -> Option<u64> {
        // A number made unique across systems ends in the system's own.
        let own = record.local_id.and_then(|id| id.rsplit(':').next());
        let numbers = [
            (kind_of(record.scope), own),
            ("nhs_number", record.nhs_number),
            ("upn", record.upn),
            ("uln", record.uln),
        ];
        (numbers.into_iter())
            .find_map(|(kind, number)| self.people.get(&format!("{kind} {}", number?)).copied())
    }
}

/// `eput` of `eput_local_patient_id`.
fn kind_of(label: &str) -> &str {
    match label {
        "nhs_number" | "upn" | "uln" => label,
        _ => label.split('_').next().unwrap_or(label),
    }
}

/// The pairs that a person should look at, the likeliest first. `is_shown`: with
/// what the records say, which names people.
pub async fn identity_reviews(
    project: &Project,
    lake: &Lake,
    is_shown: bool,
) -> Result<Option<RecordBatch>, Error> {
    let (vault, ledger) = (lake.vault()?, Ledger::read(lake).await?);
    let Some(table) = vault.table(REVIEW_TABLE).await? else {
        return Ok(None);
    };
    let context = session(vault.empty_catalog(), &SessionSettings::default())?;
    let frame = context.read_table(table.provider()?)?;
    let order = vec![
        col("probability").sort(false, false),
        col("a").sort(true, false),
        col("b").sort(true, false),
    ];
    let pairs = crate::views::collect(frame.sort(order)?).await?;
    if !is_shown {
        return Ok(Some(pairs));
    }
    let side = |name: &str| -> Result<StringArray, Error> {
        let column = cast(&pairs[name], &DataType::Utf8)?;
        Ok(column.as_string::<i32>().clone())
    };
    let (a, b) = (side("a")?, side("b")?);
    let wanted: BTreeSet<&str> = a.iter().chain(b.iter()).flatten().collect();
    let mut said: BTreeMap<String, String> = BTreeMap::new();
    each(&vault, &told(project, &ledger), &mut |record, _, _| {
        if wanted.contains(record.person_ref) {
            said.insert(record.person_ref.to_owned(), words_of(record));
        }
    })
    .await?;
    let shown = |side: &StringArray| -> ArrayRef {
        let said = side.iter().map(|name| said.get(name?).map(String::as_str));
        Arc::new(said.collect::<StringArray>())
    };
    let mut columns: Vec<(&str, ArrayRef)> = Vec::new();
    let schema = pairs.schema();
    for (field, column) in schema.fields().iter().zip(pairs.columns()) {
        columns.push((field.name(), Arc::clone(column)));
    }
    columns.push(("a_says", shown(&a)));
    columns.push(("b_says", shown(&b)));
    Ok(Some(RecordBatch::try_from_iter(columns)?))
}

fn words_of(record: &Record<'_>) -> String {
    let day = record.birth_date.map(|day| day.to_string());
    let parts = [
        record.forename,
        record.surname,
        record.full_name,
        day.as_deref(),
        record.sex,
        record.postcode,
        record.nhs_number,
        record.upn,
        record.uln,
        record.local_id,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Notes what somebody decided of two records; the next run follows it. Either
/// must be there, and is noted with its partner's number where it has one.
pub async fn decide(project: &Project, lake: &Lake, decision: Decision) -> Result<(), Error> {
    let lease = take_lease(lake, &uuid::Uuid::now_v7().to_string()).await?;
    let noted = note_decision(project, lake, decision).await;
    lease.release().await?;
    noted
}

async fn note_decision(
    project: &Project,
    lake: &Lake,
    mut decision: Decision,
) -> Result<(), Error> {
    let (vault, ledger) = (lake.vault()?, Ledger::read(lake).await?);
    let mut found: [Option<Mention>; 2] = [None, None];
    each(&vault, &told(project, &ledger), &mut |record, _, _| {
        for (found, meant) in found.iter_mut().zip([&decision.a, &decision.b]) {
            if found.is_none() {
                *found = meant.found_in(record);
            }
        }
    })
    .await?;
    let [a, b] = found;
    (decision.a, decision.b) = (there(a, "first")?, there(b, "second")?);
    let mut all = decisions(&vault).await?;
    all.all.push(decision);
    vault.put_note(DECISIONS_NOTE, all.write()?).await?;
    Ok(())
}

/// The record that was found.
fn there(found: Option<Mention>, which: &str) -> Result<Mention, Error> {
    found.ok_or_else(|| {
        Error::Usage(format!(
            "no record that stands is the {which} one, so nothing was noted; name it by its pseudonym as `jcw identity review` lists it, or by its partner and the partner's own number as it was sent: council:C1000001"
        ))
    })
}

/// Before the key changes: notes where the records stand of which somebody
/// decided. What an interrupted rotation has noted stands.
pub(crate) async fn remember_places(project: &Project, lake: &Lake) -> Result<(), Error> {
    let (vault, ledger) = (lake.vault()?, Ledger::read(lake).await?);
    let decisions = decisions(&vault).await?;
    let is_noted = vault.note(PLACES_NOTE).await?;
    let mentioned = mentioned(&decisions);
    if mentioned.is_empty() || is_noted.is_some_and(|text| !text.is_empty()) {
        return Ok(());
    }
    let mut places: BTreeMap<String, Where> = BTreeMap::new();
    each(
        &vault,
        &told(project, &ledger),
        &mut |record, extract, row| {
            if mentioned.contains(record.person_ref) {
                let place = (record.source.to_owned(), extract.to_owned(), row);
                places.insert(record.person_ref.to_owned(), place);
            }
        },
    )
    .await?;
    let text = serde_json::to_string(&places).unwrap_or_default();
    vault.put_note(PLACES_NOTE, text).await?;
    Ok(())
}

/// After the key has changed: the same decisions, of the same records.
pub(crate) async fn follow_places(vault: &Lake, told: &[Told<'_>]) -> Result<(), Error> {
    let noted = vault.note(PLACES_NOTE).await?.unwrap_or_default();
    let Ok(places) = serde_json::from_str::<BTreeMap<String, Where>>(&noted) else {
        return Ok(());
    };
    let old: HashMap<&Where, &String> = places.iter().map(|(name, at)| (at, name)).collect();
    let mut new: BTreeMap<&String, String> = BTreeMap::new();
    each(vault, told, &mut |record, extract, row| {
        let place = (record.source.to_owned(), extract.to_owned(), row);
        if let Some(old) = old.get(&place) {
            new.insert(old, record.person_ref.to_owned());
        }
    })
    .await?;
    let renamed = decisions(vault)
        .await?
        .renamed(|old| new.get(&old.to_owned()).cloned());
    vault.put_note(DECISIONS_NOTE, renamed.write()?).await?;
    vault.put_note(PLACES_NOTE, String::new()).await?;
    Ok(())
}

fn mentioned(decisions: &Decisions) -> BTreeSet<String> {
    let mentions = decisions.all.iter().flat_map(|one| [&one.a, &one.b]);
    (mentions.filter_map(Mention::person_ref))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::there;

    #[test]
    fn a_decision_of_a_record_that_is_not_there_is_refused_with_advice() {
        let refused = there(None, "second").unwrap_err().to_string();
        assert!(refused.contains("second") && refused.contains("jcw identity review"));
    }
}
