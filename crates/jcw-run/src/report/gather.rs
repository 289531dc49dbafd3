//! What a report says, before it is written in any form.

use super::delivery::Delivery;
use super::reject::{self, Broken, Example};
use super::timing::Timing;
use crate::Error;
use crate::ledger::{Extract, Ledger, Warning};
use crate::outcome::Outcome;
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use jcw_lake::Lake;
use jcw_project::{Project, Source};

/// Deliveries that the new ones are compared with.
const MOST_EARLIER: usize = 5;

/// What a partner is told about one source.
#[derive(Debug)]
pub(crate) struct SourceReport {
    pub(crate) source: String,
    pub(crate) partner: String,
    pub(crate) description: String,
    pub(crate) run_id: String,
    pub(crate) made_at: DateTime<Utc>,
    pub(crate) zone: Tz,
    /// What arrived in this run, oldest first.
    pub(crate) deliveries: Vec<Delivery>,
    /// The same, by file and table.
    pub(crate) extracts: Vec<Extract>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) warnings: Vec<Oddity>,
    /// The last deliveries before this run, newest first.
    pub(crate) earlier: Vec<Delivery>,
    pub(crate) timing: Timing,
}

/// A rule that rows of this run broke, so that they did not load.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) table: String,
    pub(crate) id: String,
    pub(crate) column: Option<String>,
    pub(crate) severity: String,
    pub(crate) reason: String,
    pub(crate) rows: u64,
    pub(crate) examples: Vec<Example>,
}

/// Something odd about a file of this run that loaded all the same.
#[derive(Debug)]
pub(crate) struct Oddity {
    pub(crate) table: String,
    pub(crate) file: String,
    pub(crate) warning: Warning,
}

/// A report for each source that has something to tell, by id.
pub(crate) async fn reports(
    project: &Project,
    lake: &Lake,
    outcome: &Outcome,
) -> Result<Vec<SourceReport>, Error> {
    if outcome.received.is_empty() {
        return Ok(Vec::new());
    }
    let ledger = Ledger::read(lake).await?;
    let broken = reject::read(lake, &outcome.run_id).await?;
    let mut reports = Vec::new();
    for source in &project.sources {
        let report = report(project, source, &ledger, &broken, outcome)?;
        if !report.deliveries.is_empty() || report.timing.is_late {
            reports.push(report);
        }
    }
    Ok(reports)
}

fn report(
    project: &Project,
    source: &Source,
    ledger: &Ledger,
    broken: &Broken,
    outcome: &Outcome,
) -> Result<SourceReport, Error> {
    let id = source.id.value.as_str();
    let mut extracts: Vec<&Extract> = (ledger.extracts().iter())
        .filter(|extract| extract.source == id)
        .collect();
    extracts.sort_by_key(|extract| extract.received_at);
    let schedule = source.schedule.as_ref();
    let timing = Timing::of(schedule, extracts.iter().copied(), outcome.started_at)?;
    let (deliveries, mut earlier): (Vec<_>, Vec<_>) = Delivery::all_of(extracts.iter().copied())
        .into_iter()
        .partition(|delivery| delivery.run_id == outcome.run_id);
    earlier.retain(Delivery::is_judged);
    earlier.reverse();
    earlier.truncate(MOST_EARLIER);
    extracts.retain(|extract| extract.run_id == outcome.run_id);
    let warnings = extracts.iter().flat_map(|extract| {
        extract.warnings().into_iter().map(|warning| Oddity {
            table: extract.table_name.clone(),
            file: extract.file.clone(),
            warning,
        })
    });
    Ok(SourceReport {
        source: id.to_owned(),
        partner: source.partner.clone(),
        description: source.description.clone(),
        run_id: outcome.run_id.clone(),
        made_at: outcome.started_at,
        zone: schedule.map_or(project.warehouse.time_zone, |schedule| schedule.time_zone),
        warnings: warnings.collect(),
        deliveries,
        earlier,
        timing,
        rules: rules(project, id, broken),
        extracts: extracts.into_iter().cloned().collect(),
    })
}

/// The rules that rows of a source broke, the most often broken first.
fn rules(project: &Project, source: &str, broken: &Broken) -> Vec<Rule> {
    let mut rules: Vec<Rule> = (broken.iter())
        .filter(|((of, _, _), _)| of == source)
        .map(|((_, table, id), broken)| {
            let contract = project.contracts.iter().find(|one| one.table() == *table);
            Rule {
                table: table.clone(),
                id: id.clone(),
                column: broken.column.clone(),
                severity: broken.severity.clone(),
                reason: broken.reason().to_owned(),
                rows: broken.rows,
                examples: broken.examples(contract),
            }
        })
        .collect();
    rules.sort_by(|a, b| (b.rows, &a.table, &a.id).cmp(&(a.rows, &b.table, &b.id)));
    rules
}

impl SourceReport {
    /// An instant as the partner's clocks show it.
    pub(crate) fn clock(&self, at: DateTime<Utc>) -> String {
        at.with_timezone(&self.zone)
            .format("%-d %B %Y, %H:%M")
            .to_string()
    }

    /// Whether the source keeps its schedule, in a sentence.
    pub(crate) fn timeliness(&self) -> String {
        let timing = &self.timing;
        let mut sentences = Vec::new();
        match timing.last_loaded {
            None if timing.is_late => {
                sentences.push("Late: nothing has ever been loaded.".to_owned())
            }
            None => sentences.push("Nothing has been loaded yet.".to_owned()),
            Some(at) => {
                let late = if timing.is_late { "Late: the" } else { "The" };
                sentences.push(format!(
                    "{late} last new delivery was loaded on {}.",
                    self.clock(at)
                ));
            }
        }
        if let Some(at) = timing.last_look {
            sentences.push(format!(
                "The last scheduled look was on {}.",
                self.clock(at)
            ));
        }
        if let Some(at) = timing.next_look {
            sentences.push(format!("The next is on {}.", self.clock(at)));
        }
        sentences.join(" ")
    }
}
